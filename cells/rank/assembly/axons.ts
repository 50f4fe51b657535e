/**
 * The weighted axons: net weight per (origin, target), sorted by that pair.
 *
 * A net weight is max(0, sum of signed amounts), summed exactly whatever the
 * order. It is not divided by the largest one: only springs can tell, and they
 * divide there (`rows.ts`). So most weights stay small whole numbers. Built in
 * pieces of bounded work.
 */
import { PIECE } from "./limits";
import { Block } from "./pages";
import { Nodes } from "./nodes";
import { Order, sortedAmounts, sortedTargets } from "./order";

/** Per axon in order: target node (u32), weight (f64). Per node and one more: first axon (u32). */
const targets = new Block();
const weights = new Block();
const starts = new Block();

export class Axons {
  static count: u32 = 0;
  /** The smallest and the largest weight; 0 without axons. */
  static least: f64 = 0;
  static largest: f64 = 0;
  /** u32[n + 1], u32[count], f64[count]: out-rows, targets ascending. */
  static starts: usize = 0;
  static targets: usize = 0;
  static weights: usize = 0;
}

let phase: u32 = 0;
let cursor: u32 = 0;

// The open run of links of one pair. The sum is high * 2^32 + low, so that no
// order of addition rounds: each half has room for LINKS_MAX summands.
let open: bool = false;
let origin: u32 = 0;
let target: u32 = 0;
let node: u32 = 0;
let high: i64 = 0;
let low: i64 = 0;

export function beginAxons(): bool {
  phase = 0;
  cursor = 0;
  open = false;
  node = 0;
  Axons.count = 0;
  Axons.least = 0;
  Axons.largest = 0;
  if (!starts.reserve((<u64>Nodes.count + 1) * 4)) return false;
  // Axons are written over the links that they come from: there are never more of them.
  targets.adopt(sortedTargets);
  weights.adopt(sortedAmounts);
  Axons.starts = starts.at;
  Axons.targets = targets.at;
  Axons.weights = weights.at;
  return true;
}

export function dropAxons(): void {
  starts.release();
  targets.release();
  weights.release();
}

/** One piece; true when the axons are complete. */
export function axonsPiece(): bool {
  const end = phase == 0
    ? Nodes.count + 1
    : phase == 1
    ? Order.count
    : Nodes.count;
  const to = min<u32>(end, cursor + PIECE);
  if (phase == 0) {
    memory.fill(starts.at + (<usize>cursor << 2), 0, <usize>(to - cursor) << 2);
  } else if (phase == 1) gather(cursor, to);
  else sumStarts(cursor, to);
  cursor = to;
  if (to < end) return false;
  if (phase == 1) close();
  cursor = 0;
  return ++phase == 3;
}

function gather(from: u32, to: u32): void {
  for (let i = from; i < to; ++i) {
    while (i >= load<u32>(Order.ends + (<usize>node << 2))) ++node;
    const q = load<u32>(targets.at + (<usize>i << 2));
    const amount = load<i64>(weights.at + (<usize>i << 3));
    if (!open || node != origin || q != target) {
      close();
      open = true;
      origin = node;
      target = q;
    }
    high += amount >> 32;
    low += amount & 0xffffffff;
  }
}

/** Ends the run: an axon, if its sum is positive. */
function close(): void {
  if (!open) return;
  high += low >> 32;
  low &= 0xffffffff;
  if (high > 0 || (high == 0 && low > 0)) {
    const weight = <f64>high * 4294967296.0 + <f64>low;
    const at = Axons.count++;
    store<u32>(targets.at + (<usize>at << 2), target);
    store<f64>(weights.at + (<usize>at << 3), weight);
    const row = starts.at + (<usize>origin << 2);
    store<u32>(row, load<u32>(row, 4) + 1, 4);
    Axons.least = at == 0 ? weight : min(Axons.least, weight);
    Axons.largest = max(Axons.largest, weight);
  }
  open = false;
  high = 0;
  low = 0;
}

function sumStarts(from: u32, to: u32): void {
  for (let i = from; i < to; ++i) {
    const at = starts.at + (<usize>i << 2);
    store<u32>(at, load<u32>(at, 4) + load<u32>(at), 4);
  }
}
