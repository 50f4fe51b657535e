/**
 * What a round of diffusion does to each node apart from its walk, four blocks of rows at once.
 *
 * A block's sum is one chain of additions, and each has to wait for the one before; so four
 * chains go side by side, two in a vector. Each sum has the bits that it has alone.
 *
 * Deliberately absent: the tri-kernel's own blocks, whose walks take longer.
 */
import { BLOCK_ROWS } from "./limits";

export const FOUR_BLOCKS: u32 = 4 * BLOCK_ROWS;

/** Octets of a block's values. */
const STRIDE: usize = <usize>BLOCK_ROWS << 3;

/** Sums of the blocks, in their order. */
export class Four {
  static a: f64 = 0;
  static b: f64 = 0;
  static c: f64 = 0;
  static d: f64 = 0;
}

/** Adds them to a total as one block after the other would be. */
@inline
export function addFour(total: f64): f64 {
  return total + Four.a + Four.b + Four.c + Four.d;
}

@inline
function keep(low: v128, high: v128): void {
  Four.a = f64x2.extract_lane(low, 0);
  Four.b = f64x2.extract_lane(low, 1);
  Four.c = f64x2.extract_lane(high, 0);
  Four.d = f64x2.extract_lane(high, 1);
}

/** The values at `at` and one block further. */
@inline
function pair(at: usize): v128 {
  return v128.load_lane<f64>(at, v128.load_zero<f64>(at), 1, STRIDE);
}

@inline
function storePair(at: usize, values: v128): void {
  v128.store_lane<f64>(at, values, 0);
  v128.store_lane<f64>(at, values, 1, STRIDE);
}

/** The mass of each block from row `from` on. */
export function weighFour(vector: usize, from: u32): void {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let at = vector + (<usize>from << 3);
  for (const end = at + STRIDE; at < end; at += 16) {
    low = f64x2.add(low, pair(at));
    high = f64x2.add(high, pair(at + 2 * STRIDE));
    low = f64x2.add(low, pair(at + 8));
    high = f64x2.add(high, pair(at + 2 * STRIDE + 8));
  }
  keep(low, high);
}

/** Divides by `total`; the L1 change of each block. */
export function settleFour(then: usize, now: usize, from: u32, total: f64): void {
  const whole = f64x2.splat(total);
  const apart = now - then;
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let at = then + (<usize>from << 3);
  for (const end = at + STRIDE; at < end; at += 8) {
    const first = f64x2.div(pair(at), whole);
    const second = f64x2.div(pair(at + 2 * STRIDE), whole);
    storePair(at, first);
    storePair(at + 2 * STRIDE, second);
    low = f64x2.add(low, f64x2.abs(f64x2.sub(first, pair(at + apart))));
    high = f64x2.add(high, f64x2.abs(f64x2.sub(second, pair(at + apart + 2 * STRIDE))));
  }
  keep(low, high);
}

/** The same of one block, or of what there is of one. */
export function settleOne(then: usize, now: usize, from: u32, to: u32, total: f64): f64 {
  let moved: f64 = 0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const value = load<f64>(then + at) / total;
    store<f64>(then + at, value);
    moved += Math.abs(value - load<f64>(now + at));
  }
  return moved;
}

/** What each node sends along a unit of weight; the mass of each block that has no way out. */
export function spreadFour(sent: usize, now: usize, out: usize, from: u32): void {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let at = <usize>from << 3;
  for (const end = at + STRIDE; at < end; at += 8) {
    low = f64x2.add(low, spreadPair(sent + at, now + at, out + at));
    const further = at + 2 * STRIDE;
    high = f64x2.add(high, spreadPair(sent + further, now + further, out + further));
  }
  keep(low, high);
}

@inline
function spreadPair(sent: usize, now: usize, out: usize): v128 {
  const one = f64x2.splat(1);
  const value = pair(now);
  const weight = pair(out);
  const none = v128.and(f64x2.eq(weight, f64x2.splat(0)), one);
  const unit = f64x2.div(value, f64x2.add(weight, none));
  storePair(sent, f64x2.mul(unit, f64x2.sub(one, none)));
  return f64x2.mul(value, none);
}
