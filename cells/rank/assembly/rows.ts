/**
 * The walks over matrix rows of a round, a piece at a time.
 *
 * Each piece starts at `Walk.row` and leaves it at the next row, at `Walk.end` at most, or at
 * a long row that is done in part. What is made of a row's sum is apart from the sum, so
 * that sums can come from elsewhere. Sums depend on row and entry numbers only, never on where a piece
 * ended. Each walk exists once per way that weights are stored.
 */
import { CHUNK_ENTRIES, PIECE } from "./limits";
import { Nodes } from "./nodes";
import { both, inward, SINGLE, Sums, UNIT, Weights } from "./matrix";

export const TELEPORT: f64 = 0.15;
export const FOLLOW: f64 = 0.85;
export const SPRINGS: f64 = 0.3;

export const MU: f64 = 1;

/** The vectors of the iteration, f64[n] each but `pairs`, and where a walk stands. */
export class Walk {
  static row: u32 = 0;
  /** Rows are walked up to this one. */
  static end: u32 = 0;
  /** Whether springs anchor each node, or `prior.ts` does it afterwards. */
  static isAnchored: bool = true;
  /** The focus that a round starts from, and what comes of it. */
  static now: usize = 0;
  static then: usize = 0;
  /** Focus per unit of outward weight. */
  static sent: usize = 0;
  /** 1 / d, or 0. */
  static inverse: usize = 0;
  /** f64[2 n]: focus, and D^-1 times what the heat is expanded over. */
  static pairs: usize = 0;
  /** D^-1 times the last Chebyshev term, and the one before. */
  static last: usize = 0;
  static before: usize = 0;
  /** D^-1 times the heat so far. */
  static warmth: usize = 0;
}

// A row too long for one piece: entries done, and their sums.
let rowDone: u32 = 0;
let rowSum: f64 = 0;
let pairSum: f64 = 0;

/** Forgets a long row that was begun. */
export function resetWalk(): void {
  Walk.row = 0;
  rowDone = 0;
  rowSum = 0;
  pairSum = 0;
}

/** Whether the row that comes next is done in part. */
export function isMidRow(): bool {
  return rowDone > 0;
}

/** x[at], or +0: without a branch. */
@inline
function loadIf(x: usize, at: u32, is: bool): f64 {
  const mask = -(<i64>is);
  return reinterpret<f64>(load<i64>(x + (<usize>(at & <u32>mask) << 3)) & mask);
}

/** Sum of weight * x over entries [from, to): four lanes, added in one order. `u8` stands for weights of 1. */
@inline
export function dot<T>(columns: usize, weights: usize, x: usize, from: u32, to: u32): f64 {
  let a: f64 = 0;
  let b: f64 = 0;
  let c: f64 = 0;
  let d: f64 = 0;
  let column = columns + (<usize>from << 2);
  let weight = weights + <usize>from * sizeof<T>();
  let left = to - from;
  for (; left >= 4; left -= 4) {
    const at = load<f64>(x + (<usize>load<u32>(column) << 3));
    const second = load<f64>(x + (<usize>load<u32>(column, 4) << 3));
    const third = load<f64>(x + (<usize>load<u32>(column, 8) << 3));
    const fourth = load<f64>(x + (<usize>load<u32>(column, 12) << 3));
    if (isInteger<T>()) {
      a += at;
      b += second;
      c += third;
      d += fourth;
    } else {
      a += <f64>load<T>(weight) * at;
      b += <f64>load<T>(weight, sizeof<T>()) * second;
      c += <f64>load<T>(weight, 2 * sizeof<T>()) * third;
      d += <f64>load<T>(weight, 3 * sizeof<T>()) * fourth;
      weight += 4 * sizeof<T>();
    }
    column += 16;
  }
  if (isInteger<T>()) {
    // Short rows are many, and how short is not to be foretold: what is behind the end counts 0.
    a += loadIf(x, load<u32>(column), left > 0);
    a += loadIf(x, load<u32>(column, 4), left > 1);
    a += loadIf(x, load<u32>(column, 8), left > 2);
    return (a + b) + (c + d);
  }
  for (; left > 0; --left) {
    a += <f64>load<T>(weight) * load<f64>(x + (<usize>load<u32>(column) << 3));
    weight += sizeof<T>();
    column += 4;
  }
  return (a + b) + (c + d);
}

