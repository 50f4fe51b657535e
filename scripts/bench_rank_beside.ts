/**
 * A hard cell beside a ranking on the same hart: how many of its jobs come late.
 *
 * Rank lends rows to a part on this very hart, so that all that sharing does is done
 * here, within the budgets of both.
 */
import { Effect } from "effect";
import { GraphModel } from "../cells/rank/testing/graph_model.ts";
import {
  bindings,
  fixture,
  OFTEN,
} from "../conformance/kernel/cell/fixture.ts";
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import { graphReads, rankRanks } from "../wit/gen/mod.ts";
import { type BenchKernel, withKernel } from "./bench_kernel.ts";
import { EdgeReads, makeGraph } from "./bench_rank_graphs.ts";
import type { Section } from "./bench_report.ts";

const SNAPSHOTS = "karyon:kernel/snapshots@0.1.0";
const CLOCK = "karyon:kernel/clock@0.1.0";
const IDLE_MS = 3_000;
const WAIT_MS = 120_000;

interface Count {
  readonly jobs: number;
  readonly late: number;
  readonly ms: number;
}

/** Jobs of the hard cell, and those that came late, while `body` runs. */
async function counted(
  { slot }: BenchKernel,
  body: () => Promise<void>,
): Promise<Count> {
  const hard = slot("hard");
  const { calls, meter: { missed } } = hard;
  const startMs = performance.now();
  await body();
  const ms = performance.now() - startMs;
  return { jobs: hard.calls - calls, late: hard.meter.missed - missed, ms };
}

export async function besideSection(
  component: Uint8Array,
  scale: number,
): Promise<Section> {
  const edges = new EdgeReads(makeGraph("kronecker", scale));
  const whole = edges.graph;
  const nothing = new Uint32Array();
  edges.graph = { ...whole, origins: nothing, targets: nothing };
  const reads = { ...new GraphModel().reads(), ...edges.reads() };
  const names = { tasks: "tasks", rows: "rows" };
  const rank = (config: Record<string, string>) => ({
    bytes: component,
    budgetMs: 2,
    memoryMib: 2_048,
    config: Object.entries({ ...names, ...config }),
    grants: {
      [graphReads.name]: "driver:links",
      [CLOCK]: "kernel",
      [SNAPSHOTS]: "kernel",
    },
  });
  const cells = {
    rank: rank({ "share-min": "0" }),
    part: rank({ part: "1" }),
    hard: {
      bytes: await fixture("leaf", { step: OFTEN }),
      class: "hard",
      budgetMs: 1,
    },
  } as const;
  const snapshots = new Map([
    ["tasks", { mib: 16, writer: "rank", readers: ["part"] }],
    ["rows", { mib: 16, writer: "part", readers: ["rank"] }],
  ]);
  const drivers = new Map([["links", new Map([[graphReads.name, reads]])]]);
  const contracts = [...(await bindings()).all.values()];
  const [idle, busy] = await withKernel(
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
  const line = (name: string, { jobs, late, ms }: Count) => ({
    name,
    value: 100 * late / jobs,
    detail: `${late} of ${jobs} jobs, ${(ms / 1_000).toFixed(1)} s`,
  });
  return {
    title: `Late jobs of a hard cell on rank's hart: kronecker ${scale}`,
    unit: "%",
    lines: [
      line("nothing is ranked", idle),
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
