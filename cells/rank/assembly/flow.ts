/**
 * The heat that comes by at each particle, for explanations.
 *
 * The heat of the tri-kernel is a random walk with a Poisson number of hops, one on
 * average. What arrives over the axons of a node j with its last hop is
 * h = sum over k of M^k f / (e (k + 1)!), M = W D^-1: all positive, of L1 norm below 1,
 * and M keeps the mass, so what the series lacks after its last term is below
 * 1 / (e (TERMS + 1)!). Computed once per publication, and only if somebody asks.
 *
 * Rely on: `Flow.ready` is true only while the matrices are those of the publication.
 */
import { BLOCK_ROWS, HOLD_MS } from "./limits";
import { Block } from "./pages";
import { NO_NODE, nodeOf, Nodes } from "./nodes";
import { Sums, Weights } from "./matrix";
import { focusOf } from "./published";
import { hop, resetWalk, Walk } from "./rows";

/** Terms of the series: 1 / 19! is below 1e-17. */
const TERMS: i32 = 18;

const E: f64 = 2.718281828459045;

/** f64[n]: D^-1 times the last term, the one before, and the sum. */
const even = new Block();
const odd = new Block();
const sum = new Block();

/** u32[n]: the particle of each node. */
const names = new Block();

export class Flow {
  static ready: bool = false;
  /** Somebody asked, and has no answer yet. */
  static asked: bool = false;
  /** It did not fit the memory; asked again after the next publication. */
  static short: bool = false;
  /** The largest weight when it was computed: adding links to the matrices changes it early. */
  static largest: f64 = 0;
  /** Focus that has no way out. */
  static dangling: f64 = 0;
  /** The clock when it became ready. */
  static sinceUs: u64 = 0;
}

/** Whether a publication that is explained waits on for whoever asked. */
export function holds(nowUs: u64): bool {
  if (nowUs < Flow.sinceUs + HOLD_MS * 1000) return true;
  Flow.asked = false;
  return false;
}

const NAME: u32 = 0;
const SCALE: u32 = 1;
const HOP: u32 = 2;

let phase: u32 = NAME;
let cursor: u32 = 0;
let term: i32 = 0;
let factor: f64 = 0;

/** False where memory ran out. */
export function beginFlow(): bool {
  dropFlow();
  const octets = <u64>Nodes.count * 8;
  const ok = even.reserve(octets) && odd.reserve(octets) && sum.reserve(octets) &&
    names.reserve(<u64>Nodes.count * 4);
  if (!ok) {
    dropFlow();
    Flow.short = true;
    Flow.asked = false;
    return false;
  }
  Flow.largest = Weights.largest;
  phase = NAME;
  cursor = 0;
  resetWalk();
  Walk.before = even.at;
  Walk.last = odd.at;
  Walk.warmth = sum.at;
  return true;
}

export function dropFlow(): void {
  Flow.ready = false;
  Flow.short = false;
  Flow.dangling = 0;
  even.release();
  odd.release();
  sum.release();
  names.release();
}

/** One piece; true when it is ready. */
export function flowPiece(nowUs: u64): bool {
  if (phase == NAME) {
    const to = min<u32>(cursor + BLOCK_ROWS, Nodes.particles);
    name(cursor, to);
    return turn(to, Nodes.particles);
  }
  if (phase == SCALE) {
    const to = min<u32>(cursor + BLOCK_ROWS, Nodes.count);
    Flow.dangling += scale(cursor, to);
    return turn(to, Nodes.count);
  }
  hop(factor);
  if (Walk.row < Nodes.count) return false;
  Walk.row = 0;
  const last = Walk.last;
  Walk.last = Walk.before;
  Walk.before = last;
  if (++term <= TERMS) {
    factor /= <f64>(term + 1);
    return false;
  }
  even.release();
  odd.release();
  Flow.ready = true;
  Flow.sinceUs = nowUs;
  return true;
}

function turn(to: u32, end: u32): bool {
  cursor = to;
  if (to < end) return false;
  cursor = 0;
  ++phase;
  term = 1;
  factor = 1 / (2 * E);
  return false;
}

function name(from: u32, to: u32): void {
  for (let i = from; i < to; ++i) {
    const node = nodeOf(i);
    if (node != NO_NODE) store<u32>(names.at + (<usize>node << 2), i);
  }
}

/** The term of no hop before the last one; returns the block's focus that has no way out. */
function scale(from: u32, to: u32): f64 {
  let stuck: f64 = 0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const value = focusOf(particleOf(i));
    const degree = load<f64>(Sums.degree + at);
    const scaled = degree > 0 ? value / degree : 0;
    if (load<f64>(Sums.out + at) == 0) stuck += value;
    store<f64>(Walk.before + at, scaled);
    store<f64>(Walk.warmth + at, scaled / E);
  }
  return stuck;
}

export function particleOf(node: u32): u32 {
  return load<u32>(names.at + (<usize>node << 2));
}

/** h of a node, divided by its degree. */
export function flowOf(node: u32): f64 {
  return load<f64>(sum.at + (<usize>node << 3));
}
