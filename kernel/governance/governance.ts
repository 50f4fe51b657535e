/**
 * The one door through which a cell or the policy is changed: signed proposals.
 *
 * `submit` judges, keeps, executes and records. It answers with the record of
 * what was done, or with a refusal that changed nothing. Before anything is
 * touched the proposal, what it names and an `executing` line in the audit log
 * are durable, so no change can be without its trace. One proposal is decided
 * at a time; a second one meanwhile is refused as `busy`. A started swap is not
 * interrupted.
 *
 * Deliberately absent: retries, and gathering signatures (a bundle brings all
 * it needs).
 */
import { Context, Effect, Layer, Option, Semaphore } from "effect";
import type { Composite } from "../crypto/mod.ts";
import { AuditLog } from "./audit.ts";
import type { ProposalBundle } from "./bundle.ts";
import { type DryRun, dryRun, kernelRefused } from "./dry_run.ts";
import { inTurn, nextHeight, waits } from "./due.ts";
import {
  accept,
  execute,
  kept,
  type Office,
  rolledBack,
  runDue,
  settleInterrupted,
} from "./execution.ts";
import { Executor } from "./executor.ts";
import {
  type Installed,
  installedBy,
  policyIn,
  readProposals,
} from "./installed.ts";
import type { Policy } from "./policy.ts";
import type { ProposalRecord, ProposalStore } from "./record.ts";
import type { ReadReport } from "./report_rule.ts";
import { ProposalRefused, type StorageFailed } from "./refusals.ts";

export interface GovernanceOptions {
  /** The identity of this node's network. */
  readonly network: Uint8Array;
  /** The policy that governs until a `set-policy` is executed. */
  readonly policy: Policy;
  readonly composite: Composite;
  readonly store: ProposalStore;
  /** How many signals the record has accepted; none while nobody can say. */
  readonly height: Effect.Effect<bigint | undefined>;
  /** How reports about drivers are read; none are where it is absent. */
  readonly readReport?: ReadReport | undefined;
}

export class Governance extends Context.Service<Governance, {
  /** Executes the proposal, or keeps it until its time. Not idempotent. */
  submit(
    bundle: ProposalBundle,
    attachment: Uint8Array,
  ): Effect.Effect<ProposalRecord, ProposalRefused>;
  /**
   * Judges as `submit` does, and changes nothing. Missing signatures and what
   * the kernel would refuse are told beside the changes.
   */
  dryRun(
    bundle: ProposalBundle,
    attachment: Uint8Array,
  ): Effect.Effect<DryRun, ProposalRefused>;
  /** Executes what has become due; gives the records that changed. */
  readonly runDue: Effect.Effect<readonly ProposalRecord[], StorageFailed>;
  /**
   * The record has this height now. When it returns, what waited for it is
   * executed: who appends asks before the next signal.
   */
  atHeight(
    height: bigint,
  ): Effect.Effect<readonly ProposalRecord[], StorageFailed>;
  /** The least height that a proposal waits for. */
  readonly nextHeight: Effect.Effect<bigint | undefined>;
  /** Notes that the kernel went back to the old generation on probation. */
  rolledBack(
    cell: string,
    reason: string,
  ): Effect.Effect<ProposalRecord | undefined, StorageFailed>;
  /** Notes that a probation is over. */
  kept(
    cell: string,
    generation: number,
  ): Effect.Effect<ProposalRecord | undefined, StorageFailed>;
  /** Who governs now. */
  readonly policy: Effect.Effect<Policy>;
  /**
   * Accepted proposals, at most `limit`: those that wait, in the order of their
   * turns, then the others, the newest first.
   */
  list(limit: number): Effect.Effect<readonly ProposalRecord[]>;
  /** By the 66 digits of its id. */
  get(id: string): Effect.Effect<ProposalRecord | undefined>;
  /** What the last lasting swap of each cell put in: boot with these. */
  readonly installed: Effect.Effect<readonly Installed[]>;
}>()("karyon/governance/Governance") {
  static readonly layer = (
    options: GovernanceOptions,
  ): Layer.Layer<Governance, StorageFailed, Executor | AuditLog> =>
    Layer.effect(Governance, makeGovernance(options));
}

const makeGovernance = Effect.fnUntraced(function* (
  options: GovernanceOptions,
) {
  const executor = yield* Executor;
  const audit = yield* AuditLog;
  const stored = yield* readProposals(options.store);
  let policy = yield* policyIn(options.store, stored, options.policy);
  const office: Office = {
    ...options,
    executor,
    audit,
    generations: new Map(),
    policy: () => policy,
    setPolicy: (next) => {
      policy = next;
    },
    records: new Map(stored.map((record) => [record.bundle.id, record])),
  };
  for (const record of stored) {
    if (record.state === "executing") yield* settleInterrupted(office, record);
  }
  const turn = yield* Semaphore.make(1);
  return Governance.of({
    submit: (bundle, attachment) =>
      turn.withPermitsIfAvailable(1)(submit(office, bundle, attachment)).pipe(
        Effect.flatMap(Option.match({
          onNone: () => Effect.fail(busy()),
          onSome: Effect.succeed,
        })),
      ),
    dryRun: (bundle, attachment) => dryRun(office, bundle, attachment),
    runDue: turn.withPermit(runDue(office)),
    atHeight: (height) =>
      Effect.suspend(() => {
        const next = nextHeight(office.records.values());
        return next === undefined || height < next
          ? Effect.succeed([])
          : turn.withPermit(
            runDue({ ...office, height: Effect.succeed(height) }),
          );
      }),
    nextHeight: Effect.sync(() => nextHeight(office.records.values())),
    rolledBack: (cell, reason) =>
      turn.withPermit(rolledBack(office, cell, reason)),
    kept: (cell, generation) => turn.withPermit(kept(office, cell, generation)),
    policy: Effect.sync(() => policy),
    list: (limit) =>
      Effect.sync(() => {
        const all = [...office.records.values()];
        const others = all.filter((one) => !waits(one)).reverse();
        return [...inTurn(all), ...others].slice(0, limit);
      }),
    get: (id) => Effect.sync(() => office.records.get(id)),
    installed: Effect.sync(() => installedBy(office.records.values())),
  });
});

const submit = Effect.fn("governance.submit")(
  function* (office: Office, bundle: ProposalBundle, attachment: Uint8Array) {
    const { record, change } = yield* accept(office, bundle, attachment).pipe(
      Effect.tapError((refusal) =>
        Effect.ignore(office.audit.append("refused", {
          proposal: bundle.id,
          rule: refusal.rule,
          place: refusal.place,
          what: refusal.what,
          fix: refusal.fix,
        }))
      ),
    );
    if (record.state === "scheduled") return record;
    const done = yield* execute(office, record, change);
    if (done.state === "executed") return done;
    return yield* kernelRefused(done.detail);
  },
  Effect.uninterruptible,
);

function busy(): ProposalRefused {
  return new ProposalRefused({
    rule: "busy",
    place: "node",
    what: "another proposal is being decided",
    fix: "submit again in a moment",
  });
}
