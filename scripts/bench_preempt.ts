/** Preemption: what it costs that a cell can be stopped, and how late it stops. */
import type { CellInstance, CompiledCell } from "../kernel/engine/engine.ts";
import { TICK_MS } from "../kernel/engine/limits.ts";
import {
  kernelBackground,
  kernelLifecycle,
  rankRanks,
} from "../wit/gen/mod.ts";
import { type BenchCells, benchCells } from "./bench_cell.ts";
import { parkable, slices } from "./bench_parks.ts";
import { fixedReads, rankComponent, rankGrants } from "./bench_rank_cell.ts";
import {
  figure,
  type Line,
  print,
  readOptions,
  type Section,
  thisMachine,
} from "./bench_report.ts";
import {
  compileCell,
  type EngineShape,
  instantiateCell,
  LONG_MS,
  paired,
  quantile,
  valueOf,
  withEngine,
} from "./bench_timing.ts";

const MANUAL = `Measures what preemption costs, and how late a stop is.

usage: deno task bench:preempt [--rounds 11] [--json]

Overhead: the same program rewritten to be stopped (mode trap) against only
bounded in memory (mode none), on the same engine, in turns. Overshoot: an
endless loop with a deadline of 5 ms, 200 times; beside it, how late setTimeout
is on an event loop with nothing else to do. Parking (mode park): how much longer
than its slice an endless loop runs, and what a call costs that may be parked.
`;

const COUNT = 100_000_000;
const NODES = 65_536;
const EDGES = 1_000_000;
const SWEEPS = 20;
const FIB = 32;
const RANK_PARTICLES = 10_000;
const RANK_LINKS = 100_000;
const STEPS_MAX = 1_000_000;

const STOPS = 200;
const STOP_MS = 5;
/** The golden section spreads any number of phases evenly. */
const PHASE_STEP = 0.618_034;

const TIGHT_GOAL = 50;
const REAL_GOAL = 10;

/** A program: makes a job of one engine; jobs of both give the same result. */
interface Program {
  readonly name: string;
  readonly goal: number;
  readonly job: (engine: EngineShape) => Promise<() => unknown>;
}

function programs(cells: BenchCells, rank: Uint8Array): Program[] {
  const loads = async (engine: EngineShape) => {
    const cell = await compileCell(engine, cells.back);
    const instance = instantiateCell(engine, cell);
    const bound = instance.bind(cells.loads);
    return <T>(job: (loads: typeof bound) => T): T =>
      valueOf(instance.guard(LONG_MS, () => job(bound)));
  };
  return [
    {
      name: `tight loop, ${figure(COUNT)} additions`,
      goal: TIGHT_GOAL,
      job: async (engine) => {
        const run = await loads(engine);
        return () => run((own) => own.count(COUNT));
      },
    },
    {
      name: `PageRank, ${SWEEPS} rounds over ${figure(EDGES)} edges`,
      goal: REAL_GOAL,
      job: async (engine) => {
        const run = await loads(engine);
        return () => {
          // Anew each time, so that every round does the same.
          run((own) => own.prepare(NODES, EDGES));
          return run((own) => own.sweep(SWEEPS));
        };
      },
    },
    {
      // As tight as a loop can be: each call adds two numbers.
      name: `fib(${FIB}), a tree of calls`,
      goal: TIGHT_GOAL,
      job: async (engine) => {
        const run = await loads(engine);
        return () => run((own) => own.fib(FIB));
      },
    },
    {
      name: `rank cell, ${figure(RANK_LINKS)} links`,
      goal: REAL_GOAL,
      job: (engine) => rankJob(engine, rank),
    },
  ];
}

/** A whole computation of the rank cell, from start to publication. */
async function rankJob(
  engine: EngineShape,
  rank: Uint8Array,
): Promise<() => unknown> {
  const cell = await compileCell(engine, rank);
  const grants = rankGrants(fixedReads(RANK_PARTICLES, RANK_LINKS));
  return () => {
    const instance = instantiateCell(engine, cell, grants);
    const lifecycle = instance.bind(kernelLifecycle);
    const background = instance.bind(kernelBackground);
    const ranks = instance.bind(rankRanks);
    const vector = valueOf(instance.guard(LONG_MS, () => {
      lifecycle.start([], undefined);
      for (let step = 0; background.step().tag !== "idle"; step += 1) {
        if (step > STEPS_MAX) throw new Error("the rank cell never rests");
      }
      return ranks.vector(0, 65_536);
    }));
    instance.dispose();
    if (vector.tag === "err" || vector.val.length === 0) {
      throw new Error("the rank cell published nothing");
    }
    return vector.val.join(" ");
  };
}

