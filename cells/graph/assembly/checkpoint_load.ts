/**
 * Reads a checkpoint into the tables, piece by piece.
 *
 * Rows are prepared and do not count before all of it has matched its digest
 * and what can be derived is made: so the tables are empty until they are those
 * of the checkpoint. One that does not match is left alone, and the log is
 * replayed from its beginning.
 */
import { hash } from "../../sdk/assembly/blake3";
import { equal32 } from "../../sdk/assembly/bytes";
import { Buffer } from "../../sdk/assembly/buffer";
import { reserve } from "../../sdk/assembly/pages";
import { takeNotes } from "./bookmarks";
import { setLastCheckpoint } from "./checkpoint";
import { beginDeriving, derive, Deriving, sourceOf } from "./checkpoint_derive";
import {
  CHAIN_AT,
  COUNTS_AT,
  DIGEST_AT,
  END_AT,
  expectSignals,
  FOLDED_HEIGHT_AT,
  FOLDED_LINKS_AT,
  HEADER_OCTETS,
  LAST_PIECE_AT,
  MAGIC,
  NEURON_ROOT_AT,
  PARTICLE_ROOT_AT,
  PIECES_AT,
  readRows,
  RECORDS_AT,
  rowsFor,
  rowsOctets,
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
} from "./checkpoint_form";
import { beginParticles } from "./checkpoint_particles";
import {
  lateAccounts,
  CLOCK,
  CLOCK_OCTETS,
} from "./accounts";
import {
  byBalance,
  byCard,
  byCoin,
  byFocus,
  FOLDED,
  FOLDED_OCTETS,
} from "./account_leaves";
import { blockOctets, deviceFault, readBlocks } from "./device";
import { setFolded } from "./fold";
import { byNeuron, byParticle } from "./leaves";
import { CHECKPOINT_PIECE_OCTETS, PIECE_ROWS } from "./limits";
import { extendLinks, prepareLinks, wipeLinks } from "./link_table";
import { setLogEnd } from "./log";
import {
  checkpointHash,
  checkpointSlot,
  sealedChain,
  sealedEnd,
  sealedRecords,
  slotOctets,
  slotPlace,
} from "./superblock";
import {
  lateAxons,
  particles,
  setAxons,
  signers,
} from "./tables";

/** What a piece of loading came to. */
export enum Loaded {
  More,
  /** The tables are those of the checkpoint; the log's end is behind it. */
  Done,
  /** It does not count, see `loadFault`; the tables are empty. */
  Bad,
}

export let loadFault: string = "";

let deriving: Deriving = Deriving.None;
let place: u64 = 0;
let pieces: u32 = 0;
let section: Section = Section.End;
let row: u32 = 0;

const HEADER: usize = memory.data(256, 16);
const DIGEST: usize = memory.data(32, 16);
/** The digest of the pieces so far, then a piece. */
const piece = new Buffer();
const notes = new Buffer();
const DIGEST_OCTETS: usize = 32;

function count(which: Section): u32 {
  return load<u32>(HEADER + COUNTS_AT + (<usize> which << 2));
}

function bad(fault: string): Loaded {
  loadFault = `checkpoint at ${place}: ${fault}`;
  setAxons(0);
  for (let i: u32 = 0; i < SECTIONS; i++) {
    const table = tableOf(<Section> i);
    if (table !== null) table.wipe();
  }
  signers.wipe();
  wipeLinks();
  particles.wipe();
  byNeuron.known.wipe();
  byParticle.known.wipe();
  end();
  return Loaded.Bad;
}

function end(): void {
  deriving = Deriving.None;
  piece.shrink(0);
  notes.shrink(0);
}

/** Begins with the checkpoint that the superblock names. */
export function beginLoad(): Loaded {
  const slot = checkpointSlot() - 1;
  place = slotPlace(slot);
  const block = heap.alloc(blockOctets);
  const readable = readBlocks(place, blockOctets, block);
  if (readable) memory.copy(HEADER, block, HEADER_OCTETS);
  heap.free(block);
  if (!readable) return bad(deviceFault);
  hash(HEADER, HEADER_OCTETS, DIGEST);
  if (!equal32(DIGEST, checkpointHash())) return bad("another header");
  const fault = headerFault(slotOctets(slot));
  if (fault.length > 0) return bad(fault);
  if (!prepareRows()) return bad("the memory has no room");
  pieces = 0;
  section = Section.Particles;
  row = 0;
  memory.fill(piece.need(DIGEST_OCTETS + CHECKPOINT_PIECE_OCTETS), 0, 32);
  notes.need(count(Section.Bookmarks));
  return Loaded.More;
}

function headerFault(room: u64): string {
  const version = load<u32>(HEADER, VERSION_AT);
  const known = version == VERSION || version == VERSION_ACCOUNTS ||
    version == VERSION_APART;
  if (load<u32>(HEADER) != MAGIC || !known) {
    return "another format";
  }
  const octets = blockOctets +
    <u64> load<u32>(HEADER, PIECES_AT) * CHECKPOINT_PIECE_OCTETS;
  if (octets > room) return "longer than its gap";
  if (load<u32>(HEADER, LAST_PIECE_AT) > CHECKPOINT_PIECE_OCTETS) {
    return "a piece that is too long";
  }
  const records = load<u64>(HEADER, RECORDS_AT);
  const logEnd = load<u64>(HEADER, END_AT);
  if (records > sealedRecords || logEnd > sealedEnd) return "behind the seal";
  const last = records == sealedRecords;
  const meets = logEnd == sealedEnd && equal32(HEADER + CHAIN_AT, sealedChain);
  return last && !meets ? "the seal names another record" : "";
}

