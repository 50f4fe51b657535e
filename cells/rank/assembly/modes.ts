/**
 * The slowest mode of the tri-kernel, as far as plain rounds show it.
 *
 * Plain rounds from the uniform start change the focus by less and less: the ratio of
 * successive changes is an estimate of the rate, and the change itself turns into the direction of the
 * mode that dies last. Each round is an iteration of one round, so it is whole and exact.
 * It ends when the direction stands still, when rounding would show, or after MODE_ROUNDS_MAX rounds.
 *
 * Rely on: at most one at a time; nothing of the publication is changed.
 */
import { ABANDON_MS, BLOCK_ROWS, MODE_ROUNDS_MAX } from "./limits";
import { Config } from "./config";
import { keepFigures, restoreFigures } from "./figures";
import { beginIteration, iteratePiece } from "./iterate";
import { Iteration } from "./iteration";
import { NO_NODE, nodeOf, Nodes } from "./nodes";
import { Block } from "./pages";
import { onAll } from "./prior";
import { Published } from "./published";

export const NOBODY_ASKED: u32 = 0;
export const WAITING: u32 = 1;
export const RUNNING: u32 = 2;
export const READY: u32 = 3;
export const SHORT: u32 = 4;

/** Its heat is as exact as this asks for. */
const TOLERANCE: f64 = 1e-13;

/** A direction that a round turns by less stands still. */
const STILL: f64 = 1e-9;

/** Of a change below this, rounding is more than a thousand millionth. */
const LEAST: f64 = 1e-5;

/** Two directions are never further apart. */
const FARTHEST: f64 = 2;

const RATIOS: u32 = 5;

export class Mode {
  static state: u32 = NOBODY_ASKED;
  /** The clock when somebody asked last. */
  static askedUs: u64 = 0;
  static isGiven: bool = false;
  static version: u64 = 0;
  static height: u64 = 0;
  static links: u64 = 0;
  static rounds: u32 = 0;
  static drift: f64 = FARTHEST;
  static rate: f64 = 0;
  static spread: f64 = 0;
  static changes: StaticArray<f64> = new StaticArray<f64>(MODE_ROUNDS_MAX);
}

/** f64 by particle number: the focus after a round, and the direction of its change. */
const focus = new Block();
const direction = new Block();

let isComparing: bool = false;
let cursor: u32 = 0;
let numbers: u32 = 0;
let turned: f64 = 0;
let opposed: f64 = 0;
let largest: f64 = 0;

/** Somebody asks: waits, unless what is there will do. */
export function askMode(nowUs: u64): void {
  Mode.askedUs = nowUs;
  const isOld = Mode.links != Published.links;
  const isUseless = Mode.state == READY && Mode.isGiven && isOld;
  if (Mode.state == NOBODY_ASKED || isUseless) Mode.state = WAITING;
}

export function isModeAwaited(nowUs: u64): bool {
  if (Mode.state == WAITING && nowUs > Mode.askedUs + ABANDON_MS * 1000) Mode.state = NOBODY_ASKED;
  return Mode.state == WAITING;
}

/** Begins over the matrices of the publication, if somebody waits. */
export function beginMode(nowUs: u64): bool {
  if (!isModeAwaited(nowUs)) return false;
  keepFigures();
  Mode.state = RUNNING;
  Mode.rounds = 0;
  Mode.drift = FARTHEST;
  direction.release();
  const octets = <u64>Nodes.particles * 8;
  if (focus.reserve(octets) && direction.reserve(octets) && beginOne(0)) return true;
  giveUp();
  return false;
}

function beginOne(start: usize): bool {
  onAll();
  Iteration.tolerance = TOLERANCE;
  Iteration.roundsMax = 1;
  Iteration.acceleration = 0;
  Iteration.plain = Config.diffusionAlone;
  Iteration.start = start;
  Iteration.known = start == 0 ? 0 : Nodes.particles;
  Iteration.startChange = FARTHEST;
  isComparing = false;
  cursor = 0;
  turned = 0;
  opposed = 0;
  largest = 0;
  return beginIteration();
}

