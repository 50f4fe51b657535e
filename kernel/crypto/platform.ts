/**
 * Halves in the platform's own WebCrypto, where it has what they need.
 *
 * Ed25519 verifies in about 0.08 ms. A platform may know ML-DSA-65 and yet
 * refuse a context (Deno 2.9.6 does), and a composite needs one; so
 * `platformComposite` tries once, and serves that half from noble where the
 * platform cannot. Keys are imported as not extractable.
 *
 * The platform hedges ML-DSA by itself. What it accepts as Ed25519 is first
 * narrowed to the rule of noble.ts: platforms differ on keys of small order.
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
import { nobleMlDsa65, soundEd25519Key } from "./noble.ts";
import { concatOctets } from "./octets.ts";
import { SEED_OCTETS } from "./limits.ts";

/** WebCrypto's parameters of ML-DSA, which TypeScript's types do not know. */
interface MlDsaParams extends Algorithm {
  readonly context: BufferSource;
}

/** PKCS #8 around an Ed25519 seed: everything before the seed. */
const ED25519_PKCS8_HEAD = Uint8Array.fromHex(
  "302e020100300506032b657004220420",
);

export const PLATFORM_ED25519: Half = {
  implementation: "webcrypto",
  async open(seed) {
    const key = await crypto.subtle.importKey(
      "pkcs8",
      concatOctets([ED25519_PKCS8_HEAD, seed]),
      "Ed25519",
      false,
      ["sign"],
    );
    return {
      publicKey: ed25519.getPublicKey(seed),
      sign: async (message) =>
        new Uint8Array(
          await crypto.subtle.sign("Ed25519", key, message.slice()),
        ),
    };
  },
  async verify(publicKey, message, signature) {
    if (soundEd25519Key(publicKey) === undefined) return false;
    const key = await crypto.subtle.importKey(
      "raw",
      publicKey.slice(),
      "Ed25519",
      false,
      ["verify"],
    );
    return await crypto.subtle.verify(
      "Ed25519",
      key,
      signature.slice(),
      message.slice(),
    );
  },
};

/** ML-DSA-65 by the platform with this context; `LABEL` for composites. */
export function platformMlDsa65(context: Uint8Array): Half {
  const params: MlDsaParams = { name: "ML-DSA-65", context: context.slice() };
  return {
    implementation: "webcrypto",
    async open(seed) {
      const key = await importMlDsa("raw-seed", seed, "sign");
      return {
        publicKey: ml_dsa65.getPublicKey(ml_dsa65.keygen(seed).secretKey),
        sign: async (message) =>
          new Uint8Array(
            await crypto.subtle.sign(params, key, message.slice()),
          ),
      };
    },
    async verify(publicKey, message, signature) {
      const key = await importMlDsa("raw-public", publicKey, "verify");
      return await crypto.subtle.verify(
        params,
        key,
        signature.slice(),
        message.slice(),
      );
    },
  };
}

/** The fastest halves that this platform has; noble hedges with `entropy`. */
export async function platformComposite(entropy?: Entropy): Promise<Composite> {
  const native = await platformTakesContext();
  return composite(
    native ? platformMlDsa65(LABEL) : nobleMlDsa65(entropy),
    PLATFORM_ED25519,
    platformSha512,
  );
}

/** Below this, asking the platform costs more than it saves. */
const DIGEST_HERE_OCTETS = 4_096;

/** SHA-512, beside this thread where the message is long. */
async function platformSha512(message: Uint8Array): Promise<Uint8Array> {
  if (message.length < DIGEST_HERE_OCTETS) return sha512(message);
  return new Uint8Array(
    // A view of shared memory is not taken; a message of ours never is one.
    await crypto.subtle.digest("SHA-512", message as Uint8Array<ArrayBuffer>),
  );
}

/** Whether the platform signs with ML-DSA-65 under a context. */
export async function platformTakesContext(): Promise<boolean> {
  try {
    const key = await platformMlDsa65(LABEL).open(new Uint8Array(SEED_OCTETS));
    await key.sign(new Uint8Array());
    return true;
  } catch (error) {
    // Any other name is a broken platform, which noble must not hide.
    if (
      error instanceof DOMException && error.name === "NotSupportedError"
    ) return false;
    throw error;
  }
}

function importMlDsa(
  format: "raw-seed" | "raw-public",
  octets: Uint8Array,
  usage: "sign" | "verify",
): Promise<CryptoKey> {
  return crypto.subtle.importKey(
    format,
    octets.slice(),
    "ML-DSA-65",
    false,
    [usage],
  );
}
