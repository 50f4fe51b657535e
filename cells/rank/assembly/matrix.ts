/**
 * The matrices of the iteration, from the axons.
 *
 * A by rows of targets (who points here), for the diffusion; W = A + transposed
 * A by rows, for springs and heat; out and d, the row sums. Neighbours ascend in
 * each row, so every sum has one order. Built in pieces of bounded work.
 */
import { PIECE } from "./limits";
import { Block } from "./pages";
import { Nodes } from "./nodes";
import { Axons } from "./axons";

/** Weights that are all alike are not stored; whole ones below 2^23 fit an f32, also the sum of two. */
export const UNIT: u32 = 0;
export const SINGLE: u32 = 1;
export const DOUBLE: u32 = 2;

export const SINGLE_MAX: f64 = 8388608;

/** What is read behind the last column, and not used. */
const BEHIND_OCTETS: u64 = 16;

/** Rows of a sparse matrix: u32[n + 1], u32[entries], weights of `Weights.kind` [entries]. */
export class Rows {
  starts: Block = new Block();
  columns: Block = new Block();
  weights: Block = new Block();

  reserve(rows: u32, entries: u64): bool {
    return this.starts.reserve((<u64>rows + 2) * 4) &&
      this.columns.reserve(entries * 4 + BEHIND_OCTETS) &&
      (Weights.kind == UNIT || this.weights.reserve(entries << (Weights.kind + 1)));
  }

  put(entry: u32, column: u32, weight: f64): void {
    store<u32>(this.columns.at + (<usize>entry << 2), column);
    if (Weights.kind == SINGLE) store<f32>(this.weights.at + (<usize>entry << 2), <f32>weight);
    else if (Weights.kind == DOUBLE) store<f64>(this.weights.at + (<usize>entry << 3), weight);
  }

  weight(entry: u32): f64 {
    if (Weights.kind == UNIT) return 1;
    if (Weights.kind == SINGLE) return load<f32>(this.weights.at + (<usize>entry << 2));
    return load<f64>(this.weights.at + (<usize>entry << 3));
  }

  release(): void {
    this.starts.release();
    this.columns.release();
    this.weights.release();
  }

  /** Takes over what `other` holds. */
  adopt(other: Rows): void {
    this.starts.adopt(other.starts);
    this.columns.adopt(other.columns);
    this.weights.adopt(other.weights);
  }

  /** First entry of a row, or the end of the row before. */
  start(row: u32): u32 {
    return load<u32>(this.starts.at + (<usize>row << 2));
  }

  column(entry: u32): u32 {
    return load<u32>(this.columns.at + (<usize>entry << 2));
  }
}

/** Row q of `inward`: all p with an axon p -> q. Row i of `both`: all neighbours. */
export const inward = new Rows();
export const both = new Rows();

/** Row q of `arrivals`: all p with an axon p -> q among those that are added to the matrices. */
export const arrivals = new Rows();

export const outSum = new Block();
export const degree = new Block();

// Which rows are built from the axons.
let incoming: Rows = inward;

export class Weights {
  /** How weights are stored: all 1, f32 or f64. */
  static kind: u32 = UNIT;
  /** The largest weight of an axon, in the unit of what is stored. */
  static largest: f64 = 1;
  /** What the weight 1 stands for where weights are not stored. */
  static unit: f64 = 0;
}

export class Sums {
  /** f64[n]: weight of the axons from a node, and of all at it. */
  static out: usize = 0;
  static degree: usize = 0;
}

let phase: u32 = 0;
let row: u32 = 0;
let left: u32 = 0;
let right: u32 = 0;
let entries: u32 = 0;
let sum: f64 = 0;

export function beginMatrix(): bool {
  phase = 0;
  restart();
  const n = <u64>Nodes.count;
  const axons = <u64>Axons.count;
  const alike = Axons.least == Axons.largest;
  Weights.kind = alike ? UNIT : Axons.largest <= SINGLE_MAX ? SINGLE : DOUBLE;
  Weights.largest = alike ? 1 : Axons.largest;
  Weights.unit = Axons.largest;
  incoming = inward;
  if (!outSum.reserve(n * 8) || !degree.reserve(n * 8)) return false;
  Sums.out = outSum.at;
  Sums.degree = degree.at;
  return inward.reserve(Nodes.count, axons) &&
    both.reserve(Nodes.count, axons * 2);
}

export function dropMatrix(): void {
  outSum.release();
  degree.release();
  inward.release();
  both.release();
  arrivals.release();
}

