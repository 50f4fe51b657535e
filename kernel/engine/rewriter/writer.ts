/**
 * A growing run of octets, with the encodings of a core module.
 *
 * Owned by its maker until `done` hands the octets over.
 */
import { ModuleRefusal } from "./refusal.ts";
import { REWRITTEN_OCTETS_MAX } from "../limits.ts";

const ENCODER = new TextEncoder();

export class Writer {
  #octets: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 64) {
    this.#octets = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.#octets.subarray(0, this.#length);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#octets[this.#length++] = value;
  }

  octets(values: ArrayLike<number>): void {
    this.#reserve(values.length);
    this.#octets.set(values, this.#length);
    this.#length += values.length;
  }

  u32(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /** A signed number, as i32.const and i64.const take it. */
  s64(value: number): void {
    let rest = value;
    while (rest < -64 || rest >= 64) {
      const low = ((rest % 0x80) + 0x80) % 0x80;
      this.byte(low | 0x80);
      rest = (rest - low) / 0x80;
    }
    this.byte(((rest % 0x80) + 0x80) % 0x80);
  }

  name(text: string): void {
    const encoded = ENCODER.encode(text);
    this.u32(encoded.length);
    this.octets(encoded);
  }

  section(id: number, content: Uint8Array): void {
    this.byte(id);
    this.u32(content.length);
    this.octets(content);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#octets.length) return;
    if (needed > REWRITTEN_OCTETS_MAX) {
      throw new ModuleRefusal(
        "too-large",
        0,
        `the rewritten module is larger than ${REWRITTEN_OCTETS_MAX} octets`,
      );
    }
    const grown = new Uint8Array(Math.max(needed, this.#octets.length * 2));
    grown.set(this.#octets.subarray(0, this.#length));
    this.#octets = grown;
  }
}
