/** Alarms that ring: when, how often, in which order. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { needsVirtual, set, taken, type TimerCase } from "./case.ts";

const group = "behaviour";
const MS = 1000n;
const FAR = 3_600_000_000n;

export const ALARMS: readonly TimerCase[] = [
  {
    group,
    claim: "control: an alarm rings after its time",
    promise: "timer.set-once",
    async run({ timer, pass }) {
      const alarm = set(timer.setOnce(2n * MS));
      await pass(3000);
      deepStrictEqual(taken(timer).map((one) => one.alarm), [alarm]);
    },
  },
  {
    group,
    claim: "an alarm after nothing is due at once",
    promise: "timer.set-once",
    run({ timer }) {
      const alarm = set(timer.setOnce(0n));
      deepStrictEqual(taken(timer).map((one) => one.alarm), [alarm]);
    },
  },
  {
    group,
    claim: "an alarm does not ring early",
    promise: "timer.take",
    async run(fixture) {
      const { timer } = fixture;
      set(timer.setOnce(FAR));
      set(timer.setEvery(FAR));
      deepStrictEqual(taken(timer), []);
      await fixture.pass(1000);
      deepStrictEqual(taken(timer), []);
      needsVirtual(fixture);
      await fixture.pass(Number(FAR) - 1001);
      deepStrictEqual(taken(timer), []);
      await fixture.pass(1);
      strictEqual(taken(timer).length, 2);
    },
  },
  {
    group,
    claim: "an alarm that rings once is taken once",
    promise: "timer.take",
    async run({ timer, pass }) {
      set(timer.setOnce(MS));
      await pass(2000);
      strictEqual(taken(timer).length, 1);
      deepStrictEqual(taken(timer), []);
      await pass(2000);
      deepStrictEqual(taken(timer), []);
    },
  },
  {
    group,
    claim: "an alarm is due at the time of setting and what was asked",
    promise: "ring.due",
    async run({ timer, pass }) {
      await pass(100);
      const before = timer.now();
      set(timer.setOnce(2n * MS));
      const after = timer.now();
      await pass(4000);
      const [ring] = taken(timer);
      ok(ring !== undefined, "no ring");
      const set_at = ring.due - 2n * MS;
      ok(set_at >= before && set_at <= after, `due at ${ring.due}`);
    },
  },
  {
    group,
    claim: "an alarm that rings once was due one time",
    promise: "ring.times",
    async run({ timer, pass }) {
      set(timer.setOnce(MS));
      await pass(5000);
      deepStrictEqual(taken(timer).map(({ times }) => times), [1n]);
    },
  },
  {
    group,
    claim: "a ring names the alarm that rang",
    promise: "ring.alarm",
    async run({ timer, pass }) {
      const names = [3n, 1n, 2n].map((ms) => set(timer.setOnce(ms * MS)));
      await pass(4000);
      const rung = taken(timer).map(({ alarm }) => alarm);
      deepStrictEqual(new Set(rung), new Set(names));
      strictEqual(rung.length, 3);
    },
  },
  {
    group,
    claim: "alarms ring in the order in which they are due",
    promise: "timer.take",
    async run({ timer, pass }) {
      const waits = [5n, 1n, 4n, 2n, 3n];
      for (const ms of waits) set(timer.setOnce(ms * MS));
      await pass(6000);
      const dues = taken(timer).map(({ due }) => due);
      strictEqual(dues.length, waits.length);
      deepStrictEqual(dues, dues.toSorted((a, b) => Number(a - b)));
    },
  },
  {
    group,
    claim: "alarms of one moment ring as they were set",
    promise: "timer.take",
    async run(fixture) {
      needsVirtual(fixture);
      const { timer } = fixture;
      const names = [0, 1, 2].map(() => set(timer.setOnce(MS)));
      names.push(set(timer.setEvery(MS)), set(timer.setOnce(MS)));
      await fixture.pass(1000);
      deepStrictEqual(taken(timer).map(({ alarm }) => alarm), names);
    },
  },
  {
    group,
    claim: "no more than asked are given, and the rest comes next time",
    promise: "timer.take",
    async run({ timer, pass }) {
      const names = [1n, 2n, 3n, 4n].map((ms) => set(timer.setOnce(ms * MS)));
      await pass(5000);
      deepStrictEqual(timer.take(0), []);
      const rung = [timer.take(1), timer.take(2), timer.take(2)];
      deepStrictEqual(rung.map((one) => one.length), [1, 2, 1]);
      const given = rung.flat().map(({ alarm }) => alarm);
      deepStrictEqual(new Set(given), new Set(names));
    },
  },
  {
    group,
    claim: "a periodic alarm rings first after one period",
    promise: "timer.set-every",
    async run(fixture) {
      const { timer } = fixture;
      const alarm = set(timer.setEvery(2n * MS));
      if (fixture.virtual) deepStrictEqual(taken(timer), []);
      await fixture.pass(2500);
      deepStrictEqual(taken(timer).map((one) => one.alarm), [alarm]);
    },
  },
  {
    group,
    claim: "a periodic alarm is due at whole periods from when it was set",
    promise: "timer.set-every",
    async run({ timer, pass }) {
      const period = 2n * MS;
      const before = timer.now();
      set(timer.setEvery(period));
      const after = timer.now();
      let times = 0n;
      for (const us of [2100, 3000, 4500, 2000, 100]) {
        await pass(us);
        for (const ring of taken(timer)) {
          times += ring.times;
          const set_at = ring.due - times * period;
          ok(set_at >= before && set_at <= after, `off by ${set_at - before}`);
          ok(ring.due <= timer.now(), "early");
        }
      }
      const due = (timer.now() - after) / period;
      ok(times >= due - 1n, `${times} times, ${due} were due`);
    },
  },
  {
    group,
    claim:
      "a periodic alarm that is late rings once and says how often it was due",
    promise: "ring.times",
    async run({ timer, pass }) {
      const alarm = set(timer.setEvery(MS));
      await pass(10_500);
      const rings = taken(timer);
      deepStrictEqual(rings.map((one) => one.alarm), [alarm]);
      ok((rings[0]?.times ?? 0n) >= 10n, `${rings[0]?.times} times`);
      const late = timer.now() - (rings[0]?.due ?? 0n);
      ok(late >= 0n, "due in the future");
    },
  },
  {
    group,
    claim: "of several times the newest is given",
    promise: "ring.due",
    async run(fixture) {
      needsVirtual(fixture);
      const { timer } = fixture;
      const begun = timer.now();
      set(timer.setEvery(MS));
      await fixture.pass(10_500);
      deepStrictEqual(taken(timer).map(({ due, times }) => [due, times]), [
        [begun + 10n * MS, 10n],
      ]);
    },
  },
  {
    group,
    claim: "names are never given again",
    promise: "timer.set-once",
    async run({ timer, pass }) {
      const names = new Set<bigint>();
      for (let i = 0; i < 50; i++) {
        const once = set(timer.setOnce(0n));
        const every = set(timer.setEvery(FAR));
        const cancelled = set(timer.setOnce(FAR));
        timer.cancel(cancelled);
        timer.cancel(every);
        taken(timer);
        for (const name of [once, every, cancelled]) names.add(name);
      }
      await pass(10);
      strictEqual(names.size, 150);
    },
  },
];
