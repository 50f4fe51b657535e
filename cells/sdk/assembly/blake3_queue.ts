/**
 * Hashes many short inputs, four at a time.
 *
 * `hashSoon` remembers an input and where its digest goes; the digest is there
 * after the next `flush`. Until then neither the input nor the place of the
 * digest may move. Inputs of one or two blocks are collected by their number of
 * blocks; longer ones are hashed at once.
 */
import {
  BLOCK_OCTETS,
  CHUNK_END,
  CHUNK_START,
  pad,
  ROOT,
} from "./blake3_block";
import {
  compressLanes,
  loadLanes,
  resetLanes,
  setCounters,
  setLengths,
  storeLanes,
} from "./blake3_lanes";
import { hash } from "./blake3";

const LANES: u32 = 4;

/** Four waiting inputs that have the same number of blocks. */
class Lanes {
  private inputs: usize = heap.alloc(16);
  private lengths: usize = heap.alloc(16);
  private outputs: usize = heap.alloc(16);
  private tails: usize = heap.alloc(<usize> LANES * BLOCK_OCTETS);
  private used: u32 = 0;

  constructor(private blocks: u32) {}

  add(from: usize, length: u32, to: usize): void {
    const at: usize = this.used << 2;
    store<u32>(this.inputs + at, <u32> from);
    store<u32>(this.lengths + at, length);
    store<u32>(this.outputs + at, <u32> to);
    if (++this.used == LANES) this.run();
  }

  flush(): void {
    if (this.used < 3) return this.oneByOne();
    // A copy of the first input fills the free lane; its digest is the same.
    while (this.used > 0) {
      this.add(
        load<u32>(this.inputs),
        load<u32>(this.lengths),
        load<u32>(this.outputs),
      );
    }
  }

  private oneByOne(): void {
    for (let at: usize = 0; at < this.used << 2; at += 4) {
      hash(
        load<u32>(this.inputs + at),
        load<u32>(this.lengths + at),
        load<u32>(this.outputs + at),
      );
    }
    this.used = 0;
  }

  private run(): void {
    const skip: u32 = (this.blocks - 1) * <u32> BLOCK_OCTETS;
    let flags = CHUNK_START;
    resetLanes();
    setCounters(0, 0);
    if (this.blocks == 2) {
      setLengths(skip, skip, skip, skip);
      loadLanes(
        load<u32>(this.inputs, 0),
        load<u32>(this.inputs, 4),
        load<u32>(this.inputs, 8),
        load<u32>(this.inputs, 12),
      );
      compressLanes(flags);
      flags = 0;
    }
    for (let lane: usize = 0; lane < LANES; lane++) {
      const at = lane << 2;
      pad(
        this.tails + lane * BLOCK_OCTETS,
        load<u32>(this.inputs + at) + skip,
        load<u32>(this.lengths + at) - skip,
      );
    }
    const t = this.tails;
    loadLanes(
      t,
      t + BLOCK_OCTETS,
      t + 2 * BLOCK_OCTETS,
      t + 3 * BLOCK_OCTETS,
    );
    setLengths(
      load<u32>(this.lengths, 0) - skip,
      load<u32>(this.lengths, 4) - skip,
      load<u32>(this.lengths, 8) - skip,
      load<u32>(this.lengths, 12) - skip,
    );
    compressLanes(flags | CHUNK_END | ROOT);
    storeLanes(
      load<u32>(this.outputs, 0),
      load<u32>(this.outputs, 4),
      load<u32>(this.outputs, 8),
      load<u32>(this.outputs, 12),
    );
    this.used = 0;
  }
}

const ONE_BLOCK = new Lanes(1);
const TWO_BLOCKS = new Lanes(2);

/** Writes BLAKE3 of the input to `to`, at the latest during `flush`. */
export function hashSoon(from: usize, length: usize, to: usize): void {
  if (length <= BLOCK_OCTETS) ONE_BLOCK.add(from, <u32> length, to);
  else if (length <= 2 * BLOCK_OCTETS) TWO_BLOCKS.add(from, <u32> length, to);
  else hash(from, length, to);
}

/** Writes every digest that is still due. */
export function flush(): void {
  ONE_BLOCK.flush();
  TWO_BLOCKS.flush();
}
