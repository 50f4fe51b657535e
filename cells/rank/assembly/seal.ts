/**
 * One number for all that the matrices hold.
 *
 * Who has the same seal has the same rows, columns, weights and sums, but for a
 * chance of 2^-64 each time that they differ; it is no defence against somebody who looks for
 * such a case. In pieces of bounded work.
 */
import { Block } from "./pages";
import { Nodes } from "./nodes";
import { both, degree, inward, outSum, UNIT, Weights } from "./matrix";

/** Raised with every change of what a sum is made of: other components' sums are others. */
const SUMS_VERSION: u64 = 1;

const PRIME: u64 = 0x9e3779b97f4a7c15;
const SEALED_OCTETS: u32 = 1 << 15;
const REGIONS: u32 = 8;

export class Seal {
  static value: u64 = 0;
}

let state: u64 = 0;
let region: u32 = 0;
let done: usize = 0;

export function beginSeal(): void {
  Seal.value = 0;
  region = 0;
  done = 0;
  state = PRIME;
  take(SUMS_VERSION);
  take(<u64>Nodes.count);
  take(<u64>Weights.kind);
  take(reinterpret<u64>(Weights.largest));
  take(reinterpret<u64>(Weights.unit));
}

@inline
function take(word: u64): void {
  const mixed = (state ^ word) * PRIME;
  state = mixed ^ (mixed >>> 32);
}

/** One piece; true when the seal is whole. */
export function sealPiece(): bool {
  const octets = <usize>octetsOf(region);
  const to = min<usize>(octets, done + SEALED_OCTETS);
  const start = blockOf(region).at;
  let at = start + done;
  const end = start + to;
  let mixed = state;
  for (; at + 8 <= end; at += 8) {
    mixed = (mixed ^ load<u64>(at)) * PRIME;
    mixed ^= mixed >>> 32;
  }
  state = mixed;
  for (; at < end; at += 4) take(<u64>load<u32>(at));
  done = to;
  if (to < octets) return false;
  done = 0;
  if (++region < REGIONS) return false;
  Seal.value = state;
  return true;
}

function blockOf(region: u32): Block {
  if (region == 0) return inward.starts;
  if (region == 1) return inward.columns;
  if (region == 2) return inward.weights;
  if (region == 3) return both.starts;
  if (region == 4) return both.columns;
  if (region == 5) return both.weights;
  return region == 6 ? outSum : degree;
}

function octetsOf(region: u32): u64 {
  const n = Nodes.count;
  if (region == 0 || region == 3) return (<u64>n + 1) * 4;
  if (region >= 6) return <u64>n * 8;
  const entries = <u64>(region < 3 ? inward.start(n) : both.start(n));
  if (region == 1 || region == 4) return entries * 4;
  return Weights.kind == UNIT ? 0 : entries << (Weights.kind + 1);
}
