/**
 * Karma: what each neuron's links have earned in a confirmed publication.
 *
 * A link with a positive amount a on an axon p -> q of net weight w earns the part of p's focus
 * that diffusion carries over it: f_p * (w / out_p) * (a / s), s the positive amounts
 * of the axon's links together (decision 0057). So all karma adds up to the focus that
 * has a way out. Neurons are read from the graph while it is computed, and are not kept.
 *
 * The links are taken in their order and each neuron's sum is compensated: the
 * octets depend on the links alone, as those of the vector do. In pieces of
 * bounded work; a graph that does not answer is asked again later.
 */
import * as authors from "./gen/authors";
import { Level, write } from "./gen/log";
import { OFFERED_ROWS, PIECE, RETRY_MS } from "./limits";
import { Leaders } from "./leaders";
import { inward, Sums, UNIT, Weights } from "./matrix";
import { nodeOf, Nodes } from "./nodes";
import { Block } from "./pages";
import { Published } from "./published";
import { Goal, Pull } from "./pull";
import { Columns, originOf, targetOf, weightOf } from "./record";
import { Sum } from "./sum";

const NONE: u32 = 0xffffffff;

/** Links in one piece where each looks its axon up. */
const SOUGHT: u32 = PIECE / 4;

/** The karma that is visible. */
export class Karma {
  static version: u64 = 0;
  static height: u64 = 0;
  static links: u64 = 0;
  static neurons: u32 = 0;
  static total: f64 = 0;
  static sinceUs: u64 = 0;
  static leaders: Leaders = new Leaders();
}

/** Per neuron: its karma, and what the sum lost by rounding. */
const earned = new Block();
const sums = new Block();
/** f64 per entry of `inward`: the positive amounts of its links. */
const positives = new Block();

let next = new Leaders();
let isWanted: bool = false;
let notBeforeUs: u64 = 0;

const CLEAR: u32 = 0;
const OPEN: u32 = 1;
const GATHER: u32 = 2;
const EARN: u32 = 3;
const SUM: u32 = 4;
const SORT: u32 = 5;

let phase: u32 = CLEAR;
let cursor: u32 = 0;
let neurons: u32 = 0;
let total = new Sum();

/** What is published now is confirmed, and its matrices are there. */
export function wantKarma(): void {
  isWanted = true;
  notBeforeUs = 0;
}

/** Whether it waits for its matrices, or for the graph. */
export function isKarmaWanted(): bool {
  return isWanted && Published.confirmed;
}

export function forgetKarma(): void {
  dropKarma();
  isWanted = false;
  earned.release();
  Karma.version = 0;
  Karma.neurons = 0;
}

/** Begins, if it is wanted and may be tried. */
export function beginKarma(nowUs: u64): bool {
  if (!isKarmaWanted() || nowUs < notBeforeUs) return false;
  isWanted = false;
  phase = CLEAR;
  cursor = 0;
  neurons = Goal.neurons;
  total = new Sum();
  next.clear();
  const entries = Columns.hasNegative ? <u64>inward.start(Nodes.count) : 0;
  if (sums.reserve(<u64>neurons * 16) && positives.reserve(entries * 8)) return true;
  write(Level.Warn, "memory: not enough for karma");
  dropKarma();
  return false;
}

export function dropKarma(): void {
  sums.release();
  positives.release();
}

/** One piece; true when it is visible, or given up for now. */
export function karmaPiece(nowUs: u64): bool {
  if (phase == CLEAR) clear(sums.at, neurons * 2);
  else if (phase == OPEN) clear(positives.at, <u32>(positives.octets >>> 3));
  else if (phase == GATHER) gather();
  else if (phase == EARN) {
    if (!earn(nowUs)) return true;
  } else if (phase == SUM) {
    if (sum()) turn(SORT);
  } else if (next.sort()) {
    commit(nowUs);
    return true;
  }
  return false;
}

function turn(next: u32): void {
  phase = next;
  cursor = 0;
}

function clear(at: usize, values: u32): void {
  const to = min<u32>(cursor + PIECE, values);
  memory.fill(at + (<usize>cursor << 3), 0, <usize>(to - cursor) << 3);
  cursor = to;
  if (to < values) return;
  turn(phase == CLEAR && Columns.hasNegative ? OPEN : phase == OPEN ? GATHER : EARN);
}

