/**
 * Writes to the graph: compose, sign, append; one signal after the other.
 *
 * What is answered is durable. The node's own signals are signed here; those
 * of others are verified here, before a cell sees them (invariant 9).
 */
import { Effect, Result, Semaphore } from "effect";
import type {
  Bookmark,
  Ledger,
  Refusal as LedgerRefusal,
} from "../../wit/gen/graph_ledger.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import type { CallRefused, CellGone } from "../../kernel/call/errors.ts";
import {
  type Composite,
  networkIdentity,
  type Signer,
  toHex,
  utf8,
} from "../../kernel/crypto/mod.ts";
import {
  axonIdentity,
  decodeEnvelope,
  type DraftEnd,
  type DraftLink,
  encodeContents,
  encodeDraft,
  endIdentity,
  signBody,
  verifySignal,
} from "../signals/mod.ts";
import { identityOf } from "../../kernel/crypto/mod.ts";
import { type Answer, type LinkInput, Refusal } from "../api.ts";
import type { NodeApi } from "../api.ts";
import { absent, identityOctets } from "./answers.ts";
import { WRITES_WAITING_MAX } from "./limits.ts";

export interface LedgerParts {
  readonly ledger: Connected<Ledger>;
  readonly signer: Signer;
  readonly composite: Composite;
  /** Name of the network, as in the system file. */
  readonly network: string;
  readonly wallMs: () => number;
}

export type LedgerApi = Pick<
  NodeApi,
  "link" | "submitSigned" | "submitDraft" | "recall"
>;

interface Appended {
  readonly signal: string;
  readonly height: number;
  readonly links: number;
}

export function ledgerOver(parts: LedgerParts): LedgerApi {
  const network = networkIdentity(parts.network);
  const turn = Semaphore.makeUnsafe(1);
  let waiting = 0;

  const inTurn = <A>(write: Answer<A>): Answer<A> =>
    Effect.suspend(() => {
      if (waiting >= WRITES_WAITING_MAX) return Effect.fail(crowded());
      waiting += 1;
      return Effect.ensuring(
        turn.withPermits(1)(write),
        Effect.sync(() => {
          waiting -= 1;
        }),
      );
    });

  const own = Effect.fnUntraced(
    function* (draft: Uint8Array, note: Bookmark | undefined) {
      const { ledger, signer } = parts;
      const head = yield* reached(ledger.head(signer.id));
      const time = BigInt(Math.floor(parts.wallMs()));
      const composed = yield* accepted(
        ledger.compose(signer.id, network, time, draft),
      );
      const signal = yield* signBody(signer, composed.body).pipe(
        Effect.mapError((error) =>
          new Refusal({ kind: "failed", message: error.message })
        ),
      );
      const contents = head.nextStep === 0n
        ? joined(composed.contents, encodeContents([signer.bundle]))
        : composed.contents;
      return yield* append(ledger, signal, contents, note);
    },
  );

  return {
    link: (links) =>
      Effect.gen(function* () {
        const drafted = yield* Effect.forEach(links, draftLink);
        const { signal, height } = yield* inTurn(
          own(encodeDraft(drafted), undefined),
        );
        return { signal, height, links: drafted.map(linkReceipt) };
      }),
    submitDraft: (draft, bookmark) =>
      inTurn(own(draft, bookmark)).pipe(
        Effect.map(({ height, links }) => ({ height, links })),
      ),
    submitSigned: (octets) =>
      Effect.gen(function* () {
        const decoded = decodeEnvelope(octets);
        if (Result.isFailure(decoded)) {
          return yield* new Refusal({
            kind: "invalid",
            message: decoded.failure.message,
          });
        }
        const { signal, contents, contentsOctets } = decoded.success;
        yield* verifySignal(
          parts.composite,
          signal,
          contents,
          () => Effect.succeed(undefined),
        ).pipe(
          Effect.mapError((error) =>
            new Refusal({ kind: "unauthorised", message: error.message })
          ),
        );
        const done = yield* inTurn(
          append(parts.ledger, signal.octets, contentsOctets, undefined),
        );
        return {
          signal: done.signal,
          height: done.height,
          links: signal.body.links.map(({ from, to }) => ({
            from: toHex(from),
            to: toHex(to),
            axon: toHex(axonIdentity(from, to)),
          })),
        };
      }),
    recall: (key) => reached(parts.ledger.recall(key)),
  };
}

