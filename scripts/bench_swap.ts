/** Hot swap: how long calls wait, and that none is lost. */
import { parseArgs } from "node:util";
import { Effect } from "effect";
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import { Progress } from "./bench_progress.ts";
import { type Line, print, type Section, thisMachine } from "./bench_report.ts";
import { type BenchKernel, withKernel } from "./bench_kernel.ts";
import { type SwapCells, swapCells } from "./bench_swap_cell.ts";
import { quantile } from "./bench_timing.ts";

const MANUAL = `Measures hot swaps of a cell under load.

usage: deno task bench:swap [--swaps 300] [--entries 100000] [--json]

  --swaps N      so many swaps, 1 to 1000000; 10000 take some minutes. How far it
                 is goes to standard error
  --entries N    entries of the state that is handed over, 1 to 1000000

A cell keeps a map of numbers; its state is the whole map. All the while the
host calls it, and two other cells call it too: a soft one, whose calls may be
parked, and a hard one, whose calls are direct. Each call adds to the map, and
the sum at the end must be what was answered: a call that was lost, doubled or
refused ends the benchmark with exit code 1, and so does a fault. Calls are
counted apart: begun, answered, lost; memory is shown as it went.

  pause                  snapshot to the moment that the new one serves: between
                         the two no call is let in
  longest wait           of the calls that the host makes each millisecond while
                         a swap is prepared, rehearsed and done, from when they
                         should have begun; beside it, without a swap
`;

/** Published; measured elsewhere: a map of 100,000 entries, 500 swaps. */
const ERLANG = { p50: 1.85, p99: 3.2 };
const GOAL = { p50: 0.4, p99: 3.2 };
const CLIENT_CALLS = 50;
/** A call of the host is due so often. */
const HOST_EVERY_MS = 1;
const WARM_MS = 500;
const QUIET_ROUNDS = 100;
const QUIET_MS = 10;
const SETTLE_MS = 2;

interface Asked {
  readonly swaps: number;
  readonly entries: number;
  readonly json: boolean;
}

/** The same program under another hash: an empty section is appended. */
function labelled(component: Uint8Array, label: number): Uint8Array {
  return new Uint8Array([...component, 0, 2, 1, 0x61 + label]);
}

/** The host calls at a steady rate, the clients without a pause. */
class Load {
  /** Additions that were answered. */
  added = 0n;
  /** Calls that began, by the host itself. */
  begun = 0;
  calls = 0;
  #waitsMs: number[] = [];
  #isOver = false;
  readonly #running: ReadonlyArray<Promise<void>>;

  constructor({ kernel }: BenchKernel, cells: SwapCells, entries: number) {
    const store = kernel.connect("store", cells.storeBinding);
    const clients = ["soft", "hard"].map((name) =>
      kernel.connect(name, cells.clientBinding)
    );
    this.#running = [
      this.#host((key) => Effect.runPromise(store.add(key, 1)), entries),
      ...clients.map((client, at) =>
        this.#client(() =>
          Effect.runPromise(client.run(CLIENT_CALLS, this.calls + at))
        )
      ),
    ];
  }

  /** What the host's calls took since the last time, longest first. */
  waits(): number[] {
    return this.#waitsMs.splice(0).sort((a, b) => b - a);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  /**
   * A call is timed from when it should have begun: one that could not even
   * begin, because the thread was not free, has waited too.
   */
  async #host(
    call: (key: number) => Promise<unknown>,
    entries: number,
  ): Promise<void> {
    let dueMs = performance.now();
    for (let key = 0; !this.#isOver; key += 1) {
      dueMs += HOST_EVERY_MS;
      while (performance.now() < dueMs) await pause(0);
      this.begun += 1;
      await call(1 + key % entries);
      this.#waitsMs.push(performance.now() - dueMs);
      this.#count(1);
    }
  }

  async #client(call: () => Promise<number>): Promise<void> {
    while (!this.#isOver) {
      this.begun += CLIENT_CALLS;
      this.#count(await call());
      await pause(0);
    }
  }

  #count(made: number): void {
    this.added += BigInt(made);
    this.calls += made;
  }
}

const pause = (ms: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, ms));

interface Measured {
  readonly pauses: number[];
  readonly waits: number[];
  readonly quiet: number[];
  readonly calls: number;
  readonly octets: number;
  readonly memory: readonly Memory[];
}

/** The process's memory after so many swaps. */
interface Memory {
  readonly swaps: number;
  readonly rssMib: number;
  readonly heapMib: number;
}

/** Lines of the memory's curve. */
const CURVE = 10;
const MIB = 2 ** 20;

function memoryAt(swaps: number): Memory {
  const { rss, heapUsed } = Deno.memoryUsage();
  return { swaps, rssMib: rss / MIB, heapMib: heapUsed / MIB };
}

