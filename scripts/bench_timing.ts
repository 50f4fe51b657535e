/**
 * Measuring: warm first, then medians of rounds that take turns.
 *
 * Competitors take turns in each round, so that what else the machine does hits
 * all of them alike.
 */
import { Effect } from "effect";
import {
  type CellInstance,
  type CompiledCell,
  Engine,
  type Grants,
  type Guarded,
} from "../kernel/engine/engine.ts";
import { v8Engine, type V8Options } from "../kernel/engine/v8/engine.ts";
import { v8Threads } from "../kernel/host/v8_threads.ts";

/** How long one batch of a cheap thing should take. */
const BATCH_MS = 10;
const WARM_MS = 100;

/** The memory that a cell of a benchmark may use. */
export const LIMITS = { memoryMib: 512, startMs: 1_000 };
/** A deadline that no batch comes near. */
export const LONG_MS = 60_000;

export type EngineShape = Engine["Service"];

/** The value at `part` (0 to 1) of the sorted values; NaN if there are none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function timed(job: () => void): number {
  const startMs = performance.now();
  job();
  return performance.now() - startMs;
}

/** Does `count` of one thing. */
export type Batch = (count: number) => void;

/** Nanoseconds of one of each, in the order of `batches`. */
export function nanoseconds(
  batches: readonly Batch[],
  rounds: number,
): number[] {
  const counts = batches.map(warm);
  const samples: number[][] = batches.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, batch] of batches.entries()) {
      const count = counts[at] ?? 1;
      const ms = timed(() => batch(count));
      samples[at]?.push(ms * 1e6 / count);
    }
  }
  return samples.map(median);
}

/** Runs it until it is compiled well; how many fill a batch. */
function warm(batch: Batch): number {
  let count = 16;
  const endMs = performance.now() + WARM_MS;
  for (;;) {
    const ms = timed(() => batch(count));
    if (ms < BATCH_MS / 2) count *= 2;
    else if (performance.now() > endMs) return count;
  }
}

export interface Pair {
  readonly mineMs: number;
  readonly theirsMs: number;
  readonly ratio: number;
}

/**
 * Two long jobs side by side, medians of `rounds` after one round to warm. The
 * ratio is the median of each round's own: what else ran then slowed both.
 */
export function paired(
  mine: () => void,
  theirs: () => void,
  rounds: number,
): Pair {
  timed(mine);
  timed(theirs);
  const samples = Array.from(
    { length: rounds },
    () => [timed(mine), timed(theirs)] as const,
  );
  return {
    mineMs: median(samples.map(([ms]) => ms)),
    theirsMs: median(samples.map(([, ms]) => ms)),
    ratio: median(samples.map(([mineMs, theirsMs]) => mineMs / theirsMs)),
  };
}

/** Runs `body` with an engine, which is gone when it returns. */
export function withEngine<T>(
  options: Partial<V8Options>,
  body: (engine: EngineShape) => Promise<T>,
): Promise<T> {
  return Effect.runPromise(
    Effect.gen(function* () {
      const engine = yield* Engine;
      return yield* Effect.promise(() => body(engine));
    }).pipe(Effect.provide(v8Engine({ ...v8Threads, ...options }))),
  );
}

export function compileCell(
  engine: EngineShape,
  component: Uint8Array,
): Promise<CompiledCell> {
  return Effect.runPromise(engine.compile(component, LIMITS));
}

export function instantiateCell(
  engine: EngineShape,
  cell: CompiledCell,
  grants: Grants = new Map(),
): CellInstance {
  return Effect.runSync(engine.instantiate(cell, grants, LIMITS));
}

/** What a guarded job gave; a trap is an error of the benchmark. */
export function valueOf<T>(guarded: Guarded<T>): T {
  if (guarded.ok) return guarded.value;
  throw guarded.trap;
}