/** Starts the rows of `arrivals` alone, by the same pieces. */
export function beginArrivals(): bool {
  phase = 0;
  restart();
  incoming = arrivals;
  return arrivals.reserve(Nodes.count, <u64>Axons.count);
}

function restart(): void {
  row = 0;
  left = 0;
  right = 0;
  entries = 0;
  sum = 0;
}

/** One piece; true when what was begun is complete. */
export function matrixPiece(): bool {
  let done = false;
  if (phase == 0) done = clearStarts();
  else if (phase == 1) done = countInward();
  else if (phase == 2) done = sumStarts();
  else if (phase == 3) done = placeInward();
  else done = mergeRows();
  if (!done) return false;
  restart();
  return ++phase == (incoming === inward ? 5 : 4);
}

function clearStarts(): bool {
  const end = Nodes.count + 2;
  const to = min<u32>(end, row + PIECE);
  memory.fill(
    incoming.starts.at + (<usize>row << 2),
    0,
    <usize>(to - row) << 2,
  );
  row = to;
  return to == end;
}

/** Counts at q + 2: the sums then stand at q + 1, and placing moves them to their row's end. */
function countInward(): bool {
  const to = min<u32>(Axons.count, left + PIECE);
  const starts = incoming.starts.at;
  for (let i = left; i < to; ++i) {
    const q = load<u32>(Axons.targets + (<usize>i << 2));
    const at = starts + (<usize>q << 2);
    store<u32>(at, load<u32>(at, 8) + 1, 8);
  }
  left = to;
  return to == Axons.count;
}

function sumStarts(): bool {
  const end = Nodes.count + 1;
  const to = min<u32>(end, row + PIECE);
  const starts = incoming.starts.at;
  for (let i = row; i < to; ++i) {
    const at = starts + (<usize>i << 2);
    store<u32>(at, load<u32>(at, 4) + load<u32>(at), 4);
  }
  row = to;
  return to == end;
}

/** Walks the axons by origin, so that sources ascend in each inward row; sums out on the way. */
function placeInward(): bool {
  let work: u32 = 0;
  while (row < Nodes.count) {
    const end = load<u32>(Axons.starts + (<usize>row << 2), 4);
    const to = min<u32>(end, left + (PIECE - work));
    work += to - left + 1;
    placeRow(to);
    if (left < end) return false;
    if (incoming === inward) store<f64>(outSum.at + (<usize>row << 3), sum);
    sum = 0;
    ++row;
    if (work >= PIECE) return row == Nodes.count;
  }
  return true;
}

function placeRow(to: u32): void {
  let total = sum;
  for (let i = left; i < to; ++i) {
    const q = load<u32>(Axons.targets + (<usize>i << 2));
    const weight = weightOf(i);
    const slot = incoming.starts.at + (<usize>q << 2);
    const at = load<u32>(slot, 4);
    store<u32>(slot, at + 1, 4);
    incoming.put(at, row, weight);
    total += weight;
  }
  left = to;
  sum = total;
}

function weightOf(axon: u32): f64 {
  return Weights.kind == UNIT ? 1 : load<f64>(Axons.weights + (<usize>axon << 3));
}

/** Merges a node's outward and inward rows into one row of W. Units are not added: a neighbour comes twice. */
function mergeRows(): bool {
  let work: u32 = 0;
  while (row < Nodes.count) {
    const at = <usize>row << 2;
    const leftEnd = load<u32>(Axons.starts + at, 4);
    const rightEnd = load<u32>(inward.starts.at + at, 4);
    if (row == 0 && entries == 0) store<u32>(both.starts.at, 0);
    while (left < leftEnd || right < rightEnd) {
      if (work++ >= PIECE) return false;
      mergeOne(leftEnd, rightEnd);
    }
    store<u32>(both.starts.at + at, entries, 4);
    store<f64>(degree.at + (<usize>row << 3), sum);
    sum = 0;
    ++row;
    if (work++ >= PIECE) return row == Nodes.count;
  }
  return true;
}

function mergeOne(leftEnd: u32, rightEnd: u32): void {
  const none: u32 = 0xffffffff;
  const target = left < leftEnd
    ? load<u32>(Axons.targets + (<usize>left << 2))
    : none;
  const source = right < rightEnd
    ? load<u32>(inward.columns.at + (<usize>right << 2))
    : none;
  if (Weights.kind == UNIT) {
    both.put(entries++, min(target, source), 1);
    if (target <= source) ++left;
    else ++right;
    sum += 1;
    return;
  }
  let weight: f64 = 0;
  if (target <= source) weight += weightOf(left++);
  if (source <= target) weight += inward.weight(right++);
  both.put(entries++, min(target, source), weight);
  sum += weight;
}