async function measure(
  bench: BenchKernel,
  cells: SwapCells,
  { swaps, entries }: Asked,
): Promise<Measured> {
  const store = bench.kernel.connect("store", cells.storeBinding);
  await Effect.runPromise(store.fill(entries));
  const load = new Load(bench, cells, entries);
  const quiet: number[] = [];
  await pause(WARM_MS);
  for (let at = 0; at < QUIET_ROUNDS; at += 1) {
    load.waits();
    await pause(QUIET_MS);
    quiet.push(load.waits()[0] ?? 0);
  }
  const variants = [labelled(cells.store, 1), labelled(cells.store, 2)];
  const pauses: number[] = [];
  const waits: number[] = [];
  const memory = [memoryAt(0)];
  const progress = new Progress("swaps", swaps);
  const step = Math.max(1, Math.floor(swaps / CURVE));
  for (let swap = 0; swap < swaps; swap += 1) {
    await pause(QUIET_MS);
    load.waits();
    const bytes = variants[swap % 2] ?? cells.store;
    const { pauseMs } = await bench.swap("store", bytes);
    pauses.push(pauseMs);
    // The call that waited most ends after the swap has.
    await pause(SETTLE_MS);
    waits.push(load.waits()[0] ?? 0);
    const done = swap + 1;
    if (done % step === 0) memory.push(memoryAt(done));
    progress.tell(done, () => `${load.calls} calls answered`);
  }
  await load.stop();
  const lost = load.begun - load.calls;
  const total = await Effect.runPromise(store.total());
  if (lost !== 0 || total !== load.added) {
    throw new Error(
      `${lost} of ${load.begun} calls were lost; ${load.added} additions ` +
        `were answered, ${total} are there`,
    );
  }
  const { worst } = bench.events;
  if (worst !== undefined) throw new Error(JSON.stringify(worst));
  const octets = bench.slot("store").checkpoint?.octets.length ?? 0;
  return { pauses, waits, quiet, calls: load.calls, octets, memory };
}

function sectionsOf(asked: Asked, measured: Measured): Section[] {
  const { pauses, waits, quiet, calls, octets, memory } = measured;
  const line = (name: string, values: readonly number[], part: number) => ({
    name,
    value: quantile(values, part),
  });
  const lines: Line[] = [
    line("pause, p50", pauses, 0.5),
    line("pause, p99", pauses, 0.99),
    line("pause, longest", pauses, 1),
    {
      name: "Erlang/OTP 25, p50, published",
      value: ERLANG.p50,
      yardstick: "of Erlang's p50",
    },
    {
      name: "Erlang/OTP 25, p99, published",
      value: ERLANG.p99,
      yardstick: "of its p99",
    },
  ];
  return [{
    title: `Swap under load, a state of ${asked.entries} entries ` +
      `(${octets} octets), ${asked.swaps} swaps`,
    unit: "ms",
    lines,
    goals: [
      { line: "pause, p50", limit: GOAL.p50 },
      { line: "pause, p99", limit: GOAL.p99 },
    ],
    notes: [
      `${calls} calls were answered, none was refused, lost or doubled`,
      "Erlang's was measured on another machine, by its own suspend to resume; " +
      "its state stays where it is, this one is copied from cell to cell",
    ],
  }, {
    title: "Longest call of the host around a swap",
    unit: "ms",
    lines: [
      line("with a swap, p50", waits, 0.5),
      line("with a swap, p99", waits, 0.99),
      { ...line("no swap in 10 ms, p50", quiet, 0.5), yardstick: "of no swap" },
      line("no swap in 10 ms, p99", quiet, 0.99),
    ],
    notes: ["with it: compiling from a cache, rehearsal on a copy, the pause"],
  }, {
    title: "Memory of the process",
    unit: "MiB",
    lines: memory.flatMap(({ swaps, rssMib, heapMib }) => [
      { name: `${swaps} swaps, resident`, value: rssMib },
      { name: `${swaps} swaps, heap`, value: heapMib },
    ]),
    notes: [`${calls} calls began, ${calls} were answered, 0 were lost`],
  }];
}

function readAsked(): Asked {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: {
        swaps: { type: "string", default: "300" },
        entries: { type: "string", default: "100000" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(MANUAL);
      Deno.exit(0);
    }
    return {
      swaps: countOf("--swaps", values.swaps),
      entries: countOf("--entries", values.entries),
      json: values.json,
    };
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error(MANUAL);
    Deno.exit(2);
  }
}

const COUNT_MAX = 1_000_000;

function countOf(option: string, text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= COUNT_MAX) return count;
  throw new Error(`${option} is 1 to ${COUNT_MAX}, not "${text}"`);
}

async function main(): Promise<void> {
  const asked = readAsked();
  const machine = thisMachine();
  const cells = await swapCells();
  const grants = { [cells.storeBinding.name]: "cell:store" };
  const client = { bytes: cells.client, grants };
  try {
    const measured = await withKernel(
      {
        store: { bytes: cells.store },
        soft: client,
        hard: { ...client, class: "hard" },
      },
      [
        cells.storeBinding as InterfaceBinding<unknown>,
        cells.clientBinding as InterfaceBinding<unknown>,
      ],
      (bench) => measure(bench, cells, asked),
    );
    const options = { json: asked.json, rounds: asked.swaps };
    print("swap", machine, options, sectionsOf(asked, measured));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    Deno.exit(1);
  }
}

if (import.meta.main) await main();
