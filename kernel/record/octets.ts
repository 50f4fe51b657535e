/**
 * A growing buffer to write to, and a checked reader.
 *
 * Counts are LEB128, everything else is little-endian. A reader that finds less
 * than it needs, or a count that is too large, throws `Misread`.
 */
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Octets are not what they should be; the message says how. */
export class Misread extends Error {
  override readonly name = "Misread";
}

export class OctetWriter {
  length = 0;
  #octets = new Uint8Array(4096);
  #view = new DataView(this.#octets.buffer);

  constructor(readonly octetsMax: number) {}

  /** What was written, without a copy; valid until the next write. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.#octets.subarray(0, this.length);
  }

  /** Forgets what was written from `length` on. */
  rewind(length: number): void {
    this.length = length;
  }

  byte(value: number): void {
    const at = this.#reserve(1);
    this.#octets[at] = value;
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
  }

  /** Over what is there already. */
  patchU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  f64(value: number): void {
    const at = this.#reserve(8);
    // Which NaN it is does not survive JavaScript: there is one.
    if (Number.isNaN(value)) {
      this.#view.setBigUint64(at, 0x7ff8_0000_0000_0000n, true);
    } else this.#view.setFloat64(at, value, true);
  }

  u64(value: bigint): void {
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value, true);
  }

  /** An integer from 0 to 2^53 - 1. */
  count(value: number): void {
    let left = value;
    while (left >= 128) {
      this.byte((left % 128) | 128);
      left = Math.floor(left / 128);
    }
    this.byte(left);
  }

  raw(octets: Uint8Array): void {
    const at = this.#reserve(octets.length);
    this.#octets.set(octets, at);
  }

  octets(octets: Uint8Array): void {
    this.count(octets.length);
    this.raw(octets);
  }

  text(text: string): void {
    const { length } = text;
    if (length > 40) return this.octets(ENCODER.encode(text));
    // At most 120 octets: their count has one.
    const at = this.#reserve(1 + 3 * length);
    const { written } = ENCODER.encodeInto(
      text,
      this.#octets.subarray(at + 1, at + 1 + 3 * length),
    );
    this.#octets[at] = written;
    this.length = at + 1 + written;
  }

  #reserve(octets: number): number {
    const at = this.length;
    const end = at + octets;
    if (end > this.octetsMax) {
      throw new RangeError(`more than ${this.octetsMax} octets`);
    }
    if (end > this.#octets.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#octets.length));
      grown.set(this.#octets.subarray(0, at));
      this.#octets = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.length = end;
    return at;
  }
}

export class OctetReader {
  at = 0;
  /** Zeros that were read and do not stand in the octets. */
  zeros = 0;
  readonly #view: DataView;

  constructor(readonly source: Uint8Array) {
    this.#view = new DataView(
      source.buffer,
      source.byteOffset,
      source.byteLength,
    );
  }

  get left(): number {
    return this.source.length - this.at;
  }

  byte(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  count(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const octet = this.byte();
      value += (octet & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw new Misread("a huge count");
      if (octet < 128) return value;
      scale *= 128;
    }
  }

  raw(length: number): Uint8Array {
    const at = this.#take(length);
    return this.source.subarray(at, at + length);
  }

  octets(): Uint8Array {
    return this.raw(this.count());
  }

  text(): string {
    const octets = this.octets();
    try {
      return DECODER.decode(octets);
    } catch {
      throw new Misread("a text is not UTF-8");
    }
  }

  #take(octets: number): number {
    const { at } = this;
    if (octets > this.left) throw new Misread("it ends too soon");
    this.at = at + octets;
    return at;
  }
}

export function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
