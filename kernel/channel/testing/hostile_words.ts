/**
 * Shared words on which somebody else writes whatever it likes at any moment.
 *
 * Each access may give something else than what was written. An access outside
 * of memory is an error of the code under test.
 */
import type { Woken, Words } from "../words.ts";

/** Gives a whole number below `count`. */
export type Below = (count: number) => number;

/** Values that trip a careless check. */
const EDGES = [0, 1, -1, 7, 8, 2 ** 31 - 1, -(2 ** 31), 2 ** 24, 64, 4096];

export class HostileWords implements Words {
  readonly length: number;
  accesses = 0;
  /** One in so many reads lies; 0 is nobody. */
  lies = 0;

  constructor(readonly i32: Int32Array, readonly below: Below) {
    this.length = i32.length;
  }

  #at(at: number): number {
    if (!(at >= 0 && at < this.length)) {
      throw new Error(`access outside of memory: ${at}`);
    }
    this.accesses++;
    return at;
  }

  load(at: number): number {
    const value = this.i32[this.#at(at)] as number;
    if (this.lies === 0 || this.below(this.lies) > 0) return value;
    const edge = EDGES[this.below(EDGES.length)] ?? 0;
    const lie = this.below(2) === 0 ? value + edge : edge;
    // What is written stays.
    return this.i32[at] = lie | 0;
  }

  store(at: number, value: number): void {
    this.i32[this.#at(at)] = value;
  }

  #change(at: number, change: (now: number) => number): number {
    const before = this.load(at);
    this.i32[at] = change(before);
    return before;
  }

  compareExchange(at: number, expected: number, value: number): number {
    return this.#change(at, (now) => now === expected ? value : now);
  }

  or(at: number, bits: number): number {
    return this.#change(at, (now) => now | bits);
  }

  and(at: number, bits: number): number {
    return this.#change(at, (now) => now & bits);
  }

  wait(): Woken {
    return "timed-out";
  }

  waitAsync(): Promise<void> {
    return Promise.resolve();
  }

  notify(at: number): void {
    this.#at(at);
  }

  get(at: number): number {
    return this.load(at);
  }

  set(at: number, value: number): void {
    this.store(at, value);
  }

  write(at: number, octets: Uint8Array): void {
    if (octets.length === 0) return;
    this.#at(at);
    this.#at(at + ((octets.length - 1) >> 2));
    new Uint8Array(this.i32.buffer).set(octets, at * 4);
  }

  read(at: number, into: Uint8Array): void {
    if (into.length === 0) return;
    this.#at(at + ((into.length - 1) >> 2));
    const start = this.#at(at) * 4;
    into.set(new Uint8Array(this.i32.buffer, start, into.length));
  }

  put(at: number, from: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) this.set(at + i, from[i] ?? 0);
  }

  take(at: number, into: Int32Array, count: number): void {
    for (let i = 0; i < count; i++) into[i] = this.get(at + i);
  }
}

/** Numbers that follow from a seed. */
export function chance(seed: number): Below {
  let state = seed | 0 || 1;
  return (count) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % count;
  };
}
