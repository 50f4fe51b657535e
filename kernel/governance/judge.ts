/**
 * The checks a proposal must pass before anything is done with it.
 *
 * `judge` changes nothing. The order is: form and network, signatures, time,
 * history, what was sent beside the document and what the argument means, and
 * last what the kernel runs now (running.ts); the first rule that does not hold
 * is the refusal.
 */
import { Clock, Effect, Result } from "effect";
import {
  type Composite,
  equalOctets,
  type Malformed,
  toHex,
  utf8,
} from "../crypto/mod.ts";
import {
  decodeBudget,
  decodeGrant,
  decodePolicy,
  decodeRevoke,
  decodeWithdraw,
  type PolicyOutline,
} from "./arguments.ts";
import { type Parts, partsOf } from "./attachment.ts";
import { bundleOf, type ProposalBundle } from "./bundle.ts";
import { before, hasCome, type Moment } from "./due.ts";
import { DOCUMENT_OCTETS_MIN, VALIDITY_MS_MAX } from "./limits.ts";
import { countSignatures, type Policy, policyFrom } from "./policy.ts";
import type { Activation, Proposal } from "./proposal.ts";
import type { ProposalRecord } from "./record.ts";
import { checkReport, type ReadReport } from "./report_rule.ts";
import { type ProposalRefused, refuse } from "./refusals.ts";
import { checkRunning, type Records } from "./running.ts";
import { actionsFor, waitingFor, type Withdrawal } from "./withdrawal.ts";
import type { CellChange, Executor } from "./executor.ts";

export interface JudgeParts {
  readonly network: Uint8Array;
  /** The policy in force. */
  policy(): Policy;
  readonly composite: Composite;
  readonly executor: Executor["Service"];
  /** How many signals the record has accepted; none while nobody can say. */
  readonly height: Effect.Effect<bigint | undefined>;
  /** How reports about drivers are read; none are where it is absent. */
  readonly readReport?: ReadReport | undefined;
  readonly records: Records;
}

/** What a proposal asks for, with everything that it names by hash. */
export type Change =
  | CellChange
  | { readonly action: "set-policy"; readonly policy: Policy }
  | Withdrawal;

export interface Judgement {
  /** The bundle as its octets say. */
  readonly bundle: ProposalBundle;
  readonly signers: readonly string[];
  /** Why the signatures would not do; a dry run goes on all the same. */
  readonly unsigned: ProposalRefused | undefined;
  readonly change: Change;
  /** What has to be stored, by hash. */
  readonly octets: ReadonlyMap<string, Uint8Array>;
  /** The component that serves now; none for a policy or a new cell. */
  readonly running: string | undefined;
  /** True where the proposal's time or height has come. */
  readonly active: boolean;
  readonly moment: Moment;
  /** Those that wait and change the same thing before this one. */
  readonly behind: readonly string[];
}

/**
 * How it is judged: when it is handed in; for a dry run, which only looks at the
 * signatures; or again when its turn has come.
 */
export type Occasion = "handed-in" | "dry-run" | "at-its-turn";

/**
 * Succeeds where the proposal may be executed, now or at its time. What the
 * caller says the document means does not count: it is decoded again.
 */
export const judge = Effect.fn("governance.judge")(
  function* (
    parts: JudgeParts,
    given: ProposalBundle,
    attachment: Uint8Array,
    occasion: Occasion = "handed-in",
  ) {
    const bundle = yield* Effect.fromResult(
      bundleOf(given.document, given.signatures),
    );
    const { proposal } = bundle;
    yield* checkNetwork(parts, proposal);
    const counted = yield* Effect.result(
      countSignatures(
        parts.composite,
        parts.policy(),
        bundle,
        actionsFor(parts.records, proposal),
      ),
    );
    const unsigned = Result.isFailure(counted) ? counted.failure : undefined;
    if (unsigned !== undefined && occasion !== "dry-run") {
      return yield* unsigned;
    }
    const { activation } = proposal;
    const moment = yield* momentOf(parts, activation);
    yield* checkTime(proposal, moment.nowMs);
    yield* checkReplay(parts, bundle);
    const found = yield* Effect.fromResult(partsOf(proposal, attachment));
    const change = yield* Effect.fromResult(
      changeOf(parts, proposal, found, moment),
    );
    yield* checkReport({
      rule: parts.policy().reports,
      read: parts.readReport,
      cell: proposal.cell,
      component: found.component,
      report: found.report,
      nowMs: moment.nowMs,
    });
    const active = hasCome(activation, moment);
    const behind = active ? [] : waitedFor(parts, proposal);
    const running = yield* parts.executor.running(proposal.cell);
    // What runs then is not known: it is judged at its turn.
    if (behind.length === 0) {
      yield* checkRunning(parts.records, proposal, running);
    }
    const judgement: Judgement = {
      bundle,
      signers: Result.getOrElse(counted, () => []),
      unsigned,
      change,
      octets: toStore(change, found.octets),
      running,
      active,
      moment,
      behind,
    };
    return judgement;
  },
);

/** Asks for the height only where it is waited for. */
export const momentOf = Effect.fnUntraced(
  function* (parts: Pick<JudgeParts, "height">, activation: Activation) {
    const moment: Moment = {
      nowMs: BigInt(yield* Clock.currentTimeMillis),
      height: activation.at === "height" ? yield* parts.height : undefined,
    };
    return moment;
  },
);

