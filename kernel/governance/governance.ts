/**
 * The one door through which a cell is changed: signed proposals.
 *
 * `submit` judges, keeps, executes and records. It answers with the record of
 * what was done, or with a refusal that changed nothing. Before a component is
 * touched the proposal, its component and an `executing` line in the audit log
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
import {
  accept,
  execute,
  factsOf,
  keep,
  type Office,
  rolledBack,
  runDue,
} from "./execution.ts";
import { SwapExecutor, type SwapPreview } from "./executor.ts";
import { type Installed, installedBy, readProposals } from "./installed.ts";
import { judge } from "./judge.ts";
import type { Policy } from "./policy.ts";
import type { ProposalRecord, ProposalStore } from "./record.ts";
import { ProposalRefused, type StorageFailed } from "./refusals.ts";

export interface GovernanceOptions {
  /** The identity of this node's network. */
  readonly network: Uint8Array;
  readonly policy: Policy;
  readonly composite: Composite;
  readonly store: ProposalStore;
}

/** What a proposal would do, by the signatures and components at hand. */
export interface DryRun {
  readonly id: string;
  readonly cell: string;
  readonly component: string;
  readonly running: string;
  readonly signers: readonly string[];
  readonly threshold: number;
  /** False where the proposal waits for its time. */
  readonly active: boolean;
  readonly changes: SwapPreview;
}

export class Governance extends Context.Service<Governance, {
  /** Executes the proposal, or keeps it until its time. Not idempotent. */
  submit(
    bundle: ProposalBundle,
    component: Uint8Array,
  ): Effect.Effect<ProposalRecord, ProposalRefused>;
  /** Judges as `submit` does, and changes nothing. */
  dryRun(
    bundle: ProposalBundle,
    component: Uint8Array,
  ): Effect.Effect<DryRun, ProposalRefused>;
  /** Executes what has become due; gives the records that changed. */
  readonly runDue: Effect.Effect<readonly ProposalRecord[], StorageFailed>;
  /** Notes that the kernel went back to the old generation on probation. */
  rolledBack(
    cell: string,
    reason: string,
  ): Effect.Effect<ProposalRecord | undefined, StorageFailed>;
  /** Accepted proposals, the newest first, at most `limit`. */
  list(limit: number): Effect.Effect<readonly ProposalRecord[]>;
  /** By the 66 digits of its id. */
  get(id: string): Effect.Effect<ProposalRecord | undefined>;
  /** What the last lasting swap of each cell put in: boot with these. */
  readonly installed: Effect.Effect<readonly Installed[]>;
}>()("karyon/governance/Governance") {
  static readonly layer = (
    options: GovernanceOptions,
  ): Layer.Layer<Governance, StorageFailed, SwapExecutor | AuditLog> =>
    Layer.effect(Governance, makeGovernance(options));
}

const makeGovernance = Effect.fnUntraced(function* (
  options: GovernanceOptions,
) {
  const executor = yield* SwapExecutor;
  const audit = yield* AuditLog;
  const stored = yield* readProposals(options.store);
  const office: Office = {
    ...options,
    executor,
    audit,
    records: new Map(stored.map((record) => [record.bundle.id, record])),
  };
  for (const record of stored) {
    if (record.state !== "executing") continue;
    const detail = "the node stopped while executing it";
    yield* keep(office, { ...record, state: "interrupted", detail });
    yield* audit.append("rolled-back", { ...factsOf(record), reason: detail });
  }
  const turn = yield* Semaphore.make(1);
  return Governance.of({
    submit: (bundle, component) =>
      turn.withPermitsIfAvailable(1)(submit(office, bundle, component)).pipe(
        Effect.flatMap(Option.match({
          onNone: () => Effect.fail(busy()),
          onSome: Effect.succeed,
        })),
      ),
    dryRun: (bundle, component) => dryRun(office, bundle, component),
    runDue: turn.withPermit(runDue(office)),
    rolledBack: (cell, reason) =>
      turn.withPermit(rolledBack(office, cell, reason)),
    list: (limit) =>
      Effect.sync(() => [...office.records.values()].reverse().slice(0, limit)),
    get: (id) => Effect.sync(() => office.records.get(id)),
    installed: Effect.sync(() => installedBy(office.records.values())),
  });
});

const submit = Effect.fn("governance.submit")(
  function* (office: Office, bundle: ProposalBundle, component: Uint8Array) {
    const accepted = yield* accept(office, bundle, component).pipe(
      Effect.tapError((refusal) =>
        Effect.ignore(office.audit.append("refused", {
          proposal: bundle.id,
          rule: refusal.rule,
          place: refusal.place,
          what: refusal.what,
        }))
      ),
    );
    if (accepted.state === "scheduled") return accepted;
    const done = yield* execute(office, accepted, component);
    if (done.state === "executed") return done;
    return yield* new ProposalRefused({
      rule: "swap-refused",
      place: "component",
      what: done.detail,
      fix: "mend the component; the one that served before serves on",
    });
  },
  Effect.uninterruptible,
);

const dryRun = Effect.fn("governance.dry_run")(
  function* (office: Office, bundle: ProposalBundle, component: Uint8Array) {
    const judgement = yield* judge(office, bundle, component);
    const { id, proposal: { cell } } = judgement.bundle;
    const changes = yield* office.executor.preview(cell, component).pipe(
      Effect.mapError((refusal) =>
        new ProposalRefused({
          rule: "swap-refused",
          place: "component",
          what: refusal.message,
          fix: "mend the component",
        })
      ),
    );
    const dry: DryRun = {
      id,
      cell,
      component: judgement.component,
      running: judgement.running,
      signers: judgement.signers,
      threshold: office.policy.threshold,
      active: judgement.active,
      changes,
    };
    return dry;
  },
);

function busy(): ProposalRefused {
  return new ProposalRefused({
    rule: "busy",
    place: "node",
    what: "another proposal is being decided",
    fix: "submit again in a moment",
  });
}
