/**
 * The graph's links as columns: origin, target, signed weight.
 *
 * The record only grows, so what was read once stays true and each computation
 * asks for the new links only. Kept in chunks of 1 MiB, 16 octets a link.
 *
 * Deliberately absent: the height. `machine.ts` knows how far it wants to read.
 */
import { CHUNK_LINKS, CHUNKS_MAX } from "./limits";
import { give, take } from "./pages";

const CHUNK_OCTETS: u64 = <u64>CHUNK_LINKS * 16;
const MASK: u32 = CHUNK_LINKS - 1;
const TARGETS: usize = <usize>CHUNK_LINKS * 4;
const WEIGHTS: usize = <usize>CHUNK_LINKS * 8;

const chunks = new StaticArray<usize>(CHUNKS_MAX);
let chunkCount: u32 = 0;

/** What is known of the record so far. */
export class Columns {
  /** Links held, from the first one on. */
  static links: u32 = 0;
  /** The highest particle number among them. */
  static highest: u32 = 0;
  /** Whether any of them takes weight away. */
  static hasNegative: bool = false;
}

function chunkOf(link: u32): usize {
  return unchecked(chunks[link >>> 16]);
}

export function originOf(link: u32): u32 {
  return load<u32>(chunkOf(link) + (<usize>(link & MASK) << 2));
}

export function targetOf(link: u32): u32 {
  return load<u32>(chunkOf(link) + TARGETS + (<usize>(link & MASK) << 2));
}

export function weightOf(link: u32): i64 {
  return load<i64>(chunkOf(link) + WEIGHTS + (<usize>(link & MASK) << 3));
}

/** Room until the chunk's end: the most that one `append` takes. */
export function roomInChunk(): u32 {
  return CHUNK_LINKS - (Columns.links & MASK);
}

/**
 * Adds links, at most `roomInChunk()`, whose particle numbers are at most
 * `highest`; false where memory ran out.
 */
export function append(
  highest: u32,
  origins: StaticArray<u32>,
  targets: StaticArray<u32>,
  weights: StaticArray<i64>,
): bool {
  const count = <u32>origins.length;
  const first = Columns.links & MASK;
  if ((Columns.links >>> 16) == chunkCount) {
    const chunk = take(CHUNK_OCTETS);
    if (chunk == 0) return false;
    chunks[chunkCount++] = chunk;
  }
  const chunk = chunkOf(Columns.links);
  const at = chunk + (<usize>first << 2);
  memory.copy(at, changetype<usize>(origins), <usize>count << 2);
  memory.copy(at + TARGETS, changetype<usize>(targets), <usize>count << 2);
  memory.copy(
    chunk + WEIGHTS + (<usize>first << 3),
    changetype<usize>(weights),
    <usize>count << 3,
  );
  for (let i: u32 = 0; i < count; ++i) {
    if (unchecked(weights[i]) < 0) Columns.hasNegative = true;
  }
  Columns.links += count;
  Columns.highest = max(Columns.highest, highest);
  return true;
}

/** Forgets everything: the graph turned out to be another one. */
export function forget(): void {
  for (let i: u32 = 0; i < chunkCount; ++i) give(chunks[i], CHUNK_OCTETS);
  chunkCount = 0;
  Columns.links = 0;
  Columns.highest = 0;
  Columns.hasNegative = false;
}
