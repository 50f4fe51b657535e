/**
 * Rank's side of lending rows: which part sums which rows of a walk, and what became of it.
 *
 * Parts have the first rows, which are the longest: few sums come back. Rank walks its
 * own ones first. Where a part's sums are there by then, they are taken; where they are not,
 * rank walks those rows itself and looks again between two pieces. It never waits, and
 * no byte depends on who summed what.
 */
import { Level, write } from "./gen/log";
import { both, inward } from "./matrix";
import { Nodes } from "./nodes";
import { isPersonal } from "./prior";
import { isMidRow, Walk } from "./rows";
import { Seal } from "./seal";
import {
  answer,
  boundOf,
  BUILD_TASK,
  COPY_OCTETS,
  DIFFUSION_WALK,
  End,
  PARTS_MAX,
  REST_TASK,
  ROWS_HEAD,
  setBound,
  task,
  TASK_HEAD,
  WALK_TASK,
  WALKS,
  widthOf,
} from "./tasks";

/** What a piece of a lent walk is. */
export const COPYING: u32 = 0;
export const WALKING: u32 = 1;
export const TAKING: u32 = 2;

/** What a row costs by itself, in entries. */
const ROW_WORK: u32 = 3;

/** Rank's own part of a walk's work: bounds, and how far it goes to what the last walk says. */
const OWN_LEAST: f64 = 0.05;
const OWN_MOST: f64 = 0.95;
const OWN_TURN: f64 = 0.5;

/** Pieces of its own rows between two looks at the parts. */
const PIECES_PER_LOOK: u32 = 16;

/** Walks in a row without an answer in time; then one in so many is lent. */
const IDLE_WALKS: u32 = 4;
const TRY_EVERY: u32 = 16;

export class Lending {
  /** Whether there are parts. */
  static isOn: bool = false;
  /** Walks of fewer entries are not lent. */
  static entriesMin: u32 = 1 << 18;
  /** Sums of the rows from `Walk.row` to `to`, for `TAKING`. */
  static sums: usize = 0;
  static to: u32 = 0;
  /** Rows that parts have summed in this generation. */
  static taken: u64 = 0;
}

let tasks: End = new End("");
let parts: Array<End> = [];

// What each part said last.
const seals = new StaticArray<u64>(PARTS_MAX);
const answered = new StaticArray<u64>(PARTS_MAX);
const answeredFrom = new StaticArray<u32>(PARTS_MAX);
const answeredTo = new StaticArray<u32>(PARTS_MAX);
const idle = new StaticArray<u32>(PARTS_MAX);
const isKnown = new StaticArray<bool>(PARTS_MAX);

// Rank's own part of each kind of walk; 0 before the first one.
const own = new StaticArray<f64>(WALKS);

// The walk under way.
const ALONE: u32 = 0;
const OFFER: u32 = 1;
const LENT: u32 = 2;
let state: u32 = ALONE;
let walk: u32 = 0;
let vector: usize = 0;
let starts: usize = 0;
let offered: u32 = 0;
let number: u64 = 0;
let turn: u32 = 0;

// The part in whose rows `Walk.row` is, as many as there are: rank's own; whether its sums are taken.
let part: u32 = 0;
let isTaking: bool = false;
let pieces: u32 = 0;

// Work done here before the rows that `Walk.row` is in; when the last answer came, counted so.
let walked: u32 = 0;
let latest: u32 = 0;

/** Tasks go to the snapshot `name`, sums come from those in `rows`. */
export function lendTo(name: string, rows: Array<string>): void {
  tasks = new End(name);
  parts = [];
  for (let i = 0; i < rows.length; ++i) parts.push(new End(rows[i]));
  Lending.isOn = parts.length > 0;
}

/** Nothing is lent any more by this generation. */
export function lendNothing(): void {
  if (Lending.isOn) announceRest();
  Lending.isOn = false;
}

/** Tells the parts what to build. */
export function announce(numbered: u32, links: u32, particles: u32): void {
  if (!Lending.isOn) return;
  task.numbered = numbered;
  task.links = links;
  task.particles = particles;
  publishHead(BUILD_TASK);
}

/** Tells the parts that there is nothing to do for now. */
export function announceRest(): void {
  if (Lending.isOn) publishHead(REST_TASK);
}

function publishHead(kind: u32): void {
  task.kind = kind;
  task.seal = 0;
  task.walk = 0;
  task.parts = 0;
  if (tasks.writeTask()) tasks.publish(TASK_HEAD);
}

/** Starts a walk over the values at `x`: plans who sums which rows. */
export function beginLending(kind: u32, x: usize): void {
  const n = Nodes.count;
  state = ALONE;
  Walk.end = n;
  // What is asked for by a few is not worth a part's time.
  if (!Lending.isOn || isPersonal()) return;
  walk = kind;
  vector = x;
  starts = (kind == DIFFUSION_WALK ? inward : both).starts.at;
  if (load<u32>(starts + (<usize>n << 2)) < Lending.entriesMin) return;
  const whole = workTo(n);
  ++turn;
  let ready: u32 = 0;
  for (let i = 0; i < parts.length; ++i) ready += <u32>isReady(i);
  if (ready == 0) return;
  if (own[walk] == 0) own[walk] = 1 / <f64>(ready + 1);
  const lent = <u32>(<f64>whole * (1 - own[walk]));
  let row: u32 = 0;
  setBound(0, row);
  for (let i: u32 = 0, left = ready; i < <u32>parts.length; ++i) {
    if (isReady(i)) {
      const first = workTo(row);
      row = max(row, rowAt(first + (max(lent, first) - first) / left));
      --left;
    }
    setBound(i + 1, row);
  }
  state = OFFER;
  offered = 0;
}

