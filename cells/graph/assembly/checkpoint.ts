/**
 * Writes the tables to a gap of the log, while appends go on. STORE.md.
 *
 * What a checkpoint holds is the record up to the moment at which it began.
 * Rows that exist then never change in what is written of them, but for
 * particles that become axons meanwhile, and accounts: what was is noted of
 * those, and written last.
 * The trees rest from one round to the next until it is done.
 *
 * A checkpoint counts once a superblock names it, which is after a flush. One
 * that is given up, or on which a flush failed, never counts; the one before
 * it lies in the other slot.
 */
import { byBalance, byCard, byCoin, byFocus, FOLDED, FOLDED_OCTETS } from "./account_leaves";
import {
  CLOCK,
  CLOCK_OCTETS,
  holders,
  lateAccounts,
  lateAccountsLost,
  watchAccounts,
} from "./accounts";
import { Level, write as say } from "./gen/log";
import { hash } from "../../sdk/assembly/blake3";
import { copy32 } from "../../sdk/assembly/bytes";
import { Buffer } from "../../sdk/assembly/buffer";
import { allNotes } from "./bookmarks";
import {
  CHAIN_AT,
  COUNTS_AT,
  DIGEST_AT,
  END_AT,
  FOLDED_HEIGHT_AT,
  FOLDED_LINKS_AT,
  HEADER_OCTETS,
  LAST_PIECE_AT,
  MAGIC,
  NEURON_ROOT_AT,
  paddedOctets,
  rowsOctets,
  PARTICLE_ROOT_AT,
  PIECES_AT,
  RECORDS_AT,
  rowsFor,
  Section,
  SECTIONS,
  sundry,
  SUNDRY_CHANGES,
  SUNDRY_FOLDED,
  SUNDRY_ROOTS,
  tableOf,
  VERSION,
  VERSION_ACCOUNTS,
  VERSION_APART,
  VERSION_AT,
  writeRows,
} from "./checkpoint_form";
import { checkpointEvery } from "./config";
import {
  blockOctets,
  capacity,
  discardBlocks,
  flushDevice,
  flushesFailed,
  wholeBlocks,
  writeBlocks,
} from "./device";
import {
  foldedChanges,
  foldedHeight,
  foldedLinks,
  inRound,
  isFolded,
  restFold,
} from "./fold";
import { byNeuron, byParticle } from "./leaves";
import {
  CHECKPOINT_PIECE_OCTETS,
  LATE_ACCOUNTS_MAX,
  LATE_AXONS_MAX,
} from "./limits";
import { append, chain, logEnd, records, seal } from "./log";
import { buildGap, GAP_PAYLOAD_OCTETS, recordSpan } from "./record";
import {
  checkpointSlot,
  isNamedTwice,
  keepsApart,
  nameCheckpoint,
  setSlot,
  slotOctets,
  slotPlace,
} from "./superblock";
import { addArea, gaps, noteGap } from "./space";
import { beginWatching, lateAxons, lateLost, watchAxons } from "./tables";

/** What a piece of writing came to. */
export enum Wrote {
  More,
  /** The checkpoint counts, or was given up for good. */
  Done,
  /** The device refused; see `deviceFault`. */
  Refused,
}

/** Whether a checkpoint is being written. */
export let writing: bool = false;
/** Where the log ended at the last checkpoint, and octets of that one's rows. */
let lastEnd: u64 = 0;
let lastOctets: u64 = 0;

let slot: u32 = 0;
let section: Section = Section.End;
let row: u32 = 0;
let pieces: u32 = 0;
let flushesBefore: u32 = 0;
let notes: StaticArray<u8> = new StaticArray<u8>(0);

const HEADER: usize = memory.data(256, 16);
const HEADER_HASH: usize = memory.data(32, 16);
/** The digest of the pieces so far, then a piece. */
const piece = new Buffer();
const DIGEST_OCTETS: usize = 32;
const LATE_ACCOUNT_OCTETS: u64 = 16;
const LATE_OCTETS_MAX: u64 = <u64> LATE_AXONS_MAX * 4;

/** A checkpoint that ended there was found, or there is none. */
export function setLastCheckpoint(end: u64, octets: u64): void {
  lastEnd = end;
  lastOctets = octets;
}

/** The log has become longer by octets that no opening reads. */
export function shiftLastCheckpoint(octets: u64): void {
  lastEnd += octets;
}

