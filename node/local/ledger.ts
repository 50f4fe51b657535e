/**
 * Writes to the graph: compose, sign, append; one signal after the other, but for
 * imports (drafts.ts).
 *
 * What is answered is durable. The node's own signals are signed here; those
 * of others are verified here, before a cell sees them (invariant 9).
 */
import { Effect, Result, Semaphore } from "effect";
import type { Bookmark, Ledger } from "../../wit/gen/graph_ledger.ts";
import type { Reads } from "../../wit/gen/graph_reads.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import {
  BUNDLE_OCTETS,
  type Composite,
  type Signer,
  toHex,
} from "../../kernel/crypto/mod.ts";
import {
  axonIdentity,
  decodeEnvelope,
  encodeDraft,
  verifySignal,
} from "../signals/mod.ts";
import { type Answer, type NodeApi, Refusal } from "../api.ts";
import { accepted, present, reached } from "./calls.ts";
import { draftsOver, noReceipt } from "./drafts.ts";
import type { Watch } from "./evidence.ts";
import {
  crowded,
  ENCODINGS,
  isEquivocation,
  unproven,
} from "./ledger_refusals.ts";
import { WRITES_WAITING_MAX } from "./limits.ts";
import { draftLinks, linkReceipt } from "./link_drafts.ts";
import { draftOperations, madeBy } from "./operations.ts";
import { ownSignals } from "./own_signals.ts";

export interface LedgerParts {
  readonly ledger: Connected<Ledger>;
  /** Where the key bundles of neurons are that signed before. */
  readonly reads: Connected<Reads>;
  readonly signer: Signer;
  readonly composite: Composite;
  /** Name of the network, as in the system file. */
  readonly network: string;
  readonly wallMs: () => number;
  /** What becomes of two signals of one step. */
  readonly watch: Watch;
  /** Asked after each signal and before the next one: what waits for a height. */
  readonly atHeight: (height: bigint) => Effect.Effect<void>;
  /** The least height that something waits for. */
  readonly nextHeight: Effect.Effect<bigint | undefined>;
}

export type LedgerApi = Pick<
  NodeApi,
  | "link"
  | "submitSigned"
  | "submitDraft"
  | "submitDrafts"
  | "recall"
  | "operate"
>;

interface Appended {
  readonly signal: string;
  readonly height: number;
  readonly links: number;
}

export function ledgerOver(parts: LedgerParts): LedgerApi {
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

  const signals = ownSignals(parts);
  const own = Effect.fnUntraced(
    function* (draft: Uint8Array, note: Bookmark | undefined) {
      const end = yield* signals.end;
      const composed = yield* signals.compose(draft, end);
      const { signal, contents } = yield* signals.sign(composed);
      return yield* append(parts, signal, contents, note);
    },
  );

  return {
    link: (links) =>
      Effect.gen(function* () {
        const drafted = yield* draftLinks(links);
        const { signal, height } = yield* inTurn(
          own(encodeDraft(drafted), undefined),
        );
        return { signal, height, links: drafted.map(linkReceipt) };
      }),
    operate: (links, inputs) =>
      Effect.gen(function* () {
        const { id } = parts.signer;
        const drafted = links.length === 0 && inputs.length > 0
          ? []
          : yield* draftLinks(links);
        const more = yield* draftOperations(inputs, id, drafted.length);
        const all = [...drafted, ...more.links];
        const { signal, height } = yield* inTurn(
          own(encodeDraft(all, more.operations), undefined),
        );
        return {
          signal,
          height,
          links: drafted.map(linkReceipt),
          made: madeBy(more.operations, id, Uint8Array.fromHex(signal)),
        };
      }),
    submitDraft: (draft, bookmark) =>
      inTurn(own(draft, bookmark)).pipe(
        Effect.map(({ height, links }) => ({ height, links })),
      ),
    submitDrafts: draftsOver(parts, signals, {
      take: inTurn,
      isWanted: () => waiting > 1,
    }),
    submitSigned: (octets) =>
      Effect.gen(function* () {
        const decoded = decodeEnvelope(octets);
        if (Result.isFailure(decoded)) {
          return yield* new Refusal({
            kind: "invalid",
            message: decoded.failure.message,
            fix: ENCODINGS,
          });
        }
        const { signal, contents, contentsOctets } = decoded.success;
        const bundle = yield* verifySignal(
          parts.composite,
          signal,
          contents,
          (neuron) => storedBundle(parts.reads, neuron),
        ).pipe(Effect.mapError(unproven));
        yield* parts.watch.closed(signal);
        const done = yield* inTurn(
          append(parts, signal.octets, contentsOctets, undefined),
        ).pipe(
          Effect.catchIf(
            isEquivocation,
            (refusal) => kept(parts.watch.caught(signal, bundle), refusal),
          ),
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

/** The refusal, and that the pair is kept as evidence where it is. */
function kept(
  caught: Answer<string | undefined>,
  refusal: Refusal,
): Answer<never> {
  return Effect.flatMap(
    Effect.orElseSucceed(caught, () => undefined),
    (id) =>
      Effect.fail(
        id === undefined ? refusal : new Refusal({
          kind: refusal.kind,
          message: `${refusal.message}; the pair is kept as evidence ${id}`,
          ...(refusal.fix === undefined ? {} : { fix: refusal.fix }),
        }),
      ),
  );
}

const append = Effect.fnUntraced(
  function* (
    { ledger, atHeight }: LedgerParts,
    signal: Uint8Array,
    contents: Uint8Array,
    note: Bookmark | undefined,
  ): Effect.fn.Return<Appended, Refusal> {
    const receipts = yield* accepted(
      ledger.append([{ signal, contents }], note),
    );
    const receipt = receipts[0];
    if (receipt === undefined) {
      return yield* noReceipt();
    }
    yield* atHeight(receipt.height);
    return {
      signal: toHex(receipt.signal),
      height: Number(receipt.height),
      links: receipt.links,
    };
  },
);

/** The bundle that came with the neuron's first signal. */
const storedBundle = Effect.fnUntraced(
  function* (reads: Connected<Reads>, neuron: Uint8Array) {
    const number = yield* present(reads.find(neuron));
    return number === undefined
      ? undefined
      : yield* present(reads.content(number, 0n, BUNDLE_OCTETS));
  },
);
