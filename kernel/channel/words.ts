/**
 * Shared memory as an array of 32-bit words: what channels, snapshots and
 * tables stand on.
 *
 * `load`, `store`, `compareExchange`, `or`, `and` and the two of the futex are
 * sequentially consistent. `get`, `set`, `write` and `read` are plain: only for
 * words that the caller owns at that moment, that is, no other thread writes
 * them, and none reads what the caller writes, without an atomic access in
 * between. The explorer (model/) runs the same code over a `Words` of its own,
 * tries every order of the atomic accesses, and fails on any plain access that
 * breaks this rule. Addresses are word indices.
 *
 * Deliberately absent: growing, and accesses of other sizes.
 */

/** What ended a wait. */
export type Woken = "ok" | "not-equal" | "timed-out";

export interface Words {
  /** How many words there are. */
  readonly length: number;
  load(at: number): number;
  store(at: number, value: number): void;
  /** Gives the value before; it was stored if that is `expected`. */
  compareExchange(at: number, expected: number, value: number): number;
  /** Both give the value before. */
  or(at: number, bits: number): number;
  and(at: number, bits: number): number;
  /** Sleeps while the word is `expected` and nobody notifies. */
  wait(at: number, expected: number, ms: number): Woken;
  /** The same without stopping the thread, for one that must not stop. */
  waitAsync(at: number, expected: number, ms: number): Promise<void>;
  /** Wakes everybody who sleeps on the word. */
  notify(at: number): void;
  get(at: number): number;
  set(at: number, value: number): void;
  /** Copies octets in, from the word's first octet on. */
  write(at: number, octets: Uint8Array): void;
  /** Copies octets out until `into` is full. */
  read(at: number, into: Uint8Array): void;
  /** The same for whole words: what is short goes faster this way. */
  put(at: number, from: Int32Array, count: number): void;
  take(at: number, into: Int32Array, count: number): void;
}

/** Copies shorter than this are cheaper one by one; measured. */
const SHORT_IN_OCTETS = 20;
const SHORT_OUT_OCTETS = 56;
const SHORT_WORDS = 40;

/** The real thing. */
export class SharedWords implements Words {
  readonly length: number;
  readonly i32: Int32Array<SharedArrayBuffer>;
  readonly u8: Uint8Array<SharedArrayBuffer>;

  constructor(readonly buffer: SharedArrayBuffer) {
    this.i32 = new Int32Array(buffer);
    this.u8 = new Uint8Array(buffer);
    this.length = this.i32.length;
  }

  load(at: number): number {
    return Atomics.load(this.i32, at);
  }

  store(at: number, value: number): void {
    Atomics.store(this.i32, at, value);
  }

  compareExchange(at: number, expected: number, value: number): number {
    return Atomics.compareExchange(this.i32, at, expected, value);
  }

  or(at: number, bits: number): number {
    return Atomics.or(this.i32, at, bits);
  }

  and(at: number, bits: number): number {
    return Atomics.and(this.i32, at, bits);
  }

  wait(at: number, expected: number, ms: number): Woken {
    return Atomics.wait(this.i32, at, expected, ms);
  }

  async waitAsync(at: number, expected: number, ms: number): Promise<void> {
    await Atomics.waitAsync(this.i32, at, expected, ms).value;
  }

  notify(at: number): void {
    Atomics.notify(this.i32, at);
  }

  get(at: number): number {
    return this.i32[at] as number;
  }

  set(at: number, value: number): void {
    this.i32[at] = value;
  }

  write(at: number, octets: Uint8Array): void {
    const start = at * 4;
    const { length } = octets;
    if (length >= SHORT_IN_OCTETS) {
      this.u8.set(octets, start);
      return;
    }
    const { u8 } = this;
    for (let i = 0; i < length; i++) u8[start + i] = octets[i] as number;
  }

  read(at: number, into: Uint8Array): void {
    const start = at * 4;
    const { length } = into;
    const { u8 } = this;
    if (length >= SHORT_OUT_OCTETS) {
      into.set(u8.subarray(start, start + length));
      return;
    }
    for (let i = 0; i < length; i++) into[i] = u8[start + i] as number;
  }

  put(at: number, from: Int32Array, count: number): void {
    const { i32 } = this;
    if (count >= SHORT_WORDS) i32.set(from.subarray(0, count), at);
    else for (let i = 0; i < count; i++) i32[at + i] = from[i] as number;
  }

  take(at: number, into: Int32Array, count: number): void {
    const { i32 } = this;
    if (count >= SHORT_WORDS) into.set(i32.subarray(at, at + count));
    else for (let i = 0; i < count; i++) into[i] = i32[at + i] as number;
  }
}
