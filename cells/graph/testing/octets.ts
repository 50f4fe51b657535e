/** Octets and identities, as `encodings.md` writes them. */
import { blake3 } from "@noble/hashes/blake3.js";

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function number(value: bigint | number, octets: number): Uint8Array {
  const out = new Uint8Array(octets);
  let rest = BigInt.asUintN(8 * octets, BigInt(value));
  for (let i = 0; i < octets; i++) {
    out[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return out;
}

export function identityOf(octets: Uint8Array): Uint8Array {
  return joined([Uint8Array.of(1), blake3(octets)]);
}

export function hex(octets: Uint8Array): string {
  return octets.toHex();
}
