/**
 * What every driver of `karyon:hal/timer` must do. Names no implementation.
 *
 * Plan. Each case holds one promise of wit/hal/timer/timer.wit.
 * - behaviour (alarms.ts): control, never early, once is once, due, order, at
 *   most so many, periods without drift, lateness, names; (below) the clock,
 *   next-due, cancelling, limits, health, random operations against a model
 * - refusals: too short, too long, full, unknown; their order; no effect
 * - hostile: ends of types, a storm of refused operations
 *
 * Cases that need time to stand still are left out where it does not. Not here:
 * deadlines and concurrency, since nothing waits; recovery, since nothing lasts;
 * how late a ring is noticed, which is up to who asks.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Suite } from "../suite/case.ts";
import { ALARMS } from "./alarms.ts";
import {
  filled,
  refused,
  set,
  taken,
  type TimerCase,
  type TimerFixture,
} from "./case.ts";
import { againstModel } from "./model.ts";

const FAR = 3_600_000_000n;
const DAY = 86_400_000_000n;
const U64_MAX = 2n ** 64n - 1n;
const CLOCK_LOOKS = 2000;

const BEHAVIOUR: readonly TimerCase[] = [
  {
    group: "behaviour",
    claim: "the clock never goes back",
    promise: "timer.now",
    async run({ timer, pass }) {
      let last = timer.now();
      for (let i = 0; i < CLOCK_LOOKS; i++) {
        if (i % 500 === 0) await pass(100);
        const now = timer.now();
        ok(now >= last, `${now} after ${last}`);
        last = now;
      }
    },
  },
  {
    group: "behaviour",
    claim: "the clock counts microseconds that pass",
    promise: "timer.now",
    async run({ timer, pass }) {
      const before = timer.now();
      await pass(3000);
      ok(timer.now() - before >= 3000n, `only ${timer.now() - before}`);
    },
  },
  {
    group: "behaviour",
    claim: "the next one due is the earliest of all, or none",
    promise: "timer.next-due",
    async run({ timer, pass }) {
      strictEqual(timer.nextDue(), undefined);
      set(timer.setOnce(2n * FAR));
      const before = timer.now();
      const sooner = set(timer.setOnce(FAR));
      const next = timer.nextDue() ?? 0n;
      ok(next >= before + FAR && next <= timer.now() + FAR, `${next}`);
      timer.cancel(sooner);
      ok((timer.nextDue() ?? 0n) >= next + FAR - 1000n, "after a cancel");
      set(timer.setOnce(0n));
      await pass(100);
      ok((timer.nextDue() ?? U64_MAX) <= timer.now(), "what is due already");
      taken(timer);
      ok((timer.nextDue() ?? 0n) > timer.now(), "after it was taken");
    },
  },
  {
    group: "behaviour",
    claim: "a periodic alarm is due next after it was taken",
    promise: "timer.next-due",
    async run({ timer, pass }) {
      set(timer.setEvery(FAR));
      const first = timer.nextDue() ?? 0n;
      ok(first > timer.now());
      const short = set(timer.setEvery(2000n));
      await pass(2500);
      const [ring] = taken(timer);
      strictEqual(ring?.alarm, short);
      strictEqual(timer.nextDue(), (ring?.due ?? 0n) + 2000n);
    },
  },
  {
    group: "behaviour",
    claim: "a cancelled alarm rings no more, others do",
    promise: "timer.cancel",
    async run({ timer, pass }) {
      const [first, second, every] = [
        set(timer.setOnce(1000n)),
        set(timer.setOnce(1500n)),
        set(timer.setEvery(1000n)),
      ];
      strictEqual(timer.cancel(first).tag, "ok");
      strictEqual(timer.cancel(every).tag, "ok");
      await pass(3000);
      deepStrictEqual(taken(timer).map(({ alarm }) => alarm), [second]);
    },
  },
  {
    group: "behaviour",
    claim: "an alarm that is due already can still be cancelled",
    promise: "timer.cancel",
    async run({ timer, pass }) {
      const alarm = set(timer.setOnce(500n));
      await pass(1000);
      strictEqual(timer.cancel(alarm).tag, "ok");
      deepStrictEqual(taken(timer), []);
    },
  },
  {
    group: "behaviour",
    claim: "a periodic alarm can be cancelled after it rang",
    promise: "timer.cancel",
    async run({ timer, pass }) {
      const alarm = set(timer.setEvery(1000n));
      await pass(1500);
      strictEqual(taken(timer).length, 1);
      strictEqual(timer.cancel(alarm).tag, "ok");
      await pass(3000);
      deepStrictEqual(taken(timer), []);
    },
  },
  {
    group: "behaviour",
    claim: "the limits are what the contract allows, and constant",
    promise: "timer.describe",
    async run({ timer, pass }) {
      const before = { ...timer.describe() };
      ok(before.resolution >= 1n, "resolution");
      ok(before.reachMax >= DAY, "reach-max");
      ok(before.alarmsMax >= 16, "alarms-max");
      set(timer.setOnce(0n));
      timer.setEvery(0n);
      await pass(100);
      taken(timer);
      deepStrictEqual({ ...timer.describe() }, before);
    },
  },
  {
    group: "behaviour",
    claim: "as many alarms as the limit says can be set",
    promise: "limits.alarms-max",
    async run({ timer, pass }) {
      const names = filled(timer, 1000n);
      await pass(2000);
      deepStrictEqual(taken(timer).map(({ alarm }) => alarm), names);
    },
  },
  {
    group: "behaviour",
    claim: "an alarm may lie as far ahead as the limit says",
    promise: "limits.reach-max",
    run({ timer }) {
      const { reachMax } = timer.describe();
      set(timer.setOnce(reachMax));
      ok((timer.nextDue() ?? 0n) >= reachMax, "due too early");
      set(timer.setEvery(reachMax));
    },
  },
  {
    group: "behaviour",
    claim: "a device that works says so",
    promise: "timer.health",
    async run({ timer, pass }) {
      strictEqual(timer.health().tag, "ok");
      timer.setEvery(0n);
      timer.cancel(0n);
      await pass(100);
      strictEqual(timer.health().tag, "ok");
    },
  },
  {
    group: "behaviour",
    claim: "random operations agree with a plain model",
    promise: "timer",
    run: againstModel,
  },
];

const REFUSALS: readonly TimerCase[] = [
  {
    group: "refusals",
    claim: "refuses a period of nothing, or below the resolution, as too-short",
    promise: "refusal.too-short",
    run({ timer }) {
      refused(timer.setEvery(0n), "too-short");
      const { resolution } = timer.describe();
      refused(timer.setEvery(resolution - 1n), "too-short");
      set(timer.setEvery(resolution));
    },
  },
  ...([["setOnce", "an alarm"], ["setEvery", "a period"]] as const).map(
    ([set, what]): TimerCase => ({
      group: "refusals",
      claim: `refuses ${what} beyond reach-max as too-long`,
      promise: "refusal.too-long",
      run({ timer }) {
        const { reachMax } = timer.describe();
        for (const after of [reachMax + 1n, 2n ** 63n, U64_MAX]) {
          refused(timer[set](after), "too-long");
        }
        strictEqual(timer.nextDue(), undefined);
      },
    }),
  ),
  {
    group: "refusals",
    claim: "refuses one alarm too many as full, without effect",
    promise: "refusal.full",
    async run({ timer, pass }) {
      const names = filled(timer, 1000n);
      refused(timer.setOnce(0n), "full");
      refused(timer.setEvery(1000n), "full");
      await pass(2000);
      deepStrictEqual(taken(timer).map(({ alarm }) => alarm), names);
    },
  },
  {
    group: "refusals",
    claim: "has room again after a ring and after a cancel",
    promise: "refusal.full",
    run({ timer }) {
      const [first = 0n] = filled(timer, FAR);
      timer.cancel(first);
      set(timer.setOnce(0n));
      refused(timer.setOnce(0n), "full");
      strictEqual(taken(timer).length, 1);
      set(timer.setOnce(FAR));
      refused(timer.setOnce(FAR), "full");
    },
  },
  {
    group: "refusals",
    claim: "refuses to cancel what is not set as unknown",
    promise: "refusal.unknown",
    run({ timer }) {
      const alarm = set(timer.setOnce(FAR));
      for (const never of [0n, alarm + 1n, U64_MAX]) {
        refused(timer.cancel(never), "unknown");
      }
      strictEqual(timer.cancel(alarm).tag, "ok");
      refused(timer.cancel(alarm), "unknown");
      const rung = set(timer.setOnce(0n));
      strictEqual(taken(timer).length, 1);
      refused(timer.cancel(rung), "unknown");
    },
  },
  {
    group: "refusals",
    claim: "refusals are chosen in the order of the cases",
    promise: "refusal",
    run({ timer }) {
      filled(timer, FAR);
      refused(timer.setEvery(0n), "too-short");
      refused(timer.setEvery(U64_MAX), "too-long");
      refused(timer.setOnce(U64_MAX), "too-long");
      refused(timer.setOnce(0n), "full");
    },
  },
  {
    group: "hostile",
    claim: "a storm of refused operations changes nothing",
    promise: "refusal",
    run({ timer }) {
      const alarm = set(timer.setOnce(FAR));
      const next = timer.nextDue();
      for (let i = 0n; i < 2000n; i++) {
        timer.setEvery(0n);
        timer.setOnce(U64_MAX - i);
        timer.cancel(U64_MAX - i);
      }
      strictEqual(timer.nextDue(), next);
      deepStrictEqual(taken(timer), []);
      strictEqual(timer.cancel(alarm).tag, "ok");
    },
  },
  {
    group: "hostile",
    claim: "asking for the most that the type holds gives what there is",
    promise: "timer.take",
    run({ timer }) {
      set(timer.setOnce(0n));
      strictEqual(timer.take(2 ** 32 - 1).length, 1);
    },
  },
];

export const TIMER_SUITE: Suite<TimerFixture> = {
  contract: "timer",
  wit: "wit/hal/timer/timer.wit",
  about: "karyon:hal/timer@0.1.0: clock, alarms, periods, limits, refusals",
  cases: [...ALARMS, ...BEHAVIOUR, ...REFUSALS],
};
