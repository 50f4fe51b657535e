/**
 * A cursor over the octets of a core module.
 *
 * Every read is checked against the end of the range that it was made for, and
 * every LEB128 number against its width, so a caller can neither run off the
 * end nor take a number that the specification does not have. Nothing is
 * copied: `slice` gives views.
 */
import { ModuleRefusal } from "./refusal.ts";

const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Where a module uses its highest type. */
export interface TypeUse {
  highest: number;
  at: number;
}

export class Reader {
  at: number;
  readonly end: number;
  /** The highest type index that was read, by it and all its ranges. */
  readonly types: TypeUse;
  readonly #octets: Uint8Array;

  constructor(
    octets: Uint8Array,
    start = 0,
    end = octets.length,
    types: TypeUse = { highest: -1, at: 0 },
  ) {
    this.#octets = octets;
    this.at = start;
    this.end = end;
    this.types = types;
  }

  get isDone(): boolean {
    return this.at >= this.end;
  }

  malformed(reason: string, offset = this.at): ModuleRefusal {
    return new ModuleRefusal("malformed", offset, reason);
  }

  byte(): number {
    const value = this.#octets[this.at];
    if (this.at >= this.end || value === undefined) {
      throw this.malformed("unexpected end");
    }
    this.at += 1;
    return value;
  }

  peek(): number {
    const value = this.byte();
    this.at -= 1;
    return value;
  }

  skip(count: number): void {
    if (count > this.end - this.at) throw this.malformed("unexpected end");
    this.at += count;
  }

  slice(from: number, to: number): Uint8Array {
    return this.#octets.subarray(from, to);
  }

  /** A reader of the next `length` octets; this one moves past them. */
  range(length: number): Reader {
    const start = this.at;
    this.skip(length);
    return new Reader(this.#octets, start, this.at, this.types);
  }

  u32(): number {
    const start = this.at;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const octet = this.byte();
      value |= (octet & 0x7f) << shift;
      if (octet < 0x80) return value;
    }
    const last = this.byte();
    if (last > 0x0f) throw this.malformed("u32 too long", start);
    return (value | (last << 28)) >>> 0;
  }

  /** A u64 whose value nobody here needs, except that it may be too big. */
  u64(): number {
    const start = this.at;
    let value = 0;
    for (let index = 0; index < 9; index++) {
      const octet = this.byte();
      value += (octet & 0x7f) * 2 ** (7 * index);
      if (octet < 0x80) return value;
    }
    const last = this.byte();
    if (last > 0x01) throw this.malformed("u64 too long", start);
    return value + last * 2 ** 63;
  }

  /** A type index. Types may be used before they are counted. */
  typeIndex(): number {
    const start = this.at;
    const index = this.u32();
    this.#note(index, start);
    return index;
  }

  /** A form of type, or a type index as s33. */
  typeOrForm(): void {
    const start = this.at;
    this.skipSigned(33);
    let value = 0;
    for (let at = start; at < this.at; at++) {
      value += ((this.#octets[at] ?? 0) & 0x7f) * 2 ** (7 * (at - start));
    }
    const isNegative = ((this.#octets[this.at - 1] ?? 0) & 0x40) !== 0;
    if (!isNegative) this.#note(value, start);
  }

  #note(index: number, at: number): void {
    if (index <= this.types.highest) return;
    this.types.highest = index;
    this.types.at = at;
  }

  /** Passes over a signed number of `bits` bits (32, 33 or 64). */
  skipSigned(bits: 32 | 33 | 64): void {
    const start = this.at;
    const whole = Math.floor((bits - 1) / 7);
    for (let index = 0; index < whole; index++) {
      if (this.byte() < 0x80) return;
    }
    // The last octet holds the remaining bits and as many copies of the sign.
    const last = this.byte();
    const used = bits - 7 * whole;
    const signAndAbove = (0x7f << (used - 1)) & 0x7f;
    const above = last & signAndAbove;
    if (last >= 0x80 || (above !== 0 && above !== signAndAbove)) {
      throw this.malformed(`s${bits} too long`, start);
    }
  }

  /** A count of items that take at least one octet each. */
  count(max: number, what: string): number {
    const start = this.at;
    const value = this.u32();
    if (value > max) {
      throw new ModuleRefusal(
        "too-large",
        start,
        `${value} ${what}, at most ${max}`,
      );
    }
    if (value > this.end - this.at) {
      throw this.malformed(`${value} ${what} do not fit`, start);
    }
    return value;
  }

  name(max: number): string {
    const length = this.count(max, "octets of a name");
    const start = this.at;
    this.skip(length);
    try {
      return STRICT_UTF8.decode(this.#octets.subarray(start, this.at));
    } catch {
      throw this.malformed("a name is not UTF-8", start);
    }
  }
}
