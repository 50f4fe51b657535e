/** Calls: what a call of a cell costs, on every way into it. */
import { Effect } from "effect";
import type { CoreInstance, InterfaceBinding } from "../wit/abi/binding.ts";
import {
  instantiateCore,
  instantiateGlue,
  takeApart,
} from "../wit/testing/instance.ts";
import { Calls } from "../kernel/call/calls.ts";
import { answerFor, connect } from "../kernel/call/connect.ts";
import { CapTable } from "../kernel/cap/table.ts";
import { Diary } from "../kernel/cell/diary.ts";
import { Generation } from "../kernel/cell/generation.ts";
import { Slot } from "../kernel/cell/slot.ts";
import type { Grants } from "../kernel/engine/engine.ts";
import {
  type BenchCells,
  benchCells,
  BLOB,
  type Blob64,
  type Drive,
  type Work,
} from "./bench_cell.ts";
import { type Line, print, readOptions, type Section } from "./bench_report.ts";
import { thisMachine } from "./bench_report.ts";
import {
  type Batch,
  compileCell,
  type EngineShape,
  instantiateCell,
  LONG_MS,
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
  cell to cell           from inside one cell through the kernel into another

The first two and the last run no deadline of their own; the rest can be stopped.
`;

/** The deadline of a call through the kernel. */
const CALL_MS = 30_000;

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
const CELL = "cell to cell, JavaScript in between";

const SHAPES: readonly Shape[] = [
  {
    title: "add(u32, u32)",
    loop: "x = work.add(x, i)",
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
    goalLine: CELL,
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

type Core = Record<string, (...args: number[]) => number>;

/** By hand: what the machine itself takes. Nothing that comes back is checked. */
function rawWork(core: CoreInstance): Work {
  const name = "karyon:bench/work@0.1.0#";
  const exports = core.exports as unknown as Core;
  const own = (called: string) => {
    const found = exports[name + called];
    if (found === undefined) throw new Error(`no core export ${called}`);
    return found;
  };
  const [add, octets, text, echo] = ["add", "octets", "text", "echo"].map(own);
  if (!add || !octets || !text || !echo) throw new Error("an export is gone");
  const after = exports[`cabi_post_${name}echo`] ?? (() => 0);
  const { realloc, memory } = core;
  const encoder = new TextEncoder();
  let view = new Uint8Array(memory.buffer);
  const fresh = () => {
    if (view.buffer !== memory.buffer) view = new Uint8Array(memory.buffer);
    return view;
  };
  const fields = Object.keys(BLOB);
  return {
    add,
    octets: (list) => {
      const at = realloc(0, 0, 1, list.length);
      fresh().set(list, at);
      return octets(at, list.length);
    },
    text: (said) => {
      const at = realloc(0, 0, 1, said.length * 3);
      const { written } = encoder.encodeInto(said, fresh().subarray(at));
      return text(at, written);
    },
    echo: new Function(
      "echo",
      "after",
      "memory",
      `return (b) => {
        const at = echo(${fields.map((field) => `b.${field}`).join(", ")});
        const v = new Uint32Array(memory.buffer, at, ${fields.length});
        const out = {${
        fields.map((field, i) => `${field}: v[${i}]`).join(", ")
      }};
        after(at);
        return out;
      };`,
    )(echo, after, memory) as Work["echo"],
  };
}

/** A kernel's own parts around two cells, wired as the machine wires them. */
class Wired {
  readonly caps = new CapTable();
  readonly calls = new Calls(() => performance.now(), (slot, _, fault) => {
    throw new Error(`${slot.name}: ${fault.kind}: ${fault.reason}`);
  });
  readonly #engine: EngineShape;

  constructor(engine: EngineShape) {
    this.#engine = engine;
  }

  async slot(
    name: string,
    component: Uint8Array,
    grants: Grants = new Map(),
  ): Promise<{ readonly slot: Slot; readonly generation: Generation }> {
    const slot = new Slot({
      name,
      component: `${name}.wasm`,
      class: "soft",
      budgetMs: 0,
      callMs: CALL_MS,
      startMs: 1_000,
      memoryMib: 64,
      checkpointS: undefined,
      config: [],
      grants: new Map(),
    });
    const image = await compileCell(this.#engine, component);
    const generation = new Generation({
      number: 1,
      image,
      version: "0",
      instance: instantiateCell(this.#engine, image, grants),
      diary: new Diary(),
      revoke: () => {},
    });
    slot.current = generation;
    return { slot, generation };
  }

  target(slot: Slot, binding: InterfaceBinding<unknown>) {
    const { calls, caps } = this;
    return { calls, caps, slot, cap: caps.mint(slot.name, binding.name) };
  }
}

interface Measured {
  readonly ways: readonly Way[];
  readonly far: Drive;
  /** The same binding over a second instance. */
  readonly swapped: () => Way;
}

async function waysInto(
  cells: BenchCells,
  engine: EngineShape,
): Promise<Measured> {
  const { work, drive } = cells;
  const wired = new Wired(engine);
  const { slot, generation } = await wired.slot("back", cells.back);
  const { instance } = generation;
  const bound = generation.bound(work);
  const door = answerFor(wired.target(slot, work), work);
  const effects = connect(wired.target(slot, work), work);
  const { slot: front } = await wired.slot(
    "front",
    cells.front,
    new Map([[work.name, { binding: work, host: door }]]),
  );
  const taken = await takeApart(cells.back);
  const glue = await instantiateGlue(taken, {});
  const guarded = <T>(job: () => T) => valueOf(instance.guard(LONG_MS, job));
  const one = (job: () => void) => void guarded(job);
  return {
    far: answerFor(wired.target(front, drive), drive),
    swapped: () => {
      const second = instantiateCell(engine, generation.image);
      return {
        name: "direct, after a swap",
        work: second.bind(work),
        around: (job) => void valueOf(second.guard(LONG_MS, job)),
      };
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
      { name: "kernel door", work: door, around: bare },
      {
        name: "kernel door as Effect",
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
  engine: EngineShape,
  rounds: number,
): Promise<Section[]> {
  const { ways, far, swapped } = await waysInto(cells, engine);
  for (const way of ways) check(way);
  const sections = SHAPES.map((shape): Section => {
    const batches = ways.map((way) => batchOf(way, shape));
    const across = farBatch(far, shape);
    if (across !== undefined) batches.push(across);
    const ns = nanoseconds(batches, rounds);
    const lines = ways.map(({ name, yardstick }, at): Line => ({
      name,
      value: ns[at] ?? NaN,
      ...yardstick === undefined ? {} : { yardstick },
    }));
    if (across !== undefined) {
      lines.push({ name: CELL, value: ns[ways.length] ?? NaN });
    }
    const { title, goalLine, goalNs } = shape;
    const goals = [{ line: goalLine, limit: goalNs }];
    return { title, unit: "ns", lines, goals };
  });
  // Last: from here on the binding's code has seen two instances.
  const second = swapped();
  check(second);
  return sections.map((section, at) => {
    const shape = SHAPES[at];
    if (shape === undefined) return section;
    const [value = NaN] = nanoseconds([batchOf(second, shape)], rounds);
    const lines = [...section.lines, { name: second.name, value }];
    return { ...section, lines };
  });
}

if (import.meta.main) {
  const options = readOptions(MANUAL, 15);
  const machine = thisMachine();
  const cells = await benchCells();
  const sections = await withEngine(
    {},
    (engine) => measure(cells, engine, options.rounds),
  );
  print("call", machine, options, sections);
}
