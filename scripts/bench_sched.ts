/** The scheduler: how late a job's end is while others never end theirs. */
import { parseArgs } from "node:util";
import { Effect } from "effect";
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import type { Reads } from "../wit/gen/graph_reads.ts";
import { GraphModel } from "../cells/query/model/graph_model.ts";
import { bindings, fixture, SPIN } from "../conformance/kernel/cell/fixture.ts";
import { TICK_MS } from "../kernel/engine/limits.ts";
import { FAULT_WINDOW_MS } from "../kernel/limits.ts";
import { graphReads, halGpu, queryAnswers, rankRanks } from "../wit/gen/mod.ts";
import { type BenchKernel, withKernel } from "./bench_kernel.ts";
import { fixedReads, rankComponent } from "./bench_rank_cell.ts";
import { Progress } from "./bench_progress.ts";
import { type Line, print, type Section, thisMachine } from "./bench_report.ts";
import type { Order } from "./bench_sched_worker.ts";
import { quantile } from "./bench_timing.ts";

const MANUAL = `Measures how late deadlines are kept while cells never end.

usage: deno task bench:sched [--jobs 2000] [--json]

  --jobs N     so many jobs of the soft spinner, 1 to 2000000; a million takes
               some hours. How far it is goes to standard error

On one hart, all at once: a soft cell whose step never ends (it is parked when
its slice is over, and goes on), a hard cell whose jobs never end (each is
stopped at its deadline), and the query cell, which is asked without a pause.

  slice of the soft spinner      how much longer than its slice it ran
  job of the hard spinner        how long after its deadline it was stopped
  setTimeout beside them         how late a timer is on the same thread meanwhile
  plain worker, told to stop     a worker that looks at the clock itself: how late
                                 the thread that asked learns of the end
`;

const PARTICLES = 1_000;
const LINKS_EACH = 5;
const HARD_MS = 4;
/** For so many slices of the soft spinner one job of the hard one. */
const SLICES_PER_STOP = 10;
const TIMER_MS = 5;
const WORKER_JOBS = 100;
const TERMINATE_WAIT_MS = 500;
const JOBS_MAX = 2_000_000;

interface Asked {
  readonly jobs: number;
  readonly json: boolean;
}

interface Lateness {
  readonly slices: BenchSlices;
  readonly stops: number[];
  readonly timers: number[];
  readonly answered: number;
}

interface BenchSlices {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

const pause = (ms: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, ms));

type AnyBinding = InterfaceBinding<unknown>;