/** Ids of those that change the same cell, or the policy, before it. */
function waitedFor(
  { records }: JudgeParts,
  { activation, cell }: Proposal,
): readonly string[] {
  return before(records.values(), activation)
    .filter(({ bundle }) => bundle.proposal.cell === cell)
    .map(({ bundle }) => bundle.id);
}

const checkNetwork = Effect.fnUntraced(
  function* (parts: JudgeParts, proposal: Proposal) {
    if (equalOctets(proposal.network, parts.network)) return;
    return yield* refuse(
      "wrong-network",
      "document octet 7",
      `it is for network ${toHex(proposal.network)}`,
      `propose for ${toHex(parts.network)}, this node's network`,
    );
  },
);

const checkTime = Effect.fnUntraced(
  function* (proposal: Proposal, nowMs: bigint) {
    const { expiryMs } = proposal;
    if (expiryMs <= nowMs) {
      return yield* refuse(
        "expired",
        "document octet 148",
        `it expired ${nowMs - expiryMs} ms ago`,
        "propose again with a later expiry",
      );
    }
    if (expiryMs - nowMs > BigInt(VALIDITY_MS_MAX)) {
      return yield* refuse(
        "valid-too-long",
        "document octet 148",
        `it would be valid for ${expiryMs - nowMs} ms`,
        `let it expire within ${VALIDITY_MS_MAX} ms`,
      );
    }
  },
);

/** A record that is refused or expired may be submitted again. */
function spent(record: ProposalRecord): boolean {
  return record.state !== "refused" && record.state !== "expired";
}

const checkReplay = Effect.fnUntraced(
  function* (parts: JudgeParts, bundle: ProposalBundle) {
    const same = parts.records.get(bundle.id);
    if (same !== undefined && spent(same)) {
      return yield* refuse(
        "replayed",
        "document",
        `proposal ${bundle.id} is ${same.state} already`,
        "propose anew, with a fresh nonce",
      );
    }
    for (const record of parts.records.values()) {
      if (record.bundle.id === bundle.id || !spent(record)) continue;
      const { nonce } = record.bundle.proposal;
      if (!equalOctets(nonce, bundle.proposal.nonce)) continue;
      return yield* refuse(
        "replayed",
        "document octet 156",
        `its nonce was used by proposal ${record.bundle.id}`,
        "propose anew, with a fresh nonce",
      );
    }
  },
);

/** What the proposal asks for, in full. */
function changeOf(
  { policy, records }: JudgeParts,
  proposal: Proposal,
  { component, manifest, bundles }: Parts,
  { nowMs }: Moment,
): Result.Result<Change, ProposalRefused> {
  const { action, cell, argument } = proposal;
  switch (action) {
    case "swap":
      return Result.succeed(
        proposal.manifest === undefined
          ? { action, cell, component }
          : { action, cell, component, manifest },
      );
    case "load":
      return Result.succeed({ action, cell, component, manifest });
    case "unload":
      return Result.succeed({ action, cell });
    case "set-budget":
      return Result.map(
        meaning(proposal, decodeBudget(argument)),
        (budget) => ({ action, cell, budget }),
      );
    case "grant":
      return Result.map(
        meaning(proposal, decodeGrant(argument)),
        (grant) => ({ action, cell, grant }),
      );
    case "revoke":
      return Result.map(
        meaning(proposal, decodeRevoke(argument)),
        (contract) => ({ action, cell, contract }),
      );
    case "set-policy":
      return Result.flatMap(
        meaning(proposal, decodePolicy(argument)),
        (outline) => nextPolicy(policy(), outline, bundles),
      );
    case "withdraw":
      return Result.flatMap(
        meaning(proposal, decodeWithdraw(argument)),
        (id) => waitingFor(records, id, nowMs),
      );
  }
}

function meaning<A>(
  { cell }: Proposal,
  decoded: Result.Result<A, Malformed>,
): Result.Result<A, ProposalRefused> {
  const argumentAt = DOCUMENT_OCTETS_MIN - 2 + utf8(cell).length;
  return Result.mapError(
    decoded,
    ({ offset, rule }) =>
      refuse(
        "malformed",
        `document octet ${argumentAt + offset}`,
        rule,
        "send the file that `propose` and `sign` wrote, unchanged",
      ),
  );
}

function nextPolicy(
  policy: Policy,
  outline: PolicyOutline,
  bundles: ReadonlyMap<string, Uint8Array>,
): Result.Result<Change, ProposalRefused> {
  const known = new Map([...bundles, ...policy.governors]);
  const next = policyFrom(outline, known);
  if (Result.isFailure(next)) {
    return Result.fail(
      refuse(
        "bad-policy",
        "argument",
        next.failure.what,
        "propose a policy that its governors can satisfy, and send their keys",
      ),
    );
  }
  return Result.succeed({ action: "set-policy", policy: next.success });
}

/** Of key bundles only those that the new policy names. */
function toStore(
  change: Change,
  octets: ReadonlyMap<string, Uint8Array>,
): ReadonlyMap<string, Uint8Array> {
  if (change.action !== "set-policy") return octets;
  return new Map(
    [...octets].filter(([id]) => change.policy.governors.has(id)),
  );
}