function giveUp(): void {
  Mode.state = SHORT;
  restoreFigures();
  focus.release();
  direction.release();
}

/** One piece; true when it is ready, or there is no memory. */
export function modePiece(): bool {
  if (!isComparing) {
    isComparing = iteratePiece();
    return false;
  }
  const to = min<u32>(cursor + BLOCK_ROWS, Nodes.particles);
  compare(cursor, to);
  cursor = to;
  if (to < Nodes.particles) return false;
  if (!endOne()) return false;
  return true;
}

/** The direction of the last change, and how far it is from the one before. */
function compare(from: u32, to: u32): void {
  const change = Iteration.residual > 0 ? Iteration.residual : 1;
  let near: f64 = 0;
  let far: f64 = 0;
  for (let i = from; i < to; ++i) {
    const node = nodeOf(i);
    const at = <usize>i << 3;
    let value: f64 = 0;
    let part: f64 = 0;
    if (node != NO_NODE) {
      value = load<f64>(Iteration.focus + (<usize>node << 3));
      part = (value - load<f64>(Iteration.before + (<usize>node << 3))) / change;
      if (Mode.rounds > 0) {
        const before = load<f64>(direction.at + at);
        near += Math.abs(part - before);
        far += Math.abs(part + before);
      }
      if (Math.abs(part) > Math.abs(largest)) largest = part;
    }
    store<f64>(focus.at + at, value);
    store<f64>(direction.at + at, part);
  }
  turned += near;
  opposed += far;
}

/** True if it was the last round. */
function endOne(): bool {
  const change = Iteration.residual;
  Mode.changes[Mode.rounds] = change;
  // A mode that changes its sign each round stands still as well.
  if (Mode.rounds > 0) Mode.drift = min<f64>(min(turned, opposed), FARTHEST);
  ++Mode.rounds;
  const isOver = change < LEAST || Mode.drift < STILL || Mode.rounds == MODE_ROUNDS_MAX;
  if (isOver) {
    finish();
    return true;
  }
  if (beginOne(focus.at)) return false;
  giveUp();
  return true;
}

function finish(): void {
  numbers = Nodes.particles;
  estimate();
  Mode.version = Published.version;
  Mode.height = Published.height;
  Mode.links = Published.links;
  Mode.isGiven = false;
  Mode.state = READY;
  restoreFigures();
  focus.release();
}

/** Median and spread of the last ratios of successive changes. */
function estimate(): void {
  const count = min(RATIOS, Mode.rounds - 1);
  const ratios = new Array<f64>(<i32>count);
  for (let i: u32 = 0; i < count; ++i) {
    const at = Mode.rounds - count + i;
    ratios[i] = Mode.changes[at] / Mode.changes[at - 1];
  }
  // A few values: each goes down to its place.
  for (let i = 1; i < ratios.length; ++i) {
    for (let k = i; k > 0 && ratios[k] < ratios[k - 1]; --k) {
      const ratio = ratios[k];
      ratios[k] = ratios[k - 1];
      ratios[k - 1] = ratio;
    }
  }
  const middle = ratios.length >> 1;
  Mode.rate = count == 0
    ? 0
    : count % 2 == 1
    ? ratios[middle]
    : (ratios[middle - 1] + ratios[middle]) / 2;
  Mode.spread = count == 0 ? 0 : ratios[count - 1] - ratios[0];
}

/** Ends the run that goes on, if one does; it waits again. */
export function interruptMode(): void {
  if (Mode.state != RUNNING) return;
  restoreFigures();
  focus.release();
  direction.release();
  Mode.state = WAITING;
}

export function forgetMode(): void {
  interruptMode();
  direction.release();
  Mode.state = NOBODY_ASKED;
}

/** The largest part is positive. */
export function positionOf(particle: u32): f64 {
  if (particle >= numbers || direction.at == 0) return 0;
  const part = load<f64>(direction.at + (<usize>particle << 3));
  return largest < 0 ? -part : part;
}