const append = Effect.fnUntraced(
  function* (
    ledger: Connected<Ledger>,
    signal: Uint8Array,
    contents: Uint8Array,
    note: Bookmark | undefined,
  ): Effect.fn.Return<Appended, Refusal> {
    const receipts = yield* accepted(
      ledger.append([{ signal, contents }], note),
    );
    const receipt = receipts[0];
    if (receipt === undefined) {
      return yield* new Refusal({
        kind: "failed",
        message: "the graph accepted a signal and gave no receipt",
      });
    }
    return {
      signal: toHex(receipt.signal),
      height: Number(receipt.height),
      links: receipt.links,
    };
  },
);

function draftLink(input: LinkInput): Effect.Effect<DraftLink, Refusal> {
  return Effect.gen(function* () {
    const from = yield* draftEnd(input.from);
    const to = yield* draftEnd(input.to);
    const link = {
      from,
      to,
      amount: BigInt(input.amount ?? 1),
      valence: (input.valence ?? 0) as -1 | 0 | 1,
    };
    return input.token === undefined
      ? link
      : { ...link, token: identityOf(utf8(input.token)) };
  });
}

function draftEnd(
  end: LinkInput["from"],
): Effect.Effect<DraftEnd, Refusal> {
  return "text" in end
    ? Effect.succeed({ content: utf8(end.text) })
    : identityOctets(end.cid).pipe(Effect.map((identity) => ({ identity })));
}

function linkReceipt(link: DraftLink) {
  const from = endIdentity(link.from);
  const to = endIdentity(link.to);
  return {
    from: toHex(from),
    to: toHex(to),
    axon: toHex(axonIdentity(from, to)),
  };
}

function reached<A>(
  call: Effect.Effect<A, CallRefused | CellGone>,
): Answer<A> {
  return Effect.mapError(call, absent);
}

function accepted<A>(
  call: Effect.Effect<
    | { readonly tag: "ok"; readonly val: A }
    | { readonly tag: "err"; readonly val: LedgerRefusal },
    CallRefused | CellGone
  >,
): Answer<A> {
  return reached(call).pipe(
    Effect.flatMap((result) =>
      result.tag === "ok"
        ? Effect.succeed(result.val)
        : Effect.fail(refusalOf(result.val))
    ),
  );
}

const CONFLICTS: Readonly<Record<string, string>> = {
  "equivocation": "another signal of this neuron holds this step",
  "prev-mismatch": "the signal does not follow the neuron's last one",
  "insufficient-will": "the neuron has no will left",
  "insufficient-balance": "the neuron has not enough of the token",
  "double-spend": "the position was spent before",
};

function refusalOf(refusal: LedgerRefusal): Refusal {
  switch (refusal.tag) {
    case "unavailable":
      return new Refusal({ kind: "unavailable", message: refusal.val });
    case "malformed":
      return new Refusal({ kind: "invalid", message: refusal.val });
    case "wrong-network":
      return new Refusal({
        kind: "invalid",
        message: "the signal is of another network",
      });
    case "bad-signature":
      return new Refusal({ kind: "unauthorised", message: "bad signature" });
    case "step-not-sequential":
      return new Refusal({
        kind: "conflict",
        message: `the neuron's next step is ${refusal.val}`,
        fix: "compose the signal anew with that step",
      });
    case "full":
      return new Refusal({
        kind: "full",
        message: "the store has no room for it; nothing was written",
        fix: "make room on the disk or raise the capacity in system.json",
      });
    default:
      return new Refusal({
        kind: "conflict",
        message: CONFLICTS[refusal.tag] ?? refusal.tag,
      });
  }
}

function crowded(): Refusal {
  return new Refusal({
    kind: "too-many",
    message: `${WRITES_WAITING_MAX} writes are waiting already`,
    fix: "put more links into one signal, or wait for an answer",
  });
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
