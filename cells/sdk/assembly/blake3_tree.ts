/**
 * BLAKE3 of a long input in memory, in pieces of bounded length.
 *
 * `begin`, then `advance` until it says true, then `finish` once. The input
 * must not change in between. A tree holds one input at a time; whoever hashes
 * in steps owns a tree of its own, so that no other hash disturbs it.
 */
import {
  BLOCK_OCTETS,
  CHUNK_END,
  CHUNK_OCTETS,
  CHUNK_START,
  compress,
  DIGEST_OCTETS,
  pad,
  PARENT,
  reset,
  ROOT,
} from "./blake3_block";
import { chunkLanes } from "./blake3_lanes";

/** Levels of the tree over 2^32 octets of chunks, and one to spare. */
const LEVELS_MAX: usize = 24;
const LANES: usize = 4;

/** The last block of a chunk, padded. */
const LAST: usize = memory.data(64, 16);

/**
 * Chaining value of one chunk (1024 octets, or fewer where it is the last),
 * written to `cv`. `rootFlag` is ROOT where the chunk is the whole input.
 */
export function chunk(
  from: usize,
  length: usize,
  index: u64,
  rootFlag: u32,
  cv: usize,
): void {
  reset(cv);
  let flags = CHUNK_START;
  while (length > BLOCK_OCTETS) {
    compress(cv, from, index, <u32> BLOCK_OCTETS, flags);
    flags = 0;
    from += BLOCK_OCTETS;
    length -= BLOCK_OCTETS;
  }
  pad(LAST, from, length);
  compress(cv, LAST, index, <u32> length, flags | CHUNK_END | rootFlag);
}

export class Tree {
  private stack: usize = heap.alloc(DIGEST_OCTETS * (LEVELS_MAX + LANES));
  /** A parent's message: two chaining values. */
  private pair: usize = heap.alloc(BLOCK_OCTETS);
  private from: usize = 0;
  private length: usize = 0;
  private depth: usize = 0;
  private chunks: u64 = 0;
  private chunksDone: u64 = 0;

  begin(from: usize, length: usize): void {
    this.from = from;
    this.length = length;
    this.depth = 0;
    this.chunksDone = 0;
    this.chunks = max<u64>(1, (length + CHUNK_OCTETS - 1) / CHUNK_OCTETS);
  }

  /** Hashes about `octets` more; true once only `finish` is left. */
  advance(octets: usize): bool {
    const last = this.chunks - 1;
    const want = this.chunksDone + max<u64>(LANES, octets / CHUNK_OCTETS);
    while (this.chunksDone < min<u64>(last, want)) {
      const at = this.from + <usize> this.chunksDone * CHUNK_OCTETS;
      const top = this.stack + this.depth * DIGEST_OCTETS;
      if (last - this.chunksDone >= LANES) {
        chunkLanes(at, this.chunksDone, top);
        this.push();
        this.push();
        this.push();
      } else {
        chunk(at, CHUNK_OCTETS, this.chunksDone, 0, top);
      }
      this.push();
    }
    return this.chunksDone >= last;
  }

  /** Writes the digest, 32 octets. */
  finish(to: usize): void {
    const done = <usize> this.chunksDone * CHUNK_OCTETS;
    const root = this.depth == 0 ? ROOT : 0;
    const cv = this.pair + DIGEST_OCTETS;
    chunk(this.from + done, this.length - done, this.chunksDone, root, cv);
    while (this.depth > 0) {
      this.depth--;
      memory.copy(
        this.pair,
        this.stack + this.depth * DIGEST_OCTETS,
        DIGEST_OCTETS,
      );
      const flags = PARENT | (this.depth == 0 ? ROOT : 0);
      this.join(this.pair, flags, cv);
    }
    memory.copy(to, cv, DIGEST_OCTETS);
  }

  /**
   * Counts the chaining value above the stack in, and merges every subtree
   * that it completes. What lies above it (the further lanes) moves down.
   */
  private push(): void {
    this.chunksDone++;
    let complete = this.chunksDone;
    let top = this.stack + this.depth * DIGEST_OCTETS;
    const above = top + DIGEST_OCTETS;
    this.depth++;
    while ((complete & 1) == 0) {
      top -= DIGEST_OCTETS;
      this.join(top, PARENT, top);
      this.depth--;
      complete >>= 1;
    }
    if (top + DIGEST_OCTETS != above) {
      memory.copy(top + DIGEST_OCTETS, above, DIGEST_OCTETS * (LANES - 1));
    }
  }

  private join(pair: usize, flags: u32, to: usize): void {
    const cv = JOINED;
    reset(cv);
    compress(cv, pair, 0, <u32> BLOCK_OCTETS, flags);
    memory.copy(to, cv, DIGEST_OCTETS);
  }
}

const JOINED: usize = memory.data(32, 16);
