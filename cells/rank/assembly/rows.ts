/**
 * The three walks over matrix rows of a round, a piece at a time.
 *
 * Each piece starts at `Walk.row` and leaves it at the next row, or at a long row that is
 * done in part. Sums depend on row and entry numbers only, never on where a piece
 * ended.
 */
import { CHUNK_ENTRIES, PIECE } from "./limits";
import { Nodes } from "./nodes";
import { both, inward, Sums } from "./matrix";

export const DIFFUSION: f64 = 0.5;
export const SPRINGS: f64 = 0.3;
export const HEAT: f64 = 0.2;

const TELEPORT: f64 = 0.15;
const FOLLOW: f64 = 0.85;
const MU: f64 = 1;

/** The vectors of the iteration, f64[n] each, and where a walk stands. */
export class Walk {
  static row: u32 = 0;
  /** The focus of this round, and the next one as far as it is known. */
  static now: usize = 0;
  static then: usize = 0;
  /** Focus per unit of outward weight. */
  static sent: usize = 0;
  /** 1 / d, or 0. */
  static inverse: usize = 0;
  /** D^-1 times the last Chebyshev term, and the one before. */
  static last: usize = 0;
  static before: usize = 0;
  /** D^-1 times the heat so far. */
  static warmth: usize = 0;
}

// A row too long for one piece: entries done, and their sum.
let rowDone: u32 = 0;
let rowSum: f64 = 0;

/** Forgets a long row that was begun. */
export function resetWalk(): void {
  Walk.row = 0;
  rowDone = 0;
  rowSum = 0;
}

/** Sum of weight * x over entries [from, to): four lanes, added in one order. */
function dot(columns: usize, weights: usize, x: usize, from: u32, to: u32): f64 {
  let a: f64 = 0;
  let b: f64 = 0;
  let c: f64 = 0;
  let d: f64 = 0;
  let column = columns + (<usize>from << 2);
  let weight = weights + (<usize>from << 3);
  let left = to - from;
  for (; left >= 4; left -= 4) {
    a += load<f64>(weight) * load<f64>(x + (<usize>load<u32>(column) << 3));
    b += load<f64>(weight, 8) * load<f64>(x + (<usize>load<u32>(column, 4) << 3));
    c += load<f64>(weight, 16) * load<f64>(x + (<usize>load<u32>(column, 8) << 3));
    d += load<f64>(weight, 24) * load<f64>(x + (<usize>load<u32>(column, 12) << 3));
    column += 16;
    weight += 32;
  }
  for (; left > 0; --left) {
    a += load<f64>(weight) * load<f64>(x + (<usize>load<u32>(column) << 3));
    column += 4;
    weight += 8;
  }
  return (a + b) + (c + d);
}

/** One chunk of a long row into `rowSum`; true after the last one. */
function longRow(columns: usize, weights: usize, x: usize, from: u32, to: u32): bool {
  const start = from + rowDone;
  const end = min<u32>(to, start + CHUNK_ENTRIES);
  rowSum += dot(columns, weights, x, start, end);
  rowDone = end - from;
  return end == to;
}

function takeLong(): f64 {
  const sum = rowSum;
  rowSum = 0;
  rowDone = 0;
  return sum;
}

/** then = 0.5 D(now). `prior`: 1 / volume; `dangling`: mass that has no way out. */
export function diffuse(prior: f64, dangling: f64): void {
  const starts = inward.starts.at;
  const columns = inward.columns.at;
  const weights = inward.weights.at;
  const n = Nodes.count;
  const base = DIFFUSION * (TELEPORT + FOLLOW * dangling) * prior;
  let r = Walk.row;
  for (let work: u32 = 0; r < n && work < PIECE; ++r) {
    const at = <usize>r << 3;
    const from = load<u32>(starts + (<usize>r << 2));
    const to = load<u32>(starts + (<usize>r << 2), 4);
    let sum: f64 = 0;
    if (to - from <= CHUNK_ENTRIES) sum = dot(columns, weights, Walk.sent, from, to);
    else if (longRow(columns, weights, Walk.sent, from, to)) sum = takeLong();
    else break;
    store<f64>(Walk.then + at, base * load<f64>(Sums.degree + at) + DIFFUSION * FOLLOW * sum);
    work += to - from + 2;
  }
  Walk.row = r;
}

/** then += 0.3 S(now); and the term T_0 of the heat, times `first`. */
export function spring(first: f64): void {
  const starts = both.starts.at;
  const columns = both.columns.at;
  const weights = both.weights.at;
  const n = Nodes.count;
  const anchor = MU / <f64>n;
  let r = Walk.row;
  for (let work: u32 = 0; r < n && work < PIECE; ++r) {
    const at = <usize>r << 3;
    const from = load<u32>(starts + (<usize>r << 2));
    const to = load<u32>(starts + (<usize>r << 2), 4);
    let sum: f64 = 0;
    if (to - from <= CHUNK_ENTRIES) sum = dot(columns, weights, Walk.now, from, to);
    else if (longRow(columns, weights, Walk.now, from, to)) sum = takeLong();
    else break;
    const pulled = (anchor + sum) / (MU + load<f64>(Sums.degree + at));
    store<f64>(Walk.then + at, load<f64>(Walk.then + at) + SPRINGS * pulled);
    const scaled = load<f64>(Walk.now + at) * load<f64>(Walk.inverse + at);
    store<f64>(Walk.last + at, scaled);
    store<f64>(Walk.before + at, 0);
    store<f64>(Walk.warmth + at, first * scaled);
    work += to - from + 4;
  }
  Walk.row = r;
}

/**
 * before = scale * M last - before, and its share of the heat. With scale 1 that is T_1
 * (the term before T_0 counts as 0), with scale 2 each further T_k.
 */
export function warm(scale: f64, factor: f64): void {
  const starts = both.starts.at;
  const columns = both.columns.at;
  const weights = both.weights.at;
  const n = Nodes.count;
  let r = Walk.row;
  for (let work: u32 = 0; r < n && work < PIECE; ++r) {
    const at = <usize>r << 3;
    const from = load<u32>(starts + (<usize>r << 2));
    const to = load<u32>(starts + (<usize>r << 2), 4);
    let sum: f64 = 0;
    if (to - from <= CHUNK_ENTRIES) sum = dot(columns, weights, Walk.last, from, to);
    else if (longRow(columns, weights, Walk.last, from, to)) sum = takeLong();
    else break;
    const value = scale * load<f64>(Walk.inverse + at) * sum -
      load<f64>(Walk.before + at);
    store<f64>(Walk.before + at, value);
    store<f64>(Walk.warmth + at, load<f64>(Walk.warmth + at) + factor * value);
    work += to - from + 3;
  }
  Walk.row = r;
}