/** Takes the pages of all rows. */
function prepareRows(): bool {
  let pages = signers.pagesFor(count(Section.Signals)) +
    byNeuron.known.pagesFor(count(Section.Neurons));
  for (let i: u32 = 0; i < SECTIONS; i++) {
    const table = tableOf(<Section> i);
    if (table !== null) pages += table.pagesFor(count(<Section> i));
  }
  if (!reserve(pages)) return false;
  for (let i: u32 = 0; i < SECTIONS; i++) {
    const table = tableOf(<Section> i);
    if (table !== null) table.prepare(count(<Section> i));
  }
  signers.prepare(count(Section.Signals));
  byNeuron.known.prepare(count(Section.Neurons));
  beginParticles(count(Section.Links), count(Section.LateAxons));
  expectSignals(count(Section.Signals));
  return prepareLinks(count(Section.Links));
}

/** Does one bounded piece. */
export function loadPiece(): Loaded {
  if (deriving != Deriving.None) return deriveOn();
  if (pieces == load<u32>(HEADER, PIECES_AT)) return matched();
  const start = piece.start + DIGEST_OCTETS;
  const at = place + blockOctets + <u64> pieces * CHECKPOINT_PIECE_OCTETS;
  const isLast = pieces + 1 == load<u32>(HEADER, PIECES_AT);
  const octets = isLast
    ? load<u32>(HEADER, LAST_PIECE_AT)
    : CHECKPOINT_PIECE_OCTETS;
  if (!readBlocks(at, octets, start)) return bad(deviceFault);
  const fault = takePiece(start, octets);
  if (fault.length > 0) return bad(fault);
  hash(piece.start, DIGEST_OCTETS + octets, piece.start);
  pieces++;
  return Loaded.More;
}

/** Why the piece does not count; empty if it does. */
function takePiece(start: usize, octets: u32): string {
  let from = start;
  while (section != Section.End) {
    const left = count(section) - row;
    const now = rowsFor(section, left, <u32> (from - start));
    if (section == Section.Bookmarks) {
      memory.copy(notes.start + row, from, now);
      from += now;
    } else {
      from = readRows(section, row, now, from);
      if (from == 0) return "the memory has no room";
    }
    row += now;
    if (from - start > octets) return "more rows than its pieces hold";
    if (now < left) return "";
    section = <Section> (section + 1);
    row = 0;
  }
  return "";
}

/** Everything is read: is it what was written? */
function matched(): Loaded {
  const all = section == Section.End &&
    equal32(piece.start, HEADER + DIGEST_AT);
  if (!all) return bad("its digest does not match");
  beginDeriving(count(Section.Particles));
  deriving = Deriving.LateAxons;
  row = 0;
  return Loaded.More;
}

function deriveOn(): Loaded {
  if (deriving == Deriving.End) return finish();
  const rows = count(sourceOf(deriving));
  const last = min(rows, row + PIECE_ROWS);
  while (row < last) {
    if (!derive(deriving, row, rows)) return bad("the memory has no room");
    row++;
  }
  if (row == rows) {
    // All that can have a leaf has a row now.
    const known = byParticle.known;
    if (deriving == Deriving.Contents) {
      if (!reserve(known.pagesFor(particles.rows.length))) {
        return bad("the memory has no room");
      }
      known.prepare(particles.rows.length);
    }
    deriving = <Deriving> (deriving + 1);
    row = 0;
  }
  return Loaded.More;
}

/** All rows count from now on. */
function finish(): Loaded {
  const good = takeNotes(notes.start, count(Section.Bookmarks));
  if (!good) return bad("its bookmarks are not canonical");
  for (let i: u32 = 0; i < SECTIONS; i++) {
    const table = tableOf(<Section> i);
    if (table !== null) table.extend(count(<Section> i));
  }
  extendLinks(count(Section.Links), count(Section.Signals));
  signers.extend(count(Section.Signals));
  byNeuron.known.extend(count(Section.Neurons));
  byParticle.known.extend(particles.rows.length);
  lateAxons.wipe();
  lateAccounts.wipe();
  const changed = takeSundry();
  byNeuron.adoptRoot(load<u32>(HEADER, NEURON_ROOT_AT));
  byParticle.adoptRoot(load<u32>(HEADER, PARTICLE_ROOT_AT));
  setFolded(
    load<u32>(HEADER, FOLDED_LINKS_AT),
    changed,
    load<u32>(HEADER, FOLDED_HEIGHT_AT),
  );
  const logEnd = load<u64>(HEADER, END_AT);
  setLogEnd(logEnd, load<u64>(HEADER, RECORDS_AT), HEADER + CHAIN_AT);
  setLastCheckpoint(logEnd, rowsOctets(HEADER + COUNTS_AT));
  end();
  return Loaded.Done;
}

/** Takes what is not in rows over; how many changes are folded. */
function takeSundry(): u32 {
  if (sundry.length == 0) return 0;
  const row = sundry.at(0);
  memory.copy(CLOCK, row, CLOCK_OCTETS);
  memory.copy(FOLDED, row + SUNDRY_FOLDED, FOLDED_OCTETS);
  byFocus.adoptRoot(load<u32>(row + SUNDRY_ROOTS));
  byBalance.adoptRoot(load<u32>(row + SUNDRY_ROOTS, 4));
  byCoin.adoptRoot(load<u32>(row + SUNDRY_ROOTS, 8));
  byCard.adoptRoot(load<u32>(row + SUNDRY_ROOTS, 12));
  const changed = load<u32>(row, SUNDRY_CHANGES);
  sundry.wipe();
  return changed;
}
