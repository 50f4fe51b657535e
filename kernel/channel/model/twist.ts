/**
 * Shared words that behave as if the code above them had a known fault.
 *
 * A mutant is the code itself over a `Twist`: the explorer has to find it.
 */
import type { Woken, Words } from "../words.ts";

/** Passes everything on; a mutant overrides what its fault is about. */
export class Twist implements Words {
  readonly length: number;

  constructor(readonly inner: Words) {
    this.length = inner.length;
  }

  load(at: number): number {
    return this.inner.load(at);
  }
  store(at: number, value: number): void {
    this.inner.store(at, value);
  }
  compareExchange(at: number, expected: number, value: number): number {
    return this.inner.compareExchange(at, expected, value);
  }
  or(at: number, bits: number): number {
    return this.inner.or(at, bits);
  }
  and(at: number, bits: number): number {
    return this.inner.and(at, bits);
  }
  wait(at: number, expected: number, ms: number): Woken {
    return this.inner.wait(at, expected, ms);
  }
  waitAsync(at: number, expected: number, ms: number): Promise<void> {
    return this.inner.waitAsync(at, expected, ms);
  }
  notify(at: number): void {
    this.inner.notify(at);
  }
  get(at: number): number {
    return this.inner.get(at);
  }
  set(at: number, value: number): void {
    this.inner.set(at, value);
  }
  write(at: number, octets: Uint8Array): void {
    this.inner.write(at, octets);
  }
  read(at: number, into: Uint8Array): void {
    this.inner.read(at, into);
  }
  put(at: number, from: Int32Array, count: number): void {
    this.inner.put(at, from, count);
  }
  take(at: number, into: Int32Array, count: number): void {
    this.inner.take(at, into, count);
  }
}

export type MakeTwist = (words: Words) => Words;

/** No fault. */
export const straight: MakeTwist = (words) => words;
