/** What a proposal would change, for people. */
import type {
  ChangesReport,
  Difference,
  DryRunReport,
  OutlookReport,
  TermsReport,
} from "../../api.ts";
import type { Context } from "../command.ts";
import { short, whenText } from "../words.ts";

const EFFECTS: Readonly<Record<DryRunReport["effect"], string>> = {
  "nothing": "the cell runs on, without a pause",
  "restart": "the cell gets a new generation, after a short pause; " +
    "on probation, with the way back",
  "start": "the cell starts",
  "stop": "the cell stops, and its state is gone",
};

/** `swap of rank`; a policy has no cell, nor has a withdrawal. */
export function titleOf(
  { action, cell, withdraws }: {
    readonly action: string;
    readonly cell: string;
    readonly withdraws?: string | undefined;
  },
): string {
  if (withdraws !== undefined) return `${action} ${short(withdraws)}`;
  return cell === "" ? action : `${action} of ${cell}`;
}

export function showDryRun(context: Context, dry: DryRunReport): void {
  context.line(`${titleOf(dry)}: nothing was changed`);
  context.line(`  proposal      ${dry.id}`);
  context.line(
    `  signed by     ${dry.signers.length} of ${dry.threshold} needed`,
  );
  context.line(`  executed      ${timingOf(dry)}`);
  for (const id of dry.behind) {
    context.line(`  after         ${id},`);
    context.line("                which waits too; what follows is as of now");
  }
  if (dry.component !== "") {
    context.line(`  component     ${dry.running || "none"}`);
    context.line(`             -> ${dry.component}`);
  }
  showChanges(context, dry);
  if (dry.withdrawal !== undefined) showWithdrawal(context, dry.withdrawal);
  for (const refusal of dry.refusals) {
    context.line(`  refused       ${refusal}`);
  }
}

function showWithdrawal(
  context: Context,
  { target, chain }: NonNullable<DryRunReport["withdrawal"]>,
): void {
  const { proposal } = target;
  const when = whenText(proposal.activation);
  context.line(`will not happen: ${titleOf(proposal)} ${when}`);
  context.line(`  proposal      ${proposal.id}`);
  if (proposal.note !== "") context.line(`  note          ${proposal.note}`);
  if (proposal.component !== "") {
    context.line(`  component     ${proposal.component}`);
  }
  showOutlook(context, target);
  showChanges(context, target);
  for (const one of chain) {
    const { id, activation } = one.proposal;
    const title = titleOf(one.proposal);
    context.line(`keeps its turn: ${title} ${whenText(activation)}`);
    context.line(`  proposal      ${id}`);
    showOutlook(context, one);
  }
}

/** What would become of one that waits, as things are now. */
function showOutlook(context: Context, one: OutlookReport): void {
  for (const id of one.behind) context.line(`  after         ${id}`);
  for (const refusal of one.refusals) {
    context.line(`  would be refused, as things are now: ${refusal}`);
  }
}

function showChanges(
  context: Context,
  { effect, changes, policy }: ChangesReport,
): void {
  if (changes !== undefined) {
    context.line(`  effect        ${EFFECTS[effect]}`);
    difference(context, "exports", changes.exports);
    difference(context, "imports", changes.imports);
    difference(context, "capabilities", changes.capabilities);
    showTerms(context, changes.terms_before, changes.terms_after);
    context.line(`  admission     ${changes.admission.before}`);
    if (changes.admission.after !== changes.admission.before) {
      context.line(`             -> ${changes.admission.after}`);
    }
  }
  if (policy !== undefined) {
    context.line(`  policy        ${policy.before} -> ${policy.after}`);
    difference(context, "governors", policy.governors);
    for (const { governor, before, after } of policy.rights) {
      context.line(`  may propose   ${governor}`);
      context.line(`                ${before.join(", ") || "nothing"}`);
      context.line(`             -> ${after.join(", ") || "nothing"}`);
    }
    if (policy.reports !== undefined) {
      context.line(`  drivers need  ${policy.reports.before}`);
      context.line(`             -> ${policy.reports.after}`);
    }
  }
}

function timingOf({ activation, active, height }: DryRunReport): string {
  const when = whenText(activation);
  if (activation.at === "once") return when;
  if (active) return `at once, ${when} has come`;
  if (activation.at === "time") return `${when}, not at once`;
  return height === undefined
    ? `${when}, which the record may not have reached`
    : `${when}; the record is at ${height}`;
}

function difference(
  context: Context,
  title: string,
  { gained, lost }: Difference,
): void {
  for (const one of gained) context.line(`  ${title.padEnd(14)}+ ${one}`);
  for (const one of lost) context.line(`  ${title.padEnd(14)}- ${one}`);
}

function showTerms(
  context: Context,
  before: TermsReport | undefined,
  after: TermsReport | undefined,
): void {
  const [had, has] = [termsText(before), termsText(after)];
  if (had === has) return;
  context.line(`  terms         ${had}`);
  context.line(`             -> ${has}`);
}

function termsText(terms: TermsReport | undefined): string {
  if (terms === undefined) return "none";
  const { budget_ms, call_ms, step_ms, start_ms } = terms;
  return `${terms.class}, ${budget_ms} ms per epoch, call ${call_ms} ms, ` +
    `step ${step_ms} ms, start ${start_ms} ms`;
}
