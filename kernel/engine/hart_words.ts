/**
 * Words of a hart's countdown memory beside those that checks use.
 *
 * `running` says whose tally the ticker adds each tick to: the cell that runs in
 * a direct call, or nobody. The engine writes it, the ticker's thread reads it.
 * No code of a cell can name this memory.
 */
import { must } from "../limits.ts";
import { PAGE_OCTETS } from "./limits.ts";
import { PARK_ADDRESS } from "./rewriter/checks.ts";

export const RUNNING_ADDRESS = 64;
/** Not zero while an adapter runs an allocator or a clean-up (v8/core.ts). */
export const CLOSED_ADDRESS = 68;
const TALLIES_ADDRESS = 128;

export const PARK = PARK_ADDRESS / 4;
export const RUNNING = RUNNING_ADDRESS / 4;
export const CLOSED = CLOSED_ADDRESS / 4;

/** Word of nobody. */
export const NOBODY = 0;

const FIRST = TALLIES_ADDRESS / 4;
const LAST = PAGE_OCTETS / 4 - 1;

/** Words that count ticks, lent to instances. */
export class Tallies {
  readonly #words: Int32Array;
  readonly #free: number[] = [];
  #next = FIRST;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** A word that is zero; `NOBODY`, where nothing is counted, if all are lent. */
  lend(): number {
    const word = this.#free.pop() ??
      (this.#next <= LAST ? this.#next++ : NOBODY);
    if (word !== NOBODY) Atomics.store(this.#words, word, 0);
    return word;
  }

  /** Ticks since the last time. */
  take(word: number): number {
    return word === NOBODY ? 0 : Atomics.exchange(this.#words, word, 0);
  }

  giveBack(word: number): void {
    if (word !== NOBODY) this.#free.push(word);
  }
}

must(
  FIRST > CLOSED && CLOSED > RUNNING && RUNNING > PARK,
  "no two words are the same",
);
