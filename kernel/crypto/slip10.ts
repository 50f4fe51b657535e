/**
 * SLIP-0010 for Ed25519: a tree of private keys, all of them hardened.
 *
 * Who has a key and its chain code has all keys below it, and none beside or
 * above it. Held to the published vectors (`slip10_test.ts`).
 *
 * Source: https://github.com/satoshilabs/slips/blob/master/slip-0010.md
 *
 * Deliberately absent: other curves, and public derivation, which Ed25519 does
 * not have.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { must } from "../limits.ts";
import { concatOctets, utf8 } from "./octets.ts";

/** The first hardened index. */
export const HARDENED = 0x8000_0000;
export const CHAIN_CODE_OCTETS = 32;
const KEY_OCTETS = 32;
const SEED_OCTETS_MIN = 16;
const SEED_OCTETS_MAX = 64;

export interface Slip10Key {
  /** An Ed25519 seed; 32 octets. */
  readonly key: Uint8Array;
  /** 32 octets. */
  readonly chainCode: Uint8Array;
}

/** The key at `m`, from a seed of 16 to 64 octets. */
export function slip10Master(seed: Uint8Array): Slip10Key {
  must(
    seed.length >= SEED_OCTETS_MIN && seed.length <= SEED_OCTETS_MAX,
    "a seed has 16 to 64 octets",
  );
  return halves(hmac(sha512, utf8("ed25519 seed"), seed));
}

/** The key at a hardened index below `parent`. */
export function slip10Child(parent: Slip10Key, index: number): Slip10Key {
  must(
    Number.isInteger(index) && index >= HARDENED && index < 2 * HARDENED,
    "an index is hardened",
  );
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, index);
  const data = concatOctets([Uint8Array.of(0), parent.key, number]);
  return halves(hmac(sha512, parent.chainCode, data));
}

function halves(octets: Uint8Array): Slip10Key {
  return {
    key: octets.slice(0, KEY_OCTETS),
    chainCode: octets.slice(KEY_OCTETS),
  };
}
