/**
 * Lengths of keys, signatures and identities, and the bounds of signing.
 *
 * Every length is exact: a key or signature of any other length is not one.
 * All lengths are in octets.
 */
import { must } from "../limits.ts";

export const MLDSA65_PUBLIC_OCTETS = 1952;
export const MLDSA65_SIGNATURE_OCTETS = 3309;
export const ED25519_PUBLIC_OCTETS = 32;
export const ED25519_SIGNATURE_OCTETS = 64;
/** Both algorithms grow a key pair from a seed of this length. */
export const SEED_OCTETS = 32;
/** A public key bundle: the ML-DSA-65 key, then the Ed25519 key. */
export const BUNDLE_OCTETS = 1984;
/** A composite signature: the ML-DSA-65 half, then the Ed25519 half. */
export const SIGNATURE_OCTETS = 3373;
/** The context's length is written in one octet. */
export const CONTEXT_OCTETS_MAX = 255;
/** BLAKE3-256 without its hash id. */
export const DIGEST_OCTETS = 32;
/** Hash id and digest. */
export const IDENTITY_OCTETS = 33;

must(
  BUNDLE_OCTETS === MLDSA65_PUBLIC_OCTETS + ED25519_PUBLIC_OCTETS,
  "a bundle is its two keys",
);
must(
  SIGNATURE_OCTETS === MLDSA65_SIGNATURE_OCTETS + ED25519_SIGNATURE_OCTETS,
  "a composite signature is its two halves",
);
must(IDENTITY_OCTETS === 1 + DIGEST_OCTETS, "an identity is id and digest");
