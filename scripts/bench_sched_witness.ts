/**
 * Overshoot of those slices and stops alone during which the machine let neither
 * of two threads wait long: the one that ran the cell, and the one that counts.
 *
 * Linux's own count says so (soak_witness.ts). What is left is the node's.
 */
import { Histogram } from "../kernel/sched/histogram.ts";
import type { Meter } from "../kernel/sched/meter.ts";
import { Witness } from "./soak_witness.ts";

/**
 * How long they may have waited in all. Not nothing: who sleeps half a millisecond
 * waits some hundredths whenever it wakes up, and a count is read every few of them.
 */
export const WAITED_MS_MAX = 0.5;
const JUDGE_MS = 20;

interface Overran {
  readonly fromMs: number;
  readonly toMs: number;
  readonly lateMs: number;
}

/** What was counted of one kind. */
export class Undisturbed {
  readonly overshoot = new Histogram();
  mostMs = 0;
  seen = 0;
  readonly #waiting: Overran[] = [];

  /** Looks at all that the meter is told; each lasted so long before it. */
  constructor(meters: readonly Meter[], eachMs: number) {
    for (const meter of meters) {
      const overran = meter.overran.bind(meter);
      meter.overran = (lateMs) => {
        overran(lateMs);
        const toMs = performance.now();
        this.#waiting.push({ fromMs: toMs - lateMs - eachMs, toMs, lateMs });
      };
    }
  }

  judge(witness: Witness): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || !witness.knows(next.toMs)) return;
      this.#waiting.shift();
      this.seen += 1;
      if (witness.takenMs(next) > WAITED_MS_MAX) continue;
      this.overshoot.record(next.lateMs * 1_000);
      this.mostMs = Math.max(this.mostMs, next.lateMs);
    }
  }
}

/** Judges until `end` is called; it rejects where the system does not tell. */
export async function watched(
  kinds: readonly Undisturbed[],
): Promise<{ readonly end: () => Promise<void> }> {
  const witness = new Witness();
  await witness.begin();
  if (!witness.isHere) {
    throw new Error("--witness needs Linux: /proc/PID/task/TID/schedstat");
  }
  const timer = setInterval(() => {
    for (const kind of kinds) kind.judge(witness);
  }, JUDGE_MS);
  return {
    end: async () => {
      clearInterval(timer);
      for (const kind of kinds) kind.judge(witness);
      await witness.end();
    },
  };
}
