/**
 * Octets from a seed, for simulation and replay: the same seed, the same octets.
 *
 * They look random and are not: whoever knows the seed, or has seen enough of
 * them, knows all. The source says so (`seeded`), and a node that makes keys
 * must not be given it. The generator is sfc32, whose state is 128 bits.
 *
 * Deliberately absent: cryptography, reseeding.
 */
import type {
  Condition,
  DrawResult,
  Entropy,
  Source,
} from "../../../hal/entropy_contract.ts";

const DRAW_OCTETS_MAX = 1024 * 1024;
/** Outputs that are dropped until the seed has reached the whole state. */
const WARM_UP = 20;

export class SeededEntropy implements Entropy {
  readonly #source: Source = Object.freeze({
    quality: "seeded",
    drawMax: DRAW_OCTETS_MAX,
  });
  #a: number;
  #b = 0x9e3779b9;
  #c = 0x243f6a88;
  #count = 1;
  /** Octets of the newest word that nobody was given yet. */
  #rest = 0;
  #restOctets = 0;

  constructor(seed: number) {
    this.#a = seed >>> 0;
    for (let i = 0; i < WARM_UP; i++) this.#word();
  }

  describe(): Source {
    return this.#source;
  }

  draw(length: number): DrawResult {
    if (length < 1 || length > DRAW_OCTETS_MAX) {
      return { tag: "err", val: { tag: "wrong-size" } };
    }
    const val = new Uint8Array(length);
    for (let at = 0; at < length; at++) {
      if (this.#restOctets === 0) {
        this.#rest = this.#word();
        this.#restOctets = 4;
      }
      val[at] = this.#rest & 0xff;
      this.#rest >>>= 8;
      this.#restOctets--;
    }
    return { tag: "ok", val };
  }

  health(): Condition {
    return { tag: "ok" };
  }

  #word(): number {
    const sum = (this.#a + this.#b + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum | 0;
    return sum >>> 0;
  }
}