/** The same over both values of each pair. */
@inline
export function dotPairs<T>(columns: usize, weights: usize, x: usize, from: u32, to: u32): v128 {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let column = columns + (<usize>from << 2);
  let weight = weights + <usize>from * sizeof<T>();
  let left = to - from;
  for (; left >= 2; left -= 2) {
    const first = v128.load(x + (<usize>load<u32>(column) << 4));
    const second = v128.load(x + (<usize>load<u32>(column, 4) << 4));
    if (isInteger<T>()) {
      a = f64x2.add(a, first);
      b = f64x2.add(b, second);
    } else {
      a = f64x2.add(a, f64x2.mul(f64x2.splat(<f64>load<T>(weight)), first));
      b = f64x2.add(b, f64x2.mul(f64x2.splat(<f64>load<T>(weight, sizeof<T>())), second));
      weight += 2 * sizeof<T>();
    }
    column += 8;
  }
  if (isInteger<T>()) {
    const mask = -(<i64>(left > 0));
    const at = load<u32>(column) & <u32>mask;
    a = f64x2.add(a, v128.and(v128.load(x + (<usize>at << 4)), i64x2.splat(mask)));
  } else if (left > 0) {
    const last = v128.load(x + (<usize>load<u32>(column) << 4));
    a = f64x2.add(a, f64x2.mul(f64x2.splat(<f64>load<T>(weight)), last));
  }
  return f64x2.add(a, b);
}

/** One chunk of a long row into `rowSum`; true after the last one. */
export function longRow<T>(columns: usize, weights: usize, x: usize, from: u32, to: u32): bool {
  const start = from + rowDone;
  const end = min<u32>(to, start + CHUNK_ENTRIES);
  rowSum += dot<T>(columns, weights, x, start, end);
  rowDone = end - from;
  return end == to;
}

export function longPairs<T>(columns: usize, weights: usize, x: usize, from: u32, to: u32): bool {
  const start = from + rowDone;
  const end = min<u32>(to, start + CHUNK_ENTRIES);
  const sums = dotPairs<T>(columns, weights, x, start, end);
  rowSum += f64x2.extract_lane(sums, 0);
  pairSum += f64x2.extract_lane(sums, 1);
  rowDone = end - from;
  return end == to;
}

export function takeLong(): f64 {
  const sum = rowSum;
  rowSum = 0;
  rowDone = 0;
  return sum;
}

export function takePairs(): v128 {
  const sums = f64x2.replace_lane(f64x2.splat(pairSum), 0, rowSum);
  pairSum = 0;
  takeLong();
  return sums;
}

/** What is the same for all rows of a walk: set before it. */
export class Terms {
  /** Of diffusion: what a unit of degree brings, and a unit of the sum. */
  static base: f64 = 0;
  static follow: f64 = 0;
  /** Factors of the heat's terms T_0 and T_1, and of the term that comes next. */
  static zeroth: f64 = 0;
  static first: f64 = 0;
  static factor: f64 = 0;
}

/** then = share * D(now). `prior`: 1 / volume; `dangling`: mass that has no way out. */
export function planDiffusion(share: f64, prior: f64, dangling: f64): void {
  Terms.base = share * (TELEPORT + FOLLOW * dangling) * prior;
  Terms.follow = share * FOLLOW;
}

@inline
function diffuseRow(at: usize, sum: f64, base: f64, follow: f64): void {
  store<f64>(Walk.then + at, base * load<f64>(Sums.degree + at) + follow * sum);
}

/** The rows up to `to` from the sums at `sums`. */
export function diffuseFrom(sums: usize, to: u32): void {
  for (let r = Walk.row; r < to; ++r) {
    diffuseRow(<usize>r << 3, load<f64>(sums), Terms.base, Terms.follow);
    sums += 8;
  }
  Walk.row = to;
}

export function diffuse(): void {
  if (Weights.kind == UNIT) diffuseRows<u8>();
  else if (Weights.kind == SINGLE) diffuseRows<f32>();
  else diffuseRows<f64>();
}

function diffuseRows<T>(): void {
  const starts = inward.starts.at;
  const columns = inward.columns.at;
  const weights = inward.weights.at;
  const sent = Walk.sent;
  const end = Walk.end;
  const base = Terms.base;
  const follow = Terms.follow;
  let r = Walk.row;
  for (let work: u32 = 0; r < end && work < PIECE; ++r) {
    const at = <usize>r << 3;
    const from = load<u32>(starts + (<usize>r << 2));
    const to = load<u32>(starts + (<usize>r << 2), 4);
    let sum: f64 = 0;
    if (to - from <= CHUNK_ENTRIES) sum = dot<T>(columns, weights, sent, from, to);
    else if (longRow<T>(columns, weights, sent, from, to)) sum = takeLong();
    else break;
    diffuseRow(at, sum, base, follow);
    work += to - from + 2;
  }
  Walk.row = r;
}

@inline
function springRow(at: usize, pull: f64, flow: f64, mu: f64, anchor: f64): void {
  const pulled = (anchor + pull) / (mu + load<f64>(Sums.degree + at));
  store<f64>(Walk.then + at, load<f64>(Walk.then + at) + SPRINGS * pulled);
  const start = load<f64>(Walk.pairs + (at << 1), 8);
  const term = load<f64>(Walk.inverse + at) * flow;
  store<f64>(Walk.before + at, start);
  store<f64>(Walk.last + at, term);
  store<f64>(Walk.warmth + at, Terms.zeroth * start + Terms.first * term);
}

