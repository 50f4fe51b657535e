/**
 * Keys of a simulated network: seals that show damage, and signatures.
 *
 * Not cryptography: whoever reads this can forge. In a simulation nobody does,
 * since only this code makes packets; damage and mistaken identities are what is
 * simulated. Verifying asks the ring of all keys, as a real one would ask the
 * octets of the identity.
 */
import { keyOf } from "../../../hal/net/link.ts";

export const TAG_OCTETS = 8;
const IDENTITY_OCTETS = 32;

/** 64 bits that depend on every octet of the key and of what is sealed. */
export function tagOf(
  key: Uint8Array,
  octets: Uint8Array,
): Uint8Array<ArrayBuffer> {
  let [a, b] = [0x9e3779b9, 0x85ebca6b];
  for (const part of [key, octets]) {
    // By index: this is most of what a simulated network costs.
    for (let at = 0; at < part.length; at++) {
      const octet = part[at] ?? 0;
      a = Math.imul(a ^ octet, 0x01000193);
      b = Math.imul(b ^ octet, 0x5bd1e995) ^ (b >>> 13);
    }
    a = Math.imul(a ^ part.length, 0xc2b2ae35);
    b ^= a >>> 15;
  }
  const tag = new DataView(new ArrayBuffer(TAG_OCTETS));
  tag.setUint32(0, Math.imul(a ^ (a >>> 16), 0x7feb352d));
  tag.setUint32(4, Math.imul(b ^ (b >>> 15), 0x846ca68b));
  return new Uint8Array(tag.buffer);
}

export function sameOctets(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length &&
    one.every((octet, at) => octet === other[at]);
}

/** One identity and what proves it. */
export interface Identity {
  readonly peer: Uint8Array;
  readonly secret: Uint8Array;
}

export class KeyRing {
  readonly #secrets = new Map<string, Uint8Array>();

  /** An identity of chance; `octet` gives each octet of the secret. */
  make(octet: () => number): Identity {
    const secret = Uint8Array.from({ length: 32 }, octet);
    const peer = new Uint8Array(IDENTITY_OCTETS);
    for (let at = 0; at < IDENTITY_OCTETS; at += TAG_OCTETS) {
      peer.set(tagOf(Uint8Array.of(at), secret), at);
    }
    this.#secrets.set(keyOf(peer), secret);
    return { peer, secret };
  }

  verify(peer: Uint8Array, octets: Uint8Array, proof: Uint8Array): boolean {
    const secret = this.#secrets.get(keyOf(peer));
    return secret !== undefined && sameOctets(tagOf(secret, octets), proof);
  }
}
