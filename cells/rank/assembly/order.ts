/**
 * The links from some first one on that can weigh, in the order (origin node, target node).
 *
 * Two stable counting sorts over link indexes, by target and then by origin,
 * in pieces of bounded work. Self-links and zero amounts are left out.
 */
import { PIECE } from "./limits";
import { Block } from "./pages";
import { Columns, originOf, targetOf, weightOf } from "./record";
import { nodeOf, Nodes } from "./nodes";

/** u32 per slot: link indexes by target, then by (origin, target). */
const byTarget = new Block();
const byPair = new Block();

/** u32 per node: where the next link of that key goes. */
const slots = new Block();

export class Order {
  /** Links in `at`. */
  static count: u32 = 0;
  /** u32 each: link indexes by (origin, target). */
  static at: usize = 0;
}

let first: u32 = 0;
let pass: u32 = 0;
let phase: u32 = 0;
let cursor: u32 = 0;
let running: u32 = 0;

export function beginOrder(from: u32): bool {
  first = from;
  pass = 0;
  phase = 0;
  cursor = 0;
  Order.count = 0;
  const links = <u64>(Columns.links - first);
  if (!slots.reserve(<u64>Nodes.count * 4)) return false;
  if (!byTarget.reserve(links * 4)) return false;
  if (!byPair.reserve(links * 4)) return false;
  Order.at = byPair.at;
  return true;
}

export function dropOrder(): void {
  slots.release();
  byTarget.release();
  byPair.release();
  Order.at = 0;
}

/** One piece; true when `Order.at` is complete. */
export function orderPiece(): bool {
  const items = pass == 0 ? Columns.links : Order.count;
  const end = phase == 0 || phase == 2 ? Nodes.count : items;
  const to = min<u32>(end, cursor + PIECE);
  if (phase == 0) clear(cursor, to);
  else if (phase == 1) pass == 0 ? countTargets(cursor, to) : countOrigins(cursor, to);
  else if (phase == 2) startSlots(cursor, to);
  else pass == 0 ? placeTargets(cursor, to) : placeOrigins(cursor, to);
  cursor = to;
  if (to < end) return false;
  running = 0;
  if (++phase == 4) {
    phase = 0;
    ++pass;
  }
  cursor = pass == 0 && (phase == 1 || phase == 3) ? first : 0;
  return pass == 2;
}

function clear(from: u32, to: u32): void {
  memory.fill(slots.at + (<usize>from << 2), 0, <usize>(to - from) << 2);
}

function bump(key: u32): u32 {
  const at = slots.at + (<usize>key << 2);
  const old = load<u32>(at);
  store<u32>(at, old + 1);
  return old;
}

function weighs(link: u32, target: u32): bool {
  return weightOf(link) != 0 && originOf(link) != target;
}

function countTargets(from: u32, to: u32): void {
  for (let i = from; i < to; ++i) {
    const target = targetOf(i);
    if (weighs(i, target)) {
      bump(nodeOf(target));
      ++Order.count;
    }
  }
}

function placeTargets(from: u32, to: u32): void {
  const out = byTarget.at;
  for (let i = from; i < to; ++i) {
    const target = targetOf(i);
    if (weighs(i, target)) store<u32>(out + (<usize>bump(nodeOf(target)) << 2), i);
  }
}

function countOrigins(from: u32, to: u32): void {
  const source = byTarget.at;
  for (let i = from; i < to; ++i) {
    bump(nodeOf(originOf(load<u32>(source + (<usize>i << 2)))));
  }
}

function placeOrigins(from: u32, to: u32): void {
  const source = byTarget.at;
  const out = byPair.at;
  for (let i = from; i < to; ++i) {
    const link = load<u32>(source + (<usize>i << 2));
    store<u32>(out + (<usize>bump(nodeOf(originOf(link))) << 2), link);
  }
}

/** Turns counts into first slots. */
function startSlots(from: u32, to: u32): void {
  let sum = running;
  for (let i = from; i < to; ++i) {
    const at = slots.at + (<usize>i << 2);
    const count = load<u32>(at);
    store<u32>(at, sum);
    sum += count;
  }
  running = sum;
}
