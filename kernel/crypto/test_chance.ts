/**
 * Repeatable chance for tests. Never for keys: it is predictable.
 */
import type { Entropy } from "./composite.ts";

export class Chance {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = (seed >>> 0) || 1;
  }

  /** A whole number from 0 to `end` - 1. */
  below(end: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state % end;
  }

  octets(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  pick<A>(choices: readonly A[]): A {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new Error("nothing to choose from");
    return choice;
  }

  get entropy(): Entropy {
    return (length) => this.octets(length);
  }
}

/** Runs `body`; a failure names the seed that repeats it. */
export async function seeded(
  seed: number,
  body: (chance: Chance) => void | Promise<void>,
): Promise<void> {
  try {
    await body(new Chance(seed));
  } catch (error) {
    throw new Error(`failed with seed ${seed}`, { cause: error });
  }
}