export function springFrom(sums: usize, to: u32): void {
  const mu = MU * Weights.largest;
  const anchor = mu / <f64>Nodes.count;
  for (let r = Walk.row; r < to; ++r) {
    springRow(<usize>r << 3, load<f64>(sums), load<f64>(sums, 8), mu, anchor);
    sums += 16;
  }
  Walk.row = to;
}

/** then += 0.3 S(now); and the terms T_0 and T_1 of the heat. */
export function spring(): void {
  if (Weights.kind == UNIT) springRows<u8>();
  else if (Weights.kind == SINGLE) springRows<f32>();
  else springRows<f64>();
}

function springRows<T>(): void {
  const starts = both.starts.at;
  const columns = both.columns.at;
  const weights = both.weights.at;
  const pairs = Walk.pairs;
  const end = Walk.end;
  // Weights are not divided by the largest one: mu is multiplied by it instead.
  const mu = MU * Weights.largest;
  const anchor = Walk.isAnchored ? mu / <f64>Nodes.count : 0;
  let r = Walk.row;
  for (let work: u32 = 0; r < end && work < PIECE; ++r) {
    const at = <usize>r << 3;
    const from = load<u32>(starts + (<usize>r << 2));
    const to = load<u32>(starts + (<usize>r << 2), 4);
    let sums = f64x2.splat(0);
    if (to - from <= CHUNK_ENTRIES) sums = dotPairs<T>(columns, weights, pairs, from, to);
    else if (longPairs<T>(columns, weights, pairs, from, to)) sums = takePairs();
    else break;
    springRow(at, f64x2.extract_lane(sums, 0), f64x2.extract_lane(sums, 1), mu, anchor);
    work += to - from + 4;
  }
  Walk.row = r;
}

@inline
function warmRow(at: usize, sum: f64, factor: f64): void {
  const value = 2 * load<f64>(Walk.inverse + at) * sum - load<f64>(Walk.before + at);
  store<f64>(Walk.before + at, value);
  store<f64>(Walk.warmth + at, load<f64>(Walk.warmth + at) + factor * value);
}

export function warmFrom(sums: usize, to: u32): void {
  for (let r = Walk.row; r < to; ++r) {
    warmRow(<usize>r << 3, load<f64>(sums), Terms.factor);
    sums += 8;
  }
  Walk.row = to;
}

/** before = 2 M last - before: the next Chebyshev term, and its share of the heat. */
export function warm(): void {
  if (Weights.kind == UNIT) warmRows<u8>();
  else if (Weights.kind == SINGLE) warmRows<f32>();
  else warmRows<f64>();
}

function warmRows<T>(): void {
  const starts = both.starts.at;
  const columns = both.columns.at;
  const weights = both.weights.at;
  const last = Walk.last;
  const end = Walk.end;
  const factor = Terms.factor;
  let r = Walk.row;
  for (let work: u32 = 0; r < end && work < PIECE; ++r) {
    const at = <usize>r << 3;
    const from = load<u32>(starts + (<usize>r << 2));
    const to = load<u32>(starts + (<usize>r << 2), 4);
    let sum: f64 = 0;
    if (to - from <= CHUNK_ENTRIES) sum = dot<T>(columns, weights, last, from, to);
    else if (longRow<T>(columns, weights, last, from, to)) sum = takeLong();
    else break;
    warmRow(at, sum, factor);
    work += to - from + 3;
  }
  Walk.row = r;
}

/** last = D^-1 W before, and its share of the sum; a node without axons has none. */
export function hop(factor: f64): void {
  if (Weights.kind == UNIT) hopRows<u8>(factor);
  else if (Weights.kind == SINGLE) hopRows<f32>(factor);
  else hopRows<f64>(factor);
}

function hopRows<T>(factor: f64): void {
  const starts = both.starts.at;
  const columns = both.columns.at;
  const weights = both.weights.at;
  const before = Walk.before;
  const n = Nodes.count;
  let r = Walk.row;
  for (let work: u32 = 0; r < n && work < PIECE; ++r) {
    const at = <usize>r << 3;
    const from = load<u32>(starts + (<usize>r << 2));
    const to = load<u32>(starts + (<usize>r << 2), 4);
    let sum: f64 = 0;
    if (to - from <= CHUNK_ENTRIES) sum = dot<T>(columns, weights, before, from, to);
    else if (longRow<T>(columns, weights, before, from, to)) sum = takeLong();
    else break;
    const degree = load<f64>(Sums.degree + at);
    const value = degree > 0 ? sum / degree : 0;
    store<f64>(Walk.last + at, value);
    store<f64>(Walk.warmth + at, load<f64>(Walk.warmth + at) + factor * value);
    work += to - from + 2;
  }
  Walk.row = r;
}