/** Sums the positive amounts of each axon. */
function gather(): void {
  const links = <u32>Published.links;
  const to = min<u32>(cursor + SOUGHT, links);
  for (let i = cursor; i < to; ++i) {
    const amount = weightOf(i);
    if (amount <= 0) continue;
    const entry = entryOf(originOf(i), targetOf(i));
    if (entry == NONE) continue;
    const at = positives.at + (<usize>entry << 3);
    store<f64>(at, load<f64>(at) + <f64>amount);
  }
  cursor = to;
  if (to == links) turn(EARN);
}

/** The entry of an axon in `inward`, or none. O(log of its row). */
function entryOf(origin: u32, target: u32): u32 {
  const row = nodeOf(target);
  const column = nodeOf(origin);
  let low = inward.start(row);
  let high = inward.start(row + 1);
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = inward.column(middle);
    if (found == column) return middle;
    if (found < column) low = middle + 1;
    else high = middle;
  }
  return NONE;
}

/** The next links; false where the graph did not answer as it should. */
function earn(nowUs: u64): bool {
  const left = <u32>Published.links - cursor;
  const limit = min(left, Columns.hasNegative ? SOUGHT : PIECE);
  const answer = authors.scan(<u64>cursor, limit);
  ++Pull.scans;
  if (!answer.isOk) return later(nowUs);
  const run = answer.value;
  const count = <u32>run.length;
  if (count == 0 || count > limit) return wrong(`${count} neurons of ${limit} links`);
  for (let i: u32 = 0; i < count; ++i) {
    const neuron = unchecked(run[i]);
    if (neuron >= neurons) return wrong(`neuron ${neuron} of ${neurons}`);
    const value = earnedBy(cursor + i);
    if (value > 0) add(sums.at + (<usize>neuron << 4), value);
  }
  cursor += count;
  if (count == left) turn(SUM);
  return true;
}

function earnedBy(link: u32): f64 {
  const amount = weightOf(link);
  const origin = originOf(link);
  const target = targetOf(link);
  if (amount <= 0 || origin == target) return 0;
  let part = <f64>amount;
  const unit = Weights.kind == UNIT ? Weights.unit : 1;
  if (Columns.hasNegative) {
    const entry = entryOf(origin, target);
    if (entry == NONE) return 0;
    part *= inward.weight(entry) * unit / load<f64>(positives.at + (<usize>entry << 3));
  }
  const out = load<f64>(Sums.out + (<usize>nodeOf(origin) << 3)) * unit;
  return part / out * load<f64>(Published.vector + (<usize>origin << 3));
}

/** A sum of values above 0 that rounds once. */
function add(at: usize, value: f64): void {
  const sum = load<f64>(at);
  const next = sum + value;
  const lost = sum >= value ? (sum - next) + value : (value - next) + sum;
  store<f64>(at, next);
  store<f64>(at, load<f64>(at, 8) + lost, 8);
}

/** Puts the sums together, over their own first half; true when all are. */
function sum(): bool {
  const to = min<u32>(cursor + OFFERED_ROWS, neurons);
  for (let i = cursor; i < to; ++i) {
    const at = sums.at + (<usize>i << 4);
    const value = load<f64>(at) + load<f64>(at, 8);
    store<f64>(sums.at + (<usize>i << 3), value);
    if (!(value > 0)) continue;
    next.offer(i, value);
    total.add(value);
  }
  cursor = to;
  return to == neurons;
}

function commit(nowUs: u64): void {
  const old = Karma.leaders;
  Karma.leaders = next;
  next = old;
  earned.adopt(sums);
  positives.release();
  Karma.version = Published.version;
  Karma.height = Published.height;
  Karma.links = Published.links;
  Karma.neurons = neurons;
  Karma.total = total.value;
  Karma.sinceUs = nowUs;
}

function later(nowUs: u64): bool {
  dropKarma();
  isWanted = true;
  notBeforeUs = nowUs + <u64>RETRY_MS * 1000;
  return false;
}

function wrong(what: string): bool {
  write(Level.Warn, `graph: no karma: ${what}`);
  dropKarma();
  return false;
}

export function karmaOf(neuron: u32): f64 {
  if (neuron >= Karma.neurons) return 0;
  return load<f64>(earned.at + (<usize>neuron << 3));
}
