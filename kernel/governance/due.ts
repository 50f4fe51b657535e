/**
 * When an accepted proposal takes effect, and in which order those that wait do.
 *
 * A time has come when the node's clock shows it; a height, when the node's
 * record has accepted so many signals. The order is total and the same in every
 * life of the node: times before heights, the smaller first, and of equal ones
 * the one that was accepted first.
 *
 * Deliberately absent: withdrawing a proposal that waits (withdrawal.ts).
 */
import type { Activation } from "./proposal.ts";
import type { ProposalRecord } from "./record.ts";

/** The moment at which a proposal is judged. */
export interface Moment {
  readonly nowMs: bigint;
  /** None while nobody can say it: then no height has come. */
  readonly height: bigint | undefined;
}

/** The last instant that a date can show. */
const DATE_MS_MAX = 8_640_000_000_000_000n;

export function hasCome(activation: Activation, moment: Moment): boolean {
  switch (activation.at) {
    case "once":
      return true;
    case "time":
      return activation.ms <= moment.nowMs;
    case "height":
      return moment.height !== undefined && activation.height <= moment.height;
  }
}

/** Accepted, and its time has not come. */
export function waits({ state }: ProposalRecord): boolean {
  return state === "scheduled";
}

/** Those that wait, in the order in which they have their turn. */
export function inTurn(
  records: Iterable<ProposalRecord>,
): readonly ProposalRecord[] {
  return [...records].filter(waits).sort((a, b) => {
    const [one, other] = [a, b].map(({ bundle }) => bundle.proposal.activation);
    return difference(rank(one), rank(other)) ||
      difference(value(one), value(other)) ||
      a.receivedMs - b.receivedMs;
  });
}

/** Those that wait and have their turn before one that is accepted now. */
export function before(
  records: Iterable<ProposalRecord>,
  activation: Activation,
): readonly ProposalRecord[] {
  return inTurn(records).filter(({ bundle }) => {
    const other = bundle.proposal.activation;
    // Which of a time and a height comes first is not known before.
    return other.at !== activation.at || value(other) <= value(activation);
  });
}

/** The least height that a proposal waits for. */
export function nextHeight(
  records: Iterable<ProposalRecord>,
): bigint | undefined {
  let least: bigint | undefined;
  for (const record of records) {
    const { activation } = record.bundle.proposal;
    if (!waits(record) || activation.at !== "height") continue;
    if (least === undefined || activation.height < least) {
      least = activation.height;
    }
  }
  return least;
}

/** `at once`, `at 2026-11-21T03:00:00.000Z`, `at height 4096`. */
export function whenText(activation: Activation): string {
  switch (activation.at) {
    case "once":
      return "at once";
    case "time":
      return `at ${timeText(activation.ms)}`;
    case "height":
      return `at height ${activation.height}`;
  }
}

/** A time of 64 bits may lie past what a calendar date can say. */
export function timeText(ms: bigint): string {
  return ms > DATE_MS_MAX ? `${ms} ms` : new Date(Number(ms)).toISOString();
}

function rank(activation: Activation | undefined): bigint {
  return activation?.at === "height" ? 1n : 0n;
}

function value(activation: Activation | undefined): bigint {
  if (activation?.at === "time") return activation.ms;
  return activation?.at === "height" ? activation.height : 0n;
}

function difference(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
