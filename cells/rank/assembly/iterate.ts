/**
 * The coupled iteration: diffusion, springs and heat, until it stands still.
 *
 * f' = normalise(0.5 D(f) + 0.3 S(f) + 0.2 H(f)) from the uniform start. Every sum
 * is taken over blocks fixed by row and entry numbers, so the result has the
 * same bits wherever steps end. Built in pieces of bounded work.
 */
import { BLOCK_ROWS } from "./limits";
import { Block } from "./pages";
import { Nodes } from "./nodes";
import { Sums } from "./matrix";
import { coefficient, expansionDegree } from "./heat";
import { diffuse, HEAT, resetWalk, spring, Walk, warm } from "./rows";

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

let volume: f64 = 0;
let least: f64 = 0;
let dangling: f64 = 0;
let total: f64 = 0;
let change: f64 = 0;

// Expansion of the heat on this graph: its degree, and the term that comes next.
let degreeMax: i32 = 0;
let term: i32 = 0;

export function beginIteration(): bool {
  phase = PREPARE;
  resetWalk();
  volume = 0;
  least = 0;
  Iteration.rounds = 0;
  Iteration.residual = 0;
  const octets = <u64>Nodes.count * 8;
  if (!focus.reserve(octets) || !next.reserve(octets)) return false;
  if (!inverse.reserve(octets) || !even.reserve(octets)) return false;
  if (!odd.reserve(octets) || !warmth.reserve(octets)) return false;
  if (!history.reserve(<u64>Iteration.roundsMax * 8)) return false;
  Walk.now = focus.at;
  Walk.then = next.at;
  Walk.inverse = inverse.at;
  Walk.sent = even.at;
  Walk.last = even.at;
  Walk.before = odd.at;
  Walk.warmth = warmth.at;
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
    if (phase == DIFFUSE) diffuse(volume > 0 ? 1 / volume : 0, dangling);
    else if (phase == SPRING) spring(coefficient(0));
    else warm(term == 1 ? 1 : 2, coefficient(term));
    if (Walk.row == Nodes.count) endWalk();
    return false;
  }
  const from = Walk.row;
  const to = min<u32>(from + BLOCK_ROWS, Nodes.count);
  if (phase == PREPARE) prepare(from, to);
  else if (phase == SPREAD) dangling += spread(from, to);
  else if (phase == MIX) total += mix(from, to);
  else change += settle(from, to);
  Walk.row = to;
  if (to < Nodes.count) return false;
  Walk.row = 0;
  return endBlocks();
}

function endWalk(): void {
  Walk.row = 0;
  if (phase == WARM) {
    const turn = Walk.last;
    Walk.last = Walk.before;
    Walk.before = turn;
    if (term++ < degreeMax) return;
  }
  term = 1;
  ++phase;
}

function endBlocks(): bool {
  if (phase == SPREAD || phase == MIX) {
    ++phase;
    return false;
  }
  if (phase == PREPARE) {
    degreeMax = volume > 0 ? expansionDegree(volume, least) : 1;
  } else if (endRound()) {
    return true;
  }
  dangling = 0;
  total = 0;
  change = 0;
  phase = SPREAD;
  return false;
}

/** The next focus becomes this one; true if it was the last round. */
function endRound(): bool {
  const turn = Walk.now;
  Walk.now = Walk.then;
  Walk.then = turn;
  store<f64>(history.at + (<usize>(Iteration.rounds++) << 3), change);
  Iteration.residual = change;
  Iteration.focus = Walk.now;
  return change < Iteration.tolerance ||
    Iteration.rounds == Iteration.roundsMax;
}

/** Uniform start; reciprocals of the row sums, 0 for 0; volume and least degree. */
function prepare(from: u32, to: u32): void {
  const share = 1 / <f64>Nodes.count;
  let sum: f64 = 0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const out = load<f64>(Sums.out + at);
    const degree = load<f64>(Sums.degree + at);
    store<f64>(Walk.now + at, share);
    store<f64>(Sums.out + at, out > 0 ? 1 / out : 0);
    store<f64>(Walk.inverse + at, degree > 0 ? 1 / degree : 0);
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
    const value = load<f64>(Walk.now + at);
    const out = load<f64>(Sums.out + at);
    store<f64>(Walk.sent + at, value * out);
    if (out == 0) stuck += value;
  }
  return stuck;
}

/** Adds the heat; a node without axons keeps its mass. Returns the block's mass. */
function mix(from: u32, to: u32): f64 {
  let mass: f64 = 0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const degree = load<f64>(Sums.degree + at);
    const heat = degree > 0 ? degree * load<f64>(Walk.warmth + at) : load<f64>(Walk.now + at);
    const value = load<f64>(Walk.then + at) + HEAT * heat;
    store<f64>(Walk.then + at, value);
    mass += value;
  }
  return mass;
}

/** Normalises; returns the block's L1 change. */
function settle(from: u32, to: u32): f64 {
  let moved: f64 = 0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const value = load<f64>(Walk.then + at) / total;
    store<f64>(Walk.then + at, value);
    moved += Math.abs(value - load<f64>(Walk.now + at));
  }
  return moved;
}
