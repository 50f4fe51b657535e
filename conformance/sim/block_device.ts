/**
 * A simulated block device that keeps every promise of the contract, and no more.
 *
 * What a crash leaves of writes that were not flushed is drawn from a seed: for
 * each block its old octets, any octets written since, or a mix of them. A
 * flush that fails loses some of them for good although reads still show them.
 * Faults are scripted by operation number, so that a failing seed repeats.
 *
 * Its octets are in memory, or on a real device behind a `BlockStore`: then the
 * power fails in the simulation, and the real device is ended and opened again.
 *
 * Deliberately absent: latency. Drivers' own suites measure that.
 */
import type {
  Block,
  Condition,
  Geometry,
  Refusal,
} from "../../wit/gen/hal_block.ts";

const SECTOR_OCTETS = 512;

/** Thrown out of the operation during which the power fails. */
export class PowerLoss extends Error {
  override readonly name = "PowerLoss";
}

/** What one operation does instead of succeeding. */
export type Fault =
  /** The power fails during it. */
  | { readonly kind: "power" }
  /** It is refused, and has done some of its work: how much is drawn, or all. */
  | {
    readonly kind: "refuse";
    readonly refusal: Refusal;
    readonly didAll?: boolean;
  };

export interface SimulatedOptions {
  readonly seed: number;
  readonly blockSize?: number;
  readonly capacity?: number;
  readonly transferMax?: number;
  readonly readOnly?: boolean;
  /** Octets of blocks that may be written before the device is full. */
  readonly roomOctets?: number;
}