/** Whether the log has grown enough for another one. */
export function isCheckpointDue(): bool {
  if (checkpointEvery == 0 || inRound()) return false;
  if (checkpointSlot() != 0 && !isNamedTwice()) return false;
  const enough = max(checkpointEvery, lastOctets);
  if (logEnd - lastEnd < enough) return false;
  // Better with trees that are up to date, which an opening then need not fold.
  return isFolded() || logEnd - lastEnd >= 2 * enough;
}

/**
 * Begins a checkpoint, with a new gap if the free slot is too small. `Done`
 * where the device has no room for one.
 */
export function beginCheckpoint(): Wrote {
  memory.fill(HEADER, 0, HEADER_OCTETS);
  notes = allNotes();
  const hasAccounts = holders.length > 0;
  fillSundry(hasAccounts);
  for (let i: u32 = 0; i < SECTIONS; i++) setCount(<Section> i, rowsNow(i));
  const rows = rowsOctets(HEADER + COUNTS_AT);
  const octets = blockOctets + paddedOctets(rows + LATE_OCTETS_MAX) +
    (hasAccounts ? <u64> LATE_ACCOUNTS_MAX * LATE_ACCOUNT_OCTETS : 0);
  slot = checkpointSlot() == 1 ? 1 : 0;
  if (slotOctets(slot) < octets) {
    const answer = makeGap(octets + (octets >> 1));
    if (answer != Wrote.More) return answer;
  }
  store<u32>(HEADER, MAGIC);
  const version = hasAccounts ? VERSION_ACCOUNTS : VERSION;
  store<u32>(HEADER, keepsApart() ? VERSION_APART : version, VERSION_AT);
  store<u64>(HEADER, records, RECORDS_AT);
  store<u64>(HEADER, logEnd, END_AT);
  copy32(HEADER + CHAIN_AT, chain);
  store<u32>(HEADER, foldedLinks, FOLDED_LINKS_AT);
  store<u32>(HEADER, foldedHeight, FOLDED_HEIGHT_AT);
  store<u32>(HEADER, byNeuron.root, NEURON_ROOT_AT);
  store<u32>(HEADER, byParticle.root, PARTICLE_ROOT_AT);
  beginWatching(count(Section.Particles));
  watchAccounts(hasAccounts);
  lastOctets = rows;
  restFold(true);
  section = Section.Particles;
  row = 0;
  pieces = 0;
  flushesBefore = flushesFailed;
  memory.fill(piece.need(DIGEST_OCTETS + CHECKPOINT_PIECE_OCTETS), 0, 32);
  writing = true;
  return Wrote.More;
}

/** What is copied when the checkpoint begins, for it changes. */
function fillSundry(hasAccounts: bool): void {
  sundry.cut(0);
  if (!hasAccounts) return;
  const row = sundry.push();
  memory.fill(row, 0, 256);
  memory.copy(row, CLOCK, CLOCK_OCTETS);
  memory.copy(row + SUNDRY_FOLDED, FOLDED, FOLDED_OCTETS);
  store<u32>(row + SUNDRY_ROOTS, byFocus.root);
  store<u32>(row + SUNDRY_ROOTS, byBalance.root, 4);
  store<u32>(row + SUNDRY_ROOTS, byCoin.root, 8);
  store<u32>(row + SUNDRY_ROOTS, byCard.root, 12);
  store<u32>(row, foldedChanges, SUNDRY_CHANGES);
}

function rowsNow(index: u32): u32 {
  if (index == <u32> Section.Bookmarks) return notes.length;
  // Those of the last checkpoint; this one's count comes when they are written.
  if (index == <u32> Section.LateAccounts) return 0;
  // Who does not know them cannot read a version that has them.
  const isApart = index == <u32> Section.Gaps || index == <u32> Section.Stored;
  if (isApart && !keepsApart()) return 0;
  const table = tableOf(<Section> index);
  return table === null ? 0 : table.length;
}

function count(which: Section): u32 {
  return load<u32>(HEADER + COUNTS_AT + (<usize> which << 2));
}

function setCount(which: Section, rows: u32): void {
  store<u32>(HEADER + COUNTS_AT + (<usize> which << 2), rows);
}

