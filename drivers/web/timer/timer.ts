/**
 * Monotonic time of the platform, in Deno and in browsers, with alarms over it.
 *
 * The clock is `performance.now`, which starts when the process or page does and
 * stands still while the machine sleeps. Its step is measured, not assumed:
 * browsers make it coarse for pages that are not isolated. Should it ever go
 * back, the timer stands still instead, and says so in `health`.
 *
 * Deliberately absent: waking anybody. Alarms are asked for.
 */
import { Alarms } from "../../../hal/alarms.ts";
import type { Condition } from "../../../hal/timer_contract.ts";

const STEPS = 16;
const LOOKS_MAX = 1_000_000;

/** Milliseconds, with a fraction. */
export type PlatformClock = () => number;

export interface WebTimerOptions {
  readonly alarmsMax?: number;
  readonly clock?: PlatformClock;
}

/** A timer over the platform's clock. */
export function webTimer(options: WebTimerOptions = {}): Alarms {
  const clock = options.clock ?? (() => performance.now());
  let last = 0n;
  let condition: Condition = { tag: "ok" };
  return new Alarms({
    resolution: stepOf(clock),
    ...(options.alarmsMax === undefined
      ? {}
      : { alarmsMax: options.alarmsMax }),
    now() {
      const now = microseconds(clock());
      if (now < last) {
        const val = `the platform's clock went back by ${last - now} us`;
        condition = { tag: "degraded", val };
      } else last = now;
      return last;
    },
    health: () => condition,
  });
}

/** The smallest step that the clock is seen to make, in whole microseconds. */
function stepOf(clock: PlatformClock): bigint {
  let least = Infinity;
  let last = clock();
  for (let look = 0, steps = 0; look < LOOKS_MAX && steps < STEPS; look++) {
    const now = clock();
    if (now <= last) continue;
    least = Math.min(least, now - last);
    last = now;
    steps++;
  }
  return least === Infinity
    ? 1n
    : BigInt(Math.max(1, Math.round(least * 1000)));
}

function microseconds(ms: number): bigint {
  return BigInt(Math.floor(ms * 1000));
}