/** Deterministic chance: the same seed gives the same numbers. */
export function seeded(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type Blocks = Map<number, Uint8Array>;

/** Where the octets are that reads show; a real device may stand behind it. */
export interface BlockStore {
  /** Undefined: never written, zeros. */
  get(block: number): Uint8Array | undefined;
  /** Keeps no reference to `octets`. */
  set(block: number, octets: Uint8Array): void;
  has(block: number): boolean;
  /** Fills `into` with whole blocks from `first` on. */
  fill(first: number, into: Uint8Array): void;
  /** Blocks that were ever written. */
  readonly size: number;
  flush(): void;
  /** The same octets after the device behind was ended and opened again. */
  reopen(): BlockStore;
}

class MemoryStore implements BlockStore {
  readonly #blocks: Blocks;

  constructor(readonly blockSize: number, blocks: Blocks = new Map()) {
    this.#blocks = blocks;
  }

  fill(first: number, into: Uint8Array): void {
    for (let i = 0; i < into.length / this.blockSize; i++) {
      const octets = this.#blocks.get(first + i);
      if (octets) into.set(octets, i * this.blockSize);
    }
  }

  get size(): number {
    return this.#blocks.size;
  }

  get(block: number): Uint8Array | undefined {
    return this.#blocks.get(block);
  }

  set(block: number, octets: Uint8Array): void {
    this.#blocks.set(block, octets.slice());
  }

  has(block: number): boolean {
    return this.#blocks.has(block);
  }

  flush(): void {}

  reopen(): BlockStore {
    return new MemoryStore(this.blockSize, new Map(this.#blocks));
  }
}

type Answer<T> = { tag: "ok"; val: T } | { tag: "err"; val: Refusal };

export class SimulatedBlockDevice implements Block {
  readonly #geometry: Geometry;
  readonly #random: () => number;
  readonly #zeros: Uint8Array;
  /** What reads show. */
  readonly #visible: BlockStore;
  /** What survives a crash for certain, of blocks that show something else. */
  readonly #beneath: Blocks = new Map();
  /** Writes of each block since the last flush, oldest first. */
  #pending = new Map<number, Uint8Array[]>();
  readonly #faults = new Map<number, Fault>();
  readonly #unreadable = new Set<number>();
  #roomOctets: number;
  #dead = false;

  /** Operations so far: reads, writes and flushes. */
  operations = 0;
  /** Numbers of the operations that changed something: writes and flushes. */
  readonly changes: number[] = [];
  /** Octets that it was told are needed no more. */
  discarded = 0;

  /** Over octets that are there, durable: as blocks, or in a store. */
  constructor(
    options: SimulatedOptions,
    visible: BlockStore | Blocks = new Map(),
  ) {
    const blockSize = options.blockSize ?? 4096;
    this.#geometry = {
      blockSize,
      capacity: BigInt(options.capacity ?? 64 << 20),
      transferMax: options.transferMax ?? 1 << 20,
      readOnly: options.readOnly ?? false,
    };
    this.#random = seeded(options.seed);
    this.#roomOctets = options.roomOctets ?? Infinity;
    this.#zeros = new Uint8Array(blockSize);
    this.#visible = visible instanceof Map
      ? new MemoryStore(blockSize, new Map(visible))
      : visible;
  }

  /** Lets operation `number` (from 0) go wrong. */
  failAt(number: number, fault: Fault): void {
    this.#faults.set(number, fault);
  }

  /** Makes reads of the block that holds `offset` fail. */
  breakReadsAt(offset: number): void {
    this.#unreadable.add(Math.floor(offset / this.#geometry.blockSize));
  }

  /** Sets how many octets of blocks may be in use. */
  setRoom(octets: number): void {
    this.#roomOctets = octets;
  }

  /** Turns bits of one octet over, as rot does. */
  flip(offset: number, bits: number): void {
    const { blockSize } = this.#geometry;
    const block = Math.floor(offset / blockSize);
    const octets = this.#shown(block).slice();
    const at = offset % blockSize;
    octets[at] = octets[at]! ^ bits;
    this.#visible.set(block, octets);
    if (this.#pending.has(block)) this.#beneath.set(block, octets);
    else this.#beneath.delete(block);
  }

  /** Octets as reads show them. */
  peek(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) {
      const { blockSize } = this.#geometry;
      const block = Math.floor((offset + i) / blockSize);
      out[i] = this.#shown(block)[(offset + i) % blockSize]!;
    }
    return out;
  }

  /**
   * The device after a power failure; this one answers nothing any more. The
   * seed decides what is left of writes that were not flushed.
   */
  crash(
    options: Omit<SimulatedOptions, "blockSize" | "capacity">,
  ): SimulatedBlockDevice {
    this.#dead = true;
    const random = seeded(options.seed);
    for (const [block, versions] of this.#pending) {
      this.#beneath.set(block, this.#torn(random, block, versions));
    }
    for (const [block, octets] of this.#beneath) {
      this.#visible.set(block, octets);
    }
    return this.#after(options);
  }

  /** The device after an orderly end of its user: nothing is lost. */
  reopen(
    options: Omit<SimulatedOptions, "blockSize" | "capacity">,
  ): SimulatedBlockDevice {
    this.#dead = true;
    return this.#after(options);
  }

  #after(
    options: Omit<SimulatedOptions, "blockSize" | "capacity">,
  ): SimulatedBlockDevice {
    this.#visible.flush();
    return new SimulatedBlockDevice({
      ...options,
      blockSize: this.#geometry.blockSize,
      capacity: Number(this.#geometry.capacity),
    }, this.#visible.reopen());
  }

  #shown(block: number): Uint8Array {
    return this.#visible.get(block) ?? this.#zeros;
  }

  /** One of the block's contents since the last flush, or a mix by sectors. */
  #torn(
    random: () => number,
    block: number,
    versions: Uint8Array[],
  ): Uint8Array {
    const old = this.#beneath.get(block) ?? this.#shown(block);
    const all = [old, ...versions];
    const pick = () => all[Math.floor(random() * all.length)]!;
    if (random() < 0.7) return pick();
    const mixed = new Uint8Array(old.length);
    for (let at = 0; at < mixed.length; at += SECTOR_OCTETS) {
      const end = at + SECTOR_OCTETS;
      mixed.set(pick().subarray(at, end), at);
      if (random() < 0.2) {
        const cut = at + Math.floor(random() * SECTOR_OCTETS);
        mixed.set(pick().subarray(cut, end), cut);
      }
    }
    return mixed;
  }

  /** Counts an operation and says what is to go wrong with it. */
  #begin(changes: boolean): Fault | undefined {
    if (this.#dead) throw new PowerLoss("the device is gone");
    const number = this.operations++;
    if (changes) this.changes.push(number);
    return this.#faults.get(number);
  }

  #misplaced(offset: bigint, length: number): Refusal | undefined {
    const { blockSize, capacity, transferMax } = this.#geometry;
    if (
      offset % BigInt(blockSize) !== 0n || length % blockSize !== 0 ||
      length === 0 || length > transferMax
    ) return { tag: "misaligned" };
    if (offset + BigInt(length) > capacity) return { tag: "out-of-range" };
    return undefined;
  }

  describe(): Geometry {
    return this.#geometry;
  }

  read(offset: bigint, length: number): Answer<Uint8Array> {
    const fault = this.#begin(false);
    if (fault?.kind === "power") throw new PowerLoss("during a read");
    if (fault) return { tag: "err", val: fault.refusal };
    const refusal = this.#misplaced(offset, length);
    if (refusal) return { tag: "err", val: refusal };
    const { blockSize } = this.#geometry;
    const first = Number(offset) / blockSize;
    const out = new Uint8Array(length);
    for (let i = 0; i < length / blockSize; i++) {
      if (this.#unreadable.has(first + i)) {
        return { tag: "err", val: { tag: "failed", val: "medium error" } };
      }
    }
    this.#visible.fill(first, out);
    return { tag: "ok", val: out };
  }

  write(offset: bigint, data: Uint8Array): Answer<undefined> {
    const fault = this.#begin(true);
    const { blockSize, readOnly } = this.#geometry;
    const refusal = readOnly
      ? { tag: "read-only" } as const
      : this.#misplaced(offset, data.length);
    if (refusal) return { tag: "err", val: refusal };
    const first = Number(offset) / blockSize;
    const count = data.length / blockSize;
    const done = fault && !didAll(fault)
      ? Math.floor(this.#random() * (count + 1))
      : count;
    for (let i = 0; i < done; i++) {
      const block = first + i;
      const isNew = !this.#visible.has(block);
      if (isNew && (this.#visible.size + 1) * blockSize > this.#roomOctets) {
        return { tag: "err", val: { tag: "full" } };
      }
      const octets = data.slice(i * blockSize, (i + 1) * blockSize);
      if (!this.#beneath.has(block)) {
        this.#beneath.set(block, this.#shown(block));
      }
      this.#visible.set(block, octets);
      const versions = this.#pending.get(block);
      if (versions) versions.push(octets);
      else this.#pending.set(block, [octets]);
    }
    if (fault?.kind === "power") throw new PowerLoss("during a write");
    if (fault) return { tag: "err", val: fault.refusal };
    return { tag: "ok", val: undefined };
  }

  flush(): Answer<undefined> {
    const fault = this.#begin(true);
    if (fault?.kind === "power") throw new PowerLoss("during a flush");
    if (fault && !didAll(fault)) {
      // The nastiest device: what it lost is forgotten, and reads do not tell.
      for (const [block, versions] of this.#pending) {
        this.#beneath.set(block, this.#torn(this.#random, block, versions));
      }
      this.#pending = new Map();
      return { tag: "err", val: fault.refusal };
    }
    for (const block of this.#pending.keys()) this.#beneath.delete(block);
    this.#visible.flush();
    this.#pending = new Map();
    if (fault) return { tag: "err", val: fault.refusal };
    return { tag: "ok", val: undefined };
  }

  discard(offset: bigint, length: bigint): Answer<undefined> {
    this.#begin(true);
    const refusal = this.#misplaced(offset, this.#geometry.blockSize);
    if (refusal) return { tag: "err", val: refusal };
    if (offset + length > this.#geometry.capacity) {
      return { tag: "err", val: { tag: "out-of-range" } };
    }
    const first = Number(offset) / this.#geometry.blockSize;
    const count = Number(length) / this.#geometry.blockSize;
    for (let i = 0; i < count; i++) this.#discardBlock(first + i);
    return { tag: "ok", val: undefined };
  }

  /** It keeps its octets, or reads as zeros, which a crash may undo. */
  #discardBlock(block: number): void {
    this.discarded += this.#geometry.blockSize;
    if (!this.#visible.has(block) || this.#random() < 0.5) return;
    if (!this.#beneath.has(block)) {
      this.#beneath.set(block, this.#shown(block));
    }
    this.#visible.set(block, this.#zeros);
    const versions = this.#pending.get(block);
    if (versions) versions.push(this.#zeros);
    else this.#pending.set(block, [this.#zeros]);
  }

  health(): Condition {
    return { tag: "ok" };
  }
}

function didAll(fault: Fault): boolean {
  return fault.kind === "refuse" && fault.didAll === true;
}
