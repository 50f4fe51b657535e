/**
 * did:key of a key bundle: the keys themselves as one text.
 *
 *   "did:key:z" ‖ base58btc(varint(0x30_6b79) ‖ bundle)
 *
 * The code lies in multicodec's range for private use (0x300000 to 0x3fffff),
 * because no code is registered for this pair of keys. The method needs no
 * registry and no network: a DID has all that a verifier needs, and cannot be
 * changed.
 *
 * Source: https://w3c-ccg.github.io/did-key-spec/
 *
 * Deliberately absent: DID documents, and codes of other keys.
 */
import { base58 } from "@scure/base";
import {
  BUNDLE_OCTETS,
  concatOctets,
  equalOctets,
} from "../../kernel/crypto/mod.ts";

const PREFIX = "did:key:z";
/** 0x306b79 as an unsigned LEB128. */
const CODE = Uint8Array.of(0xf9, 0xd6, 0xc1, 0x01);
/** More characters than a bundle takes; base58 is quadratic in them. */
const CHARS_MAX = 3_000;

export function didOf(bundle: Uint8Array): string {
  return PREFIX + base58.encode(concatOctets([CODE, bundle]));
}

/** The bundle in a DID; nothing where it is not one of this kind. */
export function bundleOfDid(did: string): Uint8Array | undefined {
  if (!did.startsWith(PREFIX) || did.length > CHARS_MAX) return undefined;
  const text = did.slice(PREFIX.length);
  if (!/^[1-9A-HJ-NP-Za-km-z]+$/.test(text)) return undefined;
  const octets = base58.decode(text);
  const isOurs = octets.length === CODE.length + BUNDLE_OCTETS &&
    equalOctets(octets.subarray(0, CODE.length), CODE);
  return isOurs ? octets.slice(CODE.length) : undefined;
}
