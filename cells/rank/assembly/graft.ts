/**
 * A few more links into the matrices that are there.
 *
 * Rows that no new axon touches are copied in long runs, the others are merged. The outcome
 * is what building anew with the same numbers of nodes would give, bit for bit,
 * because it is only done where all sums are exact: whole weights below 2^23.
 *
 * It declines, and all is built anew, where the matrices do not tell what a
 * pair of particles has: after a negative link, or for a second axon of a pair where
 * weights are not stored. In pieces of bounded work.
 */
import { PIECE } from "./limits";
import { Block } from "./pages";
import { Nodes } from "./nodes";
import { Axons } from "./axons";
import {
  arrivals,
  both,
  degree,
  DOUBLE,
  inward,
  outSum,
  Rows,
  SINGLE,
  SINGLE_MAX,
  Sums,
  UNIT,
  Weights,
} from "./matrix";

const NONE: u32 = 0xffffffff;

/** Entries that one piece copies: some 20 us. */
const COPIED: u32 = 1 << 15;

export class Graft {
  /** Whether the axons do not fit the matrices; nothing was changed then. */
  static declined: bool = false;
}

const nextInward = new Rows();
const nextBoth = new Rows();
const nextOut = new Block();
const nextDegree = new Block();

let knownRows: u32 = 0;
let isBoth: bool = false;
let row: u32 = 0;

// Entries written; the first known entry that is not copied yet.
let written: u32 = 0;
let copied: u32 = 0;

// The open row: what is left of its known entries, its arrivals and its departures.
let isOpen: bool = false;
let known: u32 = 0;
let knownEnd: u32 = 0;
let arriving: u32 = 0;
let arrivingEnd: u32 = 0;
let leaving: u32 = 0;
let leavingEnd: u32 = 0;

/** Starts; `rows`: nodes that the matrices have. False where memory ran out. */
export function beginGraft(rows: u32): bool {
  knownRows = rows;
  isBoth = false;
  restart();
  Graft.declined = !fits();
  if (Graft.declined) return true;
  const more = <u64>Axons.count;
  const n = Nodes.count;
  return nextInward.reserve(n, <u64>inward.start(rows) + more) &&
    nextBoth.reserve(n, <u64>both.start(rows) + 2 * more) &&
    nextOut.reserve(<u64>n * 8) && nextDegree.reserve(<u64>n * 8);
}

function fits(): bool {
  if (Weights.kind == DOUBLE) return false;
  if (Axons.count == 0 || Weights.kind == SINGLE) return Axons.largest <= SINGLE_MAX;
  return Axons.least == Weights.unit && Axons.largest == Weights.unit;
}

export function dropGraft(): void {
  nextInward.release();
  nextBoth.release();
  nextOut.release();
  nextDegree.release();
}

function restart(): void {
  row = 0;
  written = 0;
  copied = 0;
  isOpen = false;
}

/** One piece; true when the matrices have the axons, or it declines. */
export function graftPiece(): bool {
  if (Graft.declined) return true;
  const from = isBoth ? both : inward;
  const into = isBoth ? nextBoth : nextInward;
  if (!walk(from, into)) return Graft.declined;
  if (!isBoth) {
    isBoth = true;
    restart();
    return false;
  }
  inward.adopt(nextInward);
  both.adopt(nextBoth);
  outSum.adopt(nextOut);
  degree.adopt(nextDegree);
  Sums.out = outSum.at;
  Sums.degree = degree.at;
  arrivals.release();
  return true;
}

/** Goes on over the rows; true when all are done. */
function walk(from: Rows, into: Rows): bool {
  if (row == 0 && !isOpen) store<u32>(into.starts.at, 0);
  const n = Nodes.count;
  for (let work: u32 = 0; row < n; ++row) {
    if (!isOpen) openRow(from);
    if (arriving < arrivingEnd || leaving < leavingEnd) {
      if (copied < known && !copy(from, into, known)) return false;
      copied = knownEnd;
      const before = written;
      if (!merge(from, into, PIECE - work)) return false;
      work += written - before;
    }
    store<u32>(into.starts.at + (<usize>row << 2), written + (knownEnd - copied), 4);
    isOpen = false;
    work = min(work + 1, PIECE);
    if (work == PIECE) {
      ++row;
      return row == n && copy(from, into, from.start(knownRows));
    }
  }
  return copy(from, into, from.start(knownRows));
}

function openRow(from: Rows): void {
  const end = from.start(knownRows);
  known = row < knownRows ? from.start(row) : end;
  knownEnd = row < knownRows ? from.start(row + 1) : end;
  arriving = arrivals.start(row);
  arrivingEnd = arrivals.start(row + 1);
  leaving = load<u32>(Axons.starts + (<usize>row << 2));
  leavingEnd = load<u32>(Axons.starts + (<usize>row << 2), 4);
  if (isBoth) sumRow();
  else leaving = leavingEnd;
  isOpen = true;
}

/** Sums are of whole numbers and exact, so they do not depend on the order. */
function sumRow(): void {
  const at = <usize>row << 3;
  let out = row < knownRows ? load<f64>(outSum.at + at) : 0;
  let all = row < knownRows ? load<f64>(degree.at + at) : 0;
  for (let i = leaving; i < leavingEnd; ++i) {
    const weight = leavingWeight(i);
    out += weight;
    all += weight;
  }
  for (let i = arriving; i < arrivingEnd; ++i) all += arrivals.weight(i);
  store<f64>(nextOut.at + at, out);
  store<f64>(nextDegree.at + at, all);
}

function leavingWeight(axon: u32): f64 {
  return Weights.kind == UNIT ? 1 : load<f64>(Axons.weights + (<usize>axon << 3));
}

/** Copies known entries up to `end`, or a piece of them; true when all are. */
function copy(from: Rows, into: Rows, end: u32): bool {
  const count = min(end - copied, COPIED);
  memory.copy(
    into.columns.at + (<usize>written << 2),
    from.columns.at + (<usize>copied << 2),
    <usize>count << 2,
  );
  if (Weights.kind == SINGLE) {
    memory.copy(
      into.weights.at + (<usize>written << 2),
      from.weights.at + (<usize>copied << 2),
      <usize>count << 2,
    );
  }
  written += count;
  copied += count;
  return copied == end;
}

/** Merges the open row, `most` entries at most; true when it is done. */
function merge(from: Rows, into: Rows, most: u32): bool {
  for (let i: u32 = 0; i < most; ++i) {
    const old = known < knownEnd ? from.column(known) : NONE;
    const origin = arriving < arrivingEnd ? arrivals.column(arriving) : NONE;
    const target = leaving < leavingEnd
      ? load<u32>(Axons.targets + (<usize>leaving << 2))
      : NONE;
    const column = min(old, min(origin, target));
    if (column == NONE) return true;
    if (Weights.kind == UNIT) {
      // The same axon once more has a weight of 2.
      if (!isBoth && old == origin) Graft.declined = true;
      if (Graft.declined) return false;
      into.put(written++, column, 1);
      if (old == column) ++known;
      else if (origin == column) ++arriving;
      else ++leaving;
      continue;
    }
    let weight: f64 = 0;
    if (old == column) weight += from.weight(known++);
    if (origin == column) weight += arrivals.weight(arriving++);
    if (target == column) weight += leavingWeight(leaving++);
    if (!isBoth) {
      if (weight > SINGLE_MAX) Graft.declined = true;
      if (Graft.declined) return false;
      Weights.largest = max(Weights.largest, weight);
    }
    into.put(written++, column, weight);
  }
  return false;
}
