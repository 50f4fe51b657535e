/**
 * Chooses the states of a power cut that are tried, in an order that a seed fixes.
 *
 * Where they are few, all are tried: every subset of whole changes, and each one
 * torn in two at every sector beside each subset of the others. Where they are many,
 * those at the ends (nothing, everything, all but one, one alone) come before ones
 * that are drawn sector by sector. No state is given twice.
 */
import { type Change, type Cut, type Part, withChanges } from "./medium.ts";

/** One state, and how it came about, in words. */
export interface CrashState {
  octets(): Uint8Array;
  how(): string;
}

type Parts = readonly Part[];

/** Longer changes are torn at some places only. */
const CUTS_MAX = 24;

/** With more changes pending not every subset is tried, but so many states. */
const PENDING_MAX = 4;
const STATES_MAX = 512;

const NONE: Part = () => false;
const ALL: Part = () => true;

/** At most so many states; every one, where a sound driver leaves few. */
export function* statesOf(
  cut: Cut,
  random: () => number,
  most: number | "every",
): Generator<CrashState> {
  const { durable, pending } = cut;
  const seen = new Set<string>();
  const limit = most === "every" ? STATES_MAX : most;
  const ways = most === "every" && pending.length <= PENDING_MAX
    ? everyWay(pending)
    : someWays(pending, random, limit);
  for (const parts of ways) {
    const key = keyOf(pending, parts);
    if (seen.has(key)) continue;
    seen.add(key);
    yield {
      octets: () => withChanges(durable, pending, parts),
      how: () => wordsOf(pending, parts),
    };
    if (seen.size === limit) return;
  }
}

function* everyWay(pending: readonly Change[]): Generator<Parts> {
  const subsets = 2 ** pending.length;
  for (let subset = 0; subset < subsets; subset++) {
    const whole = pending.map((_, i) => has(subset, i) ? ALL : NONE);
    yield whole;
    for (const [i, { sectors }] of pending.entries()) {
      if (!has(subset, i)) continue;
      for (const cut of cutsOf(sectors)) {
        yield whole.with(i, (sector) => sector < cut);
        yield whole.with(i, (sector) => sector >= cut);
      }
    }
  }
}

function* someWays(
  pending: readonly Change[],
  random: () => number,
  most: number,
): Generator<Parts> {
  yield pending.map(() => NONE);
  if (pending.length === 0) return;
  yield pending.map(() => ALL);
  yield pending.map(() => NONE).with(-1, ALL);
  yield pending.map(() => ALL).with(0, NONE);
  // Twice as often as states are wanted: some come out the same.
  for (let draw = 0; draw < 2 * most; draw++) {
    yield pending.map(({ sectors }): Part => {
      const fate = random();
      if (fate < 0.3) return ALL;
      if (fate < 0.6) return NONE;
      const there = Array.from({ length: sectors }, () => random() < 0.5);
      return (sector) => there[sector] === true;
    });
  }
}

/** Where a change is torn in two: at every sector, if they are not too many. */
function cutsOf(sectors: number): number[] {
  return sectors > CUTS_MAX
    ? [1, Math.floor(sectors / 2), sectors - 1]
    : Array.from({ length: sectors - 1 }, (_, i) => i + 1);
}

function has(subset: number, i: number): boolean {
  return Math.floor(subset / 2 ** i) % 2 === 1;
}

/** Which sectors of which change are there. */
function keyOf(pending: readonly Change[], parts: Parts): string {
  return pending.map(({ sectors }, i) => {
    const part = parts[i] ?? NONE;
    let bits = "";
    for (let sector = 0; sector < sectors; sector++) {
      bits += part(sector) ? "1" : "0";
    }
    return bits;
  }).join();
}

function wordsOf(pending: readonly Change[], parts: Parts): string {
  if (pending.length === 0) return "nothing was pending";
  const each = pending.map(({ act, sectors }, i) => {
    const part = parts[i];
    const count = Array.from({ length: sectors }, (_, sector) => sector)
      .filter((sector) => part?.(sector) === true).length;
    const place = act.kind === "resize" ? act.length : act.offset;
    return `${act.kind} ${place}: ${count} of ${sectors}`;
  });
  return `sectors that got there: ${each.join(", ")}`;
}
