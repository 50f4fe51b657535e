/**
 * The way by a GPU, as bench:rank --gpu measures it, beside one hart and C.
 *
 * All is time that passes, from a new record to the first publication: the GPU's with all
 * uploads and with the round in f64 that proves it. Nothing is simulated: without an adapter
 * there are no figures.
 */
import { openWebGpu } from "../drivers/web/gpu/open.ts";
import type { Gpu, Work } from "../hal/gpu_contract.ts";
import type { HostedGpu } from "../hal/hosted/gpu_host.ts";
import type { CompiledCell } from "../kernel/engine/engine.ts";
import {
  kernelBackground,
  kernelLifecycle,
  rankRanks,
} from "../wit/gen/mod.ts";
import { type EdgeList, type Kind, makeGraph } from "./bench_rank_graphs.ts";
import { rowFile, rowSet } from "./bench_rank_plain.ts";
import { figure, type Line, type Section } from "./bench_report.ts";
import { type Config, inC, openInstance } from "./bench_rank_run.ts";
import { type EngineShape, LONG_MS, valueOf } from "./bench_timing.ts";

const ON: Config = [["gpu", "yes"], ["gpu-min", "0"]];
const MEMORY_MAX = 2 ** 31;
const QUEUE = { inFlightMax: 256, ahead: 128, memoryMax: MEMORY_MAX };

interface Ran {
  readonly ms: number;
  readonly rounds: number;
  readonly bound: number;
  readonly trouble: string;
  readonly vector: Float64Array;
}

/** What went to the device and what it was asked to run. */
interface Asked {
  octets: number;
  readonly works: Map<Work["tag"], number>;
}

function counting(gpu: Gpu, asked: Asked): Gpu {
  const submit: Gpu["submit"] = (work, within) => {
    const answer = gpu.submit(work, within);
    if (answer.tag === "ok") {
      asked.works.set(work.tag, (asked.works.get(work.tag) ?? 0) + 1);
      if (work.tag === "write") asked.octets += work.val.octets.length;
    }
    return answer;
  };
  return { ...gpu, submit };
}

/** From nothing to the first publication, by one new cell. */
function firstRanks(
  engine: EngineShape,
  cell: CompiledCell,
  graph: EdgeList,
  config: Config,
  gpu?: Gpu,
): Ran {
  const { instance } = openInstance(
    engine,
    cell,
    graph,
    config,
    undefined,
    gpu,
  );
  const background = instance.bind(kernelBackground);
  const lifecycle = instance.bind(kernelLifecycle);
  const ranks = instance.bind(rankRanks);
  const guarded = <T>(job: () => T) => valueOf(instance.guard(LONG_MS, job));
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const startMs = performance.now();
  for (;;) {
    const next = guarded(() => background.step());
    if (next.tag !== "idle") continue;
    const standing = guarded(() => ranks.status());
    if (standing.tag === "err") throw new Error(standing.val);
    if (standing.val.computing) {
      Atomics.wait(pause, 0, 0, next.val);
      continue;
    }
    const ms = performance.now() - startMs;
    const health = guarded(() => lifecycle.health());
    const vector = new Float64Array(graph.vertices);
    for (let at = 0; at < vector.length; at += 65_536) {
      const page = guarded(() => ranks.vector(at, 65_536));
      if (page.tag === "err") throw new Error(page.val);
      vector.set(page.val, at);
    }
    instance.dispose();
    const { iterations: rounds, bound } = standing.val;
    const trouble = health.tag === "ok" ? "" : health.val;
    return { ms, rounds, bound, trouble, vector };
  }
}

function bestOf(times: number, run: () => Ran): Ran {
  const runs = Array.from({ length: times }, run);
  return runs.reduce((least, one) => one.ms < least.ms ? one : least);
}

function distance(one: Float64Array, other: Float64Array): number {
  return one.reduce((sum, at, i) => sum + Math.abs(at - (other[i] ?? 0)), 0);
}

/** Nothing but a note where there is no adapter. */
export async function gpuSections(
  engine: EngineShape,
  cell: CompiledCell,
  scale: number,
  times: number,
): Promise<Section[]> {
  const hosted = openWebGpu(QUEUE);
  try {
    const attached = hosted.control.attach({ power: "high", software: true });
    if (attached.tag === "err") {
      const why = attached.val.val ?? attached.val.tag;
      const title = `By a GPU: left out, ${why}`;
      return [{ title, unit: "ms", lines: [] }];
    }
    const sections: Section[] = [];
    for (const kind of ["kronecker", "uniform"] as const) {
      sections.push(await one(engine, cell, hosted, { kind, scale, times }));
    }
    return sections;
  } finally {
    hosted.close();
  }
}

async function one(
  engine: EngineShape,
  cell: CompiledCell,
  { gpu }: HostedGpu,
  { kind, scale, times }: {
    readonly kind: Kind;
    readonly scale: number;
    readonly times: number;
  },
): Promise<Section> {
  const graph = makeGraph(kind, scale);
  const rows = rowSet(graph);
  const native = await inC(rowFile(rows));
  const cpu = bestOf(times, () => firstRanks(engine, cell, graph, []));
  const asked: Asked = { octets: 0, works: new Map() };
  const by = bestOf(times, () => {
    asked.octets = 0;
    asked.works.clear();
    return firstRanks(engine, cell, graph, ON, counting(gpu, asked));
  });
  const lines: Line[] = [
    {
      name: "cell, by the GPU",
      value: by.ms,
      detail: by.trouble || `then ${by.rounds} rounds in f64`,
    },
    {
      name: "cell, one hart",
      value: cpu.ms,
      detail: `${cpu.rounds} rounds`,
      yardstick: "of one hart",
    },
  ];
  if (native !== undefined) {
    const [, { ms }] = native;
    lines.push({
      name: `C -O3, ${cpu.rounds} rounds of the data model`,
      value: ms * cpu.rounds,
      yardstick: "of C",
    });
  }
  const { name, kind: what } = gpu.describe();
  const counts = [...asked.works].map(([tag, count]) => `${count} ${tag}`);
  return {
    title: `Tri-kernel to 1e-10 by a GPU: ${kind} ${scale}, ${
      figure(rows.n)
    } vertices, ${figure(graph.origins.length)} edges`,
    unit: "ms",
    lines,
    notes: [
      `on ${name} (${what}${
        what === "software" ? ": the same processor in its other role" : ""
      }); the best of ${times}, time that passes`,
      `to the device: ${figure(asked.octets / 2 ** 20)} MiB; ${
        counts.join(", ")
      }`,
      `L1 between the two: ${
        distance(by.vector, cpu.vector).toExponential(1)
      }; ` +
      `proven bounds ${by.bound.toExponential(1)} and ${
        cpu.bound.toExponential(1)
      }`,
    ],
  };
}
