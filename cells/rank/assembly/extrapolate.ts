/**
 * Where the rounds are heading: Anderson's extrapolation from the last few.
 *
 * A round maps `now` to `then`. How `then - now` changed from round to round, and
 * `then` with it, tells which mixture of the last rounds changes least; the next
 * round starts there. The fixed point is that of the rounds: what is
 * published is always the outcome of a whole round. Changes are kept as f32,
 * which costs the direction of the next start some digits and nothing else.
 *
 * Sums are taken over blocks of rows, so they do not depend on where steps end.
 */
import { ACCELERATION_MAX } from "./limits";
import { Block } from "./pages";
import { Nodes } from "./nodes";
import { Walk } from "./rows";

/** A change whose part that no newer change explains is smaller than this, squared, is left out. */
const PIVOT_MIN: f64 = 1e-12;

/** f32[n] each: changes of `then - now`, and of `then`. */
const turns = new Block();
const steps = new Block();

/** f64[n] each: the round before. */
const spareNow = new Block();
const spareThen = new Block();
let pastNow: usize = 0;
let pastThen: usize = 0;

const SIDE: u32 = ACCELERATION_MAX;
const products = new StaticArray<f64>(SIDE * SIDE);
const towards = new StaticArray<f64>(SIDE);
const triangle = new StaticArray<f64>(SIDE * SIDE);
const shares = new StaticArray<f64>(SIDE);

/** Slots from the newest change to the oldest, as far as they are used. */
const order = new StaticArray<u32>(SIDE);

let depth: u32 = 0;
let held: u32 = 0;
let slot: u32 = 0;
let used: u32 = 0;
let hasPast: bool = false;

// Whether this round adds a change.
let fresh: bool = false;

/** Makes room for `changes` of them; 0 extrapolates nothing. */
export function beginExtrapolation(changes: u32): bool {
  depth = changes;
  forgetRounds();
  if (changes == 0) return true;
  const n = <u64>Nodes.count;
  if (!turns.reserve(n * 4 * changes) || !steps.reserve(n * 4 * changes)) return false;
  if (!spareNow.reserve(n * 8) || !spareThen.reserve(n * 8)) return false;
  pastNow = spareNow.at;
  pastThen = spareThen.at;
  return true;
}

export function dropExtrapolation(): void {
  dropChanges();
  spareNow.release();
  spareThen.release();
}

/** Gives back all but the rounds themselves. */
export function dropChanges(): void {
  turns.release();
  steps.release();
}

/** Knows nothing any more: the rounds to come are not like those before. */
export function forgetRounds(): void {
  held = 0;
  slot = 0;
  used = 0;
  hasPast = false;
}

/** Starts a round's sums. `alike`: the round before was computed in the same way. */
export function beginRound(alike: bool): void {
  for (let i: u32 = 0; i < SIDE; ++i) towards[i] = 0;
  fresh = alike && hasPast;
  if (!fresh) return;
  for (let i: u32 = 0; i < SIDE; ++i) products[slot * SIDE + i] = 0;
  held = min(held + 1, depth);
}

function turnOf(at: u32): usize {
  return turns.at + <usize>at * <usize>Nodes.count * 4;
}

function stepOf(at: u32): usize {
  return steps.at + <usize>at * <usize>Nodes.count * 4;
}

/** Takes in rows whose `then` is final. */
export function observe(from: u32, to: u32): void {
  if (depth == 0) return;
  if (fresh) keep(from, to);
  for (let i: u32 = 0; i < held; ++i) relate(i, from, to);
}

function keep(from: u32, to: u32): void {
  const turn = turnOf(slot);
  const step = stepOf(slot);
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const then = load<f64>(Walk.then + at);
    const before = load<f64>(pastThen + at);
    const rest = then - load<f64>(Walk.now + at);
    const restBefore = before - load<f64>(pastNow + at);
    store<f32>(turn + (at >> 1), <f32>(rest - restBefore));
    store<f32>(step + (at >> 1), <f32>(then - before));
  }
}

function relate(other: u32, from: u32, to: u32): void {
  const mine = turnOf(slot);
  const theirs = turnOf(other);
  let product: f64 = 0;
  let toward: f64 = 0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const turn = <f64>load<f32>(theirs + (at >> 1));
    toward += turn * (load<f64>(Walk.then + at) - load<f64>(Walk.now + at));
    if (fresh) product += turn * <f64>load<f32>(mine + (at >> 1));
  }
  towards[other] += toward;
  if (!fresh) return;
  products[slot * SIDE + other] += product;
}

/** Finds the mixture, once all rows were taken in. */
export function aim(): void {
  if (depth == 0) return;
  if (fresh) {
    for (let i: u32 = 0; i < held; ++i) products[i * SIDE + slot] = products[slot * SIDE + i];
    slot = (slot + 1) % depth;
  }
  used = 0;
  while (used < held) {
    order[used] = (slot + depth - 1 - used) % depth;
    if (!factor(used)) break;
    ++used;
  }
  solve();
}

/** The next row of Cholesky's triangle; false if its change is a mixture of newer ones. */
function factor(row: u32): bool {
  for (let column: u32 = 0; column <= row; ++column) {
    let sum = products[order[row] * SIDE + order[column]];
    const whole = sum;
    for (let k: u32 = 0; k < column; ++k) {
      sum -= triangle[row * SIDE + k] * triangle[column * SIDE + k];
    }
    if (column < row) {
      triangle[row * SIDE + column] = sum / triangle[column * SIDE + column];
    } else {
      if (!(sum > PIVOT_MIN * whole)) return false;
      triangle[row * SIDE + row] = Math.sqrt(sum);
    }
  }
  return true;
}

function solve(): void {
  for (let i: u32 = 0; i < used; ++i) {
    let sum = towards[order[i]];
    for (let k: u32 = 0; k < i; ++k) sum -= triangle[i * SIDE + k] * shares[k];
    shares[i] = sum / triangle[i * SIDE + i];
  }
  for (let i = <i32>used - 1; i >= 0; --i) {
    let sum = shares[i];
    for (let k = <u32>i + 1; k < used; ++k) sum -= triangle[k * SIDE + i] * shares[k];
    shares[i] = sum / triangle[<u32>i * SIDE + i];
  }
}

/** Where the next round starts, beside `now`; a value that is not positive stays where the round left it. */
export function blend(from: u32, to: u32): void {
  const target = pastNow;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    store<f64>(target + at, load<f64>(Walk.then + at));
  }
  for (let k: u32 = 0; k < used; ++k) {
    const step = stepOf(order[k]);
    const share = shares[k];
    for (let i = from; i < to; ++i) {
      const at = <usize>i << 3;
      store<f64>(target + at, load<f64>(target + at) - share * <f64>load<f32>(step + (at >> 1)));
    }
  }
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    if (!(load<f64>(target + at) > 0)) store<f64>(target + at, load<f64>(Walk.then + at));
  }
}

/** Ends the round: it becomes the past, and the next one starts where `blend` said. */
export function turnRound(): void {
  const now = Walk.now;
  const then = Walk.then;
  if (depth == 0) {
    Walk.now = then;
    Walk.then = now;
    return;
  }
  Walk.now = pastNow;
  Walk.then = pastThen;
  pastNow = now;
  pastThen = then;
  hasPast = true;
}
