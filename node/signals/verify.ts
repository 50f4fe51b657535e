/**
 * Signs and verifies signals, so that cells see only what is genuine.
 *
 * Verification finds the neuron's key bundle first among the contents that
 * come with the signal, then by the given lookup; a bundle counts only if its
 * hash is the neuron. The answer is one of three: genuine, `unknown-neuron`
 * (no bundle is at hand) or `bad-signature`.
 */
import { Effect, Schema } from "effect";
import {
  BUNDLE_OCTETS,
  type Composite,
  concatOctets,
  equalOctets,
  identityOf,
  identityText,
  type Signer,
  verifyPurpose,
} from "../../kernel/crypto/mod.ts";
import { decodeHead } from "./body.ts";
import type { Signal } from "./envelope.ts";

const REASONS = {
  "unknown-neuron": (neuron: string) =>
    `no key bundle of neuron ${neuron} is here; send the bundle as a content of the neuron's first signal`,
  "bad-signature": (neuron: string) =>
    `the signature is not one of neuron ${neuron} over this body`,
  "foreign-neuron": (neuron: string) =>
    `the body is neuron ${neuron}'s; only that neuron's signer signs it`,
} as const;

/** The signal is not proven to be its neuron's. No cell has seen it. */
export class SignalRefused
  extends Schema.TaggedError<SignalRefused>()("SignalRefused", {
    reason: Schema.Literals([
      "unknown-neuron",
      "bad-signature",
      "foreign-neuron",
    ]),
    neuron: Schema.String,
  }) {
  override get message(): string {
    return REASONS[this.reason](this.neuron);
  }
}

/** The key bundle of a neuron, if it is known. */
export type BundleLookup<E = never, R = never> = (
  neuron: Uint8Array,
) => Effect.Effect<Uint8Array | undefined, E, R>;

/**
 * Signs a composed body: the octets that `ledger.append` takes. A body whose head
 * is not canonical, or not the signer's own, is refused before anything is
 * signed; its links are the graph's to judge.
 */
export const signBody = Effect.fn("signals.sign")(
  function* (signer: Signer, bodyOctets: Uint8Array) {
    const body = yield* Effect.fromResult(decodeHead(bodyOctets));
    if (!equalOctets(body.neuron, signer.id)) {
      return yield* new SignalRefused({
        reason: "foreign-neuron",
        neuron: identityText(body.neuron),
      });
    }
    const signature = yield* Effect.promise(() =>
      signer.sign("signal", bodyOctets)
    );
    return concatOctets([bodyOctets, signature]);
  },
);

/** Succeeds with the neuron's bundle where the signature is good. */
export const verifySignal = Effect.fn("signals.verify")(
  function* <E, R>(
    composite: Composite,
    signal: Signal,
    contents: readonly Uint8Array[],
    lookup: BundleLookup<E, R>,
  ) {
    const { neuron } = signal.body;
    const refuse = (reason: SignalRefused["reason"]) =>
      new SignalRefused({ reason, neuron: identityText(neuron) });
    const isBundle = (octets: Uint8Array) =>
      octets.length === BUNDLE_OCTETS &&
      equalOctets(identityOf(octets), neuron);
    const bundle = contents.find(isBundle) ?? (yield* lookup(neuron));
    if (bundle === undefined || !isBundle(bundle)) {
      return yield* refuse("unknown-neuron");
    }
    const good = yield* Effect.promise(() =>
      verifyPurpose(
        composite,
        "signal",
        bundle,
        signal.bodyOctets,
        signal.signature,
      )
    );
    if (!good) return yield* refuse("bad-signature");
    return bundle;
  },
);
