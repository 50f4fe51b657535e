/**
 * From an accepted proposal to its outcome: keep, execute, settle.
 *
 * The order of writes is what makes a crash harmless: audit `received`,
 * what it names by hash, record `executing`, audit `executing`, the change,
 * record, audit. What
 * is found half-way at boot has not lasted. Only governance.ts calls this.
 */
import { Clock, Effect } from "effect";
import { identityText, toHex } from "../crypto/mod.ts";
import type { AuditLog } from "./audit.ts";
import type { ProposalBundle } from "./bundle.ts";
import { storedAttachment } from "./attachment.ts";
import { hasCome, inTurn, timeText, whenText } from "./due.ts";
import { lastGeneration } from "./installed.ts";
import {
  type Change,
  judge,
  type Judgement,
  type JudgeParts,
  momentOf,
} from "./judge.ts";
import { PROPOSALS_MAX } from "./limits.ts";
import type { Policy } from "./policy.ts";
import type { Proposal } from "./proposal.ts";
import {
  encodeRecord,
  type ProposalRecord,
  type ProposalState,
  type ProposalStore,
} from "./record.ts";
import { ProposalRefused, type StorageFailed } from "./refusals.ts";
import { targetOf, titleOf, type Withdrawal } from "./withdrawal.ts";

/** More of an argument is in the stored proposal. */
const ARGUMENT_HEX_MAX = 1024;

/** What deciding needs, and what is remembered. */
export interface Office extends JudgeParts {
  readonly store: ProposalStore;
  readonly audit: AuditLog["Service"];
  readonly records: Map<string, ProposalRecord>;
  /** Of each cell the generation that its last change made, in this life. */
  readonly generations: Map<string, number>;
  setPolicy(policy: Policy): void;
}

/** A clock set back does not change the order of what was accepted. */
function receivedAfter(office: Office, nowMs: number): number {
  return [...office.records.values()].reduce(
    (ms, { receivedMs }) => Math.max(ms, receivedMs + 1),
    nowMs,
  );
}

/** Judges and makes durable; nothing runs differently yet. */
export const accept = Effect.fnUntraced(
  function* (office: Office, bundle: ProposalBundle, attachment: Uint8Array) {
    const judgement = yield* judge(office, bundle, attachment);
    if (office.records.size >= PROPOSALS_MAX) {
      return yield* new ProposalRefused({
        rule: "full",
        place: "node",
        what: `it keeps ${office.records.size} proposals`,
        fix: "have the operator archive old ones",
      });
    }
    const record = newRecord(
      office,
      judgement,
      yield* Clock.currentTimeMillis,
    );
    yield* Effect.gen(function* () {
      yield* office.audit.append("received", factsOf(record));
      for (const [hash, octets] of judgement.octets) {
        yield* office.store.saveComponent(hash, octets);
      }
      yield* keep(office, record);
    }).pipe(Effect.mapError(storageRefusal));
    return { record, change: judgement.change };
  },
);

function newRecord(
  office: Office,
  judgement: Judgement,
  nowMs: number,
): ProposalRecord {
  const { bundle, active } = judgement;
  return {
    bundle,
    signers: judgement.signers,
    threshold: office.policy().threshold,
    state: active ? "executing" : "scheduled",
    detail: active ? "" : `due ${whenText(bundle.proposal.activation)}`,
    receivedMs: receivedAfter(office, nowMs),
    order: 0,
    replaced: judgement.running,
    pauseMs: undefined,
    probation: false,
  };
}

/** Does it. The outcome is a state of the record, never a failure. */
export const execute = Effect.fnUntraced(
  function* (office: Office, accepted: ProposalRecord, change: Change) {
    const written = yield* Effect.result(
      office.audit.append("executing", factsOf(accepted)),
    );
    if (written._tag === "Failure") {
      const { message } = written.failure;
      return yield* settle(office, accepted, "refused", message);
    }
    const done = yield* Effect.result(carryOut(office, accepted, change));
    if (done._tag === "Failure") {
      const { message } = done.failure;
      return yield* settle(office, accepted, "refused", message);
    }
    const { detail, pauseMs, probation, replaced } = done.success;
    const order = nextOrder(office);
    const settled = yield* settle(
      office,
      { ...accepted, order, pauseMs, replaced, probation },
      "executed",
      detail,
    );
    // A policy that could not be recorded is in force until the node ends.
    if (change.action === "set-policy") office.setPolicy(change.policy);
    return settled;
  },
  Effect.uninterruptible,
);