async function overhead(
  trap: EngineShape,
  none: EngineShape,
  rounds: number,
  all: readonly Program[],
): Promise<Section> {
  const lines: Line[] = [];
  for (const { name, job } of all) {
    const mine = await job(trap);
    const theirs = await job(none);
    // The same answer, or the two are not the same program.
    if (mine() !== theirs()) throw new Error(`${name}: answers differ`);
    const { mineMs, theirsMs, ratio } = paired(mine, theirs, rounds);
    const detail =
      `${figure(mineMs)} ms, not rewritten ${figure(theirsMs)} ms, ` +
      `x ${figure(ratio)}`;
    lines.push({ name, value: (ratio - 1) * 100, detail });
  }
  return {
    title: "Overhead of being stoppable",
    unit: "%",
    lines,
    goals: all.map(({ name, goal }) => ({ line: name, limit: goal })),
    notes: [
      "published, not measured here: wasmtime's epochs 10 to 14 % on real " +
      "programs; measured elsewhere on such a machine: 50 % on a tight loop",
    ],
  };
}

/** Milliseconds that each stop came after its deadline. */
function overshoots(
  engine: EngineShape,
  cell: CompiledCell,
  { loads }: BenchCells,
): number[] {
  const stop = (_: unknown, at: number): number => {
    const instance: CellInstance = instantiateCell(engine, cell);
    const bound = instance.bind(loads);
    // The stop before ended right after a tick; this one begins at any phase.
    waitMs((at * PHASE_STEP) % TICK_MS);
    const startMs = performance.now();
    const guarded = instance.guard(STOP_MS, () => bound.spin());
    const ms = performance.now() - startMs;
    if (guarded.ok) throw new Error("an endless loop ended");
    if (guarded.trap.kind !== "deadline") throw guarded.trap;
    return ms - STOP_MS;
  };
  for (let warm = 0; warm < 10; warm += 1) stop(undefined, warm);
  return Array.from({ length: STOPS }, stop);
}

function waitMs(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs) { /* the event loop is not asked */ }
}

async function timerLateness(): Promise<number[]> {
  const late: number[] = [];
  for (let at = 0; at < STOPS; at += 1) {
    const startMs = performance.now();
    await new Promise<void>((resolve) => setTimeout(resolve, STOP_MS));
    late.push(performance.now() - startMs - STOP_MS);
  }
  return late;
}

async function overshoot(
  trap: EngineShape,
  cells: BenchCells,
): Promise<Section> {
  const cell = await compileCell(trap, cells.back);
  const own = overshoots(trap, cell, cells);
  const timer = await timerLateness();
  const line = (name: string, values: readonly number[], part: number) => ({
    name,
    value: quantile(values, part),
  });
  return {
    title: `Overshoot of a deadline of ${STOP_MS} ms, ${STOPS} endless loops`,
    unit: "ms",
    lines: [
      line("stop, p50", own, 0.5),
      line("stop, p99", own, 0.99),
      line("stop, latest", own, 1),
      line("setTimeout on an idle loop, p50", timer, 0.5),
      {
        ...line("setTimeout on an idle loop, p99", timer, 0.99),
        yardstick: "of its p99",
      },
      line("setTimeout on an idle loop, latest", timer, 1),
    ],
    goals: [{ line: "stop, p99", limit: 1 }],
    notes: [
      `the ticker's period is ${TICK_MS} ms and a deadline is never early: 0 ` +
      `to ${TICK_MS} ms are the design, the rest is the machine`,
      "with the loop running, setTimeout never fires and Worker.terminate " +
      "does not stop it",
    ],
  };
}

async function main(): Promise<void> {
  const options = readOptions(MANUAL, 11);
  const machine = thisMachine();
  const cells = await benchCells();
  const all = programs(cells, await rankComponent());
  const sections = await withEngine(
    { mode: "trap" },
    (trap) =>
      withEngine({ mode: "none" }, async (none) => [
        await overhead(trap, none, options.rounds, all),
        await overshoot(trap, cells),
      ]),
  );
  const parks = await withEngine({ mode: "park" }, async (engine) => [
    await slices(engine, cells),
    await parkable(engine, cells, options.rounds),
  ]);
  print("preempt", machine, options, [...sections, ...parks]);
}

if (import.meta.main) await main();