async function measure(jobs: number): Promise<Lateness> {
  const made = await bindings();
  const query = await Deno.readFile(
    new URL("../build/cells/query.wasm", import.meta.url),
  );
  const answering = (reads: Reads) =>
    new Map<string, unknown>([[graphReads.name, reads]]);
  const drivers = new Map([
    ["texts", answering(smallGraph())],
    ["links", answering(fixedReads(PARTICLES, PARTICLES * LINKS_EACH))],
  ]);
  const cells = {
    rank: {
      bytes: await rankComponent(),
      budgetMs: 1,
      memoryMib: 256,
      grants: {
        [graphReads.name]: "driver:links",
        "karyon:kernel/clock@0.1.0": "kernel",
        "karyon:kernel/snapshots@0.1.0": "kernel",
        [halGpu.name]: "none",
      },
    },
    query: {
      bytes: query,
      budgetMs: 1,
      memoryMib: 256,
      grants: {
        [graphReads.name]: "driver:texts",
        [rankRanks.name]: "cell:rank",
      },
    },
    soft: {
      bytes: await fixture("leaf", { step: SPIN }),
      budgetMs: 2,
      // Its one step is never over.
      stepMs: Number.MAX_SAFE_INTEGER,
    },
    hard: {
      bytes: await fixture("leaf", {}),
      class: "hard",
      budgetMs: 1,
      callMs: HARD_MS,
    },
  } as const;
  const contracts = [
    ...made.all.values(),
    queryAnswers as AnyBinding,
    halGpu as AnyBinding,
  ];
  return await withKernel(
    cells,
    contracts,
    (bench) => run(bench, jobs, made.tally as AnyBinding),
    { drivers },
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
  jobs: number,
  tally: AnyBinding,
): Promise<Lateness> {
  const { kernel, slot } = bench;
  const answers = kernel.connect("query", queryAnswers);
  const hard = kernel.connect("hard", tally as InterfaceBinding<Acting>);
  const { meter } = slot("soft");
  const begun = meter.parks;
  const timers: number[] = [];
  const stops: number[] = [];
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
    while (meter.parks - begun < jobs) {
      progress.tell(meter.parks - begun, () => {
        const ms = (part: number) =>
          (meter.overshoot.quantileUs(part) / 1_000).toFixed(2);
        return `overshoot p50 ${ms(0.5)} ms, p99 ${ms(0.99)} ms`;
      });
      const before = meter.parks;
      await served(bench, "hard");
      const startMs = performance.now();
      await Effect.runPromise(Effect.exit(hard.act(SPIN)));
      stops.push(performance.now() - startMs - HARD_MS);
      while (meter.parks - before < SLICES_PER_STOP) await pause(1);
    }
  } finally {
    isOver = true;
    await Promise.all(beside);
  }
  if (slot("soft").faults + slot("query").faults > 0) {
    throw new Error(slot("soft").detail + slot("query").detail);
  }
  const { overshoot, overshootMaxMs } = meter;
  return {
    slices: {
      count: meter.parks - begun,
      p50: overshoot.quantileUs(0.5) / 1_000,
      p99: overshoot.quantileUs(0.99) / 1_000,
      most: overshootMaxMs,
    },
    stops,
    timers,
    answered,
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

function section(
  { slices, stops, timers, answered }: Lateness,
  workers: number[],
  goesOn: boolean,
): Section {
  const three = (name: string, values: readonly number[]): Line[] => [
    { name: `${name}, p50`, value: quantile(values, 0.5) },
    { name: `${name}, p99`, value: quantile(values, 0.99) },
    { name: `${name}, latest`, value: quantile(values, 1) },
  ];
  const soft = "slice of the soft spinner";
  const hard = "job of the hard spinner";
  return {
    title: `Overshoot of deadlines, ${slices.count} slices and ` +
      `${stops.length} stops, ${answered} questions answered meanwhile`,
    unit: "ms",
    lines: [
      { name: `${soft}, p50`, value: slices.p50 },
      { name: `${soft}, p99`, value: slices.p99 },
      { name: `${soft}, latest`, value: slices.most },
      ...three(hard, stops),
      ...three("setTimeout beside them", timers).map((line, at) =>
        at === 1 ? { ...line, yardstick: "of setTimeout's p99" } : line
      ),
      ...three("plain worker, told to stop", workers).map((line, at) =>
        at === 1 ? { ...line, yardstick: "of a worker's p99" } : line
      ),
    ],
    goals: [
      { line: `${soft}, p99`, limit: 1 },
      { line: `${hard}, p99`, limit: 1 },
    ],
    notes: [
      `the ticker's period is ${TICK_MS} ms: 0 to ${TICK_MS} ms are the ` +
      "design; quantiles of slices are within 7 %",
      "a plain worker in an endless loop, half a second after terminate: " +
      (goesOn ? "still runs" : "has ended"),
    ],
  };
}

function readAsked(): Asked {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: {
        jobs: { type: "string", default: "2000" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(MANUAL);
      Deno.exit(0);
    }
    const jobs = /^\d+$/.test(values.jobs) ? Number(values.jobs) : 0;
    if (jobs >= 1 && jobs <= JOBS_MAX) return { jobs, json: values.json };
    throw new Error(`--jobs is 1 to ${JOBS_MAX}, not "${values.jobs}"`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error(MANUAL);
    Deno.exit(2);
  }
}

if (import.meta.main) {
  const { jobs, json } = readAsked();
  const machine = thisMachine();
  const lateness = await measure(jobs);
  const workers = await workerLateness();
  const goesOn = await survives();
  const shown = section(lateness, workers, goesOn);
  print("sched", machine, { json, rounds: jobs }, [shown]);
  // A worker that does not end would keep the process.
  Deno.exit(0);
}