/** How much it is to walk all rows before this one. */
function workTo(row: u32): u32 {
  return load<u32>(starts + (<usize>row << 2)) + ROW_WORK * row;
}

/** The first row before which there is so much work, or more. */
function rowAt(work: u32): u32 {
  let low: u32 = 0;
  let high = Nodes.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (workTo(middle) < work) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a part has these matrices, and was of use, or has its turn again. */
function isReady(i: u32): bool {
  refresh(i);
  if (seals[i] != Seal.value) return false;
  if (!isKnown[i]) write(Level.Info, `part ${i + 1} has the same matrices`);
  isKnown[i] = true;
  return idle[i] < IDLE_WALKS || turn % TRY_EVERY == 0;
}

function refresh(i: u32): void {
  const end = parts[i];
  if (!end.look()) return;
  const isAnswer = end.readAnswer();
  seals[i] = isAnswer ? answer.seal : 0;
  answered[i] = isAnswer ? answer.task : 0;
  answeredFrom[i] = answer.from;
  answeredTo[i] = answer.to;
}

/** One piece of a walk: `WALKING` leaves it to the caller, up to `Walk.end`. */
export function lendPiece(): u32 {
  if (state == OFFER) {
    if (!offerPiece()) state = ALONE;
    return COPYING;
  }
  if (state == ALONE || isMidRow()) return WALKING;
  if (part == parts.length) {
    if (++pieces % PIECES_PER_LOOK == 0) lookAtAll();
    return WALKING;
  }
  if (!isTaking && isAnswered(part)) {
    walked += workTo(Walk.row) - workTo(boundOf(part));
    isTaking = true;
  }
  if (isTaking && takePiece()) return TAKING;
  return WALKING;
}

/** After the last of some rows: goes on to the next ones; false if none are left. */
export function lendOn(): bool {
  if (state != LENT) return false;
  if (part == parts.length) {
    walked = workTo(Walk.end) - workTo(boundOf(part));
    lookAtAll();
    part = 0;
  } else {
    settlePart();
    ++part;
  }
  isTaking = false;
  while (part < <u32>parts.length && boundOf(part) == boundOf(part + 1)) ++part;
  if (part == parts.length) return false;
  Walk.row = boundOf(part);
  Walk.end = boundOf(part + 1);
  return true;
}

/** Copies a piece of the vector out; false where that is refused. */
function offerPiece(): bool {
  const octets = Nodes.count * widthOf(walk);
  if (offered == 0) {
    task.kind = WALK_TASK;
    task.seal = Seal.value;
    task.walk = walk;
    task.nodes = Nodes.count;
    task.parts = parts.length;
    if (!tasks.writeTask()) return false;
  }
  const count = min(COPY_OCTETS, octets - offered);
  if (!tasks.write(TASK_HEAD + offered, vector + offered, count)) return false;
  offered += count;
  if (offered < octets) return true;
  number = tasks.publish(TASK_HEAD + octets);
  if (number == 0) return false;
  state = LENT;
  part = parts.length;
  Walk.row = boundOf(part);
  isTaking = false;
  walked = 0;
  latest = 0;
  return true;
}

/** What became of a part's rows. */
function settlePart(): void {
  if (isTaking) {
    idle[part] = 0;
    return;
  }
  walked += workTo(boundOf(part + 1)) - workTo(boundOf(part));
  idle[part] = min(idle[part] + 1, IDLE_WALKS);
}

/** Notes which parts have answered, while rank is at its own rows. */
function lookAtAll(): void {
  for (let i: u32 = 0; i < <u32>parts.length; ++i) {
    if (boundOf(i) < boundOf(i + 1)) isAnswered(i);
  }
}

/** Whether a part's sums are there; notes when they came. */
function isAnswered(i: u32): bool {
  if (isFit(i)) return true;
  refresh(i);
  if (!isFit(i)) return false;
  const first = part == parts.length ? boundOf(part) : isTaking ? Walk.row : boundOf(part);
  latest = max(latest, walked + workTo(Walk.row) - workTo(first));
  return true;
}

function isFit(i: u32): bool {
  return answered[i] == number && seals[i] == Seal.value &&
    answeredFrom[i] == boundOf(i) && answeredTo[i] == boundOf(i + 1);
}

function takePiece(): bool {
  const width = widthOf(walk);
  const rows = min(Walk.end - Walk.row, COPY_OCTETS / width);
  const offset = ROWS_HEAD + (Walk.row - boundOf(part)) * width;
  Lending.sums = parts[part].read(offset, rows * width);
  if (Lending.sums == 0) {
    // It was there and is not any more: these rows are walked like others.
    answered[part] = 0;
    isTaking = false;
    return false;
  }
  Lending.to = Walk.row + rows;
  Lending.taken += rows;
  return true;
}

/**
 * After a walk: where to split the next one of its kind. Rank has as much to walk
 * as it walked until the last answer came; where one did not come, as all of it.
 */
export function endLending(): void {
  if (state != LENT) return;
  state = ALONE;
  const whole = workTo(Nodes.count);
  const lent = workTo(boundOf(parts.length));
  if (lent == 0) return;
  for (let i: u32 = 0; i < <u32>parts.length; ++i) {
    if (boundOf(i) < boundOf(i + 1) && !isFit(i)) latest = whole;
  }
  const wanted = <f64>latest / <f64>(latest + lent);
  const next = own[walk] + OWN_TURN * (wanted - own[walk]);
  own[walk] = max(OWN_LEAST, min(OWN_MOST, next));
}
