/** The scheduler: how late a job's end is while others never end theirs. */
import { parseArgs } from "node:util";
import { Effect } from "effect";
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import type { Reads } from "../wit/gen/graph_reads.ts";
import { ONE_AUTHOR } from "../cells/rank/testing/graph_model.ts";
import { GraphModel } from "../cells/query/model/graph_model.ts";
import { bindings, fixture, SPIN } from "../conformance/kernel/cell/fixture.ts";
import { FAULT_WINDOW_MS } from "../kernel/limits.ts";
import { Histogram } from "../kernel/sched/histogram.ts";
import type { Meter } from "../kernel/sched/meter.ts";
import {
  graphAuthors,
  graphReads,
  halGpu,
  queryAnswers,
} from "../wit/gen/mod.ts";
import {
  type BenchKernel,
  type CellGiven,
  withKernel,
} from "./bench_kernel.ts";
import { fixedReads, rankComponent } from "./bench_rank_cell.ts";
import { Progress } from "./bench_progress.ts";
import { print, thisMachine } from "./bench_report.ts";
import {
  calm,
  type Lateness,
  type Overshoot,
  section,
} from "./bench_sched_report.ts";
import type { Order } from "./bench_sched_worker.ts";
import { Undisturbed, watched } from "./bench_sched_witness.ts";

const MANUAL = `Measures how late deadlines are kept while cells never end.

usage: deno task bench:sched [--jobs 2000] [--witness] [--json]

  --jobs N     so many slices of the soft spinners, 1 to 2000000; a million takes
               half an hour and more. How far it is goes to standard error
  --witness    one more section: only slices and stops during which the threads of
               the cells and of the ticker waited half a millisecond at most for a
               processor, by Linux's count. Asking that takes some of the machine

On one hart, all at once: seven soft cells whose steps never end (each is parked
when its slice of 1 ms is over, and goes on later), a hard cell whose jobs never end
(each is stopped at its deadline of 4 ms), and the query cell, which is asked
without a pause.

  slice of a soft spinner        how much longer than its slice it ran, of all seven
  job of the hard spinner        how long after its deadline its code was stopped
  its caller, told of the stop   the same until the promise of its caller resolves
  setTimeout beside them         how late a timer is on the same thread meanwhile
  plain worker, told to stop     a worker that looks at the clock itself, behind the
                                 others: how late who asked learns of the end
`;

const PARTICLES = 1_000;
const LINKS_EACH = 5;
const HARD_MS = 4;
/** Their reservations, and those of the other three, fill an epoch. */
const SPINNERS = 7;
const SLICE_MS = 1;
/** For so many slices of the soft spinners one job of the hard one. */
const SLICES_PER_STOP = 20;
const TIMER_MS = 5;
const WORKER_JOBS = 100;
const TERMINATE_WAIT_MS = 500;
const JOBS_MAX = 2_000_000;

interface Asked {
  readonly jobs: number;
  readonly witness: boolean;
  readonly json: boolean;
}

const pause = (ms: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, ms));

type AnyBinding = InterfaceBinding<unknown>;

/** Runs the cells of this benchmark until there were so many slices. */
export async function measure({ jobs, witness }: Asked): Promise<Lateness> {
  const made = await bindings();
  const query = await Deno.readFile(
    new URL("../build/cells/query.wasm", import.meta.url),
  );
  const answering = (reads: Reads) =>
    new Map<string, unknown>([
      [graphReads.name, reads],
      [graphAuthors.name, ONE_AUTHOR],
    ]);
  const drivers = new Map([
    ["texts", answering(smallGraph())],
    ["links", answering(fixedReads(PARTICLES, PARTICLES * LINKS_EACH))],
  ]);
  const spinner = {
    bytes: await fixture("leaf", { step: SPIN }),
    budgetMs: SLICE_MS,
    // Its one step is never over.
    stepMs: Number.MAX_SAFE_INTEGER,
  };
  const cells: Record<string, CellGiven> = {
    rank: {
      bytes: await rankComponent(),
      budgetMs: 1,
      memoryMib: 256,
      grants: await grantsOf("rank", "driver:links"),
    },
    query: {
      bytes: query,
      budgetMs: 1,
      memoryMib: 256,
      grants: await grantsOf("query", "driver:texts"),
    },
    ...Object.fromEntries(softNames().map((name) => [name, spinner])),
    hard: {
      bytes: await fixture("leaf", {}),
      class: "hard",
      budgetMs: 1,
      callMs: HARD_MS,
    },
  };
  const contracts = [
    ...made.all.values(),
    queryAnswers as AnyBinding,
    halGpu as AnyBinding,
  ];
  return await withKernel(
    cells,
    contracts,
    (bench) => run(bench, { jobs, witness }, made.tally as AnyBinding),
    { drivers },
  );
}

const softNames = () =>
  Array.from({ length: SPINNERS }, (_, at) => `soft-${at + 1}`);

/** What the program's own system file grants the cell, with another graph. */
async function grantsOf(
  cell: string,
  graph: string,
): Promise<Readonly<Record<string, string>>> {
  const text = await Deno.readTextFile(
    new URL("../system.json", import.meta.url),
  );
  const { cells } = JSON.parse(text) as {
    readonly cells: Record<string, { grants: Record<string, string> }>;
  };
  return Object.fromEntries(
    Object.entries(cells[cell]?.grants ?? {}).map(([contract, provider]) => [
      contract,
      provider === "cell:graph" ? graph : provider,
    ]),
  );
}

