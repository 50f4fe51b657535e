/** How one policy differs from another, for people. */
import type { Policy } from "./policy.ts";
import type { ReportRule } from "./report_rule.ts";

export interface PolicyChange {
  readonly thresholdBefore: number;
  readonly thresholdAfter: number;
  readonly governorsBefore: number;
  readonly governorsAfter: number;
  readonly governorsGained: readonly string[];
  readonly governorsLost: readonly string[];
  /** Whose rights differ, with what each may propose before and after. */
  readonly rights: readonly {
    readonly governor: string;
    readonly before: readonly string[];
    readonly after: readonly string[];
  }[];
  /** What is wanted of drivers, where it differs. */
  readonly reports:
    | { readonly before: string; readonly after: string }
    | undefined;
}

export function policyChange(before: Policy, after: Policy): PolicyChange {
  const all = [
    ...new Set([...before.governors.keys(), ...after.governors.keys()]),
  ].sort();
  const rightsOf = (policy: Policy, id: string) => [
    ...policy.proposers.get(id) ?? [],
  ];
  const wanted = {
    before: ruleText(before.reports),
    after: ruleText(after.reports),
  };
  return {
    thresholdBefore: before.threshold,
    thresholdAfter: after.threshold,
    governorsBefore: before.governors.size,
    governorsAfter: after.governors.size,
    governorsGained: all.filter((id) => !before.governors.has(id)),
    governorsLost: all.filter((id) => !after.governors.has(id)),
    rights: all.map((governor) => ({
      governor,
      before: rightsOf(before, governor),
      after: rightsOf(after, governor),
    })).filter(({ before, after }) => before.join() !== after.join()),
    reports: wanted.before === wanted.after ? undefined : wanted,
  };
}

function ruleText(rule: ReportRule | undefined): string {
  if (rule === undefined) return "no report";
  const age = rule.days === 0 ? "" : `, at most ${rule.days} days old`;
  return `a report by ${rule.conformers.join(" or ")}${age}`;
}
