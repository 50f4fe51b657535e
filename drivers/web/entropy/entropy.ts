/**
 * Random octets of the platform's own cryptography, in Deno and in browsers.
 *
 * `crypto.getRandomValues` never waits and, once the platform runs, does not
 * fail; should it do so all the same, the source says why and gives nothing.
 *
 * Deliberately absent: a pool of our own, mixing, tests of what was drawn.
 */
import type {
  Condition,
  DrawResult,
  Entropy,
  Source,
} from "../../../hal/entropy_contract.ts";

/** The platform takes no larger buffer. */
const DRAW_OCTETS_MAX = 65_536;

/** Fills a buffer, as `crypto.getRandomValues` does. */
export type Fill = (octets: Uint8Array<ArrayBuffer>) => void;

const platform: Fill = (octets) => {
  crypto.getRandomValues(octets);
};

export class WebEntropy implements Entropy {
  readonly #fill: Fill;
  readonly #source: Source = Object.freeze({
    quality: "unpredictable",
    drawMax: DRAW_OCTETS_MAX,
  });
  #condition: Condition = { tag: "ok" };

  constructor(fill: Fill = platform) {
    this.#fill = fill;
  }

  describe(): Source {
    return this.#source;
  }

  draw(length: number): DrawResult {
    if (length < 1 || length > DRAW_OCTETS_MAX) {
      return { tag: "err", val: { tag: "wrong-size" } };
    }
    const octets = new Uint8Array(length);
    try {
      this.#fill(octets);
    } catch (error) {
      const val = error instanceof Error ? error.message : String(error);
      this.#condition = { tag: "degraded", val };
      return { tag: "err", val: { tag: "failed", val } };
    }
    this.#condition = { tag: "ok" };
    return { tag: "ok", val: octets };
  }

  health(): Condition {
    return this.#condition;
  }
}
