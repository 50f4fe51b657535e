/**
 * Signals of the node's own neuron: composed by the graph, signed here.
 *
 * The identity of a signal does not depend on its signature, so the next one can
 * be composed, and signed, before the one ahead of it is in the record.
 */
import { Effect } from "effect";
import type { ChainEnd, Composed, Entry } from "../../wit/gen/graph_ledger.ts";
import { networkIdentity } from "../../kernel/crypto/mod.ts";
import { encodeContents, signBody } from "../signals/mod.ts";
import { type Answer, Refusal } from "../api.ts";
import { accepted, reached } from "./calls.ts";
import type { LedgerParts } from "./ledger.ts";

export interface OwnSignals {
  /** Where the neuron's chain stands in the record. */
  readonly end: Answer<ChainEnd>;
  /** The signal behind that end, not signed yet. */
  compose(draft: Uint8Array, after: ChainEnd): Answer<Composed>;
  sign(composed: Composed): Answer<Entry>;
}

/** Where the chain stands behind a signal. */
export function endBehind(composed: Composed, after: ChainEnd): ChainEnd {
  return { nextStep: after.nextStep + 1n, previous: composed.signal };
}

export function ownSignals(
  { ledger, signer, network: name, wallMs }: LedgerParts,
): OwnSignals {
  const network = networkIdentity(name);
  return {
    end: reached(ledger.head(signer.id)),
    compose: (draft, after) =>
      Effect.gen(function* () {
        const time = BigInt(Math.floor(wallMs()));
        const composed = yield* accepted(
          ledger.compose(signer.id, network, time, after, draft),
        );
        if (after.nextStep > 0n) return composed;
        const bundle = encodeContents([signer.bundle]);
        return { ...composed, contents: joined(composed.contents, bundle) };
      }),
    sign: ({ body, contents }) =>
      signBody(signer, body).pipe(
        Effect.map((signal) => ({ signal, contents })),
        Effect.mapError(({ message }) =>
          new Refusal({ kind: "failed", message })
        ),
      ),
  };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
