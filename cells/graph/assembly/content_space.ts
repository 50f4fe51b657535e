/**
 * Room on the device for contents, and everything that is written there.
 *
 * Nothing is written where somebody may still look: before the first octet
 * goes into space that was free, the log's tail is swept, so no record that was
 * refused can come back and name it. The first of all that asks makes the store
 * one of format 4, in both superblocks, before any record is there that an older
 * program would take for a torn one.
 */
import { hash } from "../../sdk/assembly/blake3";
import { equal } from "../../sdk/assembly/bytes";
import { Buffer } from "../../sdk/assembly/buffer";
import { shiftLastCheckpoint } from "./checkpoint";
import {
  chunks,
  CHUNK_LENGTH,
  CHUNK_PLACE,
  leaveChunk,
} from "./chunk_table";
import {
  capacity,
  deviceFault,
  deviceFull,
  discardBlocks,
  readBlocks,
  wholeBlocks,
  writeBlocks,
} from "./device";
import { Refusal } from "./gen/contents";
import { AREA_OCTETS } from "./limits";
import { append, chain, isDistrusted, logEnd, records, seal, sweepAll } from "./log";
import { buildGap, buildSmall, GAP_PAYLOAD_OCTETS, recordSpan } from "./record";
import { addArea, allocate, gaps, noteGap, SLOT_CONTENTS } from "./space";
import { noteTrouble } from "./store";
import { keepsApart, isNamedTwice, noteApart } from "./superblock";

/** Of what is left of the device, an area never takes the last quarter. */
const ROOM_KEPT: u64 = 4;
/** Nor more than this at once, unless one chunk or map does. */
const AREA_OCTETS_MAX: u64 = AREA_OCTETS * 4;
const AREA_SHARE: u64 = 8;

/** Why the last function said no; null where it did not. */
export let refused: Refusal | null = null;

function no(refusal: Refusal): bool {
  refused = refusal;
  return false;
}

export function deviceRefusal(): Refusal {
  return deviceFull ? Refusal.full() : Refusal.unavailable(deviceFault);
}

/** After this, free space may be written, and records of contents appended. */
function prepare(): bool {
  if (isDistrusted() && !noteTrouble(sweepAll())) return no(deviceRefusal());
  if (!keepsApart()) noteApart();
  while (!isNamedTwice()) {
    if (!noteTrouble(seal(true))) return no(deviceRefusal());
  }
  return true;
}

/** Finds room; `more` octets will probably be asked for after these. 0 for none. */
export function room(octets: u64, more: u64): u64 {
  if (!prepare()) return 0;
  const place = allocate(octets);
  if (place != 0) return place;
  return makeArea(octets, more) ? allocate(octets) : 0;
}

function makeArea(octets: u64, more: u64): bool {
  const begin = logEnd + recordSpan(GAP_PAYLOAD_OCTETS);
  if (begin >= capacity) return no(Refusal.full());
  const left = capacity - begin;
  const most = left - left / ROOM_KEPT;
  const wish = max(min(more, AREA_OCTETS_MAX), min(AREA_OCTETS, left / AREA_SHARE));
  const wanted = wholeBlocks(max(octets, min(wish, most)));
  if (wanted > most || !noteGap(SLOT_CONTENTS, begin, wanted)) {
    return no(Refusal.full());
  }
  const record = buildGap(SLOT_CONTENTS, wanted, records, chain);
  if (!noteTrouble(append(record, GAP_PAYLOAD_OCTETS, wanted))) {
    gaps.cut(gaps.length - 1);
    return no(deviceRefusal());
  }
  shiftLastCheckpoint(wanted);
  addArea(begin, wanted);
  return true;
}

/** Writes octets to where room was found, with zeros to the end of the block. */
export function put(place: u64, from: usize, octets: u32): bool {
  if (!prepare()) return false;
  const list = new StaticArray<u8>(<i32> wholeBlocks(octets));
  memory.copy(changetype<usize>(list), from, octets);
  return noteTrouble(writeBlocks(place, list)) || no(deviceRefusal());
}

/** Appends a record of contents: it is durable then. */
export function appendSmall(kind: u32, payload: usize, octets: u32): bool {
  if (!prepare()) return false;
  if (recordSpan(octets) > capacity - logEnd) return no(Refusal.full());
  const record = buildSmall(kind, payload, octets, records, chain);
  return noteTrouble(append(record, octets)) || no(deviceRefusal());
}

const blocks = new Buffer();

/** Whether the device holds the chunk's octets, those at `from`. */
export function holdsChunk(row: u32, from: usize): bool {
  const at = chunks.at(row);
  const length = load<u32>(at, CHUNK_LENGTH);
  const span = <u32> wholeBlocks(length);
  const read = blocks.need(span);
  return readBlocks(load<u64>(at, CHUNK_PLACE), span, read) &&
    equal(read, from, length);
}

/** Whether the device gives the chunk back as it was. */
export function readsChunk(row: u32): bool {
  const at = chunks.at(row);
  const length = load<u32>(at, CHUNK_LENGTH);
  const span = <u32> wholeBlocks(length);
  const read = blocks.need(span);
  if (!readBlocks(load<u64>(at, CHUNK_PLACE), span, read)) return false;
  hash(read, length, DIGEST);
  return equal(DIGEST, at, 32);
}

const DIGEST: usize = memory.data(32, 16);

/** One use of the chunk less; the device learns if it was the last one. */
export function leave(row: u32): void {
  const at = chunks.at(row);
  const place = load<u64>(at, CHUNK_PLACE);
  const octets = wholeBlocks(load<u32>(at, CHUNK_LENGTH));
  if (leaveChunk(row)) discard(place, octets);
}

/**
 * Tells the device that nobody needs the octets. Not while a record that was
 * refused may come back and name them.
 */
export function discard(place: u64, octets: u64): void {
  if (!isDistrusted()) discardBlocks(place, octets);
}
