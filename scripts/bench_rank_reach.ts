/**
 * How far a few more links reach: the particles whose old focus is wrong then.
 *
 * A way that leaves a particle as it was leaves its change in the vector's error. So the
 * largest changes that have to be made for an error of `t` in L1 are a bound
 * from below for each such way, whatever it walks over (decision 0058).
 */
import type { CompiledCell } from "../kernel/engine/engine.ts";
import { type EdgeList, withMore } from "./bench_rank_graphs.ts";
import { figure } from "./bench_report.ts";
import { type Config, openCell } from "./bench_rank_run.ts";
import type { EngineShape } from "./bench_timing.ts";

/** Far below what is asked about, so that the vectors' own errors do not count. */
const EXACT: Config = [["tolerance", "0.000000000001"]];

export const ERRORS = [1e-10, 1e-8, 1e-6] as const;

/** How many values have to change at least, so that what is left adds up to `error`. */
export function reach(
  before: Float64Array,
  after: Float64Array,
  error: number,
): number {
  const changes = Float64Array.from(
    after,
    (value, i) => Math.abs(value - (before[i] ?? 0)),
  ).sort();
  let left = 0;
  let kept = 0;
  for (const change of changes) {
    left += change;
    if (left > error) break;
    kept += 1;
  }
  return changes.length - kept;
}

/** A sentence for each number of links. */
export function reachNotes(
  engine: EngineShape,
  cell: CompiledCell,
  graph: EdgeList,
  counts: readonly number[],
): string[] {
  const open = openCell(engine, cell, graph, EXACT);
  const settled = () => {
    open.settle();
    return new Float64Array(open.vector().slice().buffer);
  };
  let before = settled();
  const notes = counts.map((count) => {
    open.edges.graph = withMore(open.edges.graph, count, count);
    const after = settled();
    const ranked = after.filter((value) => value > 0).length;
    const reached = ERRORS.map((error) =>
      `${figure(reach(before, after, error))} (${error.toExponential(0)})`
    );
    before = after;
    return `${figure(count)} more: of ${figure(ranked)} particles at least ` +
      `${reached.join(", ")} have to change for such an error`;
  });
  open.dispose();
  return notes;
}
