/**
 * Records of octets from one thread to another, over shared memory.
 *
 * One writer, one reader, neither ever waits for the other: a record that does
 * not fit is not written, an empty ring gives nothing. Records come out whole, in
 * order, once. The reader may sleep until there is more. A ring that is empty is
 * written from its beginning again, so that the memory used is the memory that is
 * in the processor's caches.
 *
 * A reader trusts the writer to keep the form; a length that cannot be is
 * `RingBroken`, so that a dying writer cannot make it read elsewhere.
 */
import type { Patience } from "./patience.ts";

const HEAD = 0;
const TAIL = 1;
/** The place of the record that was written to the beginning last. */
const BASE = 2;
const CONTROL_OCTETS = 16;
/** Of a record, before it; records are aligned to as much. */
const LENGTH_OCTETS = 8;
const CAPACITY_MAX = 2 ** 30;

/** What the writer left is no record. */
export class RingBroken extends Error {
  override readonly name = "RingBroken";
}

export class Ring {
  readonly capacity: number;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #octets: Uint8Array<SharedArrayBuffer>;
  /** The same octets as words. */
  readonly #lengths: Uint32Array<SharedArrayBuffer>;

  /**
   * Over `Ring.octets(capacity)` octets of `memory`, from `at` on, which is a
   * multiple of 8: shared memory is copied octet by octet, many times slower,
   * where it lies askew.
   */
  constructor(memory: SharedArrayBuffer, at: number, capacity: number) {
    this.capacity = capacity;
    this.#words = new Int32Array(memory, at, CONTROL_OCTETS / 4);
    const from = at + CONTROL_OCTETS;
    this.#octets = new Uint8Array(memory, from, capacity);
    this.#lengths = new Uint32Array(memory, from, capacity / 4);
  }

  /** What a ring takes of memory; the capacity is a power of two. */
  static octets(capacity: number): number {
    if (
      capacity < 8 || capacity > CAPACITY_MAX ||
      (capacity & (capacity - 1)) !== 0
    ) throw new RangeError(`${capacity} is no capacity of a ring`);
    return CONTROL_OCTETS + capacity;
  }

  /** What a record of so many octets takes of the capacity. */
  static cost(octets: number): number {
    return LENGTH_OCTETS + (octets + 7 & ~7);
  }

  get used(): number {
    return this.#tail() - this.#head() >>> 0;
  }

  /** Writes one record of several parts; false if there is no room. */
  put(...parts: readonly Uint8Array[]): boolean {
    let length = 0;
    for (const part of parts) length += part.length;
    const cost = Ring.cost(length);
    const tail = this.#tail();
    const used = tail - this.#head() >>> 0;
    if (cost > this.capacity - used) return false;
    // The reader looks at it only when there is a record, which comes below.
    if (used === 0) Atomics.store(this.#words, BASE, tail | 0);
    const place = tail - this.#base() >>> 0;
    this.#lengths[place % this.capacity / 4] = length;
    let at = place + LENGTH_OCTETS;
    for (const part of parts) at = this.#copyIn(at, part);
    Atomics.store(this.#words, TAIL, tail + cost | 0);
    Atomics.notify(this.#words, TAIL);
    return true;
  }

  /**
   * Takes the oldest record; undefined if there is none. It lies at the beginning
   * of `room` where it fits in there, and otherwise in memory of its own.
   */
  take(room?: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
    const head = this.#head();
    const used = this.#tail() - head >>> 0;
    if (used === 0) return undefined;
    const place = head - this.#base() >>> 0;
    const length = this.#lengths[place % this.capacity / 4];
    if (
      length === undefined || length > this.capacity || Ring.cost(length) > used
    ) {
      throw new RingBroken(`a record of ${length} octets in ${used}`);
    }
    const record = room !== undefined && length <= room.length
      ? room.subarray(0, length)
      : new Uint8Array(length);
    this.#copyOut(place + LENGTH_OCTETS, record);
    Atomics.store(this.#words, HEAD, head + Ring.cost(length) | 0);
    return record;
  }

  /** Wakes the reader although nothing was written. */
  wake(): void {
    Atomics.notify(this.#words, TAIL);
  }

  /**
   * Blocks until there is a record, or `ms` are over. With `patience` it looks for
   * a moment before it sleeps, where that was worth it lately.
   */
  wait(ms: number, patience?: Patience): void {
    if (this.used > 0 || patience?.looks(() => this.used > 0)) return;
    Atomics.wait(this.#words, TAIL, this.#head() | 0, ms);
  }

  /** Blocks until a record was written since `mark`, or somebody woke it. */
  waitSince(mark: number, patience: Patience): void {
    if (patience.looks(() => this.#tail() !== mark)) return;
    Atomics.wait(this.#words, TAIL, mark | 0);
  }

  /** Changes with each record that is written. */
  get mark(): number {
    return this.#tail();
  }

  /**
   * For a reader that must not block: returns when a record was written since
   * `mark`, or somebody woke it.
   */
  async waitAsync(mark: number): Promise<void> {
    const wait = Atomics.waitAsync(this.#words, TAIL, mark | 0);
    if (wait.async) await wait.value;
  }

  #head(): number {
    return Atomics.load(this.#words, HEAD) >>> 0;
  }

  #tail(): number {
    return Atomics.load(this.#words, TAIL) >>> 0;
  }

  #base(): number {
    return Atomics.load(this.#words, BASE) >>> 0;
  }

  /** Gives the place behind it. */
  #copyIn(place: number, octets: Uint8Array): number {
    const at = place % this.capacity;
    const room = this.capacity - at;
    if (octets.length <= room) this.#octets.set(octets, at);
    else {
      this.#octets.set(octets.subarray(0, room), at);
      this.#octets.set(octets.subarray(room), 0);
    }
    return place + octets.length;
  }

  #copyOut(place: number, into: Uint8Array): void {
    const at = place % this.capacity;
    const first = Math.min(into.length, this.capacity - at);
    into.set(this.#octets.subarray(at, at + first));
    if (first === into.length) return;
    into.set(this.#octets.subarray(0, into.length - first), first);
  }
}
