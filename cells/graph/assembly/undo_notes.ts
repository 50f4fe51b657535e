/**
 * What changes of accounts found in the trees, for as far back as there is room.
 *
 * With them the leaves of a past height can be made from those that there are:
 * each is what the first change behind that height found. Only the newest
 * notes are kept; a checkpoint has none.
 */
import { Rows } from "../../sdk/assembly/rows";
import { UNDO_NOTES_MAX } from "./limits";

/** Kind, height, row, whether there was something, then 48 octets of it. */
const notes = new Rows(6);
const HEIGHT: usize = 4;
const ROW: usize = 8;
const THERE: usize = 12;
const VALUE: usize = 16;

/** Notes that were ever made; the newest `UNDO_NOTES_MAX` are kept. */
export let undoMade: u32 = 0;
/** No height below this can be made again. */
export let undoneSince: u32 = 0;

/** Pages that so many notes can take. */
export function undoPages(more: u32): i32 {
  return notes.length == UNDO_NOTES_MAX ? 0 : notes.pagesFor(more);
}

/** The trees are those of a height, and nothing is known of before. */
export function forgetUndone(height: u32): void {
  notes.cut(0);
  undoMade = 0;
  undoneSince = height;
}

// @ts-ignore: decorator
@inline
function noteAt(number: u32): usize {
  return notes.at(number & (UNDO_NOTES_MAX - 1));
}

/** The oldest note that is kept. */
export function undoFirst(): u32 {
  return undoMade - notes.length;
}

/** Notes what there was at `from`, 0 octets for nothing. Its page is reserved. */
export function noteUndo(
  kind: u32,
  height: u32,
  row: u32,
  from: usize,
  octets: u32,
): void {
  let note: usize = 0;
  if (notes.length < UNDO_NOTES_MAX) {
    note = notes.push();
  } else {
    note = noteAt(undoMade);
    undoneSince = max(undoneSince, load<u32>(note, HEIGHT));
  }
  undoMade++;
  store<u32>(note, kind);
  store<u32>(note, height, HEIGHT);
  store<u32>(note, row, ROW);
  store<u32>(note, octets > 0 ? 1 : 0, THERE);
  memory.copy(note + VALUE, from, octets);
}

export function undoKind(number: u32): u32 {
  return load<u32>(noteAt(number));
}

export function undoHeight(number: u32): u32 {
  return load<u32>(noteAt(number), HEIGHT);
}

export function undoRow(number: u32): u32 {
  return load<u32>(noteAt(number), ROW);
}

/** Where the value of before is; 0 where there was none. */
export function undoValue(number: u32): usize {
  const note = noteAt(number);
  return load<u32>(note, THERE) == 0 ? 0 : note + VALUE;
}
