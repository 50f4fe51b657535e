/**
 * The map of a content that is kept apart: its chunks, then its BLAKE3 tree.
 * STORE.md. The chunks are believed if they match the digest that the log
 * holds; the tree needs none, for it is checked from the content's identity.
 */
import { hash } from "../../sdk/assembly/blake3";
import { copy32, equal32, isZero } from "../../sdk/assembly/bytes";
import { Buffer } from "../../sdk/assembly/buffer";
import {
  blockOctets,
  capacity,
  deviceFault,
  readBlocks,
  wholeBlocks,
} from "./device";
import { CHUNK_OCTETS_MAX, CHUNK_OCTETS_MIN } from "./limits";
import { outboardOctets } from "./outboard";
import {
  stored,
  STORED_CHUNKS,
  STORED_DIGEST,
  STORED_MAP,
  STORED_PARTICLE,
  STORED_SIZE,
} from "./stored";
import { particles } from "./tables";

/** "KMAP" */
const MAGIC: u32 = 0x50414d4b;
const VERSION: u32 = 1;
export const MAP_HEAD_OCTETS: u32 = 64;
const PARTICLE_AT: usize = 8;
const SIZE_AT: usize = 40;
const CHUNKS_AT: usize = 48;
const ZEROS_AT: usize = 52;

/** A chunk: digest (32), place (8), length (4), zeros (4). */
export const MAP_ROW_OCTETS: u32 = 48;
export const ROW_PLACE: usize = 32;
export const ROW_LENGTH: usize = 40;
const ROW_ZEROS: usize = 44;

const DIGEST: usize = memory.data(32, 16);

/** Octets of head and chunks. */
export function mapOctets(chunks: u32): u32 {
  return MAP_HEAD_OCTETS + chunks * MAP_ROW_OCTETS;
}

/** Octets of the device that head, chunks and tree take. */
export function mapSpan(chunks: u32, size: u64): u64 {
  return wholeBlocks(<u64> mapOctets(chunks) + outboardOctets(size));
}

/** The most chunks that a content can have. */
export function chunksMax(size: u64): u64 {
  return (size + CHUNK_OCTETS_MIN - 1) / CHUNK_OCTETS_MIN;
}

export function writeHead(at: usize, digest: usize, size: u64, chunks: u32): void {
  memory.fill(at, 0, MAP_HEAD_OCTETS);
  store<u32>(at, MAGIC);
  store<u32>(at, VERSION, 4);
  copy32(at + PARTICLE_AT, digest);
  store<u64>(at, size, SIZE_AT);
  store<u32>(at, chunks, CHUNKS_AT);
}

/** Why the map at `at` is not the row's; empty if it is. */
export function mapFault(row: usize, at: usize): string {
  const chunks = load<u32>(row, STORED_CHUNKS);
  const octets = mapOctets(chunks);
  hash(at, octets, DIGEST);
  if (!equal32(DIGEST, row + STORED_DIGEST)) return "its map does not match";
  const digest = particles.digest(load<u32>(row, STORED_PARTICLE));
  const size = load<u64>(row, STORED_SIZE);
  const meets = load<u32>(at) == MAGIC && load<u32>(at, 4) == VERSION &&
    equal32(at + PARTICLE_AT, digest) && load<u64>(at, SIZE_AT) == size &&
    load<u32>(at, CHUNKS_AT) == chunks &&
    isZero(at + ZEROS_AT, MAP_HEAD_OCTETS - ZEROS_AT);
  if (!meets) return "its map is another one's";
  let sum: u64 = 0;
  for (let i: u32 = 0; i < chunks; i++) {
    const chunk = at + MAP_HEAD_OCTETS + <usize> i * MAP_ROW_OCTETS;
    const length = load<u32>(chunk, ROW_LENGTH);
    const place = load<u64>(chunk, ROW_PLACE);
    const fits = length > 0 && length <= CHUNK_OCTETS_MAX &&
      load<u32>(chunk, ROW_ZEROS) == 0 && place % blockOctets == 0 &&
      place < capacity && wholeBlocks(length) <= capacity - place;
    if (!fits) return `chunk ${i} of its map does not fit the device`;
    sum += length;
  }
  return sum == size ? "" : `its chunks have ${sum} octets, it has ${size}`;
}

/** Where the last map that was read is. */
const inHand = new Buffer();
/** Its row + 1, and whether its tree was read, too. */
let handRow: u32 = 0;
let handTree: bool = false;

export let readFault: string = "";

/** Reads a map, with its tree if that is wanted; where it is, or 0. */
export function readMap(index: u32, withTree: bool): usize {
  if (handRow == index + 1 && (handTree || !withTree)) return inHand.start;
  handRow = 0;
  const row = stored.at(index);
  const chunks = load<u32>(row, STORED_CHUNKS);
  const octets = withTree
    ? mapSpan(chunks, load<u64>(row, STORED_SIZE))
    : wholeBlocks(mapOctets(chunks));
  const place = load<u64>(row, STORED_MAP);
  if (place > capacity || octets > capacity - place) {
    readFault = "its map does not fit the device";
    return 0;
  }
  const at = inHand.need(<usize> octets);
  if (!readBlocks(place, <u32> octets, at)) {
    readFault = deviceFault;
    return 0;
  }
  readFault = mapFault(row, at);
  if (readFault.length > 0) return 0;
  handRow = index + 1;
  handTree = withTree;
  return at;
}

/** The map in hand may be of what was; the next one is read anew. */
export function forgetMap(): void {
  handRow = 0;
  inHand.shrink(1 << 20);
}

/** Where the tree is in a map that was read with it. */
export function treeOf(map: usize, chunks: u32): usize {
  return map + mapOctets(chunks);
}