/** Every particle leads to some others. */
function smallGraph(): GraphModel {
  const graph = new GraphModel();
  const numbers = Array.from(
    { length: PARTICLES },
    (_, at) => graph.add(`particle number ${at}`),
  );
  for (const [at, from] of numbers.entries()) {
    for (let link = 1; link <= LINKS_EACH; link += 1) {
      graph.link(from, numbers[(at * 7 + link * link) % PARTICLES] ?? from);
    }
  }
  return graph;
}

async function run(
  bench: BenchKernel,
  { jobs, witness }: Pick<Asked, "jobs" | "witness">,
  tally: AnyBinding,
): Promise<Lateness> {
  const { kernel, slot } = bench;
  const answers = kernel.connect("query", queryAnswers);
  const hard = kernel.connect("hard", tally as InterfaceBinding<Acting>);
  const meters = softNames().map((name) => slot(name).meter);
  const parks = () => meters.reduce((sum, { parks }) => sum + parks, 0);
  const undisturbed = witness
    ? [
      new Undisturbed(meters, SLICE_MS),
      new Undisturbed([slot("hard").meter], HARD_MS),
    ]
    : [];
  const watch = witness ? await watched(undisturbed) : undefined;
  const begun = parks();
  const timers: number[] = [];
  const told: number[] = [];
  let answered = 0;
  let isOver = false;
  const repeat = async (job: () => Promise<unknown>) => {
    while (!isOver) await job();
  };
  const beside = [
    repeat(async () => {
      await Effect.runPromise(answers.top(10));
      answered += 1;
      await pause(0);
    }),
    repeat(async () => {
      const startMs = performance.now();
      await pause(TIMER_MS);
      timers.push(performance.now() - startMs - TIMER_MS);
    }),
  ];
  const progress = new Progress("slices", jobs);
  try {
    while (parks() - begun < jobs) {
      progress.tell(parks() - begun, () => {
        const { p50, p99 } = overshootOf(meters);
        return `overshoot p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
      });
      const before = parks();
      await served(bench, "hard");
      const startMs = performance.now();
      await Effect.runPromise(Effect.exit(hard.act(SPIN)));
      told.push(performance.now() - startMs - HARD_MS);
      while (parks() - before < SLICES_PER_STOP) await pause(1);
    }
  } finally {
    isOver = true;
    await Promise.all(beside);
    await watch?.end();
  }
  for (const name of [...softNames(), "query"]) {
    if (slot(name).faults > 0) throw new Error(slot(name).detail);
  }
  return {
    slices: { ...overshootOf(meters), count: parks() - begun },
    stops: overshootOf([slot("hard").meter]),
    told,
    timers,
    answered,
    undisturbed,
  };
}

function overshootOf(meters: readonly Meter[]): Overshoot {
  const all = new Histogram();
  for (const { overshoot } of meters) all.add(overshoot);
  return {
    count: all.total,
    p50: all.quantileUs(0.5) / 1_000,
    p99: all.quantileUs(0.99) / 1_000,
    most: Math.max(...meters.map(({ overshootMaxMs }) => overshootMaxMs)),
  };
}

interface Acting {
  act(what: number): number;
}

/** What was stopped is started anew; without this it would be disabled. */
async function served(
  { slot, jump, kernel }: BenchKernel,
  cell: string,
): Promise<void> {
  while (!slot(cell).serves) {
    jump(FAULT_WINDOW_MS);
    kernel.poke();
    await pause(1);
  }
}

/** A worker that is told how long: when its answer is here, and when it was due. */
async function workerLateness(): Promise<number[]> {
  const late: number[] = [];
  const words = new SharedArrayBuffer(4);
  const worker = spinner();
  try {
    for (let at = 0; at <= WORKER_JOBS; at += 1) {
      const startMs = performance.now();
      const answer = new Promise((resolve) => worker.onmessage = resolve);
      worker.postMessage({ forMs: HARD_MS, words } satisfies Order);
      await answer;
      // The first job waits for the thread to start.
      if (at > 0) late.push(performance.now() - startMs - HARD_MS);
    }
  } finally {
    worker.terminate();
  }
  return late;
}

/** Whether a worker in an endless loop goes on after `terminate`. */
async function survives(): Promise<boolean> {
  const words = new SharedArrayBuffer(4);
  const beats = new Int32Array(words);
  const worker = spinner();
  worker.postMessage({ forMs: undefined, words } satisfies Order);
  while (Atomics.load(beats, 0) === 0) await pause(1);
  worker.terminate();
  await pause(TERMINATE_WAIT_MS);
  const seen = Atomics.load(beats, 0);
  await pause(TERMINATE_WAIT_MS / 10);
  return Atomics.load(beats, 0) !== seen;
}

const spinner = () =>
  new Worker(new URL("./bench_sched_worker.ts", import.meta.url), {
    type: "module",
  });

function readAsked(): Asked {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: {
        jobs: { type: "string", default: "2000" },
        witness: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(MANUAL);
      Deno.exit(0);
    }
    const jobs = /^\d+$/.test(values.jobs) ? Number(values.jobs) : 0;
    const { witness, json } = values;
    if (jobs >= 1 && jobs <= JOBS_MAX) return { jobs, witness, json };
    throw new Error(`--jobs is 1 to ${JOBS_MAX}, not "${values.jobs}"`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error(MANUAL);
    Deno.exit(2);
  }
}

if (import.meta.main) {
  const asked = readAsked();
  const { jobs, json } = asked;
  const machine = thisMachine();
  const lateness = await measure(asked);
  const workers = await workerLateness();
  const goesOn = await survives();
  const sections = [section(lateness, workers, goesOn)];
  if (asked.witness) sections.push(calm(lateness.undisturbed));
  print("sched", machine, { json, rounds: jobs }, sections);
  // A worker that does not end would keep the process.
  Deno.exit(0);
}
