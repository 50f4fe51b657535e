/**
 * From an accepted proposal to its outcome: keep, execute, settle.
 *
 * The order of writes is what makes a crash harmless: audit `received`,
 * component, record `executing`, audit `executing`, swap, record, audit. What
 * is found half-way at boot has not lasted. Only governance.ts calls this.
 */
import { Clock, Effect } from "effect";
import { identityText } from "../crypto/mod.ts";
import type { AuditLog } from "./audit.ts";
import type { ProposalBundle } from "./bundle.ts";
import { installedBy, storedComponent } from "./installed.ts";
import { judge, type Judgement, type JudgeParts } from "./judge.ts";
import { PROPOSALS_MAX } from "./limits.ts";
import {
  encodeRecord,
  type ProposalRecord,
  type ProposalState,
  type ProposalStore,
} from "./record.ts";
import { ProposalRefused, type StorageFailed } from "./refusals.ts";

/** What deciding needs, and what is remembered. */
export interface Office extends JudgeParts {
  readonly store: ProposalStore;
  readonly audit: AuditLog["Service"];
  readonly records: Map<string, ProposalRecord>;
}

/** Judges and makes durable; nothing runs differently yet. */
export const accept = Effect.fnUntraced(
  function* (office: Office, bundle: ProposalBundle, component: Uint8Array) {
    const judgement = yield* judge(office, bundle, component);
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
      yield* office.store.saveComponent(judgement.component, component);
      yield* keep(office, record);
    }).pipe(Effect.mapError(storageRefusal));
    return record;
  },
);

function newRecord(
  office: Office,
  judgement: Judgement,
  nowMs: number,
): ProposalRecord {
  const { bundle } = judgement;
  const { activation } = bundle.proposal;
  const at = activation.at === "time" ? activation.ms : 0n;
  return {
    bundle,
    signers: judgement.signers,
    threshold: office.policy.threshold,
    state: judgement.active ? "executing" : "scheduled",
    detail: judgement.active ? "" : `due at ${at} ms since 1970`,
    receivedMs: nowMs,
    order: 0,
    replaced: judgement.running,
    pauseMs: undefined,
  };
}

/** Swaps. The outcome is a state of the record, never a failure. */
export const execute = Effect.fnUntraced(
  function* (office: Office, accepted: ProposalRecord, component: Uint8Array) {
    const { cell } = accepted.bundle.proposal;
    const facts = factsOf(accepted);
    const written = yield* Effect.result(
      office.audit.append("executing", facts),
    );
    if (written._tag === "Failure") {
      return yield* settle(
        office,
        accepted,
        "refused",
        written.failure.message,
      );
    }
    const running = yield* office.executor.running(cell);
    const swapped = yield* Effect.result(office.executor.swap(cell, component));
    if (swapped._tag === "Failure") {
      return yield* settle(
        office,
        accepted,
        "refused",
        swapped.failure.message,
      );
    }
    const { generation, pauseMs } = swapped.success;
    return yield* settle(
      office,
      { ...accepted, order: nextOrder(office), pauseMs, replaced: running },
      "executed",
      `${cell} is generation ${generation} after a pause of ${
        pauseMs.toFixed(3)
      } ms`,
    );
  },
  Effect.uninterruptible,
);

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
    const waiting = [...office.records.values()]
      .filter((record) => record.state === "scheduled");
    for (const record of waiting) {
      const settled = yield* runOne(office, record);
      if (settled !== undefined) changed.push(settled);
    }
    return changed;
  },
);

/** Judges a scheduled proposal again, by the policy and time of now. */
const runOne = Effect.fnUntraced(
  function* (office: Office, record: ProposalRecord) {
    const { bundle } = record;
    const { activation, component, expiryMs } = bundle.proposal;
    const nowMs = BigInt(yield* Clock.currentTimeMillis);
    if (activation.at === "time" && activation.ms > nowMs) return undefined;
    if (expiryMs <= nowMs) {
      const late = "the node was not running between activation and expiry";
      return yield* settle(office, record, "expired", late);
    }
    const hash = identityText(component ?? new Uint8Array());
    const found = yield* Effect.result(storedComponent(office.store, hash));
    if (found._tag === "Failure") {
      return yield* settle(office, record, "refused", found.failure.message);
    }
    const octets = found.success;
    const others = new Map(office.records);
    others.delete(bundle.id);
    const judged = yield* Effect.result(
      judge({ ...office, records: others }, bundle, octets),
    );
    if (judged._tag === "Failure") {
      return yield* settle(office, record, "refused", judged.failure.message);
    }
    const due: ProposalRecord = { ...record, state: "executing" };
    yield* keep(office, due);
    return yield* execute(office, due, octets);
  },
);

/** Marks the cell's last lasting swap as gone back on. */
export const rolledBack = Effect.fn("governance.rolled_back")(
  function* (office: Office, cell: string, reason: string) {
    const installed = installedBy(office.records.values())
      .find((one) => one.cell === cell);
    const record = office.records.get(installed?.proposal ?? "");
    if (record === undefined) return undefined;
    const state = "rolled-back" as const;
    const back: ProposalRecord = { ...record, state, detail: reason };
    yield* keep(office, back);
    yield* office.audit.append("rolled-back", { ...factsOf(back), reason });
    return back;
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
