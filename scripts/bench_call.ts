/** Calls: what a call of a cell costs, on every way into it. */
import { Effect } from "effect";
import {
  instantiateCore,
  instantiateGlue,
  takeApart,
} from "../wit/testing/instance.ts";
import {
  answerFor,
  connect,
  parkingAnswerFor,
} from "../kernel/call/connect.ts";
import { DirectLink } from "../kernel/call/direct.ts";
import {
  type BenchCells,
  benchCells,
  BLOB,
  type Blob64,
  type Drive,
  type Work,
} from "./bench_cell.ts";
import { type PlainCells, plainCells } from "./bench_plain_cell.ts";
import { callsBy, rawWork, Wired } from "./bench_call_ways.ts";
import {
  type Line,
  print,
  readOptions,
  type Section,
  thisMachine,
} from "./bench_report.ts";
import {
  type Batch,
  type EngineShape,
  instantiateCell,
  LONG_MS,
  median,
  nanoseconds,
  valueOf,
  withEngine,
} from "./bench_timing.ts";

const MANUAL = `Measures what a call of a cell costs, way by way.

usage: deno task bench:call [--rounds 15] [--json]

  raw V8 core export     the module's own export; lists by hand, nothing checked
  jco's glue             jco-transpile of this tree, the same component
  direct                 Karyon's binding, many calls inside one guard
  guarded                each call inside a guard of its own: a deadline each
  kernel door            capability, deadline, meter, faults: what a cell's call
                         takes
  kernel door as Effect  the same through an Effect: what the host's code takes
                         into a hard cell
  a call that may park   the same into a soft cell, awaited
  cell to cell           from inside one cell through the kernel into another:
                         through JavaScript values and the door, or with an
                         adapter from wasm to wasm; plain cells are the same
                         two without objects, so that the crossing is left

The first two cannot be stopped, the others can. One more section takes the
kernel door apart, and one way is measured again as after a hot swap, when V8
has seen the binding's code with two instances.
`;

const LIST = Uint8Array.from({ length: 1_024 }, (_, at) => at);
const TEXT = "sixteen octets..";

/** A shape of call: the code of its loop, and the goal. */
interface Shape {
  readonly title: string;
  readonly loop: string;
  readonly goalNs: number;
  readonly goalLine: string;
}

const DIRECT = "direct, inside one guard";
const DOOR = "kernel door";
const EFFECT = "kernel door as Effect";
const CELL = "cell to cell, JavaScript in between";
const ADAPTER = "cell to cell, adapter";
const PLAIN = ", plain cells";
/** Calls of one round that are awaited one by one. */
const AWAITED_CALLS = 5_000;

const CELL_NOTE = "cell to cell: deadline, budget and capability are " +
  "accounted; one call in 256 of the adapter's takes the other way, and is " +
  "timed; the wasmtime engine is not there yet";

const SHAPES: readonly Shape[] = [
  {
    title: "add(u32, u32)",
    loop: "x = work.add(i, 7)",
    goalNs: 20,
    goalLine: DIRECT,
  },
  {
    title: "list<u8> of 1 KiB in",
    loop: "x += work.octets(list)",
    goalNs: 150,
    goalLine: DIRECT,
  },
  {
    title: "string of 16 B in",
    loop: "x += work.text(text)",
    goalNs: 400,
    goalLine: DIRECT,
  },
  {
    title: "echo of a 64 B record (16 u32)",
    loop: "blob = work.echo(blob)",
    goalNs: 100,
    goalLine: ADAPTER + PLAIN,
  },
];

type Loop = (
  work: Work,
  blob: Blob64,
  list: Uint8Array,
  text: string,
  count: number,
) => number;

/**
 * A loop whose code nobody else runs: V8 keeps what it has learnt about a call
 * with the code, and a shared loop would be slow for all but the first.
 */
function freshLoop(body: string): Loop {
  return new Function(
    "work",
    "blob",
    "list",
    "text",
    "count",
    `let x = 0; for (let i = 0; i < count; i++) ${body}; return x;`,
  ) as Loop;
}

/** One way into a cell, and what has to be around its calls. */
interface Way {
  readonly name: string;
  readonly work: Work;
  readonly around: (job: () => void) => void;
  readonly yardstick?: string;
}

const bare = (job: () => void) => job();

