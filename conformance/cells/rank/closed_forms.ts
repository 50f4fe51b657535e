/**
 * Graphs whose focus can be written down by hand.
 *
 * On a cycle and a complete graph all particles are alike. On a star the hub and
 * the leaves are two unknowns, and the fixed point is a root of a quadratic: each
 * operator maps the hub's share h to an affine function of h.
 */
import type { WeightedLink } from "./reference.ts";

/** A graph, what it is, and its focus by particle number. */
export interface ClosedForm {
  readonly name: string;
  readonly links: WeightedLink[];
  readonly focus: Float64Array;
}

function link(origin: number, target: number): WeightedLink {
  return { origin, target, weight: 1n };
}

function uniform(n: number): Float64Array {
  return new Float64Array(n).fill(1 / n);
}

function cycle(n: number): ClosedForm {
  const links = Array.from({ length: n }, (_, i) => link(i, (i + 1) % n));
  return { name: `cycle of ${n}`, links, focus: uniform(n) };
}

function complete(n: number): ClosedForm {
  const links: WeightedLink[] = [];
  for (let p = 0; p < n; p++) {
    for (let q = 0; q < n; q++) if (p !== q) links.push(link(p, q));
  }
  return { name: `complete graph of ${n}`, links, focus: uniform(n) };
}

/** Share of hub and of all leaves as affine functions of h: [constant, slope]. */
export interface HubAndLeaves {
  readonly hub: readonly [number, number];
  readonly leaves: readonly [number, number];
}

/** 0.5 D + 0.3 S + 0.2 H on a star of `k` leaves. */
function coupled(k: number, mutual: boolean): HubAndLeaves {
  const n = k + 1;
  const w = mutual ? 2 : 1;
  const e2 = Math.exp(-2);
  // With one-way axons all that is at the hub has no way out.
  const d: HubAndLeaves = mutual
    ? { hub: [0.075 + 0.85, -0.85], leaves: [0.075, 0.85] }
    : { hub: [0.075 + 0.85, 0.425 - 0.85], leaves: [0.075, 0.425] };
  const s: HubAndLeaves = {
    hub: [(1 / n + w) / (1 + w * k), -w / (1 + w * k)],
    leaves: [k / n / (1 + w), k * w / (1 + w)],
  };
  // Heat knows two eigenvalues here: rest, and hub against leaves.
  const h: HubAndLeaves = {
    hub: [0.5 - 0.5 * e2, e2],
    leaves: [0.5 + 0.5 * e2, -e2],
  };
  const mix = (side: "hub" | "leaves", i: 0 | 1) =>
    0.5 * d[side][i] + 0.3 * s[side][i] + 0.2 * h[side][i];
  return {
    hub: [mix("hub", 0), mix("hub", 1)],
    leaves: [mix("leaves", 0), mix("leaves", 1)],
  };
}

/** The h for which h (hub(h) + leaves(h)) = hub(h). */
export function shareOf({ hub, leaves }: HubAndLeaves): number {
  const a = hub[1] + leaves[1];
  const b = hub[0] + leaves[0] - hub[1];
  const c = -hub[0];
  return 2 * c / (-b - Math.sqrt(b * b - 4 * a * c));
}

/** Hub 0 and leaves 1..k; axons from leaf to hub, and back if `mutual`. */
function star(k: number, mutual: boolean): ClosedForm {
  const links: WeightedLink[] = [];
  for (let leaf = 1; leaf <= k; leaf++) {
    links.push(link(leaf, 0));
    if (mutual) links.push(link(0, leaf));
  }
  const root = shareOf(coupled(k, mutual));
  const focus = new Float64Array(k + 1).fill((1 - root) / k);
  focus[0] = root;
  const name = `${mutual ? "mutual" : "one-way"} star of ${k} leaves`;
  return { name, links, focus };
}

/** All of them; particle numbers run from 0. */
export function closedForms(): ClosedForm[] {
  return [
    cycle(3),
    cycle(10),
    complete(2),
    complete(7),
    star(1, false),
    star(4, false),
    star(50, false),
    star(1, true),
    star(9, true),
  ];
}
