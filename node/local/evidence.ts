/**
 * Equivocation at a node: a second signal of a step is refused, and the pair
 * kept. A step of which a pair is kept is closed: neither signal is taken any
 * more, unless the record has one of them already.
 */
import { Effect, Result } from "effect";
import type { Reads } from "../../wit/gen/graph_reads.ts";
import type { Views } from "../../wit/gen/graph_views.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import { type Composite, toHex } from "../../kernel/crypto/mod.ts";
import type { Answer, NodeApi } from "../api.ts";
import { Refusal } from "../api.ts";
import type { EvidenceReport } from "../api_views.ts";
import {
  decodePair,
  encodePair,
  evidenceId,
  type EvidenceStore,
  NoEvidence,
  PAIRS_MAX,
  showsEquivocation,
} from "../evidence/mod.ts";
import type { Signal } from "../signals/mod.ts";
import { present } from "./calls.ts";
import { invalid } from "./heights.ts";
import { inWords } from "./refusals.ts";

interface Parts {
  readonly store: EvidenceStore;
  readonly composite: Composite;
  readonly views: Connected<Views>;
  readonly reads: Connected<Reads>;
}

export interface Watch {
  /** Refuses a signal whose step is closed. */
  closed(signal: Signal): Answer<void>;
  /** Keeps the pair of a signal and the one that the record has; its id. */
  caught(signal: Signal, bundle: Uint8Array): Answer<string | undefined>;
}

const SHOWS = "evidence ID --out FILE gives the pair to whoever checks it";

export function evidenceOver(
  parts: Parts,
): Pick<NodeApi, "evidence" | "evidenceOctets" | "submitEvidence"> {
  const { store, composite } = parts;
  return {
    evidence: ({ limit, cursor }) =>
      Effect.gen(function* () {
        const behind = store.ids.filter((id) =>
          cursor === undefined || id > cursor
        );
        const ids = behind.slice(0, limit);
        const items = yield* Effect.forEach(ids, (id) => report(parts, id));
        return { items, next: behind.length > limit ? ids.at(-1) : undefined };
      }),
    evidenceOctets: (id) => octetsOf(parts, id),
    submitEvidence: (octets) =>
      Effect.gen(function* () {
        const pair = yield* decoded(octets);
        const shown = yield* showsEquivocation(composite, pair).pipe(
          Effect.mapError(strange),
        );
        const kept = yield* store.keep(shown.id, octets).pipe(
          Effect.mapError(inWords),
        );
        if (kept === "full") return yield* full();
        return yield* report(parts, shown.id);
      }),
  };
}

/** What the ledger asks before it takes a signal, and after it refused one. */
export function watchOver(parts: Parts): Watch {
  const { store, views } = parts;
  return {
    closed: ({ body: { neuron, step } }) =>
      Effect.gen(function* () {
        const id = evidenceId(neuron, step);
        if (!store.has(id)) return;
        const there = yield* present(views.heightOf(neuron, step));
        if (there !== undefined) return;
        return yield* new Refusal({
          kind: "conflict",
          message:
            `equivocation: the neuron signed two signals of step ${step}`,
          fix: SHOWS.replace("ID", id),
        });
      }),
    caught: (signal, bundle) =>
      Effect.gen(function* () {
        const { neuron, step } = signal.body;
        const id = evidenceId(neuron, step);
        if (store.has(id)) return id;
        if (!store.takes(toHex(neuron))) return undefined;
        const first = yield* accepted(parts, neuron, step);
        if (first === undefined) return undefined;
        const pair = encodePair(bundle, first, signal.octets);
        const shown = yield* showsEquivocation(
          parts.composite,
          yield* decoded(pair),
        ).pipe(Effect.mapError(strange));
        const kept = yield* store.keep(shown.id, pair).pipe(
          Effect.mapError(inWords),
        );
        return kept === "full" ? undefined : shown.id;
      }),
  };
}

/** The signal of that step that the record has, from the log. */
const accepted = Effect.fnUntraced(function* (
  { views }: Parts,
  neuron: Uint8Array,
  step: bigint,
): Effect.fn.Return<Uint8Array | undefined, Refusal> {
  const height = yield* present(views.heightOf(neuron, step));
  if (height === undefined) return undefined;
  while (true) {
    const found = yield* present(views.signalAt(height));
    if (found.tag === "found") return found.val;
    if (found.tag !== "reading") return undefined;
  }
});

function decoded(octets: Uint8Array) {
  const pair = decodePair(octets);
  return Result.isSuccess(pair)
    ? Effect.succeed(pair.success)
    : Effect.fail(strange(pair.failure));
}

function strange(error: NoEvidence): Refusal {
  return new Refusal({
    kind: "invalid",
    message: `no evidence: ${error.message}`,
    fix: "hand in the octets that another node gave, as they are",
  });
}

function full(): Effect.Effect<never, Refusal> {
  return Effect.fail(
    new Refusal({
      kind: "full",
      message: `no further evidence of that neuron, or of any, is kept`,
      fix:
        `a node keeps ${PAIRS_MAX} pairs at most; keep the file yourself, it ` +
        "needs no node",
    }),
  );
}

const octetsOf = Effect.fnUntraced(function* (
  { store }: Parts,
  id: string,
): Effect.fn.Return<Uint8Array, Refusal> {
  if (!/^01[0-9a-f]{64}-\d{1,20}$/u.test(id)) {
    return yield* invalid(
      "evidence is named by its neuron and step: 01…-7",
      "evidence shows the names of what there is",
    );
  }
  const octets = yield* store.read(id).pipe(Effect.mapError(inWords));
  if (octets !== undefined) return octets;
  return yield* new Refusal({
    kind: "not-found",
    message: `there is no evidence ${id}`,
    fix: "evidence shows what there is",
  });
});

const report = Effect.fnUntraced(function* (
  parts: Parts,
  id: string,
): Effect.fn.Return<EvidenceReport, Refusal> {
  const octets = yield* octetsOf(parts, id);
  const shown = yield* showsEquivocation(
    parts.composite,
    yield* decoded(octets),
  ).pipe(Effect.mapError(strange));
  return {
    id,
    neuron: shown.neuron,
    step: Number(shown.step),
    signals: shown.signals,
    octets: octets.length,
  };
});
