/** Governance in the words of `NodeApi`. */
import { Effect, Result } from "effect";
import {
  type DryRun,
  type Governance,
  type Outlook,
  parseBundle,
  type ProposalRecord,
  type ProposalRefused,
  type Terms,
  timeText,
} from "../../kernel/governance/mod.ts";
import { activationReport } from "./activation.ts";
import { identityText } from "../../kernel/crypto/mod.ts";
import {
  type ChangesReport,
  type DryRunReport,
  type NodeApi,
  type OutlookReport,
  type ProposalReport,
  Refusal,
  type TermsReport,
} from "../api.ts";

/** Proposals that one list shows. */
const LISTED_MAX = 1_000;

export type GovernanceApi = Pick<
  NodeApi,
  "propose" | "dryRun" | "proposals" | "proposal"
>;

export function governanceOver(
  governance: Governance["Service"],
): GovernanceApi {
  return {
    propose: (text, component) =>
      Effect.gen(function* () {
        const bundle = parseBundle(text);
        if (Result.isFailure(bundle)) return yield* refused(bundle.failure);
        return yield* governance.submit(bundle.success, component).pipe(
          Effect.mapError(refused),
          Effect.map(report),
        );
      }),
    dryRun: (text, attachment) =>
      Effect.gen(function* () {
        const bundle = parseBundle(text);
        if (Result.isFailure(bundle)) return yield* refused(bundle.failure);
        return yield* governance.dryRun(bundle.success, attachment).pipe(
          Effect.mapError(refused),
          Effect.map(dryReport),
        );
      }),
    proposals: () =>
      governance.list(LISTED_MAX).pipe(
        Effect.map((records) => records.map(report)),
      ),
    proposal: (id) =>
      governance.get(id).pipe(
        Effect.flatMap((record) =>
          record === undefined
            ? Effect.fail(
              new Refusal({
                kind: "not-found",
                message: "this node has accepted no such proposal",
                fix: "what was refused is on the audit log only",
              }),
            )
            : Effect.succeed(report(record))
        ),
      ),
  };
}

const KINDS: Readonly<Record<string, Refusal["kind"]>> = {
  "malformed": "invalid",
  "busy": "conflict",
  "replayed": "conflict",
  "full": "full",
  "storage": "failed",
  "kernel-refused": "conflict",
  "bad-policy": "invalid",
  "no-such-proposal": "not-found",
  "not-waiting": "conflict",
};

function refused(refusal: ProposalRefused): Refusal {
  return new Refusal({
    kind: KINDS[refusal.rule] ?? "unauthorised",
    message: `${refusal.rule} at ${refusal.place}: ${refusal.what}`,
    fix: refusal.fix,
  });
}

function report(record: ProposalRecord): ProposalReport {
  const { id, proposal } = record.bundle;
  return {
    id,
    action: proposal.action,
    cell: proposal.cell,
    component: proposal.component === undefined
      ? ""
      : identityText(proposal.component),
    state: record.state,
    ...(record.detail === "" ? {} : { detail: record.detail }),
    signers: record.signers,
    threshold: record.threshold,
    activation: activationReport(proposal.activation),
    expires: timeText(proposal.expiryMs),
    note: proposal.note,
    ...(record.pauseMs === undefined ? {} : { pause_ms: record.pauseMs }),
    ...(proposal.action === "withdraw"
      ? { withdraws: identityText(proposal.argument) }
      : {}),
  };
}

/** A dry run in the words of the API. */
function dryReport(dry: DryRun): DryRunReport {
  const { withdrawal } = dry;
  return {
    id: dry.id,
    action: dry.action,
    cell: dry.cell,
    component: dry.component ?? "",
    running: dry.running ?? "",
    signers: dry.signers,
    threshold: dry.threshold,
    activation: activationReport(dry.activation),
    active: dry.active,
    ...(dry.height === undefined ? {} : { height: `${dry.height}` }),
    behind: dry.behind,
    refusals: dry.refusals,
    ...changesReport(dry),
    ...(withdrawal === undefined ? {} : {
      withdrawal: {
        target: outlookReport(withdrawal.target),
        chain: withdrawal.chain.map(outlookReport),
      },
    }),
  };
}

function outlookReport(outlook: Outlook): OutlookReport {
  return {
    proposal: report(outlook.record),
    behind: outlook.behind,
    refusals: outlook.refusals,
    ...changesReport(outlook),
  };
}

function changesReport(
  { changes, policy }: Pick<DryRun, "changes" | "policy">,
): ChangesReport {
  return {
    effect: changes?.effect ?? "nothing",
    ...(changes === undefined ? {} : {
      changes: {
        exports: { gained: changes.exportsGained, lost: changes.exportsLost },
        imports: { gained: changes.importsGained, lost: changes.importsLost },
        capabilities: {
          gained: changes.capabilitiesGained,
          lost: changes.capabilitiesLost,
        },
        admission: {
          before: changes.admissionBefore,
          after: changes.admissionAfter,
        },
        ...terms("terms_before", changes.termsBefore),
        ...terms("terms_after", changes.termsAfter),
      },
    }),
    ...(policy === undefined ? {} : {
      policy: {
        before: `${policy.thresholdBefore} of ${policy.governorsBefore}`,
        after: `${policy.thresholdAfter} of ${policy.governorsAfter}`,
        governors: {
          gained: policy.governorsGained,
          lost: policy.governorsLost,
        },
        rights: policy.rights,
        ...(policy.reports && { reports: policy.reports }),
      },
    }),
  };
}

function terms<Key extends string>(
  key: Key,
  value: Terms | undefined,
): { readonly [key in Key]?: TermsReport } {
  if (value === undefined) return {};
  const report: TermsReport = {
    class: value.class,
    budget_ms: value.budgetMs,
    call_ms: value.callMs,
    step_ms: value.stepMs,
    start_ms: value.startMs,
  };
  return { [key]: report } as { readonly [key in Key]: TermsReport };
}
