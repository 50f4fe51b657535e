/**
 * What a run came to, for a person, a terminal and a build server.
 *
 * `TAP` lines come as cases end; JUnit and HTML are made of the whole report.
 */
import type { Measure } from "./case.ts";
import type { Promised } from "./promise.ts";
import { isRed, type Result } from "./run.ts";

export interface Report {
  readonly contract: string;
  readonly wit: string;
  readonly driver: string;
  /** Where it ran: platform, version, machine. */
  readonly platform: string;
  readonly seed: number;
  readonly results: ReadonlyArray<Result>;
  readonly profile: ReadonlyArray<Measure>;
  /** The contract's own words, by item. */
  readonly promises: ReadonlyMap<string, Promised>;
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly leftOut: number;
  readonly known: number;
}

export function totalsOf(results: ReadonlyArray<Result>): Totals {
  const count = (of: (result: Result) => boolean) => results.filter(of).length;
  return {
    passed: count(({ verdict }) => verdict === "passed"),
    failed: count(({ verdict }) => isRed(verdict)),
    leftOut: count(({ verdict }) => verdict === "left-out"),
    known: count(({ verdict }) => verdict === "known-failure"),
  };
}

/** `60 passed, 1 failed, 2 left out` */
export function totalsLine(totals: Totals): string {
  const { passed, failed, leftOut, known } = totals;
  return [
    `${passed} passed`,
    `${failed} failed`,
    ...(known === 0 ? [] : [`${known} known to fail`]),
    ...(leftOut === 0 ? [] : [`${leftOut} left out`]),
  ].join(", ");
}

/** The command that runs one case again as it ran here. */
export function commandOf(
  { contract, driver, seed }: Pick<Report, "contract" | "driver" | "seed">,
  { id }: Pick<Result, "id">,
): string {
  return `deno run kernel conform --contract ${contract} --driver ${
    quoted(driver)
  } --seed ${seed} --case ${id}`;
}

/** Where the promise stands: `wit/hal/block/block.wit:54, block.write`. */
export function placeOf(
  { wit, promises }: Pick<Report, "wit" | "promises">,
  promise: string,
): string {
  const line = promises.get(promise)?.line;
  return `${line === undefined ? wit : `${wit}:${line}`}, ${promise}`;
}

/** Why a red case is red, in one text. */
export function evidenceOf(result: Result): string {
  if (result.verdict === "unexpected-pass") {
    return `passed, but is expected to fail: ${result.reason ?? ""}`;
  }
  return result.evidence ?? "";
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", `'\\''`)}'`;
}
