/**
 * The published vector and what is said about it.
 *
 * Readers see one whole publication: a new one is prepared beside it and takes
 * its place in one assignment of pointers (`commit`). The vector is indexed by the
 * graph's particle numbers, with 0 where a particle has no rank.
 */
import { OFFERED_ROWS } from "./limits";
import { Block } from "./pages";
import { NO_NODE, nodeOf, Nodes } from "./nodes";
import { beginBound, endBound, lookAt } from "./bound";
import { Iteration } from "./iteration";
import { beginPast, commitPast, dropPast, notePast } from "./past";
import { beginTop, commitTop, offerTop, sortTop } from "./top";

const vector = new Block();
const history = new Block();

export class Published {
  static version: u64 = 0;
  static height: u64 = 0;
  static links: u64 = 0;
  /** Nodes: values above 0. */
  static particles: u32 = 0;
  static rounds: u32 = 0;
  static residual: f64 = 0;
  /** L1 distance to the fixed point, at most. */
  static bound: f64 = 2;
  static syntropy: f64 = 0;
  /** Whether it was reached from the uniform start. */
  static confirmed: bool = false;
  /** Age at `sinceUs`, in milliseconds, and that moment on the clock. */
  static ageMs: u64 = 0;
  static sinceUs: u64 = 0;
  /** f64[numbers] by particle number; f64[rounds]. */
  static numbers: u32 = 0;
  static vector: usize = 0;
  static history: usize = 0;
}

/** f64 per particle number and per round: the next publication. */
export const nextVector = new Block();
export const nextHistory = new Block();

let cursor: u32 = 0;
let sorting: bool = false;
let divergence: f64 = 0;

export function beginPublication(): bool {
  cursor = 0;
  sorting = false;
  divergence = 0;
  beginTop();
  beginBound();
  // What began uniform is confirmed.
  beginPast(Nodes.particles, Iteration.start == 0);
  return nextVector.reserve(<u64>Nodes.particles * 8) &&
    nextHistory.reserve(<u64>Iteration.rounds * 8);
}

export function dropPublication(): void {
  nextVector.release();
  nextHistory.release();
  dropPast();
}

/** One piece; true when the next publication is whole, but not yet visible. */
export function publicationPiece(): bool {
  if (sorting) return sortTop();
  const to = min<u32>(cursor + OFFERED_ROWS, Nodes.particles);
  divergence += spreadOut(cursor, to);
  cursor = to;
  sorting = to == Nodes.particles;
  return false;
}

/** Values by particle number; returns the block's share of sum f ln(n f). */
function spreadOut(from: u32, to: u32): f64 {
  const n = <f64>Nodes.count;
  let sum: f64 = 0;
  for (let i = from; i < to; ++i) {
    const node = nodeOf(i);
    let value: f64 = 0;
    if (node != NO_NODE) {
      value = load<f64>(Iteration.focus + (<usize>node << 3));
      sum += value * Math.log(n * value);
      offerTop(i, value);
      lookAt(node, value);
    }
    store<f64>(nextVector.at + (<usize>i << 3), value);
    notePast(i, value);
  }
  return sum;
}

/** The change of generations for readers. `nowUs`: the clock. */
export function commit(height: u64, links: u64, confirmed: bool, nowUs: u64): void {
  memory.copy(
    nextHistory.at,
    Iteration.history,
    <usize>Iteration.rounds << 3,
  );
  Published.version += 1;
  Published.height = height;
  Published.links = links;
  Published.particles = Nodes.count;
  Published.rounds = Iteration.rounds;
  Published.residual = Iteration.residual;
  Published.bound = endBound();
  // sum f ln(n f) = ln n - H(f), and is not negative but for rounding.
  Published.syntropy = max<f64>(0, divergence);
  Published.confirmed = confirmed;
  Published.ageMs = 0;
  Published.sinceUs = nowUs;
  commitPast(Published.version, height, links, Nodes.count, nowUs);
  adoptNext(Nodes.particles);
}

/** Makes the prepared vector, history and top the visible ones. */
export function adoptNext(numbers: u32): void {
  vector.adopt(nextVector);
  history.adopt(nextHistory);
  Published.numbers = numbers;
  Published.vector = vector.at;
  Published.history = history.at;
  commitTop();
}

/** Milliseconds since publication, over restarts and swaps. */
export function ageMs(nowUs: u64): u64 {
  if (Published.version == 0) return 0;
  const passed = nowUs > Published.sinceUs ? nowUs - Published.sinceUs : 0;
  return Published.ageMs + passed / 1000;
}

export function focusOf(particle: u32): f64 {
  if (particle >= Published.numbers) return 0;
  return load<f64>(Published.vector + (<usize>particle << 3));
}