interface Measured {
  readonly ways: readonly Way[];
  /** Calls from inside the front cell, by the name of the way. */
  readonly far: ReadonlyMap<string, Drive>;
  /** A call of a soft cell by the host's code. */
  readonly soft: () => Promise<unknown>;
  /** The same binding over a second instance. */
  readonly swapped: () => Way;
  /** The kernel door with a clock that only counts. */
  readonly clockless: () => Way;
}

async function waysInto(
  cells: BenchCells,
  plain: PlainCells,
  engine: EngineShape,
): Promise<Measured> {
  const { work, drive } = cells;
  const wired = new Wired(engine);
  const { slot, generation } = await wired.slot("back", cells.back);
  const { instance } = generation;
  const bound = generation.bound(work);
  const door = answerFor(wired.target(slot, work), work);
  const effects = connect(wired.target(slot, work), work);
  const far = new Map<string, Drive>();
  for (const [of, kind] of [[cells, ""], [plain, PLAIN]] as const) {
    const callee = wired.target((await wired.slot("back", of.back)).slot, work);
    const host = answerFor(callee, work);
    const parking = parkingAnswerFor(callee, work);
    const link = new DirectLink(callee, work);
    for (const [name, more] of [[CELL, {}], [ADAPTER, { link }]] as const) {
      const { slot: front } = await wired.slot(
        name,
        of.front,
        new Map([[work.name, { binding: work, host, parking, ...more }]]),
      );
      const ends = answerFor(wired.target(front, drive), drive);
      far.set(name + kind, ends);
    }
  }
  const soft = await wired.slot("soft", cells.back, new Map(), "soft");
  const softly = connect(wired.target(soft.slot, work), work);
  const taken = await takeApart(cells.back);
  const glue = await instantiateGlue(taken, {});
  const guarded = <T>(job: () => T) => valueOf(instance.guard(LONG_MS, job));
  const one = (job: () => void) => void guarded(job);
  return {
    far,
    soft: () => Effect.runPromise(softly.add(7, 8)),
    swapped: () => {
      const second = instantiateCell(engine, generation.image);
      return {
        name: "direct, after a swap",
        work: second.bind(work),
        around: (job) => void valueOf(second.guard(LONG_MS, job)),
      };
    },
    clockless: () => {
      let reads = 0;
      const calls = callsBy(() => reads += 1e-4);
      const name = "kernel door with a clock that only counts";
      const target = wired.target(slot, work, calls);
      return { name, work: answerFor(target, work), around: bare };
    },
    ways: [
      {
        name: "raw V8 core export",
        work: rawWork(instantiateCore(taken, () => ({}))),
        around: bare,
        yardstick: "of raw V8",
      },
      {
        name: "jco's glue",
        work: glue["work"] as unknown as Work,
        around: bare,
        yardstick: "of jco",
      },
      { name: DIRECT, work: bound, around: one },
      {
        name: "guarded, one guard per call",
        work: {
          add: (a, b) => guarded(() => bound.add(a, b)),
          octets: (list) => guarded(() => bound.octets(list)),
          text: (said) => guarded(() => bound.text(said)),
          echo: (blob) => guarded(() => bound.echo(blob)),
        },
        around: bare,
      },
      { name: DOOR, work: door, around: bare },
      {
        name: EFFECT,
        work: {
          add: (a, b) => Effect.runSync(effects.add(a, b)),
          octets: (list) => Effect.runSync(effects.octets(list)),
          text: (said) => Effect.runSync(effects.text(said)),
          echo: (blob) => Effect.runSync(effects.echo(blob)),
        },
        around: bare,
      },
    ],
  };
}

/** Every way gives the same answers before any is measured. */
function check({ name, work, around }: Way): void {
  around(() => {
    const said = [work.add(7, 8), work.octets(LIST), work.text(TEXT)];
    const echoed = JSON.stringify(work.echo(BLOB));
    if (String(said) !== "15,1024,16" || echoed !== JSON.stringify(BLOB)) {
      throw new Error(`${name} answers ${said} and ${echoed}`);
    }
  });
}

function batchOf({ work, around }: Way, { loop }: Shape): Batch {
  const run = freshLoop(loop);
  return (count) => around(() => void run(work, BLOB, LIST, TEXT, count));
}

/** Calls from inside the front cell; only these two shapes cross. */
function farBatch(far: Drive, shape: Shape): Batch | undefined {
  if (shape.loop.includes("echo")) return (count) => void far.echo(count);
  if (shape.loop.includes("add")) return (count) => void far.add(count);
  return undefined;
}

