/**
 * What a computation starts from.
 *
 * A full one numbers all nodes anew and starts uniform: its octets depend on the
 * links alone. An increment adds new links to the matrices and starts from what was
 * published last: sooner there, and as near to the same fixed point, but other
 * last digits. So a full one follows when the record rests, and every now and then.
 */
import { CONFIRM_MS, INCREMENT_PART, INCREMENTS_MAX } from "./limits";
import { Columns } from "./record";
import { Published } from "./published";

export class Plan {
  /** From the uniform start. */
  static isFull: bool = true;
  /** Over the same links again: on no GPU. */
  static isConfirming: bool = false;
  /** Links and nodes that are in the matrices; 0 if there are none. */
  static builtLinks: u32 = 0;
  static builtNodes: u32 = 0;
  /** Links that the nodes were numbered by; those of later links come behind. */
  static numbered: u32 = 0;
}

let fullLinks: u32 = 0;
let increments: u32 = 0;

/** Decides about a computation over `links`; `anew`: the first one of a record, or a confirmation. */
export function planFor(links: u32, anew: bool): void {
  const more = links - min(links, fullLinks);
  Plan.isFull = anew || increments == INCREMENTS_MAX || more > fullLinks / INCREMENT_PART;
}

/** Whether what is published waits for its confirmation no longer. */
export function isDue(nowUs: u64): bool {
  if (Published.confirmed) return false;
  return nowUs >= Published.sinceUs + CONFIRM_MS * 1000;
}

/** Whether the new links may be added to the matrices that are there. */
export function mayGraft(): bool {
  return !Plan.isFull && Plan.builtLinks > 0 && !Columns.hasNegative;
}

/** A computation over `links` is published. */
export function planDone(links: u32): void {
  if (Plan.isFull) {
    fullLinks = links;
    increments = 0;
  } else {
    ++increments;
  }
}
