/**
 * Reads the component binary format from untrusted octets.
 *
 * A read either succeeds inside the given range or throws `Malformed` with the offset. Nothing is allocated on the word
 * of a length that the remaining octets cannot hold.
 */

/** The octets are not a component that Karyon can read; the message says what and where. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A cursor over a range of octets. */
export class Reader {
  #at: number;

  constructor(
    readonly octets: Uint8Array,
    start = 0,
    readonly end: number = octets.length,
  ) {
    this.#at = start;
  }

  get at(): number {
    return this.#at;
  }

  get done(): boolean {
    return this.#at >= this.end;
  }

  fail(what: string): never {
    throw new Malformed(`${what} at octet ${this.#at}`);
  }

  peek(): number {
    if (this.#at >= this.end) this.fail("unexpected end");
    return this.octets[this.#at] as number;
  }

  byte(): number {
    const octet = this.peek();
    this.#at++;
    return octet;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const octet = this.byte();
      if (shift === 28 && octet > 0x0f) this.fail("number over 32 bits");
      value += (octet & 0x7f) * 2 ** shift;
      if (octet < 0x80) return value;
    }
    this.fail("number over 32 bits");
  }

  /** A count of things that take at least one octet each. */
  count(): number {
    const count = this.u32();
    if (count > this.end - this.#at) this.fail(`count ${count} past the end`);
    return count;
  }

  /** A length-prefixed UTF-8 name. */
  text(): string {
    const length = this.count();
    const from = this.#at;
    this.#at += length;
    try {
      return UTF8.decode(this.octets.subarray(from, from + length));
    } catch {
      this.#at = from;
      this.fail("name that is not UTF-8");
    }
  }

  /** A reader over the next `length` octets; this one continues after them. */
  part(length: number): Reader {
    if (length > this.end - this.#at) {
      this.fail(`section of ${length} octets past the end`);
    }
    const part = new Reader(this.octets, this.#at, this.#at + length);
    this.#at += length;
    return part;
  }
}
