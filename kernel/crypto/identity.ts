/**
 * Identities: a hash id, then a digest; 33 octets, or 66 digits as text.
 *
 * Hash id 1 is BLAKE3-256, the only one accepted so far. What each kind of
 * identity is the hash of is written in `wit/cells/graph/encodings.md`.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { fromHex, toHex, utf8 } from "./octets.ts";
import { IDENTITY_OCTETS } from "./limits.ts";

export const HASH_BLAKE3 = 1;

/** The BLAKE3-256 digest, without a hash id. */
export function digestOf(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(blake3(octets));
}

/** The identity of a content, a signal's body or a key bundle. */
export function identityOf(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  const identity = new Uint8Array(IDENTITY_OCTETS);
  identity[0] = HASH_BLAKE3;
  identity.set(blake3(octets), 1);
  return identity;
}

export function networkIdentity(name: string): Uint8Array<ArrayBuffer> {
  return identityOf(utf8(`karyon network: ${name}`));
}

export function isIdentity(octets: Uint8Array): boolean {
  return octets.length === IDENTITY_OCTETS && octets[0] === HASH_BLAKE3;
}

export const identityText = toHex;

/** The identity that 66 lower-case digits stand for; else nothing. */
export function identityFromText(
  text: string,
): Uint8Array<ArrayBuffer> | undefined {
  const octets = fromHex(text);
  return octets !== undefined && isIdentity(octets) ? octets : undefined;
}
