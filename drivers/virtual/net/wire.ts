/**
 * Octets of packets and frames, written and read.
 *
 * A reader trusts nothing: what is cut, too long or left over is `Malformed`.
 */

/** The octets are not what they should be. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

const utf8 = new TextEncoder();
const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class Writer {
  #octets = new Uint8Array(64);
  #length = 0;

  u8(value: number): this {
    this.#room(1)[this.#length] = value;
    this.#length += 1;
    return this;
  }

  u32(value: number): this {
    new DataView(this.#room(4).buffer).setUint32(this.#length, value);
    this.#length += 4;
    return this;
  }

  u64(value: bigint): this {
    new DataView(this.#room(8).buffer).setBigUint64(this.#length, value);
    this.#length += 8;
    return this;
  }

  octets(value: Uint8Array): this {
    this.u32(value.length);
    return this.raw(value);
  }

  raw(value: Uint8Array): this {
    this.#room(value.length).set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  text(value: string): this {
    return this.octets(utf8.encode(value));
  }

  list<T>(values: readonly T[], write: (value: T) => void): this {
    this.u32(values.length);
    for (const value of values) write(value);
    return this;
  }

  end(): Uint8Array<ArrayBuffer> {
    return this.#octets.slice(0, this.#length);
  }

  #room(more: number): Uint8Array<ArrayBuffer> {
    const need = this.#length + more;
    if (need > this.#octets.length) {
      const grown = new Uint8Array(Math.max(need, 2 * this.#octets.length));
      grown.set(this.#octets);
      this.#octets = grown;
    }
    return this.#octets;
  }
}

export class Reader {
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
    const { buffer, byteOffset, byteLength } = octets;
    this.#view = new DataView(buffer, byteOffset, byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  /** The caller's own. */
  octets(): Uint8Array<ArrayBuffer> {
    const length = this.u32();
    const at = this.#take(length);
    return this.#octets.slice(at, at + length);
  }

  text(): string {
    try {
      return text.decode(this.octets());
    } catch (error) {
      if (error instanceof Malformed) throw error;
      throw new Malformed("a text is no UTF-8");
    }
  }

  list<T>(most: number, read: () => T): T[] {
    const count = this.u32();
    if (count > most) throw new Malformed("a list is too long");
    return Array.from({ length: count }, read);
  }

  end(): void {
    if (this.#at !== this.#octets.length) {
      throw new Malformed("octets are left");
    }
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#octets.length - at) throw new Malformed("it is cut");
    this.#at += length;
    return at;
  }
}
