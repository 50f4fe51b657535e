/**
 * A hard cell beside a ranking on the same hart: how many of its jobs come late.
 *
 * Rank lends rows to a part on this very hart, so that all that sharing does is done
 * here, within the budgets of both.
 */
import { Effect } from "effect";
import { GraphModel, ONE_AUTHOR } from "../cells/rank/testing/graph_model.ts";
import {
  bindings,
  fixture,
  OFTEN,
  UNTIL_YIELD,
} from "../conformance/kernel/cell/fixture.ts";
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import { graphAuthors, graphReads, halGpu, rankRanks } from "../wit/gen/mod.ts";
import { type BenchKernel, withKernel } from "./bench_kernel.ts";
import { type EdgeList, EdgeReads, makeGraph } from "./bench_rank_graphs.ts";
import type { Section } from "./bench_report.ts";

const SNAPSHOTS = "karyon:kernel/snapshots@0.1.0";
const CLOCK = "karyon:kernel/clock@0.1.0";
const SNAPSHOT_SPECS = new Map([
  ["tasks", { mib: 16, writer: "rank", readers: ["part"] }],
  ["rows", { mib: 16, writer: "part", readers: ["rank"] }],
]);
const IDLE_MS = 3_000;
const WAIT_MS = 120_000;

interface Count {
  readonly jobs: number;
  readonly late: number;
  /** The latest of them. */
  readonly latestMs: number;
  readonly ms: number;
}

/** Jobs of the hard cell, and those that came late, while `body` runs. */
async function counted(
  { slot }: BenchKernel,
  body: () => Promise<void>,
): Promise<Count> {
  const hard = slot("hard");
  const { calls, meter: { missed } } = hard;
  hard.meter.missedMaxMs = 0;
  const startMs = performance.now();
  await body();
  const ms = performance.now() - startMs;
  return {
    jobs: hard.calls - calls,
    late: hard.meter.missed - missed,
    latestMs: hard.meter.missedMaxMs,
    ms,
  };
}

const hardCell = async () => ({
  bytes: await fixture("leaf", { step: OFTEN }),
  class: "hard" as const,
  budgetMs: 1,
});

/** The same beside a soft cell that spins until it is told to yield: a yardstick. */
async function besideSpinner(): Promise<Count> {
  const cells = {
    spinner: {
      bytes: await fixture("leaf", { step: UNTIL_YIELD }),
      budgetMs: 2,
    },
    hard: await hardCell(),
  };
  const contracts = [...(await bindings()).all.values()];
  return await withKernel(
    cells,
    contracts as InterfaceBinding<unknown>[],
    (bench) => counted(bench, () => pause(IDLE_MS)),
  );
}

/** Jobs while nothing is ranked, and during a ranking, alone or with a part. */
async function measured(
  component: Uint8Array,
  whole: EdgeList,
  hasPart: boolean,
): Promise<readonly [Count, Count]> {
  const edges = new EdgeReads(whole);
  const nothing = new Uint32Array();
  edges.graph = { ...whole, origins: nothing, targets: nothing };
  const reads = { ...new GraphModel().reads(), ...edges.reads() };
  const names = { tasks: "tasks", rows: "rows" };
  const rank = (config: Record<string, string>) => ({
    bytes: component,
    budgetMs: 2,
    memoryMib: 2_048,
    config: hasPart ? Object.entries({ ...names, ...config }) : [],
    grants: {
      [graphReads.name]: "driver:links",
      [graphAuthors.name]: "driver:links",
      [CLOCK]: "kernel",
      [SNAPSHOTS]: "kernel",
      [halGpu.name]: "none",
    },
  });
  const cells = {
    rank: rank({ "share-min": "0" }),
    ...(hasPart ? { part: rank({ part: "1" }) } : {}),
    hard: await hardCell(),
  };
  const snapshots = hasPart ? SNAPSHOT_SPECS : new Map();
  const links = new Map<string, unknown>([
    [graphReads.name, reads],
    [graphAuthors.name, ONE_AUTHOR],
  ]);
  const drivers = new Map([["links", links]]);
  const contracts = [...(await bindings()).all.values(), halGpu];
  return await withKernel(
    cells,
    contracts as InterfaceBinding<unknown>[],
    async (bench) => {
      const idle = await counted(bench, () => pause(IDLE_MS));
      edges.graph = whole;
      const busy = await counted(bench, () => ranked(bench));
      return [idle, busy] as const;
    },
    { drivers, snapshots },
  );
}

export async function besideSection(
  component: Uint8Array,
  scale: number,
): Promise<Section> {
  const graph = makeGraph("kronecker", scale);
  const [idle, alone] = await measured(component, graph, false);
  const [, busy] = await measured(component, graph, true);
  const spun = await besideSpinner();
  const line = (name: string, { jobs, late, latestMs, ms }: Count) => ({
    name,
    value: 100 * late / jobs,
    detail: `${late} of ${jobs} jobs, ${(ms / 1_000).toFixed(1)} s` +
      (late > 0 ? `, by ${latestMs.toFixed(1)} ms at most` : ""),
  });
  return {
    title: `Late jobs of a hard cell on rank's hart: kronecker ${scale}`,
    unit: "%",
    lines: [
      line("nothing is ranked", idle),
      line("a soft cell spins, no ranking", spun),
      line("a ranking, same hart", alone),
      line("a ranking and its part, same hart", busy),
    ],
    notes: [
      "late: not done by the end of the epoch after the one it was due in",
    ],
  };
}

async function ranked({ kernel }: BenchKernel): Promise<void> {
  const ranks = kernel.connect("rank", rankRanks);
  const endMs = performance.now() + WAIT_MS;
  while (performance.now() < endMs) {
    const standing = await Effect.runPromise(ranks.status());
    if (standing.tag === "ok" && standing.val.confirmed) return;
    await pause(50);
  }
  throw new Error("the ranking does not end");
}

const pause = (ms: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, ms));