/** A gap at the log's end becomes the slot; it never takes the last room. */
function makeGap(wanted: u64): Wrote {
  const octets = wholeBlocks(wanted);
  const begin = logEnd + recordSpan(GAP_PAYLOAD_OCTETS);
  if (begin > capacity || octets > (capacity - begin) / 4) {
    say(Level.Warn, "the device has no room for a checkpoint");
    // Not again before the log has grown by as much.
    setLastCheckpoint(logEnd, wanted);
    return Wrote.Done;
  }
  const record = buildGap(slot, octets, records, chain);
  if (!noteGap(slot, begin, octets)) return Wrote.Done;
  if (!append(record, GAP_PAYLOAD_OCTETS, octets)) {
    gaps.cut(gaps.length - 1);
    return Wrote.Refused;
  }
  giveBack(slotPlace(slot), slotOctets(slot));
  setSlot(slot, begin, octets);
  return Wrote.More;
}

/** The slot's old place: no superblock names a checkpoint there. */
function giveBack(place: u64, octets: u64): void {
  if (octets == 0) return;
  discardBlocks(place, octets);
  if (keepsApart()) addArea(place, octets);
}

/** Writes a piece. */
export function checkpointPiece(): Wrote {
  if (section == Section.End) return finish();
  const start = piece.start + DIGEST_OCTETS;
  const end = fillPiece(start);
  // Only the last piece is shorter.
  const octets = section == Section.End
    ? <u32> wholeBlocks(end - start)
    : CHECKPOINT_PIECE_OCTETS;
  memory.fill(end, 0, start + octets - end);
  const list = new StaticArray<u8>(octets);
  memory.copy(changetype<usize>(list), start, octets);
  hash(piece.start, DIGEST_OCTETS + octets, piece.start);
  store<u32>(HEADER, octets, LAST_PIECE_AT);
  const place = slotPlace(slot) + blockOctets +
    <u64> pieces * CHECKPOINT_PIECE_OCTETS;
  if (!writeBlocks(place, list)) return giveUp(Wrote.Refused);
  pieces++;
  return Wrote.More;
}

/** Fills the piece with rows, section after section; where they end. */
function fillPiece(start: usize): usize {
  let to = start;
  while (section != Section.End) {
    const left = count(section) - row;
    const now = rowsFor(section, left, <u32> (to - start));
    to = section == Section.Bookmarks
      ? writeNotes(row, now, to)
      : writeRows(section, row, now, to);
    row += now;
    if (now < left) return to;
    nextSection();
  }
  return to;
}

function writeNotes(first: u32, octets: u32, to: usize): usize {
  memory.copy(to, changetype<usize>(notes) + first, octets);
  return to + octets;
}

function nextSection(): void {
  // Particles are all written now: an axon that comes later is not in them.
  if (section == Section.Particles) watchAxons(0);
  section = <Section> (section + 1);
  row = 0;
  if (section == Section.LateAxons) {
    setCount(Section.LateAxons, lateAxons.length);
  }
  if (section == Section.LateAccounts) {
    setCount(Section.LateAccounts, lateAccounts.length);
  }
}

function finish(): Wrote {
  if (lateLost || lateAccountsLost || flushesFailed != flushesBefore) return giveUp(Wrote.Done);
  copy32(HEADER + DIGEST_AT, piece.start);
  store<u32>(HEADER, pieces, PIECES_AT);
  const block = new StaticArray<u8>(blockOctets);
  memory.copy(changetype<usize>(block), HEADER, HEADER_OCTETS);
  if (!writeBlocks(slotPlace(slot), block)) return giveUp(Wrote.Refused);
  if (!flushDevice()) return giveUp(Wrote.Refused);
  hash(HEADER, HEADER_OCTETS, HEADER_HASH);
  nameCheckpoint(slot, HEADER_HASH);
  setLastCheckpoint(load<u64>(HEADER, END_AT), lastOctets);
  end();
  say(Level.Info, `a checkpoint was written: ${count(Section.Signals)} signals`);
  return seal(true) ? Wrote.Done : Wrote.Refused;
}

/** It does not count; the next one begins anew once the log has grown. */
function giveUp(answer: Wrote): Wrote {
  setLastCheckpoint(logEnd, lastOctets);
  end();
  return answer;
}

/** Gives up what is being written, if anything is. */
export function giveUpCheckpoint(): void {
  if (writing) giveUp(Wrote.Done);
}

function end(): void {
  writing = false;
  restFold(false);
  beginWatching(0);
  watchAccounts(false);
  section = Section.End;
  notes = new StaticArray<u8>(0);
  piece.shrink(0);
}
