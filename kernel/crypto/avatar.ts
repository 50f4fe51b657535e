/**
 * The tree of keys of an avatar: m / avatar' / neuron' / particle' / invoice'.
 *
 * Each step has a label. An index is 31 bits of a hash of level and label:
 *
 *   index(level, label) = 2^31 | first 31 bits, big-endian, of
 *     BLAKE3-256("karyon/avatar/1\n" ‖ level's name ‖ "\n" ‖ label)
 *
 * The Ed25519 half goes down by SLIP-0010. The ML-DSA-65 half has a branch of
 * its own from the same seed, so that who breaks one half learns nothing of the
 * other:
 *
 *   branch(m)     = HKDF-Extract-SHA-512(salt = "karyon/avatar/1", ikm = seed)
 *   branch(below) = HKDF-Expand-SHA-512(branch, "child" ‖ index as u32 big-endian, 64)
 *   ML-DSA seed   = HKDF-Expand-SHA-512(branch, "ml-dsa-65", 32)
 *
 * Two labels of one level share a key with a chance of 2^-31. Who holds a key of
 * the tree can make those below it, and no others.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { must } from "../limits.ts";
import type { CompositeSeeds } from "./composite.ts";
import { SEED_OCTETS } from "./limits.ts";
import { concatOctets, utf8 } from "./octets.ts";
import {
  CHAIN_CODE_OCTETS,
  HARDENED,
  slip10Child,
  slip10Master,
} from "./slip10.ts";

/** From the root down; an avatar's own key has a path of one label. */
export const LEVELS = ["avatar", "neuron", "particle", "invoice"] as const;

const DOMAIN = "karyon/avatar/1";
const BRANCH_OCTETS = 64;
/** Ed25519 seed, chain code, branch. */
export const DESCENT_OCTETS = SEED_OCTETS + CHAIN_CODE_OCTETS + BRANCH_OCTETS;

/** A place in the tree: what makes its key and all keys below it. Secret. */
export interface Descent {
  readonly key: Uint8Array;
  readonly chainCode: Uint8Array;
  readonly branch: Uint8Array;
}

/** The place at `m`, from a seed of 64 octets. It has no key of its own use. */
export function descentFrom(seed: Uint8Array): Descent {
  const branch = extract(sha512, seed, utf8(DOMAIN));
  return { ...slip10Master(seed), branch };
}

/** The place one step down. `depth` is the number of labels above it. */
export function below(parent: Descent, depth: number, label: string): Descent {
  const index = indexOf(depth, label);
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, index);
  const info = concatOctets([utf8("child"), number]);
  const branch = expand(sha512, parent.branch, info, BRANCH_OCTETS);
  return { ...slip10Child(parent, index), branch };
}

export function seedsOf({ key, branch }: Descent): CompositeSeeds {
  return {
    ed25519: key.slice(),
    mldsa65: expand(sha512, branch, utf8("ml-dsa-65"), SEED_OCTETS),
  };
}

/** The hardened index of a label. */
export function indexOf(depth: number, label: string): number {
  const level = LEVELS[depth];
  must(level !== undefined, "a path has at most four labels");
  const digest = blake3(utf8(`${DOMAIN}\n${level}\n${label}`));
  const word = new DataView(digest.buffer, digest.byteOffset).getUint32(0);
  return (HARDENED | (word >>> 1)) >>> 0;
}

/** The place as octets, for a key file. */
export function encodeDescent(
  { key, chainCode, branch }: Descent,
): Uint8Array<ArrayBuffer> {
  return concatOctets([key, chainCode, branch]);
}

/** The place in `DESCENT_OCTETS` octets. */
export function decodeDescent(octets: Uint8Array): Descent {
  must(octets.length === DESCENT_OCTETS, "a place in the tree has 128 octets");
  const branchAt = SEED_OCTETS + CHAIN_CODE_OCTETS;
  return {
    key: octets.slice(0, SEED_OCTETS),
    chainCode: octets.slice(SEED_OCTETS, branchAt),
    branch: octets.slice(branchAt),
  };
}
