/**
 * Composite signatures: ML-DSA-65 and Ed25519, both halves or nothing.
 *
 * This is id-MLDSA65-Ed25519-SHA512 of the IETF LAMPS draft. What is signed is
 * M' = prefix ‖ label ‖ length of context ‖ context ‖ SHA-512(message). The
 * ML-DSA half signs M' with the label as its own context, the Ed25519 half
 * signs M'. `verify` never throws for octets from outside: whatever is not a
 * good signature by this bundle, of exactly the right lengths, is `false`.
 *
 * Two implementations of each half exist (noble.ts, platform.ts); any pair
 * accepts exactly the same signatures.
 */
import { sha512 } from "@noble/hashes/sha2.js";
import { concatOctets, utf8 } from "./octets.ts";
import {
  BUNDLE_OCTETS,
  CONTEXT_OCTETS_MAX,
  MLDSA65_PUBLIC_OCTETS,
  MLDSA65_SIGNATURE_OCTETS,
  SEED_OCTETS,
  SIGNATURE_OCTETS,
} from "./limits.ts";
import { must } from "../limits.ts";

/** Fresh unpredictable octets, from a service of the composition root. */
export type Entropy = (length: number) => Uint8Array;

/** A secret key that can sign and cannot be read. */
export interface HalfKey {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** One algorithm of the pair, its context already fixed. */
export interface Half {
  readonly implementation: "noble" | "webcrypto";
  open(seed: Uint8Array): Promise<HalfKey>;
  /** Lengths were checked by the caller. */
  verify(
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean>;
}

/** Two independent seeds; whoever holds them holds the key. */
export interface CompositeSeeds {
  readonly mldsa65: Uint8Array;
  readonly ed25519: Uint8Array;
}

/** A composite key pair that signs and never yields its secret. */
export interface CompositeKey {
  readonly bundle: Uint8Array;
  sign(message: Uint8Array, context: Uint8Array): Promise<Uint8Array>;
}

export interface Composite {
  /** Which implementation serves which half, for reports. */
  readonly halves: {
    readonly mldsa65: Half["implementation"];
    readonly ed25519: Half["implementation"];
  };
  open(seeds: CompositeSeeds): Promise<CompositeKey>;
  verify(
    bundle: Uint8Array,
    message: Uint8Array,
    context: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean>;
}

const PREFIX = utf8("CompositeAlgorithmSignatures2025");
/** Label of the pair, and the context of its ML-DSA half. */
export const LABEL = utf8("COMPSIG-MLDSA65-Ed25519-SHA512");

/** SHA-512 of a message, here or elsewhere. */
export type Digest512 = (
  message: Uint8Array,
) => Uint8Array | Promise<Uint8Array>;

/** M': what both halves sign, of the message's SHA-512. */
export function representative(
  digest: Uint8Array,
  context: Uint8Array,
): Uint8Array<ArrayBuffer> {
  must(context.length <= CONTEXT_OCTETS_MAX, "a context fits its length octet");
  return concatOctets([
    PREFIX,
    LABEL,
    Uint8Array.of(context.length),
    context,
    digest,
  ]);
}

/** Joins two halves. `mldsa65` must use `LABEL` as its context. */
export function composite(
  mldsa65: Half,
  ed25519: Half,
  digest: Digest512 = sha512,
): Composite {
  return {
    halves: {
      mldsa65: mldsa65.implementation,
      ed25519: ed25519.implementation,
    },
    async open(seeds) {
      must(seeds.mldsa65.length === SEED_OCTETS, "an ML-DSA seed is 32 octets");
      must(seeds.ed25519.length === SEED_OCTETS, "an Ed25519 seed is 32");
      const first = await mldsa65.open(seeds.mldsa65);
      const second = await ed25519.open(seeds.ed25519);
      return {
        bundle: concatOctets([first.publicKey, second.publicKey]),
        async sign(message, context) {
          const signed = representative(await digest(message), context);
          // Either half may be on another thread.
          const halves = [first.sign(signed), second.sign(signed)];
          return concatOctets(await Promise.all(halves));
        },
      };
    },
    async verify(bundle, message, context, signature) {
      if (bundle.length !== BUNDLE_OCTETS) return false;
      if (signature.length !== SIGNATURE_OCTETS) return false;
      if (context.length > CONTEXT_OCTETS_MAX) return false;
      const signed = representative(await digest(message), context);
      // The cheaper half first: a forgery usually fails there.
      return await ed25519.verify(
        bundle.slice(MLDSA65_PUBLIC_OCTETS),
        signed,
        signature.slice(MLDSA65_SIGNATURE_OCTETS),
      ) && await mldsa65.verify(
        bundle.slice(0, MLDSA65_PUBLIC_OCTETS),
        signed,
        signature.slice(0, MLDSA65_SIGNATURE_OCTETS),
      );
    },
  };
}
