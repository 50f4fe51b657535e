/**
 * What the prior and the anchor of the springs lie on: all particles, or a few.
 *
 * A personal focus is the fixed point of the same round whose prior u is an even share
 * of each of some nodes, and whose springs are anchored in u (decision 0050). Walks over
 * rows then give nothing by themselves, and what these nodes are given is added after
 * them. It starts from u: what no axon joins to these nodes stays exactly 0.
 */
import { Sums, Weights } from "./matrix";
import { FOLLOW, MU, SPRINGS, TELEPORT, Walk } from "./rows";

const NOBODY = new StaticArray<u32>(0);

export class Prior {
  /** Nodes, ascending and distinct; none: the data model's prior, on all. */
  static nodes: StaticArray<u32> = NOBODY;
}

export function onAll(): void {
  Prior.nodes = NOBODY;
}

export function isPersonal(): bool {
  return Prior.nodes.length > 0;
}

/** The start. */
export function startOnPrior(): void {
  const share = 1 / <f64>Prior.nodes.length;
  for (let i = 0; i < Prior.nodes.length; ++i) {
    store<f64>(Walk.now + (<usize>Prior.nodes[i] << 3), share);
  }
}

/** After the walk of the diffusion. `dangling`: mass that has no way out. */
export function giveByDiffusion(share: f64, dangling: f64): void {
  const each = share * (TELEPORT + FOLLOW * dangling) / <f64>Prior.nodes.length;
  for (let i = 0; i < Prior.nodes.length; ++i) give(Prior.nodes[i], each);
}

/** After the walk of the springs. */
export function giveBySprings(): void {
  const mu = MU * Weights.largest;
  const each = SPRINGS * mu / <f64>Prior.nodes.length;
  for (let i = 0; i < Prior.nodes.length; ++i) {
    const degree = load<f64>(Sums.degree + (<usize>Prior.nodes[i] << 3));
    give(Prior.nodes[i], each / (mu + degree));
  }
}

function give(node: u32, value: f64): void {
  const at = Walk.then + (<usize>node << 3);
  store<f64>(at, load<f64>(at) + value);
}
