/**
 * A policy may want a signed report before a driver is put in place.
 *
 * A change that brings a component which exports a device contract then has to name
 * a report: a conformance suite passed, on exactly this component and contract, by
 * the word of a conformer whom the policy names, and not too old. What is not said
 * counts as not so.
 *
 * Deliberately absent: reading reports. Whoever has their format hands in how.
 */
import { Effect, Result } from "effect";
import { identityOf, identityText } from "../crypto/mod.ts";
import { deviceExports } from "./device_exports.ts";
import { CONFORMERS_MAX, REPORT_DAYS_MAX } from "./limits.ts";
import { ProposalRefused } from "./refusals.ts";

/** What a policy wants of drivers. */
export interface ReportRule {
  /** Identities' texts, ascending: whose word counts. */
  readonly conformers: readonly string[];
  /** How many days a report is good for; 0: however old. */
  readonly days: number;
}

/** What a report says, its signatures already found good. */
export interface ReportFacts {
  readonly signers: readonly string[];
  readonly passed: boolean;
  /** Such as `karyon:hal/block@0.1.0`. */
  readonly contract: string;
  /** Identity of the component that was tested; none if it does not say. */
  readonly component: string | undefined;
  /** When, in milliseconds since 1970; none if it does not say. */
  readonly atMs: number | undefined;
}

/** Fails with the reason where it is no report, or a signature is not good. */
export type ReadReport = (
  octets: Uint8Array,
) => Effect.Effect<ReportFacts, { readonly message: string }>;

const DAY_MS = 24 * 60 * 60 * 1000;
/** Clocks of others may be ahead by so much. */
const AHEAD_MS_MAX = 10 * 60 * 1000;
const FIX =
  "conform --driver DRIVER --attest FILE by a conformer of the policy, then propose --report FILE";

/** Why the rule cannot be; undefined if it can. */
export function ruleFault(
  { conformers, days }: ReportRule,
): string | undefined {
  if (conformers.length < 1 || conformers.length > CONFORMERS_MAX) {
    return `${conformers.length} conformers, 1 to ${CONFORMERS_MAX} allowed`;
  }
  if (conformers.some((id) => !/^01[0-9a-f]{64}$/.test(id))) {
    return "a conformer is the identity of a key, 66 digits";
  }
  if (new Set(conformers).size < conformers.length) {
    return "a conformer is listed twice";
  }
  const whole = Number.isInteger(days) && days >= 0 && days <= REPORT_DAYS_MAX;
  return whole ? undefined : `${days} days, 0 to ${REPORT_DAYS_MAX} allowed`;
}

interface Question {
  readonly rule: ReportRule | undefined;
  readonly read: ReadReport | undefined;
  readonly cell: string;
  readonly component: Uint8Array;
  /** None where the proposal names none. */
  readonly report: Uint8Array | undefined;
  readonly nowMs: bigint;
}

/** Refuses the change of a driver that the policy's rule does not let in. */
export const checkReport = Effect.fnUntraced(
  function* ({ rule, read, cell, component, report, nowMs }: Question) {
    if (rule === undefined || component.length === 0) return;
    const exported = deviceExports(component);
    if (Result.isFailure(exported)) {
      return yield* refuse(`what ${cell} exports cannot be read`);
    }
    const contracts = exported.success;
    if (contracts.length === 0) return;
    const what = `${cell} exports ${contracts.join(", ")}`;
    if (report === undefined) {
      return yield* refuse(`${what}, and names no signed report`, "document");
    }
    if (read === undefined) return yield* refuse("this node reads no reports");
    const facts = yield* Effect.result(read(report));
    if (Result.isFailure(facts)) return yield* refuse(facts.failure.message);
    const about = facts.success;
    const fault = reportFault({
      facts: about,
      rule,
      contracts,
      strange: strangeTo(component, about),
      nowMs: Number(nowMs),
    });
    if (fault !== undefined) return yield* refuse(`${what}; ${fault}`);
  },
);

/** Why a report is about no such component; undefined if it is. */
export function strangeTo(
  component: Uint8Array,
  { component: tested }: ReportFacts,
): string | undefined {
  const id = identityText(identityOf(component));
  return tested === id
    ? undefined
    : `its report is about ${tested ?? "no component"}, not ${id}`;
}

/** Why the rule does not count a report; undefined if it does. */
export function reportFault(
  { facts, rule, contracts, strange, nowMs }: {
    readonly facts: ReportFacts;
    readonly rule: ReportRule;
    readonly contracts: readonly string[];
    /** Why it is about something else than what is to run. */
    readonly strange: string | undefined;
    readonly nowMs: number;
  },
): string | undefined {
  const { conformers, days } = rule;
  const { signers, passed, contract, atMs } = facts;
  if (!signers.some((id) => conformers.includes(id))) {
    return `its report is signed by ${signers.join(", ")}, no conformer`;
  }
  if (strange !== undefined) return strange;
  const missing = contracts.find((name) => name !== contract);
  if (missing !== undefined) {
    return `its report is about ${contract}, not ${missing}`;
  }
  if (!passed) return "its report says that it did not pass";
  if (days === 0) return undefined;
  if (atMs === undefined) return "its report does not say when it was made";
  if (atMs > nowMs + AHEAD_MS_MAX) return "its report is from the future";
  return nowMs - atMs > days * DAY_MS
    ? `its report is older than ${days} days`
    : undefined;
}

function refuse(what: string, place = "report"): ProposalRefused {
  return new ProposalRefused({ rule: "no-report", place, what, fix: FIX });
}
