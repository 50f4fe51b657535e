/**
 * The right to sign for a stated purpose; it never yields a key.
 *
 * A purpose is the context of the composite signature, so a signature made for
 * one purpose is worthless for every other. A signer is made for a fixed set of
 * purposes; hand out one that knows only what its holder needs.
 *
 * Deliberately absent: signing under a context that is not in `PURPOSES`.
 */
import { Schema } from "effect";
import type { Composite, CompositeKey } from "./composite.ts";
import { identityOf } from "./identity.ts";
import { utf8 } from "./octets.ts";

export const PURPOSES = {
  signal: "karyon/signal/1",
  proposal: "karyon/proposal/1",
  report: "karyon/report/1",
  avatar: "karyon/avatar-statement/1",
} as const;

export type Purpose = keyof typeof PURPOSES;

/** This signer was not made for the purpose. Nothing was signed. */
export class PurposeRefused
  extends Schema.TaggedError<PurposeRefused>()("PurposeRefused", {
    purpose: Schema.String,
    held: Schema.Array(Schema.String),
  }) {
  override get message(): string {
    return `this signer signs for ${
      this.held.join(", ") || "nothing"
    }, not for ${this.purpose}; ask the key's owner for a signer that does`;
  }
}

export interface Signer {
  /** The public key bundle, 1984 octets. */
  readonly bundle: Uint8Array;
  /** The identity of the bundle: the neuron, or the governor. */
  readonly id: Uint8Array;
  /** The composite signature over `message`; rejects with `PurposeRefused`. */
  sign(purpose: Purpose, message: Uint8Array): Promise<Uint8Array>;
}

/** A signer over `key` for exactly these purposes. */
export function signerFor(
  key: CompositeKey,
  purposes: readonly Purpose[],
): Signer {
  const held = Object.freeze([...purposes]);
  return Object.freeze({
    bundle: key.bundle,
    id: identityOf(key.bundle),
    async sign(purpose: Purpose, message: Uint8Array) {
      if (!held.includes(purpose)) throw new PurposeRefused({ purpose, held });
      return await key.sign(message, contextOf(purpose));
    },
  });
}

export function contextOf(purpose: Purpose): Uint8Array<ArrayBuffer> {
  return utf8(PURPOSES[purpose]);
}

/** Whether `signature` is `bundle`'s over `message` for this purpose. */
export function verifyPurpose(
  composite: Composite,
  purpose: Purpose,
  bundle: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return composite.verify(bundle, message, contextOf(purpose), signature);
}
