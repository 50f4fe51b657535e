/**
 * Where an iteration starts, and whether it goes by the GPU before.
 *
 * A GPU leads to what is published first, never to what confirms it: a confirmed vector has
 * the same bits on every machine, and no two GPUs promise the same sums.
 */
import { Config } from "../config";
import { Iteration } from "../iteration";
import { Nodes } from "../nodes";
import { Plan } from "../plan";
import { onAll } from "../prior";
import { Published } from "../published";
import { APPROACH, ITERATE } from "../stages";
import { Approach, beginApproach, distrust, isApproached, stated } from "./approach";

/** The focus is thought to change by so much times the part of the links that is new. */
const CHANGE_OF_LINKS: f64 = 10;

/** The stage after the matrices. */
export function towards(): u32 {
  return Plan.isFull && !Plan.isConfirming && isApproached() ? APPROACH : ITERATE;
}

export function approach(): void {
  beginApproach(Config.diffusionAlone, Config.acceleration, Config.roundsMax, Config.tolerance);
}

/** From nothing, from what the GPU came to, or from what is published. `part`: of the links, that is new. */
export function setOut(part: f64): void {
  const hasApproach = Approach.start != 0;
  onAll();
  Iteration.tolerance = Config.tolerance;
  Iteration.roundsMax = Config.roundsMax;
  Iteration.acceleration = Config.acceleration;
  Iteration.plain = Config.diffusionAlone;
  Iteration.start = Plan.isFull ? Approach.start : Published.vector;
  Iteration.known = hasApproach ? Nodes.particles : Plan.isFull ? 0 : Published.numbers;
  Iteration.startChange = hasApproach ? Approach.change : CHANGE_OF_LINKS * part;
}

/** Whether what came from the GPU is not what is stated; then it is forgotten. */
export function hasStrayed(): bool {
  if (Approach.start == 0 || Iteration.rounds != 1 || Iteration.residual <= stated()) return false;
  distrust(Iteration.residual);
  return true;
}

/** Whether the publication has the same bits everywhere. */
export function isCanonical(): bool {
  return Plan.isFull && Approach.start == 0;
}