async function measure(
  cells: BenchCells,
  plain: PlainCells,
  engine: EngineShape,
  rounds: number,
): Promise<Section[]> {
  const { ways, far, soft, swapped, clockless } = await waysInto(
    cells,
    plain,
    engine,
  );
  for (const way of ways) check(way);
  const sections = SHAPES.map((shape): Section => {
    const batches = ways.map((way) => batchOf(way, shape));
    const across = [...far].flatMap(([name, drive]) => {
      const batch = farBatch(drive, shape);
      return batch === undefined ? [] : [{ name, batch }];
    });
    batches.push(...across.map(({ batch }) => batch));
    const ns = nanoseconds(batches, rounds);
    const lines = ways.map(({ name, yardstick }, at): Line => ({
      name,
      value: ns[at] ?? NaN,
      ...yardstick === undefined ? {} : { yardstick },
    }));
    across.forEach(({ name }, at) => {
      lines.push({ name, value: ns[ways.length + at] ?? NaN });
    });
    const { title, goalLine, goalNs } = shape;
    const goals = [{ line: goalLine, limit: goalNs }];
    const notes = across.length === 0 ? [] : [CELL_NOTE];
    return { title, unit: "ns", lines, goals, notes };
  });
  // Last: from here on the code of binding and door has seen others.
  const again = later(swapped(), sections, rounds);
  return [
    ...again,
    await awaited(soft, again, rounds),
    apart(clockless(), again, rounds),
  ];
}

/** Adds a way to all sections that is measured after everything else. */
function later(way: Way, sections: Section[], rounds: number): Section[] {
  check(way);
  return sections.map((section, at) => {
    const shape = SHAPES[at];
    if (shape === undefined) return section;
    const [value = NaN] = nanoseconds([batchOf(way, shape)], rounds);
    return { ...section, lines: [...section.lines, { name: way.name, value }] };
  });
}

/** The host's call of a soft cell: on a stack of its own, each awaited. */
async function awaited(
  call: Measured["soft"],
  [add]: readonly Section[],
  rounds: number,
): Promise<Section> {
  const [shape] = SHAPES;
  if (shape === undefined || add === undefined) throw new Error("no shape");
  if (await call() !== 15) throw new Error("a soft cell answers otherwise");
  const samples: number[] = [];
  // The first round warms it up.
  for (let round = 0; round <= rounds; round += 1) {
    const startMs = performance.now();
    for (let at = 0; at < AWAITED_CALLS; at += 1) await call();
    const ms = performance.now() - startMs;
    if (round > 0) samples.push(ms * 1e6 / AWAITED_CALLS);
  }
  const hard = add.lines.find(({ name }) => name === EFFECT)?.value ?? NaN;
  return {
    title: `The host calls a soft cell, which may park, ${shape.title}`,
    unit: "ns",
    lines: [
      { name: `${EFFECT}, a hard cell`, value: hard, yardstick: "of hard" },
      { name: "a call that may park, awaited", value: median(samples) },
    ],
  };
}

/** What the kernel door's time is spent on, for the first shape. */
function apart(
  clockless: Way,
  [add]: readonly Section[],
  rounds: number,
): Section {
  const [shape] = SHAPES;
  if (shape === undefined || add === undefined) throw new Error("no shape");
  check(clockless);
  let seen = 0;
  const clock = (count: number) => {
    for (let at = 0; at < count; at += 1) {
      seen = performance.now() - performance.now();
    }
  };
  const batches = [clock, batchOf(clockless, shape)];
  const [clockNs = NaN, restNs = NaN] = nanoseconds(batches, rounds);
  if (seen > 0) throw new Error("the clock went back");
  const whole = add.lines.find(({ name }) => name === DOOR)?.value ?? NaN;
  return {
    title: `The kernel door taken apart, ${shape.title}`,
    unit: "ns",
    lines: [
      { name: DOOR, value: whole, yardstick: "of the door" },
      { name: "the platform's clock, read twice", value: clockNs },
      { name: clockless.name, value: restNs },
    ],
  };
}

if (import.meta.main) {
  const options = readOptions(MANUAL, 15);
  const machine = thisMachine();
  const cells = await benchCells();
  const plain = await plainCells();
  const sections = await withEngine(
    {},
    (engine) => measure(cells, plain, engine, options.rounds),
  );
  print("call", machine, options, sections);
}