/**
 * The one write of the target's record is the withdrawal: before it the target
 * waits, behind it the target is gone.
 */
const takeBack = Effect.fnUntraced(
  function* (
    office: Office,
    { bundle: { id } }: ProposalRecord,
    { target }: Withdrawal,
  ) {
    const detail = `withdrawn by proposal ${id}`;
    const gone: ProposalRecord = { ...target, state: "withdrawn", detail };
    yield* keep(office, gone);
    return { ...NO_GENERATION, detail: yield* noteGone(office, gone, id) };
  },
);

/** Writes it to the log; gives what the withdrawal did, in words. */
const noteGone = Effect.fnUntraced(
  function* (office: Office, gone: ProposalRecord, by: string) {
    const facts = { ...factsOf(gone), by };
    const noted = yield* Effect.result(office.audit.append("withdrawn", facts));
    const detail = `${titleOf(gone)} is withdrawn: ${gone.bundle.id}`;
    return noted._tag === "Success"
      ? detail
      : `${detail}; not on the audit log: ${noted.failure.message}`;
  },
);

/**
 * What a life that ended left half-way: nothing of it has lasted, but for a
 * withdrawal whose target is gone.
 */
export const settleInterrupted = Effect.fnUntraced(
  function* (office: Office, record: ProposalRecord) {
    const { proposal } = record.bundle;
    const target = proposal.action === "withdraw"
      ? targetOf(office.records, proposal)
      : undefined;
    if (target?.state === "withdrawn") {
      const detail = yield* noteGone(office, target, record.bundle.id);
      const done = { ...record, order: nextOrder(office) };
      return yield* settle(office, done, "executed", detail);
    }
    const detail = "the node stopped while executing it";
    yield* keep(office, { ...record, state: "interrupted", detail });
    yield* office.audit.append("rolled-back", {
      ...factsOf(record),
      reason: detail,
    });
  },
);

const NO_GENERATION = {
  generation: undefined,
  pauseMs: undefined,
  probation: false,
  replaced: undefined,
} as const;

const carryOut = Effect.fnUntraced(function* (
  office: Office,
  accepted: ProposalRecord,
  change: Change,
) {
  if (change.action === "withdraw") {
    return yield* takeBack(office, accepted, change);
  }
  if (change.action === "set-policy") {
    const { threshold, governors } = change.policy;
    const detail =
      `${threshold} of ${governors.size} governors decide from now on`;
    return { ...NO_GENERATION, detail };
  }
  const replaced = yield* office.executor.running(change.cell);
  const done = yield* office.executor.execute(change);
  if (done.generation !== undefined) {
    office.generations.set(change.cell, done.generation);
  }
  return { ...done, replaced };
});

/**
 * Records the end of an execution. What happened cannot be taken back, so a
 * failing disk changes the report and not the outcome.
 */
const settle = Effect.fnUntraced(
  function* (
    office: Office,
    record: ProposalRecord,
    state: ProposalState,
    detail: string,
  ) {
    const settled = { ...record, state, detail };
    const kind = state === "executed" ? "executed" : "refused";
    const written = yield* Effect.result(Effect.gen(function* () {
      yield* keep(office, settled);
      yield* office.audit.append(kind, { ...factsOf(settled), detail });
    }));
    if (written._tag === "Success") return settled;
    const noted = `${detail}; not recorded: ${written.failure.message}`;
    const unrecorded = { ...settled, detail: noted };
    office.records.set(record.bundle.id, unrecorded);
    yield* Effect.logError(noted);
    return unrecorded;
  },
);

/** Executes what has become due; gives the records that changed. */
export const runDue = Effect.fn("governance.run_due")(
  function* (office: Office) {
    const changed: ProposalRecord[] = [];
    const height = yield* Effect.cached(office.height);
    const now = { ...office, height };
    for (const record of inTurn(office.records.values())) {
      const settled = yield* Effect.uninterruptible(runOne(now, record));
      if (settled !== undefined) changed.push(settled);
    }
    return changed;
  },
);

