/**
 * Both halves in portable TypeScript, for every platform.
 *
 * Signing costs about 5 ms and verifying about 1.5 ms. ML-DSA is hedged with
 * 32 octets of the given entropy, and deterministic (as FIPS 204 allows) where
 * none is given; Ed25519 is always deterministic.
 *
 * The Ed25519 rule is the strict one that all nodes must share, or one key
 * could split them: the key and R are canonical, the key is not of small
 * order, s is below the group order, and R = sB - kA holds without a cofactor.
 * noble's own `verify` multiplies by the cofactor, so it accepts what
 * platforms refuse; the equation is therefore written out here.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import {
  type Composite,
  composite,
  type Entropy,
  type Half,
  LABEL,
} from "./composite.ts";
import { concatOctets, equalOctets } from "./octets.ts";

const HEDGE_OCTETS = 32;
const ORDER = ed25519.Point.Fn.ORDER;

export function nobleMlDsa65(entropy?: Entropy): Half {
  return {
    implementation: "noble",
    open(seed) {
      const { publicKey, secretKey } = ml_dsa65.keygen(seed.slice());
      return Promise.resolve({
        publicKey,
        sign: (message) =>
          Promise.resolve(
            ml_dsa65.sign(message, secretKey, {
              context: LABEL,
              extraEntropy: entropy?.(HEDGE_OCTETS) ?? false,
            }),
          ),
      });
    },
    verify: (publicKey, message, signature) =>
      Promise.resolve(
        ml_dsa65.verify(signature, message, publicKey, { context: LABEL }),
      ),
  };
}

export const NOBLE_ED25519: Half = {
  implementation: "noble",
  open(seed) {
    const secret = seed.slice();
    return Promise.resolve({
      publicKey: ed25519.getPublicKey(secret),
      sign: (message) => Promise.resolve(ed25519.sign(message, secret)),
    });
  },
  verify: (publicKey, message, signature) =>
    Promise.resolve(verifyEd25519(publicKey, message, signature)),
};

export function nobleComposite(entropy?: Entropy): Composite {
  return composite(nobleMlDsa65(entropy), NOBLE_ED25519);
}

type Point = InstanceType<typeof ed25519.Point>;

/** The point of a canonical key that is not of small order, else nothing. */
export function soundEd25519Key(publicKey: Uint8Array): Point | undefined {
  try {
    const point = ed25519.Point.fromBytes(publicKey, false);
    return point.isSmallOrder() ? undefined : point;
  } catch {
    return undefined; // not the canonical encoding of a point
  }
}

function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = soundEd25519Key(publicKey);
  if (key === undefined) return false;
  const r = signature.slice(0, 32);
  const s = littleEndian(signature.slice(32));
  if (s >= ORDER) return false;
  const k = littleEndian(sha512(concatOctets([r, publicKey, message])));
  const expected = ed25519.Point.BASE.multiplyUnsafe(s)
    .subtract(key.multiplyUnsafe(k % ORDER));
  return equalOctets(expected.toBytes(), r);
}

function littleEndian(octets: Uint8Array): bigint {
  return octets.reduceRight((sum, octet) => sum * 256n + BigInt(octet), 0n);
}
