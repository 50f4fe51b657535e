/**
 * Records of octets from one thread to another, over shared memory.
 *
 * One writer, one reader, neither ever waits for the other: a record that does
 * not fit is not written, an empty ring gives nothing. Records come out whole, in
 * order, once. The reader may sleep until there is more.
 *
 * A reader trusts the writer to keep the form; a length that cannot be is
 * `RingBroken`, so that a dying writer cannot make it read elsewhere.
 */

const HEAD = 0;
const TAIL = 1;
const CONTROL_OCTETS = 16;
const LENGTH_OCTETS = 4;
const CAPACITY_MAX = 2 ** 30;

/** What the writer left is no record. */
export class RingBroken extends Error {
  override readonly name = "RingBroken";
}

export class Ring {
  readonly capacity: number;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #octets: Uint8Array<SharedArrayBuffer>;
  readonly #length = new DataView(new ArrayBuffer(LENGTH_OCTETS));

  /** Over `Ring.octets(capacity)` octets of `memory`, from `at` on. */
  constructor(memory: SharedArrayBuffer, at: number, capacity: number) {
    this.capacity = capacity;
    this.#words = new Int32Array(memory, at, CONTROL_OCTETS / 4);
    this.#octets = new Uint8Array(memory, at + CONTROL_OCTETS, capacity);
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
    return LENGTH_OCTETS + (octets + 3 & ~3);
  }

  get used(): number {
    return this.#tail() - this.#head() >>> 0;
  }

  /** Writes one record of several parts; false if there is no room. */
  put(...parts: readonly Uint8Array[]): boolean {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const cost = Ring.cost(length);
    if (cost > this.capacity - this.used) return false;
    const tail = this.#tail();
    this.#length.setUint32(0, length, true);
    let at = this.#copyIn(tail, new Uint8Array(this.#length.buffer));
    for (const part of parts) at = this.#copyIn(at, part);
    Atomics.store(this.#words, TAIL, tail + cost | 0);
    Atomics.notify(this.#words, TAIL);
    return true;
  }

  /** Takes the oldest record; undefined if there is none. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    const used = this.used;
    if (used === 0) return undefined;
    const head = this.#head();
    this.#copyOut(head, new Uint8Array(this.#length.buffer));
    const length = this.#length.getUint32(0, true);
    if (length > this.capacity || Ring.cost(length) > used) {
      throw new RingBroken(`a record of ${length} octets in ${used}`);
    }
    const record = new Uint8Array(length);
    this.#copyOut(head + LENGTH_OCTETS, record);
    Atomics.store(this.#words, HEAD, head + Ring.cost(length) | 0);
    return record;
  }

  /** Wakes the reader although nothing was written. */
  wake(): void {
    Atomics.notify(this.#words, TAIL);
  }

  /** Blocks until there is a record, or `ms` are over. */
  wait(ms: number): void {
    if (this.used > 0) return;
    Atomics.wait(this.#words, TAIL, this.#head() | 0, ms);
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

  /** Gives the place behind it. */
  #copyIn(place: number, octets: Uint8Array): number {
    const at = place % this.capacity;
    const first = Math.min(octets.length, this.capacity - at);
    this.#octets.set(octets.subarray(0, first), at);
    this.#octets.set(octets.subarray(first), 0);
    return place + octets.length;
  }

  #copyOut(place: number, into: Uint8Array): void {
    const at = place % this.capacity;
    const first = Math.min(into.length, this.capacity - at);
    into.set(this.#octets.subarray(at, at + first));
    into.set(this.#octets.subarray(0, into.length - first), first);
  }
}
