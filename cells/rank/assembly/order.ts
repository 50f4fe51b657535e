/**
 * The links from some first one on that can weigh, in the order (origin node, target node).
 *
 * Two stable counting sorts, by target and then by origin, in pieces of bounded
 * work. They carry nodes and amounts along, so that only the slots are reached
 * at random. Self-links and zero amounts are left out.
 */
import { PIECE } from "./limits";
import { Block } from "./pages";
import { Columns, originOf, targetOf, weightOf } from "./record";
import { nodeOf, Nodes } from "./nodes";

/** By target: origin node (u32) and amount (i64). */
const origins = new Block();
const amounts = new Block();

/** By (origin, target): target node (u32) and amount (i64). `axons.ts` takes them over. */
export const sortedTargets = new Block();
export const sortedAmounts = new Block();

/** u32 per node: where the next link to it, or from it, goes; in the end, where they end. */
const targetSlots = new Block();
const originSlots = new Block();

export class Order {
  /** Links in order. */
  static count: u32 = 0;
  /** u32 per node: where the links from it end. */
  static ends: usize = 0;
}

let first: u32 = 0;
let slots: usize = 0;
let pass: u32 = 0;
let phase: u32 = 0;
let cursor: u32 = 0;
let running: u32 = 0;
let target: u32 = 0;

export function beginOrder(from: u32): bool {
  first = from;
  pass = 0;
  phase = 0;
  cursor = 0;
  running = 0;
  target = 0;
  Order.count = 0;
  const links = <u64>(Columns.links - first);
  const nodes = <u64>Nodes.count * 4;
  if (!targetSlots.reserve(nodes) || !originSlots.reserve(nodes)) return false;
  if (!origins.reserve(links * 4) || !amounts.reserve(links * 8)) return false;
  if (!sortedTargets.reserve(links * 4) || !sortedAmounts.reserve(links * 8)) return false;
  slots = targetSlots.at;
  Order.ends = originSlots.at;
  return true;
}

export function dropOrder(): void {
  targetSlots.release();
  originSlots.release();
  origins.release();
  amounts.release();
  sortedTargets.release();
  sortedAmounts.release();
  Order.ends = 0;
}

/** One piece; true when all are in order. */
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
    slots = originSlots.at;
  }
  cursor = pass == 0 && (phase == 1 || phase == 3) ? first : 0;
  return pass == 2;
}

function clear(from: u32, to: u32): void {
  memory.fill(slots + (<usize>from << 2), 0, <usize>(to - from) << 2);
}

function bump(key: u32): u32 {
  const at = slots + (<usize>key << 2);
  const old = load<u32>(at);
  store<u32>(at, old + 1);
  return old;
}

function countTargets(from: u32, to: u32): void {
  let count: u32 = 0;
  for (let i = from; i < to; ++i) {
    const particle = targetOf(i);
    if (weightOf(i) == 0 || originOf(i) == particle) continue;
    bump(nodeOf(particle));
    ++count;
  }
  Order.count += count;
}

function placeTargets(from: u32, to: u32): void {
  for (let i = from; i < to; ++i) {
    const particle = targetOf(i);
    const origin = originOf(i);
    const amount = weightOf(i);
    if (amount == 0 || origin == particle) continue;
    const slot = <usize>bump(nodeOf(particle));
    store<u32>(origins.at + (slot << 2), nodeOf(origin));
    store<i64>(amounts.at + (slot << 3), amount);
  }
}

function countOrigins(from: u32, to: u32): void {
  for (let i = from; i < to; ++i) bump(load<u32>(origins.at + (<usize>i << 2)));
}

function placeOrigins(from: u32, to: u32): void {
  let node = target;
  for (let i = from; i < to; ++i) {
    while (i >= load<u32>(targetSlots.at + (<usize>node << 2))) ++node;
    const slot = <usize>bump(load<u32>(origins.at + (<usize>i << 2)));
    store<u32>(sortedTargets.at + (slot << 2), node);
    store<i64>(sortedAmounts.at + (slot << 3), load<i64>(amounts.at + (<usize>i << 3)));
  }
  target = node;
}

/** Turns counts into first slots. */
function startSlots(from: u32, to: u32): void {
  let sum = running;
  for (let i = from; i < to; ++i) {
    const at = slots + (<usize>i << 2);
    const count = load<u32>(at);
    store<u32>(at, sum);
    sum += count;
  }
  running = sum;
}
