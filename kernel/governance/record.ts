/**
 * What a node remembers of one accepted proposal, and its stored form.
 *
 * Only accepted proposals are kept: what was refused had no effect and is on
 * the audit log. States:
 *
 *   scheduled -> executing -> executed -> rolled-back
 *            \-> expired   \-> refused
 *            \-> withdrawn
 *
 * `executing` found at boot means that the node stopped in the middle; it
 * becomes `interrupted`, and the component that served before serves. But a
 * withdrawal whose target is `withdrawn` was done, and becomes `executed`.
 */
import { Effect, Result, Schema } from "effect";
import { fromUtf8, utf8 } from "../crypto/mod.ts";
import { parseBundle, type ProposalBundle, renderBundle } from "./bundle.ts";
import { StorageFailed } from "./refusals.ts";

export const PROPOSAL_STATES = [
  "scheduled",
  "executing",
  "executed",
  "refused",
  "rolled-back",
  "expired",
  "interrupted",
  "withdrawn",
] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];

export interface ProposalRecord {
  readonly bundle: ProposalBundle;
  /** Governors whose signatures were verified, sorted. */
  readonly signers: readonly string[];
  /** k of the policy that accepted it. */
  readonly threshold: number;
  readonly state: ProposalState;
  /** What executing it did, or why it did not last. */
  readonly detail: string;
  readonly receivedMs: number;
  /** Counts executions, from 1; 0 before. */
  readonly order: number;
  /** The component that served before the swap, if one did. */
  readonly replaced: string | undefined;
  readonly pauseMs: number | undefined;
  /** While the generation that it made is on probation. */
  readonly probation: boolean;
}

const StoredJson = Schema.fromJsonString(Schema.Struct({
  format: Schema.Literal("karyon-proposal-record-1"),
  bundle: Schema.String,
  signers: Schema.Array(Schema.String),
  threshold: Schema.Int,
  state: Schema.Literals(PROPOSAL_STATES),
  detail: Schema.String,
  receivedMs: Schema.Finite,
  order: Schema.Int,
  replaced: Schema.optionalKey(Schema.String),
  pauseMs: Schema.optionalKey(Schema.Finite),
  probation: Schema.optionalKey(Schema.Boolean),
}));
const decodeStored = Schema.decodeUnknownResult(StoredJson, {
  onExcessProperty: "error",
});

/** The octets that a `ProposalStore` keeps for a record. */
export function encodeRecord(record: ProposalRecord): Uint8Array<ArrayBuffer> {
  const { bundle, replaced, pauseMs, probation, ...rest } = record;
  return utf8(
    JSON.stringify(
      {
        format: "karyon-proposal-record-1",
        bundle: renderBundle(bundle),
        ...rest,
        ...(replaced === undefined ? {} : { replaced }),
        ...(pauseMs === undefined ? {} : { pauseMs }),
        ...(probation ? { probation } : {}),
      },
      null,
      2,
    ) + "\n",
  );
}

/** The record, or `StorageFailed` where the stored octets are damaged. */
export function decodeRecord(
  octets: Uint8Array,
): Effect.Effect<ProposalRecord, StorageFailed> {
  const failed = (reason: string) =>
    new StorageFailed({ what: "reading a stored proposal", reason });
  const stored = decodeStored(fromUtf8(octets));
  if (Result.isFailure(stored)) {
    const reason = stored.failure.message.replaceAll(/\s+/g, " ");
    return Effect.fail(failed(reason.slice(0, 200)));
  }
  const { format: _, bundle: text, ...rest } = stored.success;
  const bundle = parseBundle(text);
  if (Result.isFailure(bundle)) {
    return Effect.fail(failed(bundle.failure.message));
  }
  return Effect.succeed({
    ...rest,
    bundle: bundle.success,
    replaced: rest.replaced,
    pauseMs: rest.pauseMs,
    probation: rest.probation ?? false,
  });
}

/** Where accepted proposals live, and what they name by hash. */
export interface ProposalStore {
  /** Every stored record's octets, in any order. */
  readonly all: Effect.Effect<readonly Uint8Array[], StorageFailed>;
  /** Stores or replaces one record, whole or not at all; then durable. */
  save(id: string, octets: Uint8Array): Effect.Effect<void, StorageFailed>;
  /** Keeps octets under their hash; durable when it returns. */
  saveComponent(
    hash: string,
    octets: Uint8Array,
  ): Effect.Effect<void, StorageFailed>;
  /** The octets as given; the caller checks the hash. None if not here. */
  component(
    hash: string,
  ): Effect.Effect<Uint8Array | undefined, StorageFailed>;
}
