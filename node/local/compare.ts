/**
 * An explanation beside one that was computed again, figure by figure.
 *
 * Two computations of one fixed point are as near to each other as the rank contract
 * promises in L1, and so is every part of a focus; weights are exact to rounding.
 */
import type {
  Explained,
  ExplainedAxon,
} from "../../conformance/cells/rank/explained.ts";
import type { Explanation } from "../api.ts";
import type { Recomputed } from "../cli/composition.ts";

/** What the rank contract promises, in L1. */
export const FIGURE_ERROR_MAX = 1e-9;

/** Of sums over the explanation's own figures. */
const SUM_ERROR_MAX = 1e-12;

export interface Known {
  readonly numbers: ReadonlyMap<string, number>;
  readonly focus: ArrayLike<number>;
  readonly particles: number;
}

/** Every difference is named; none: the explanation holds. */
export function compared(
  answer: Explanation,
  wanted: Explained,
  known: Known,
): Recomputed {
  const differences: string[] = [];
  let figures = 0;
  let largest = 0;
  const check = (name: string, found: number, right: number, most: number) => {
    figures += 1;
    const off = Math.abs(found - right);
    largest = Math.max(largest, off);
    if (!(off <= most)) differences.push(`${name} is ${found}, not ${right}`);
  };
  const near = (name: string, found: number, right: number) =>
    check(name, found, right, FIGURE_ERROR_MAX);
  const focusOf = (cid: string) =>
    known.focus[known.numbers.get(cid) ?? -1] ?? 0;
  near("focus", answer.particle.focus, focusOf(answer.particle.cid));
  for (const { cid, focus } of answer.from ?? []) {
    near(`focus of ${cid}`, focus, focusOf(cid));
  }
  check("particles", answer.particles, known.particles, 0);
  check("axons", answer.axons, wanted.axons.length, 0);
  check("total", answer.total, addedUp(answer), SUM_ERROR_MAX);
  check("the sum", answer.total, answer.particle.focus, answer.bound);
  for (const part of ["mass", "prior", "stuck", "anchor", "kept"] as const) {
    near(part, answer[part], wanted[part]);
  }
  const left = new Map(wanted.axons.map((axon) => [keyOf(axon), axon]));
  for (const one of answer.contributions) {
    const key = keyOf({
      particle: known.numbers.get(one.other.cid) ?? -1,
      inward: one.direction === "in",
    });
    const right = left.get(key);
    const name = `axon ${one.axon}`;
    if (right === undefined) {
      differences.push(`${name} is not in the store, or comes twice`);
      continue;
    }
    left.delete(key);
    near(`focus of ${one.other.cid}`, one.other.focus, focusOf(one.other.cid));
    check(`weight of ${name}`, one.weight / right.weight, 1, SUM_ERROR_MAX);
    for (const part of ["diffusion", "springs", "heat"] as const) {
      near(`${part} of ${name}`, one[part], right[part]);
    }
  }
  for (const part of ["diffusion", "springs", "heat"] as const) {
    const rest = left.values().reduce((sum, axon) => sum + axon[part], 0);
    near(`${part} of the rest`, answer.rest[part], rest);
  }
  return { holds: differences.length === 0, figures, largest, differences };
}

function keyOf(axon: Pick<ExplainedAxon, "particle" | "inward">): string {
  return `${axon.particle} ${axon.inward}`;
}

function addedUp(answer: Explanation): number {
  const { rest, prior, stuck, anchor, kept } = answer;
  return [rest, ...answer.contributions].reduce(
    (sum, { diffusion, springs, heat }) => sum + diffusion + springs + heat,
    prior + stuck + anchor + kept,
  );
}
