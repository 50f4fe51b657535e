/**
 * The coupled iteration: diffusion, springs and heat, until it stands still.
 *
 * f' = normalise(0.5 D(f) + 0.3 S(f) + 0.2 H(f)) from the uniform start. Every sum
 * is taken over blocks fixed by row and entry numbers, so the result has the
 * same bits wherever steps end. Built in pieces of bounded work.
 */
import { BLOCK_ROWS, CHUNK_ENTRIES, PIECE } from "./limits";
import { Block } from "./pages";
import { Nodes } from "./nodes";
import { both, inward, Sums } from "./matrix";
import { coefficient, expansionDegree } from "./heat";

const DIFFUSION: f64 = 0.5;
const SPRINGS: f64 = 0.3;
const HEAT: f64 = 0.2;
const TELEPORT: f64 = 0.15;
const FOLLOW: f64 = 0.85;
const MU: f64 = 1;

/** f64[n] each. */
const focus = new Block();
const next = new Block();
const inverse = new Block();
const even = new Block();
const odd = new Block();
const warmth = new Block();

/** f64 per round. */
const history = new Block();

export class Iteration {
  static tolerance: f64 = 0;
  static roundsMax: u32 = 0;
  static rounds: u32 = 0;
  static residual: f64 = 0;
  /** f64[n] and f64[rounds]; valid until the next `beginIteration`. */
  static focus: usize = 0;
  static history: usize = 0;
}

// Phases of a round, after PREPARE which comes once.
const PREPARE: u32 = 0;
const SPREAD: u32 = 1;
const DIFFUSE: u32 = 2;
const SPRING: u32 = 3;
const WARM: u32 = 4;
const MIX: u32 = 5;
const CHANGE: u32 = 6;

let phase: u32 = PREPARE;
let row: u32 = 0;
let now: usize = 0;
let then: usize = 0;

// A row too long for one piece: entries done, and their sum.
let rowDone: u32 = 0;
let rowSum: f64 = 0;

let volume: f64 = 0;
let least: f64 = 0;
let dangling: f64 = 0;
let total: f64 = 0;
let change: f64 = 0;

// Expansion of this graph: its degree, the term that comes next, the last two terms.
let degreeMax: i32 = 0;
let term: i32 = 0;
let last: usize = 0;
let before: usize = 0;

export function beginIteration(): bool {
  phase = PREPARE;
  row = 0;
  rowDone = 0;
  rowSum = 0;
  volume = 0;
  least = 0;
  Iteration.rounds = 0;
  Iteration.residual = 0;
  const octets = <u64>Nodes.count * 8;
  if (!focus.reserve(octets) || !next.reserve(octets)) return false;
  if (!inverse.reserve(octets) || !even.reserve(octets)) return false;
  if (!odd.reserve(octets) || !warmth.reserve(octets)) return false;
  if (!history.reserve(<u64>Iteration.roundsMax * 8)) return false;
  now = focus.at;
  then = next.at;
  Iteration.history = history.at;
  return true;
}

export function dropIteration(): void {
  focus.release();
  next.release();
  inverse.release();
  even.release();
  odd.release();
  warmth.release();
  history.release();
}

/** One piece; true when the iteration stands still or has run out of rounds. */
export function iteratePiece(): bool {
  if (phase == DIFFUSE || phase == SPRING || phase == WARM) {
    if (phase == DIFFUSE) diffuse();
    else if (phase == SPRING) spring();
    else if (term == 1) warmFirst();
    else warm();
    if (row == Nodes.count) endGather();
    return false;
  }
  const to = min<u32>(row + BLOCK_ROWS, Nodes.count);
  if (phase == PREPARE) prepare(row, to);
  else if (phase == SPREAD) dangling += spread(row, to);
  else if (phase == MIX) total += mix(row, to);
  else change += settle(row, to);
  row = to;
  if (to < Nodes.count) return false;
  row = 0;
  return endBlocks();
}

function endGather(): void {
  row = 0;
  if (phase == DIFFUSE) phase = SPRING;
  else if (phase == SPRING) {
    term = 1;
    last = even.at;
    before = odd.at;
    phase = WARM;
  } else {
    const turn = last;
    last = before;
    before = turn;
    if (term++ == degreeMax) phase = MIX;
  }
}

function endBlocks(): bool {
  if (phase == PREPARE) {
    degreeMax = volume > 0 ? expansionDegree(volume, least) : 1;
  }
  if (phase == SPREAD || phase == MIX) {
    ++phase;
    return false;
  }
  if (phase == CHANGE) {
    const turn = now;
    now = then;
    then = turn;
    store<f64>(history.at + (<usize>(Iteration.rounds++) << 3), change);
    Iteration.residual = change;
    Iteration.focus = now;
    const still = change < Iteration.tolerance;
    if (still || Iteration.rounds == Iteration.roundsMax) return true;
  }
  dangling = 0;
  total = 0;
  change = 0;
  phase = SPREAD;
  return false;
}

/** Uniform start; reciprocals of the row sums, 0 for 0; volume and least degree. */
function prepare(from: u32, to: u32): void {
  const share = 1 / <f64>Nodes.count;
  let sum: f64 = 0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const out = load<f64>(Sums.out + at);
    const degree = load<f64>(Sums.degree + at);
    store<f64>(now + at, share);
    store<f64>(Sums.out + at, out > 0 ? 1 / out : 0);
    store<f64>(inverse.at + at, degree > 0 ? 1 / degree : 0);
    if (degree > 0 && (least == 0 || degree < least)) least = degree;
    sum += degree;
  }
  volume += sum;
}

