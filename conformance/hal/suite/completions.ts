/** What contracts of submission and completion have in common for their suites. */
import { ok } from "node:assert/strict";

/** One request that has ended. */
export interface Ended<O> {
  readonly ticket: bigint;
  readonly outcome: O;
}

/** Waits for so many completions; each is given once, whatever their order. */
export function gather<O>(
  wait: (most: number) => readonly Ended<O>[],
  count: number,
): Map<bigint, O> {
  const all = new Map<bigint, O>();
  while (all.size < count) {
    const some = wait(count - all.size);
    ok(some.length > 0, `${all.size} of ${count} completed`);
    for (const { ticket, outcome } of some) {
      ok(!all.has(ticket), `${ticket} completed twice`);
      all.set(ticket, outcome);
    }
  }
  return all;
}
