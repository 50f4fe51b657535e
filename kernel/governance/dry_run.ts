/**
 * What a proposal would do, if it were submitted now. Nothing changes.
 *
 * For a withdrawal that is: what will not happen any more, and what would
 * become of those that wait behind it. They are judged as if it were their turn
 * now and the withdrawn one had never been; of one with others before it, that
 * is not known and not said.
 *
 * Deliberately absent: what will be true at a later turn.
 */
import { Effect } from "effect";
import { identityText } from "../crypto/mod.ts";
import type { ProposalBundle } from "./bundle.ts";
import { inTurn } from "./due.ts";
import { judgeAgain, type Office } from "./execution.ts";
import type { CellChange, ChangePreview } from "./executor.ts";
import { type Change, judge } from "./judge.ts";
import { type PolicyChange, policyChange } from "./policy_change.ts";
import type { Action, Activation } from "./proposal.ts";
import type { ProposalRecord } from "./record.ts";
import { ProposalRefused } from "./refusals.ts";

/** What would change. */
interface Changes {
  /** What would become of the cell; none for a policy. */
  readonly changes: ChangePreview | undefined;
  readonly policy: PolicyChange | undefined;
}

/** What a proposal that waits would do, were it its turn now. */
export interface Outlook extends Changes {
  readonly record: ProposalRecord;
  /** Ids of those that wait and change the same thing before. */
  readonly behind: readonly string[];
  /** Why it would be refused; empty where it would not, or is not known. */
  readonly refusals: readonly string[];
}

/** What a proposal would do, by the signatures and octets at hand. */
export interface DryRun extends Changes {
  readonly id: string;
  readonly action: Action;
  readonly cell: string;
  /** Hash of the component; none for actions without. */
  readonly component: string | undefined;
  readonly running: string | undefined;
  readonly signers: readonly string[];
  readonly threshold: number;
  readonly activation: Activation;
  /** False where the proposal waits for its time or height. */
  readonly active: boolean;
  /** Of the record, where the proposal waits for one and it is known. */
  readonly height: bigint | undefined;
  /**
   * Ids of those that wait and change the same thing before; what would change
   * is told as of now, without them.
   */
  readonly behind: readonly string[];
  readonly withdrawal: {
    /** What will not happen any more. */
    readonly target: Outlook;
    /** Those that wait behind it and change the same thing, without it. */
    readonly chain: readonly Outlook[];
  } | undefined;
  /** Why it would be refused as it is; empty if it would be executed. */
  readonly refusals: readonly string[];
}

export const dryRun = Effect.fn("governance.dry_run")(
  function* (office: Office, bundle: ProposalBundle, attachment: Uint8Array) {
    const judgement = yield* judge(office, bundle, attachment, "dry-run");
    const { change, unsigned, moment, behind } = judgement;
    const { id, proposal } = judgement.bundle;
    const changes = yield* changesOf(office, change, behind.length > 0);
    const dry: DryRun = {
      id,
      action: proposal.action,
      cell: proposal.cell,
      component: proposal.component && identityText(proposal.component),
      running: judgement.running,
      signers: judgement.signers,
      threshold: office.policy().threshold,
      activation: proposal.activation,
      active: judgement.active,
      height: moment.height,
      behind,
      ...changes,
      withdrawal: change.action === "withdraw"
        ? yield* withdrawalOf(office, change.target)
        : undefined,
      refusals: [
        ...unsigned === undefined ? [] : [unsigned.message],
        ...changes.changes?.refusals ?? [],
      ],
    };
    return dry;
  },
);

const changesOf = Effect.fnUntraced(
  function* (office: Office, change: Change, later: boolean) {
    const nothing: Changes = { changes: undefined, policy: undefined };
    if (change.action === "withdraw") return nothing;
    if (change.action === "set-policy") {
      const policy = policyChange(office.policy(), change.policy);
      return { ...nothing, policy };
    }
    return { ...nothing, changes: yield* previewed(office, change, later) };
  },
);

/** What the kernel of now cannot say of a later one is left out. */
const previewed = Effect.fnUntraced(
  function* (office: Office, change: CellChange, later: boolean) {
    const preview = yield* Effect.result(office.executor.preview(change));
    if (preview._tag === "Success") return preview.success;
    if (later) return undefined;
    return yield* kernelRefused(preview.failure.message);
  },
);

const withdrawalOf = Effect.fnUntraced(
  function* (office: Office, target: ProposalRecord) {
    const { id } = target.bundle;
    const without = new Map(office.records);
    without.delete(id);
    const chain: Outlook[] = [];
    for (const record of inTurn(without.values())) {
      if (!behindOf(office, record).includes(id)) continue;
      chain.push(yield* outlook({ ...office, records: without }, record));
    }
    return { target: yield* outlook(office, target), chain };
  },
);

/** Ids of those that wait and change the same thing before `record`. */
function behindOf(office: Office, record: ProposalRecord): readonly string[] {
  const all = inTurn(office.records.values());
  const place = all.findIndex(({ bundle }) => bundle.id === record.bundle.id);
  const { activation, cell } = record.bundle.proposal;
  return all.filter(({ bundle: { proposal } }, at) =>
    proposal.cell === cell && at !== place &&
    // Which of a time and a height comes first is not known before.
    (at < place || proposal.activation.at !== activation.at)
  ).map(({ bundle }) => bundle.id);
}

const outlook = Effect.fnUntraced(
  function* (office: Office, record: ProposalRecord) {
    const behind = behindOf(office, record);
    const seen: Outlook = {
      record,
      behind,
      changes: undefined,
      policy: undefined,
      refusals: [],
    };
    if (behind.length > 0) return seen;
    const judged = yield* Effect.result(
      Effect.flatMap(
        judgeAgain(office, record.bundle),
        ({ change }) => changesOf(office, change, false),
      ),
    );
    if (judged._tag === "Failure") {
      return { ...seen, refusals: [judged.failure.message] };
    }
    const { changes, policy } = judged.success;
    return { ...seen, changes, policy, refusals: changes?.refusals ?? [] };
  },
);

export function kernelRefused(what: string): ProposalRefused {
  return new ProposalRefused({
    rule: "kernel-refused",
    place: "cell",
    what,
    fix: "mend what it says and propose anew; all is as it was before",
  });
}
