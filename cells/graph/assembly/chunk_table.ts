/**
 * The distinct chunks of contents: where they lie, and how many contents and
 * uploads use them.
 *
 * Rows are used again; the table is made anew at each opening from the maps of
 * the contents that are here.
 */
import { copy32, equal32 } from "../../sdk/assembly/bytes";
import { reserve } from "../../sdk/assembly/pages";
import { Rows } from "../../sdk/assembly/rows";
import { saltDigest } from "./config";
import { wholeBlocks } from "./device";
import { release } from "./space";

/** Chunk: digest (32), then the fields below; 64 octets. */
export const chunks = new Rows(6);
export const CHUNK_PLACE: usize = 32;
export const CHUNK_LENGTH: usize = 40;
/** Uses; 0 in a row that is free. */
const CHUNK_USES: usize = 44;
/** The device does not give it back as it was. */
const CHUNK_BAD: usize = 48;
/** The next free row + 1. */
const CHUNK_NEXT: usize = 52;

export let chunksUsed: u32 = 0;
export let chunkOctets: u64 = 0;
let freeRow: u32 = 0;

const SLOTS_MIN: u32 = 256;
let slots: usize = heap.alloc(<usize> SLOTS_MIN << 2);
let mask: u32 = SLOTS_MIN - 1;
memory.fill(slots, 0, <usize> SLOTS_MIN << 2);

// @ts-ignore: decorator
@inline
function homeOf(digest: usize): u32 {
  // Outsiders do not know the salt, so they cannot crowd one place.
  const mixed = (load<u64>(digest) ^ load<u64>(saltDigest)) * 0x9e3779b97f4a7c15;
  return <u32> (mixed >> 32) & mask;
}

// @ts-ignore: decorator
@inline
function slotAt(slot: u32): usize {
  return slots + (<usize> slot << 2);
}

/** The row + 1 of the chunk, or 0. */
export function findChunk(digest: usize): u32 {
  let slot = homeOf(digest);
  while (true) {
    const row = load<u32>(slotAt(slot));
    if (row == 0 || equal32(chunks.at(row - 1), digest)) return row;
    slot = (slot + 1) & mask;
  }
}

function put(row: u32): void {
  let slot = homeOf(chunks.at(row));
  while (load<u32>(slotAt(slot)) != 0) slot = (slot + 1) & mask;
  store<u32>(slotAt(slot), row + 1);
}

function grow(): void {
  const wider: u32 = (mask + 1) << 1;
  const old = slots;
  const all = mask + 1;
  slots = heap.alloc(<usize> wider << 2);
  memory.fill(slots, 0, <usize> wider << 2);
  mask = wider - 1;
  for (let i: u32 = 0; i < all; i++) {
    const row = load<u32>(old + (<usize> i << 2));
    if (row != 0) put(row - 1);
  }
  heap.free(old);
}

/**
 * A row for a chunk that is not there, used once; `u32.MAX_VALUE` where the
 * memory has no room.
 */
export function addChunk(digest: usize, place: u64, length: u32): u32 {
  let row: u32 = 0;
  if (freeRow != 0) {
    row = freeRow - 1;
    freeRow = load<u32>(chunks.at(row), CHUNK_NEXT);
  } else {
    if (!reserve(1)) return u32.MAX_VALUE;
    row = chunks.length;
    chunks.push();
  }
  const at = chunks.at(row);
  memory.fill(at, 0, 64);
  copy32(at, digest);
  store<u64>(at, place, CHUNK_PLACE);
  store<u32>(at, length, CHUNK_LENGTH);
  store<u32>(at, 1, CHUNK_USES);
  chunksUsed++;
  chunkOctets += length;
  if (chunksUsed > (mask >> 1)) grow();
  put(row);
  return row;
}

export function shareChunk(row: u32): void {
  const at = chunks.at(row);
  store<u32>(at, load<u32>(at, CHUNK_USES) + 1, CHUNK_USES);
}

/** One use less; true if it was the last one: its octets are free then. */
export function leaveChunk(row: u32): bool {
  const at = chunks.at(row);
  const uses = load<u32>(at, CHUNK_USES) - 1;
  store<u32>(at, uses, CHUNK_USES);
  if (uses > 0) return false;
  removeSlot(row);
  chunksUsed--;
  const length = load<u32>(at, CHUNK_LENGTH);
  chunkOctets -= length;
  release(load<u64>(at, CHUNK_PLACE), wholeBlocks(length));
  store<u32>(at, freeRow, CHUNK_NEXT);
  freeRow = row + 1;
  return true;
}

/** Takes the row out of the slots and closes the hole. */
function removeSlot(row: u32): void {
  let hole = homeOf(chunks.at(row));
  while (load<u32>(slotAt(hole)) != row + 1) hole = (hole + 1) & mask;
  let slot = hole;
  while (true) {
    slot = (slot + 1) & mask;
    const other = load<u32>(slotAt(slot));
    if (other == 0) break;
    // It may move to the hole unless its home lies behind that.
    const home = homeOf(chunks.at(other - 1));
    if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
    store<u32>(slotAt(hole), other);
    hole = slot;
  }
  store<u32>(slotAt(hole), 0);
}

export function setChunkBad(row: u32, isBad: bool): void {
  store<u32>(chunks.at(row), isBad ? 1 : 0, CHUNK_BAD);
}

export function isChunkBad(row: u32): bool {
  return load<u32>(chunks.at(row), CHUNK_BAD) != 0;
}
