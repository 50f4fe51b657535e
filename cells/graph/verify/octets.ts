/** Octets, read strictly from their beginning to their end. */

/** A proof that does not hold, and why. Never a fault of the verifier. */
export class NotProven extends Error {
  override readonly name = "NotProven";
}

/** Stops the verification unless the claim holds. */
export function claim(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new NotProven(otherwise);
}

export function hex(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0"))
    .join("");
}

/** The octets that lower- or upper-case hexadecimal digits stand for. */
export function unhex(digits: string): Uint8Array {
  claim(/^([0-9a-f]{2})*$/i.test(digits), "not hexadecimal digits");
  return Uint8Array.from(
    digits.match(/../g) ?? [],
    (pair) => Number.parseInt(pair, 16),
  );
}

/** Below, at or above 0, as `a` sorts before, with or after `b`. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A number as little endian octets. */
export function little(value: bigint, octets: number): Uint8Array {
  return Uint8Array.from(
    { length: octets },
    (_, i) => Number(BigInt.asUintN(8, value >> BigInt(8 * i))),
  );
}

export class Reader {
  #at = 0;

  constructor(readonly octets: Uint8Array) {}

  get left(): number {
    return this.octets.length - this.#at;
  }

  take(count: number): Uint8Array {
    claim(count <= this.left, `the octets end at ${this.octets.length}`);
    this.#at += count;
    return this.octets.slice(this.#at - count, this.#at);
  }

  /** A little endian number. */
  number(octets: number): bigint {
    return this.take(octets).reduceRight(
      (sum, octet) => sum << 8n | BigInt(octet),
      0n,
    );
  }

  small(octets: 1 | 2): number {
    return Number(this.number(octets));
  }

  magic(word: string): void {
    const found = String.fromCharCode(...this.take(word.length));
    claim(found === word, `the octets do not begin with ${word}`);
  }

  end(): void {
    claim(this.left === 0, `${this.left} octets after the end`);
  }
}
