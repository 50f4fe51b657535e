/** One ranking, as bench:rank measures it: by the cell on an engine, and by the C program. */
import { Effect } from "effect";
import { GraphModel } from "../cells/rank/testing/graph_model.ts";
import { NO_SNAPSHOTS } from "../cells/rank/testing/rank_cell.ts";
import type { Gpu } from "../hal/gpu_contract.ts";
import type { CellInstance, CompiledCell } from "../kernel/engine/engine.ts";
import type { Snapshots } from "../wit/gen/kernel_snapshots.ts";
import {
  kernelBackground,
  kernelLifecycle,
  rankRanks,
} from "../wit/gen/mod.ts";
import { rankGrants } from "./bench_rank_cell.ts";
import { type EdgeList, EdgeReads } from "./bench_rank_graphs.ts";
import { cpuMs, type Round } from "./bench_rank_plain.ts";
import { type EngineShape, LONG_MS, valueOf } from "./bench_timing.ts";

/** A graph of scale 22 takes about so much. */
const MEMORY_MIB = 4_096;
const STEPS_MAX = 10_000_000;
const LIMITS = { memoryMib: MEMORY_MIB, startMs: 1_000 };

export function compileLarge(
  engine: EngineShape,
  component: Uint8Array,
): Promise<CompiledCell> {
  return Effect.runPromise(engine.compile(component, LIMITS));
}

/** What a settled cell did since it was asked. */
export interface Settled {
  readonly rounds: number;
  readonly particles: number;
  /** Processor time. */
  readonly ms: number;
  readonly memoryOctets: number;
}

export interface OpenCell {
  readonly edges: EdgeReads;
  settle(): Settled;
  /** Octets of the published vector. */
  vector(): Uint8Array;
  dispose(): void;
}

export type Config = [string, string][];

/** A started instance over a graph. */
export function openInstance(
  engine: EngineShape,
  cell: CompiledCell,
  graph: EdgeList,
  config: Config,
  snapshots?: Snapshots,
  gpu?: Gpu,
): { readonly instance: CellInstance; readonly edges: EdgeReads } {
  const edges = new EdgeReads(graph);
  const reads = { ...new GraphModel().reads(), ...edges.reads() };
  const instance = Effect.runSync(
    engine.instantiate(cell, rankGrants(reads, snapshots, gpu), LIMITS),
  );
  const lifecycle = instance.bind(kernelLifecycle);
  const started = valueOf(
    instance.guard(LONG_MS, () => lifecycle.start(config, undefined)),
  );
  if (started.tag === "err") throw new Error(JSON.stringify(started.val));
  return { instance, edges };
}

const VECTOR_PAGE = 65_536;

/** An instance over a graph; `settle` works until it rests. */
export function openCell(
  engine: EngineShape,
  cell: CompiledCell,
  graph: EdgeList,
  config: Config,
  snapshots?: Snapshots,
): OpenCell {
  const open = openInstance(engine, cell, graph, config, snapshots);
  const { instance, edges } = open;
  const background = instance.bind(kernelBackground);
  const ranks = instance.bind(rankRanks);
  const guarded = <T>(job: () => T) => valueOf(instance.guard(LONG_MS, job));
  return {
    edges,
    vector: () => {
      const vector = new Float64Array(graph.vertices);
      for (let at = 0; at < vector.length; at += VECTOR_PAGE) {
        const page = guarded(() => ranks.vector(at, VECTOR_PAGE));
        if (page.tag === "err") throw new Error(page.val);
        vector.set(page.val, at);
      }
      return new Uint8Array(vector.buffer);
    },
    settle: () => {
      const startMs = cpuMs();
      for (let step = 0;; step += 1) {
        if (guarded(() => background.step()).tag === "idle") break;
        if (step > STEPS_MAX) throw new Error("the rank cell never rests");
      }
      const ms = cpuMs() - startMs;
      const standing = guarded(() => ranks.status());
      if (standing.tag === "err" || standing.val.version === 0n) {
        throw new Error("the rank cell published nothing");
      }
      return {
        ms,
        rounds: standing.val.iterations,
        particles: standing.val.particles,
        memoryOctets: instance.memoryBytes(),
      };
    },
    dispose: () => instance.dispose(),
  };
}

/**
 * Milliseconds of one round, without what comes before and after the rounds: the better
 * half of them. A cell is only made once: on a large graph its matrices take far longer
 * than its rounds. It is told of parts that are not there, so it looks for one at each walk.
 */
export function roundMs(
  engine: EngineShape,
  cell: CompiledCell,
  graph: EdgeList,
  config: Config,
  count: number,
): number {
  const looks: number[] = [];
  const snapshots: Snapshots = {
    ...NO_SNAPSHOTS,
    look: (name) => {
      looks.push(cpuMs());
      return NO_SNAPSHOTS.look(name);
    },
  };
  const open = openCell(engine, cell, graph, [
    ...config,
    ["rounds-max", `${count + 1}`],
    ["tasks", "nobody"],
    ["rows", "nobody"],
    ["share-min", "0"],
  ], snapshots);
  const { rounds } = open.settle();
  open.dispose();
  // Rounds have as many walks each, but for a few: a heat may take a term more.
  const at = (round: number) =>
    looks[Math.round(round * looks.length / rounds)] ?? NaN;
  const half = (rounds - 1) >> 1;
  const ms = (from: number, to: number) => (at(to) - at(from)) / (to - from);
  return Math.min(ms(0, half), ms(rounds - 1 - half, rounds - 1));
}

/** The fastest of `rounds` runs. */
export function best<T extends { readonly ms: number }>(
  rounds: number,
  run: () => T,
): T {
  const runs = Array.from({ length: rounds }, run);
  return runs.reduce((least, one) => one.ms < least.ms ? one : least);
}

/**
 * Rounds of diffusion and of the tri-kernel in C; nothing without gcc. Of several
 * threads it is time that passes, and diffusion alone.
 */
export async function inC(
  file: Uint8Array,
  threads = 1,
): Promise<[Round, Round] | undefined> {
  const source = new URL("bench_rank.c", import.meta.url).pathname;
  const program = new URL("../build/bench_rank", import.meta.url).pathname;
  const rows = `${program}.rows`;
  const run = (command: string, args: string[]) =>
    new Deno.Command(command, { args }).output();
  try {
    const flags = [
      "-O3",
      "-march=native",
      "-o",
      program,
      source,
      "-lm",
      "-pthread",
    ];
    const made = await run("gcc", flags);
    if (!made.success) throw new Error(new TextDecoder().decode(made.stderr));
    await Deno.writeFile(rows, file);
    const { stdout, success } = await run(program, [rows, `${threads}`]);
    await Deno.remove(rows);
    if (!success) throw new Error("the C program failed");
    const [one, other] = new TextDecoder().decode(stdout).trim().split("\n")
      .map((line) => line.split(" ").map(Number));
    const round = (pair: number[] = []): Round => ({
      ms: pair[0] ?? NaN,
      change: pair[1] ?? NaN,
    });
    return [round(one), round(other)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