/** What each node sends along a unit of axon weight; the mass that has no way out. */
function spread(from: u32, to: u32): f64 {
  let stuck: f64 = 0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const value = load<f64>(now + at);
    const out = load<f64>(Sums.out + at);
    store<f64>(even.at + at, value * out);
    if (out == 0) stuck += value;
  }
  return stuck;
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

function diffuse(): void {
  const starts = inward.starts.at;
  const columns = inward.columns.at;
  const weights = inward.weights.at;
  const n = Nodes.count;
  const prior = volume > 0 ? 1 / volume : 0;
  const base = DIFFUSION * (TELEPORT + FOLLOW * dangling) * prior;
  let r = row;
  for (let work: u32 = 0; r < n && work < PIECE; ++r) {
    const at = <usize>r << 3;
    const from = load<u32>(starts + (<usize>r << 2));
    const to = load<u32>(starts + (<usize>r << 2), 4);
    let sum: f64 = 0;
    if (to - from <= CHUNK_ENTRIES) sum = dot(columns, weights, even.at, from, to);
    else if (longRow(columns, weights, even.at, from, to)) sum = takeLong();
    else break;
    store<f64>(then + at, base * load<f64>(Sums.degree + at) + DIFFUSION * FOLLOW * sum);
    work += to - from + 2;
  }
  row = r;
}

/** Springs; and the first term of the heat, which needs the row's focus as well. */
function spring(): void {
  const starts = both.starts.at;
  const columns = both.columns.at;
  const weights = both.weights.at;
  const n = Nodes.count;
  const anchor = MU / <f64>n;
  const first = coefficient(0);
  let r = row;
  for (let work: u32 = 0; r < n && work < PIECE; ++r) {
    const at = <usize>r << 3;
    const from = load<u32>(starts + (<usize>r << 2));
    const to = load<u32>(starts + (<usize>r << 2), 4);
    let sum: f64 = 0;
    if (to - from <= CHUNK_ENTRIES) sum = dot(columns, weights, now, from, to);
    else if (longRow(columns, weights, now, from, to)) sum = takeLong();
    else break;
    const pulled = (anchor + sum) / (MU + load<f64>(Sums.degree + at));
    store<f64>(then + at, load<f64>(then + at) + SPRINGS * pulled);
    const scaled = load<f64>(now + at) * load<f64>(inverse.at + at);
    store<f64>(even.at + at, scaled);
    store<f64>(warmth.at + at, first * scaled);
    work += to - from + 4;
  }
  row = r;
}

/** The term T_1, scaled by D^-1 like all terms: before = D^-1 W last. */
function warmFirst(): void {
  const starts = both.starts.at;
  const columns = both.columns.at;
  const weights = both.weights.at;
  const n = Nodes.count;
  const factor = coefficient(1);
  let r = row;
  for (let work: u32 = 0; r < n && work < PIECE; ++r) {
    const at = <usize>r << 3;
    const from = load<u32>(starts + (<usize>r << 2));
    const to = load<u32>(starts + (<usize>r << 2), 4);
    let sum: f64 = 0;
    if (to - from <= CHUNK_ENTRIES) sum = dot(columns, weights, last, from, to);
    else if (longRow(columns, weights, last, from, to)) sum = takeLong();
    else break;
    const value = load<f64>(inverse.at + at) * sum;
    store<f64>(before + at, value);
    store<f64>(warmth.at + at, load<f64>(warmth.at + at) + factor * value);
    work += to - from + 3;
  }
  row = r;
}

/** T_k = 2 M T_(k-1) - T_(k-2), written over T_(k-2). */
function warm(): void {
  const starts = both.starts.at;
  const columns = both.columns.at;
  const weights = both.weights.at;
  const n = Nodes.count;
  const factor = coefficient(term);
  let r = row;
  for (let work: u32 = 0; r < n && work < PIECE; ++r) {
    const at = <usize>r << 3;
    const from = load<u32>(starts + (<usize>r << 2));
    const to = load<u32>(starts + (<usize>r << 2), 4);
    let sum: f64 = 0;
    if (to - from <= CHUNK_ENTRIES) sum = dot(columns, weights, last, from, to);
    else if (longRow(columns, weights, last, from, to)) sum = takeLong();
    else break;
    const value = 2 * load<f64>(inverse.at + at) * sum - load<f64>(before + at);
    store<f64>(before + at, value);
    store<f64>(warmth.at + at, load<f64>(warmth.at + at) + factor * value);
    work += to - from + 3;
  }
  row = r;
}

/** Adds the heat; a node without axons keeps its mass. Returns the block's mass. */
function mix(from: u32, to: u32): f64 {
  let mass: f64 = 0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const degree = load<f64>(Sums.degree + at);
    const heat = degree > 0 ? degree * load<f64>(warmth.at + at) : load<f64>(now + at);
    const value = load<f64>(then + at) + HEAT * heat;
    store<f64>(then + at, value);
    mass += value;
  }
  return mass;
}

/** Normalises; returns the block's L1 change. */
function settle(from: u32, to: u32): f64 {
  let moved: f64 = 0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const value = load<f64>(then + at) / total;
    store<f64>(then + at, value);
    moved += Math.abs(value - load<f64>(now + at));
  }
  return moved;
}
