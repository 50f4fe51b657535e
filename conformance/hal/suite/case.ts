/**
 * What a suite for drivers is: cases, each with the promise that it holds.
 *
 * A suite names no driver. A driver brings a `Subject`, which makes a fresh
 * fixture for every case; a case that the fixture cannot show is left out with
 * a reason, never silently.
 */

export const GROUPS = [
  "behaviour",
  "refusals",
  "concurrency",
  "deadlines",
  "recovery",
  "crashes",
  "hostile",
] as const;

export type Group = typeof GROUPS[number];

/** What a case is given beside the fixture. */
export interface Trial {
  /** All chance in a case comes from it. */
  readonly seed: number;
}

export interface Fixture {
  /** Gives everything back, also after a failure. */
  dispose(): void | Promise<void>;
}

export interface Case<F extends Fixture> {
  readonly group: Group;
  /** What the driver must do. */
  readonly claim: string;
  /** The item of the contract that promises it, such as `block.write`. */
  readonly promise: string;
  run(fixture: F, trial: Trial): void | Promise<void>;
}

/** A measured quantity of one driver; shown, never judged. */
export interface Measure {
  readonly what: string;
  readonly operations: number;
  readonly p50_us: number;
  readonly p99_us: number;
  readonly max_us: number;
  /** Octets moved by one operation; 0 where it moves none. */
  readonly octets: number;
}

export interface Suite<F extends Fixture> {
  readonly contract: string;
  /** The contract's file, from the project's folder. */
  readonly wit: string;
  readonly about: string;
  readonly cases: ReadonlyArray<Case<F>>;
  /** Measures a fresh fixture with a clock of microseconds. */
  profile?(fixture: F, nowUs: () => number): Measure[] | Promise<Measure[]>;
}

/** A driver as a suite wants it. */
export interface Subject<F extends Fixture> {
  readonly contract: string;
  make(): F | Promise<F>;
  /** Why the driver cannot run here; undefined where it can. */
  absent?(): string | undefined | Promise<string | undefined>;
  /** Ends what fixtures share; called after the last one is given back. */
  end?(): void | Promise<void>;
}

/** Thrown by a case that this fixture cannot show; the message says why. */
export class LeftOut extends Error {
  override readonly name = "LeftOut";
}

/** `group/what-the-claim-says`; the same for ever unless the claim changes. */
export function caseId(each: { group: string; claim: string }): string {
  const slug = each.claim.toLowerCase().replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  return `${each.group}/${slug}`;
}
