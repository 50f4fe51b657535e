/**
 * A part of rank: builds the matrices that rank tells it to, and sums rows of them.
 *
 * It keeps nothing between two tasks but the matrices. When rank has gone on, what is
 * under way is given up.
 */
import { discard } from "../../sdk/assembly/runtime";
import { Block } from "./pages";
import { LINKS_MAX, PIECE } from "./limits";
import { Nodes } from "./nodes";
import { isMidRow, resetWalk, Walk } from "./rows";
import { Seal } from "./seal";
import { sumPiece } from "./sums";
import {
  answer,
  boundOf,
  COPY_OCTETS,
  End,
  REST_TASK,
  ROWS_HEAD,
  task,
  TASK_HEAD,
  WALK_TASK,
  widthOf,
} from "./tasks";

/** Looks in a row for the next task, some ms; then one in a millisecond, and as many later one in 20. */
const LOOKS: u32 = 4096;
const LOOKS_PER_STEP: u32 = 64;
const PATIENT_LOOKS: u32 = LOOKS + 2048;
const PATIENT_MS: u32 = 20;

/** Pieces between two looks whether rank has gone on. */
const PIECES_PER_LOOK: u32 = 16;

export class Part {
  /** Which one this is, from 1; 0: none. */
  static place: u32 = 0;
  /** What rank wants built; 0 links: nothing. */
  static numbered: u32 = 0;
  static links: u32 = 0;
  static particles: u32 = 0;
  /** Milliseconds to rest before the next piece; 0: the step ends, and the next one may follow at once. */
  static restMs: u32 = 0;
}

let tasks: End = new End("");
let rows: End = new End("");

/** f64 per node and value; sums of some rows. */
const vector = new Block();
const sums = new Block();

const LOOK: u32 = 0;
const FETCH: u32 = 1;
const SUM: u32 = 2;
let phase: u32 = LOOK;
let looks: u32 = 0;
let pieces: u32 = 0;

// The task under way.
let walk: u32 = 0;
let from: u32 = 0;
let to: u32 = 0;
let fetched: u32 = 0;
// Octets of sums that wait to be written, and that were.
let summed: u32 = 0;
let written: u32 = 0;

export function servePart(place: u32, tasksName: string, rowsName: string): void {
  Part.place = place;
  tasks = new End(tasksName);
  rows = new End(rowsName);
}

/** Takes in the newest task; false if there is no new one. */
function lookForTask(): bool {
  if (!tasks.look() || !tasks.readTask()) return false;
  const isRest = task.kind == REST_TASK || <u64>task.links > LINKS_MAX ||
    task.numbered > task.links;
  Part.numbered = isRest ? 0 : task.numbered;
  Part.links = isRest ? 0 : task.links;
  Part.particles = isRest ? 0 : task.particles;
  return true;
}

/** Whether rank wants something built that is not `numbered` and `links`. */
export function wantsOther(numbered: u32, links: u32): bool {
  lookForTask();
  if (Part.links == 0) return false;
  return Part.numbered != numbered || Part.links != links;
}

/** The matrices are there; false where memory ran out. */
export function beginServing(): bool {
  phase = LOOK;
  looks = 0;
  if (sums.octets == 0 && !sums.reserve(<u64>PIECE * 16)) return false;
  return say(0);
}

export function dropServing(): void {
  vector.release();
  sums.release();
  if (Part.place > 0 && Seal.value != 0) {
    Seal.value = 0;
    say(0);
  }
}

/** Says which matrices are there, and that sums follow, or none do. Never fails for good. */
function say(number: u64): bool {
  answer.seal = Seal.value;
  answer.task = number;
  answer.walk = walk;
  answer.from = from;
  answer.to = to;
  const isWritten = rows.writeAnswer();
  if (isWritten && number == 0) rows.publish(ROWS_HEAD);
  return true;
}

/** One piece; true when rank wants other matrices, or nothing. */
export function servePiece(numbered: u32, links: u32): bool {
  Part.restMs = 0;
  if (phase == LOOK) return lookPiece(numbered, links);
  if (phase == FETCH) fetchPiece();
  else sumOn();
  return false;
}

function lookPiece(numbered: u32, links: u32): bool {
  if (!lookForTask()) {
    ++looks;
    Part.restMs = looks < LOOKS ? 0 : looks < PATIENT_LOOKS ? 1 : PATIENT_MS;
    isFruitless = Part.restMs > 0 || looks % LOOKS_PER_STEP == 0;
    return false;
  }
  looks = 0;
  if (Part.links == 0 || Part.numbered != numbered || Part.links != links) return true;
  if (task.kind == WALK_TASK) beginTask();
  return false;
}

let isFruitless: bool = false;

/** Whether the last looks found nothing to do: the step ends then. */
export function foundNothing(): bool {
  const was = isFruitless;
  isFruitless = false;
  return was;
}

function beginTask(): void {
  if (task.seal != Seal.value || task.nodes != Nodes.count || Part.place > task.parts) return;
  walk = task.walk;
  from = boundOf(Part.place - 1);
  to = boundOf(Part.place);
  const octets = <u64>Nodes.count * widthOf(walk);
  if (from >= to || to > Nodes.count || <u64>tasks.length != TASK_HEAD + octets) return;
  if (vector.octets < octets && !vector.reserve(octets)) return;
  fetched = 0;
  phase = FETCH;
}

function fetchPiece(): void {
  const octets = Nodes.count * widthOf(walk);
  const count = min(COPY_OCTETS, octets - fetched);
  const at = tasks.read(TASK_HEAD + fetched, count);
  if (at == 0) {
    phase = LOOK;
    return;
  }
  memory.copy(vector.at + fetched, at, count);
  discard(at);
  fetched += count;
  if (fetched < octets) return;
  resetWalk();
  Walk.row = from;
  Walk.end = to;
  pieces = 0;
  summed = 0;
  written = 0;
  phase = say(tasks.number) ? SUM : LOOK;
}

function sumOn(): void {
  if (++pieces % PIECES_PER_LOOK == 0 && lookForTask()) {
    // Rank did without; what it wants now is looked at like any other task.
    tasks.number = 0;
    phase = LOOK;
    return;
  }
  const width = widthOf(walk);
  const first = Walk.row;
  sumPiece(walk, vector.at, sums.at + summed);
  summed += (Walk.row - first) * width;
  const isOver = Walk.row == to && !isMidRow();
  // A piece has a few sums of long rows, or half of what is copied at once.
  if (summed > COPY_OCTETS / 2 || (isOver && summed > 0)) {
    if (!rows.write(ROWS_HEAD + written, sums.at, summed)) {
      phase = LOOK;
      return;
    }
    written += summed;
    summed = 0;
  }
  if (!isOver) return;
  rows.publish(ROWS_HEAD + written);
  phase = LOOK;
}