/** Judges a scheduled proposal again, by the policy and moment of now. */
const runOne = Effect.fnUntraced(
  function* (office: Office, record: ProposalRecord) {
    const { bundle } = record;
    const { activation, expiryMs } = bundle.proposal;
    const moment = yield* momentOf(office, activation);
    if (expiryMs <= moment.nowMs) {
      const { message } = expired(bundle.proposal);
      return yield* settle(office, record, "expired", message);
    }
    if (!hasCome(activation, moment)) return undefined;
    const judged = yield* Effect.result(judgeAgain(office, bundle));
    if (judged._tag === "Failure") {
      return yield* settle(office, record, "refused", judged.failure.message);
    }
    const { signers, change } = judged.success;
    const { threshold } = office.policy();
    const due: ProposalRecord = {
      ...record,
      signers,
      threshold,
      state: "executing",
    };
    yield* keep(office, due);
    return yield* execute(office, due, change);
  },
);

/** What was true when it was accepted may not be true at its turn. */
export const judgeAgain = Effect.fnUntraced(
  function* (office: Office, bundle: ProposalBundle) {
    const attachment = yield* storedAttachment(
      office.store,
      office.policy(),
      bundle.proposal,
    ).pipe(Effect.mapError(lost));
    const others = new Map(office.records);
    others.delete(bundle.id);
    const parts = { ...office, records: others };
    return yield* judge(parts, bundle, attachment, "at-its-turn");
  },
);

function expired({ expiryMs, activation }: Proposal): ProposalRefused {
  return new ProposalRefused({
    rule: "expired",
    place: "document octet 148",
    what: `it expired at ${timeText(expiryMs)}, before it could be executed ` +
      whenText(activation),
    fix: "propose again with a later expiry",
  });
}

function lost(failed: StorageFailed): ProposalRefused {
  return new ProposalRefused({
    rule: "storage",
    place: "attachment",
    what: failed.message,
    fix: "mend the node's disk, then submit it again with its attachment",
  });
}

/** Marks the change that made the cell's generation as gone back on. */
export const rolledBack = Effect.fn("governance.rolled_back")(
  function* (office: Office, cell: string, reason: string) {
    const record = lastGeneration(office.records.values(), cell);
    if (record === undefined) return undefined;
    const state = "rolled-back" as const;
    const back: ProposalRecord = {
      ...record,
      state,
      detail: reason,
      probation: false,
    };
    yield* keep(office, back);
    yield* office.audit.append("rolled-back", { ...factsOf(back), reason });
    return back;
  },
);

/** The probation of the cell's last change is over: there is no way back. */
export const kept = Effect.fn("governance.kept")(
  function* (office: Office, cell: string, generation: number) {
    // The news may come late, when another change was executed.
    const latest = office.generations.get(cell) ?? generation;
    const record = lastGeneration(office.records.values(), cell);
    if (record?.probation !== true || latest !== generation) return undefined;
    const lasting: ProposalRecord = { ...record, probation: false };
    yield* keep(office, lasting);
    yield* office.audit.append("kept", factsOf(lasting));
    return lasting;
  },
);

/** Stores first, then shows: what is listed is durable. */
export function keep(
  office: Office,
  record: ProposalRecord,
): Effect.Effect<void, StorageFailed> {
  const { id } = record.bundle;
  return Effect.andThen(
    office.store.save(id, encodeRecord(record)),
    Effect.sync(() => void office.records.set(id, record)),
  );
}

function nextOrder(office: Office): number {
  return [...office.records.values()]
    .reduce((highest, { order }) => Math.max(highest, order), 0) + 1;
}

/** A record as facts of the audit log. */
export function factsOf(record: ProposalRecord): Record<string, string> {
  const { id, proposal } = record.bundle;
  return {
    proposal: id,
    action: proposal.action,
    cell: proposal.cell,
    component: proposal.component === undefined
      ? ""
      : identityText(proposal.component),
    replaced: record.replaced ?? "",
    signers: record.signers.join(" "),
    threshold: `${record.threshold}`,
    activation: whenText(proposal.activation),
    expires: timeText(proposal.expiryMs),
    argument: toHex(proposal.argument).slice(0, ARGUMENT_HEX_MAX),
    note: proposal.note,
  };
}

function storageRefusal(failed: StorageFailed): ProposalRefused {
  return new ProposalRefused({
    rule: "storage",
    place: "node",
    what: failed.message,
    fix: "mend the node's disk, then submit again",
  });
}
