/**
 * A block device in memory, for tests, simulation and nodes without a disk.
 *
 * Keeps every promise of `karyon:hal/block` but one: what is flushed lives as
 * long as its `MemoryMedium`, which several openings may share one after the
 * other. Memory is taken in pages as they are written.
 *
 * Deliberately absent: faults. What loses, tears and stalls is the simulator's.
 */
import {
  type Block,
  type Condition,
  type Done,
  type Geometry,
  type ReadResult,
  type Refusal,
} from "../../../hal/block_contract.ts";
import {
  geometryFault,
  rangeRefusal,
  transferRefusal,
} from "../../../hal/block_range.ts";

const OK: Done = { tag: "ok" };
const READ_ONLY: Refusal = { tag: "read-only" };
const FULL: Refusal = { tag: "full" };
const DEFAULT_BLOCK_OCTETS = 4096;
const DEFAULT_TRANSFER_OCTETS = 1024 * 1024;
const DEFAULT_MEMORY_OCTETS = 1024 ** 3;

/** Where the octets of a device are; outlives the device. */
export class MemoryMedium {
  /** Blocks by number; one that is absent is all zeros. */
  readonly blocks = new Map<bigint, Uint8Array>();
}

export interface MemoryBlockOptions {
  /** Octets; a multiple of the block size. */
  readonly capacity: number;
  readonly blockSize?: number;
  readonly transferMax?: number;
  readonly readOnly?: boolean;
  /** Octets of written blocks that the medium may hold; then it is full. */
  readonly memoryMax?: number;
  readonly medium?: MemoryMedium;
}

/** A device over a medium of its own, or the given one. Throws on bad options. */
export function memoryBlock(options: MemoryBlockOptions): MemoryBlock {
  const geometry: Geometry = Object.freeze({
    blockSize: options.blockSize ?? DEFAULT_BLOCK_OCTETS,
    capacity: BigInt(options.capacity),
    transferMax: options.transferMax ?? DEFAULT_TRANSFER_OCTETS,
    readOnly: options.readOnly ?? false,
  });
  const fault = geometryFault(geometry);
  if (fault !== undefined) throw new RangeError(fault);
  return new MemoryBlock(
    geometry,
    options.medium ?? new MemoryMedium(),
    options.memoryMax ?? DEFAULT_MEMORY_OCTETS,
  );
}

export class MemoryBlock implements Block {
  readonly #geometry: Geometry;
  readonly #medium: MemoryMedium;
  readonly #blocksMax: number;

  constructor(geometry: Geometry, medium: MemoryMedium, memoryMax: number) {
    this.#geometry = geometry;
    this.#medium = medium;
    this.#blocksMax = Math.floor(memoryMax / geometry.blockSize);
  }

  describe(): Geometry {
    return this.#geometry;
  }

  read(offset: bigint, length: number): ReadResult {
    const refusal = transferRefusal(this.#geometry, offset, length);
    if (refusal !== undefined) return { tag: "err", val: refusal };
    const octets = new Uint8Array(length);
    for (const [number, at] of this.#numbers(offset, length)) {
      const block = this.#medium.blocks.get(number);
      if (block !== undefined) octets.set(block, at);
    }
    return { tag: "ok", val: octets };
  }

  write(offset: bigint, data: Uint8Array): Done {
    const refusal = transferRefusal(this.#geometry, offset, data.length) ??
      this.#writeRefusal(offset, data.length);
    if (refusal !== undefined) return { tag: "err", val: refusal };
    const size = this.#geometry.blockSize;
    for (const [number, at] of this.#numbers(offset, data.length)) {
      this.#medium.blocks.set(number, data.slice(at, at + size));
    }
    return OK;
  }

  flush(): Done {
    return OK;
  }

  discard(offset: bigint, length: bigint): Done {
    const refusal = rangeRefusal(this.#geometry, offset, length) ??
      (this.#geometry.readOnly ? READ_ONLY : undefined);
    if (refusal !== undefined) return { tag: "err", val: refusal };
    const size = BigInt(this.#geometry.blockSize);
    const first = offset / size;
    const end = (offset + length) / size;
    // A discard may span far more blocks than were ever written.
    for (const number of this.#medium.blocks.keys()) {
      if (number >= first && number < end) this.#medium.blocks.delete(number);
    }
    return OK;
  }

  health(): Condition {
    return { tag: "ok" };
  }

  #writeRefusal(offset: bigint, length: number): Refusal | undefined {
    if (this.#geometry.readOnly) return READ_ONLY;
    const blocks = this.#medium.blocks;
    let more = 0;
    for (const [number] of this.#numbers(offset, length)) {
      if (!blocks.has(number)) more++;
    }
    return blocks.size + more > this.#blocksMax ? FULL : undefined;
  }

  /** Each block of a range: its number, and its place in the transfer. */
  *#numbers(offset: bigint, length: number): Generator<[bigint, number]> {
    const size = this.#geometry.blockSize;
    let number = offset / BigInt(size);
    for (let at = 0; at < length; at += size) yield [number++, at];
  }
}
