/**
 * Taking back a proposal that waits: who may, and what there is to take back.
 *
 * k of n sign a withdrawal like any change, and one of them may propose
 * `withdraw`, or what is withdrawn. What has had its turn, and what has
 * expired, is not withdrawn any more; what was withdrawn does not come back.
 *
 * Deliberately absent: those that wait behind it. They keep their turns, and
 * are judged then (`dry_run.ts` says what would become of them).
 */
import { Result } from "effect";
import { identityText } from "../crypto/mod.ts";
import { timeText, waits, whenText } from "./due.ts";
import { type Action, ACTIONS, type Proposal } from "./proposal.ts";
import type { ProposalRecord } from "./record.ts";
import { type ProposalRefused, refuse } from "./refusals.ts";
import type { Records } from "./running.ts";

export interface Withdrawal {
  readonly action: "withdraw";
  /** What it takes back; it waits. */
  readonly target: ProposalRecord;
}

/** Where a withdrawal's argument begins: it names no cell. */
const PLACE = "document octet 175";
const PENDING = "see `proposals --pending` for those that wait";

/** What a withdrawal names, if this node accepted it. */
export function targetOf(
  records: Records,
  { argument }: Proposal,
): ProposalRecord | undefined {
  return records.get(identityText(argument));
}

/** One of the signers must have a right to propose one of these. */
export function actionsFor(
  records: Records,
  proposal: Proposal,
): readonly Action[] {
  if (proposal.action !== "withdraw") return [proposal.action];
  const target = targetOf(records, proposal);
  // One that does not exist is refused as such, not for want of a right.
  if (target === undefined) return ACTIONS;
  return ["withdraw", target.bundle.proposal.action];
}

/** The withdrawal of a proposal that waits, or why there is none. */
export function waitingFor(
  records: Records,
  id: string,
  nowMs: bigint,
): Result.Result<Withdrawal, ProposalRefused> {
  const target = records.get(id);
  if (target === undefined) {
    const what = `no proposal ${id} was accepted here`;
    return Result.fail(refuse("no-such-proposal", PLACE, what, PENDING));
  }
  if (!waits(target)) {
    const what = `proposal ${id} is ${target.state}, and waits no more`;
    return Result.fail(refuse("not-waiting", PLACE, what, wayOut(target)));
  }
  const { expiryMs } = target.bundle.proposal;
  if (expiryMs <= nowMs) {
    const what = `proposal ${id} expired at ${timeText(expiryMs)}`;
    return Result.fail(
      refuse("not-waiting", PLACE, what, "it is void, there is nothing to do"),
    );
  }
  return Result.succeed({ action: "withdraw", target });
}

function wayOut({ state, bundle }: ProposalRecord): string {
  if (bundle.proposal.action === "withdraw") {
    return "propose anew what it took back";
  }
  const isDone = state === "executed" || state === "executing";
  return isDone
    ? "propose the change that undoes it"
    : "it has no effect, there is nothing to do";
}

/** `swap of rank at height 40`, for people. */
export function titleOf({ bundle: { proposal } }: ProposalRecord): string {
  const { action, cell, activation } = proposal;
  const title = cell === "" ? action : `${action} of ${cell}`;
  return `${title} ${whenText(activation)}`;
}
