/**
 * Strict reading and writing of octets, with the place of what is wrong.
 *
 * A `Reader` never returns less than it was asked for and never looks outside
 * its octets; the first broken rule throws `Malformed`, which `decodeWith`
 * turns into a value. Integers are little endian. What a reader returns is a
 * copy, so a caller may keep it while the input is reused.
 *
 * Deliberately absent: lenient decoding, and any other integer order.
 */
import { Result, Schema } from "effect";

/** The octets break a rule of their encoding. Nothing happened. */
export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", {
  /** What was being read: `signal`, `proposal`, … */
  document: Schema.String,
  /** Where the field that breaks the rule begins, from 0. */
  offset: Schema.Int,
  /** The rule, and what was found instead. */
  rule: Schema.String,
}) {
  override get message(): string {
    return `malformed ${this.document} at octet ${this.offset}: ${this.rule}`;
  }
}

const UTF8 = new TextEncoder();
const UTF8_STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class Reader {
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  readonly #document: string;
  #at = 0;

  constructor(document: string, octets: Uint8Array) {
    this.#document = document;
    this.#octets = octets;
    this.#view = new DataView(
      octets.buffer,
      octets.byteOffset,
      octets.byteLength,
    );
  }

  get offset(): number {
    return this.#at;
  }

  get left(): number {
    return this.#octets.length - this.#at;
  }

  /** Breaks off with the rule that does not hold at `offset`. */
  fail(rule: string, offset = this.#at): never {
    throw new Malformed({ document: this.#document, offset, rule });
  }

  #take(length: number, field: string): number {
    if (length > this.left) {
      this.fail(`${field} needs ${length} octets, ${this.left} are left`);
    }
    const start = this.#at;
    this.#at += length;
    return start;
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#take(1, field));
  }

  u16(field: string): number {
    return this.#view.getUint16(this.#take(2, field), true);
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#take(4, field), true);
  }

  u64(field: string): bigint {
    return this.#view.getBigUint64(this.#take(8, field), true);
  }

  octets(length: number, field: string): Uint8Array {
    const start = this.#take(length, field);
    return this.#octets.slice(start, start + length);
  }

  /** A copy of the next octets, which are not read by that; nothing if they are fewer. */
  ahead(length: number): Uint8Array | undefined {
    if (length > this.left) return undefined;
    return this.#octets.slice(this.#at, this.#at + length);
  }

  /** Passes over octets that were looked at. */
  skip(length: number): void {
    this.#take(length, "what was looked at");
  }

  /** Reads `text` or breaks off. */
  magic(text: string): void {
    const start = this.#at;
    const found = this.octets(text.length, "magic");
    if (!equalOctets(found, utf8(text))) {
      this.fail(`magic must be ${text}`, start);
    }
  }

  /** `length` octets that must be UTF-8 without lone surrogates. */
  text(length: number, field: string): string {
    const start = this.#at;
    const octets = this.octets(length, field);
    const text = fromUtf8(octets);
    if (text === undefined) this.fail(`${field} must be UTF-8`, start);
    return text;
  }

  /** Breaks off unless everything has been read. */
  end(): void {
    if (this.left > 0) this.fail(`${this.left} octets after the end`);
  }
}

/** Appends fields to octets that grow as needed. */
export class Writer {
  readonly #parts: Uint8Array[] = [];

  u8(value: number): this {
    return this.octets(Uint8Array.of(value & 0xff));
  }

  u16(value: number): this {
    return this.octets(Uint8Array.of(value & 0xff, value >>> 8));
  }

  u32(value: number): this {
    const part = new Uint8Array(4);
    new DataView(part.buffer).setUint32(0, value, true);
    return this.octets(part);
  }

  u64(value: bigint): this {
    const part = new Uint8Array(8);
    new DataView(part.buffer).setBigUint64(0, value, true);
    return this.octets(part);
  }

  octets(part: Uint8Array): this {
    this.#parts.push(part);
    return this;
  }

  text(text: string): this {
    return this.octets(utf8(text));
  }

  done(): Uint8Array<ArrayBuffer> {
    return concatOctets(this.#parts);
  }
}

/** Runs a strict decoder over all of `octets`; `Malformed` becomes a value. */
export function decodeWith<A>(
  document: string,
  octets: Uint8Array,
  read: (reader: Reader) => A,
): Result.Result<A, Malformed> {
  const reader = new Reader(document, octets);
  try {
    const value = read(reader);
    reader.end();
    return Result.succeed(value);
  } catch (error) {
    if (error instanceof Malformed) return Result.fail(error);
    throw error;
  }
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return UTF8.encode(text);
}

/** The text, or nothing where the octets are not UTF-8. */
export function fromUtf8(octets: Uint8Array): string | undefined {
  try {
    return UTF8_STRICT.decode(octets);
  } catch {
    return undefined;
  }
}

export function concatOctets(
  parts: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Not constant in time: for public octets only. */
export function equalOctets(a: Uint8Array, b: Uint8Array): boolean {
  return compareOctets(a, b) === 0;
}

/** Orders by octets, a prefix before what it begins. */
export function compareOctets(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function toHex(octets: Uint8Array): string {
  return octets.toHex();
}

/** The octets of lower-case hexadecimal digits; nothing for any other text. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> | undefined {
  return /^(?:[0-9a-f]{2})*$/.test(text) ? Uint8Array.fromHex(text) : undefined;
}

export function toBase64(octets: Uint8Array): string {
  return octets.toBase64();
}

/** The octets of padded base64 in its one canonical spelling, else nothing. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const octets = Uint8Array.fromBase64(text, { lastChunkHandling: "strict" });
    return toBase64(octets) === text ? octets : undefined;
  } catch {
    return undefined;
  }
}
