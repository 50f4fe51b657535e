/**
 * The heat that comes by at each particle, for explanations of one vector.
 *
 * The heat of the tri-kernel is a random walk with a Poisson number of hops, one on
 * average. What arrives over the axons of a node j with its last hop is
 * h = sum over k of M^k f / (e (k + 1)!), M = W D^-1: all positive, of L1 norm below 1,
 * and M keeps the mass, so what the series lacks after its last term is below
 * 1 / (e (TERMS + 1)!).
 *
 * Rely on: it is worth something only while the matrices are those that it was computed over.
 */
import { BLOCK_ROWS } from "./limits";
import { Block } from "./pages";
import { NO_NODE, nodeOf, Nodes } from "./nodes";
import { Sums, Weights } from "./matrix";
import { hop, resetWalk, Walk } from "./rows";

/** Terms of the series: 1 / 19! is below 1e-17. */
const TERMS: i32 = 18;

const E: f64 = 2.718281828459045;

const NAME: u32 = 0;
const SCALE: u32 = 1;
const HOP: u32 = 2;

export class Passing {
  ready: bool = false;
  /** The largest weight when it was computed: adding links to the matrices changes it early. */
  largest: f64 = 0;
  /** Focus that has no way out. */
  dangling: f64 = 0;
  /** The clock when it became ready. */
  sinceUs: u64 = 0;
  /** f64[numbers]: the vector, by particle number. */
  values: usize = 0;
  numbers: u32 = 0;

  // f64[n]: D^-1 times the last term, the one before, and the sum.
  private even: Block = new Block();
  private odd: Block = new Block();
  private sum: Block = new Block();
  /** u32[n]: the particle of each node. */
  private names: Block = new Block();
  private phase: u32 = NAME;
  private cursor: u32 = 0;
  private term: i32 = 0;
  private factor: f64 = 0;

  /** False where memory ran out. The vector stays where it is. */
  begin(values: usize, numbers: u32): bool {
    this.drop();
    this.values = values;
    this.numbers = numbers;
    const octets = <u64>Nodes.count * 8;
    const ok = this.even.reserve(octets) && this.odd.reserve(octets) && this.sum.reserve(octets) &&
      this.names.reserve(<u64>Nodes.count * 4);
    if (!ok) {
      this.drop();
      return false;
    }
    this.largest = Weights.largest;
    this.phase = NAME;
    this.cursor = 0;
    resetWalk();
    Walk.before = this.even.at;
    Walk.last = this.odd.at;
    Walk.warmth = this.sum.at;
    return true;
  }

  drop(): void {
    this.ready = false;
    this.dangling = 0;
    this.even.release();
    this.odd.release();
    this.sum.release();
    this.names.release();
  }

  /** One piece; true when it is ready. */
  piece(nowUs: u64): bool {
    if (this.phase == NAME) {
      const to = min<u32>(this.cursor + BLOCK_ROWS, Nodes.particles);
      this.name(this.cursor, to);
      return this.turn(to, Nodes.particles);
    }
    if (this.phase == SCALE) {
      const to = min<u32>(this.cursor + BLOCK_ROWS, Nodes.count);
      this.dangling += this.scale(this.cursor, to);
      return this.turn(to, Nodes.count);
    }
    hop(this.factor);
    if (Walk.row < Nodes.count) return false;
    Walk.row = 0;
    const last = Walk.last;
    Walk.last = Walk.before;
    Walk.before = last;
    if (++this.term <= TERMS) {
      this.factor /= <f64>(this.term + 1);
      return false;
    }
    this.even.release();
    this.odd.release();
    this.ready = true;
    this.sinceUs = nowUs;
    return true;
  }

  private turn(to: u32, end: u32): bool {
    this.cursor = to;
    if (to < end) return false;
    this.cursor = 0;
    ++this.phase;
    this.term = 1;
    this.factor = 1 / (2 * E);
    return false;
  }

  private name(from: u32, to: u32): void {
    for (let i = from; i < to; ++i) {
      const node = nodeOf(i);
      if (node != NO_NODE) store<u32>(this.names.at + (<usize>node << 2), i);
    }
  }

  /** The term of no hop before the last one; returns the block's focus that has no way out. */
  private scale(from: u32, to: u32): f64 {
    let stuck: f64 = 0;
    for (let i = from; i < to; ++i) {
      const at = <usize>i << 3;
      const value = this.valueOf(this.particleOf(i));
      const degree = load<f64>(Sums.degree + at);
      const scaled = degree > 0 ? value / degree : 0;
      if (load<f64>(Sums.out + at) == 0) stuck += value;
      store<f64>(Walk.before + at, scaled);
      store<f64>(Walk.warmth + at, scaled / E);
    }
    return stuck;
  }

  valueOf(particle: u32): f64 {
    return particle < this.numbers ? load<f64>(this.values + (<usize>particle << 3)) : 0;
  }

  particleOf(node: u32): u32 {
    return load<u32>(this.names.at + (<usize>node << 2));
  }

  /** h of a node, divided by its degree. */
  flowOf(node: u32): f64 {
    return load<f64>(this.sum.at + (<usize>node << 3));
  }
}
