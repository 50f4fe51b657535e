/** Timers that break one promise each; the suite has to notice every one. */
import { Alarms } from "../../../hal/alarms.ts";
import type { Ring, SetResult, Timer } from "../../../hal/timer_contract.ts";
import type { Mutant } from "../suite/mutation.ts";
import type { TimerFixture, TimerSubject } from "./case.ts";

/** A sound timer in virtual time. */
export const REFERENCE: TimerSubject = {
  contract: "timer",
  make() {
    let us = 1_000_000n;
    return {
      timer: new Alarms({
        now: () => us,
        resolution: 10n,
        alarmsMax: 40,
      }),
      virtual: true,
      pass: (more) => void (us += BigInt(more)),
      dispose() {},
    };
  },
};

type Wrong = (timer: Timer) => Partial<Timer>;

/** Changes what is taken. */
const rings =
  (change: (all: Ring[], timer: Timer) => Ring[]): Wrong => (timer) => ({
    take: (most) => change(timer.take(most), timer),
  });

const refusing = (
  from: string,
  to: SetResult,
): Wrong =>
(timer) => {
  const changed = (answer: SetResult): SetResult =>
    answer.tag === "err" && answer.val.tag === from ? to : answer;
  return {
    setOnce: (after) => changed(timer.setOnce(after)),
    setEvery: (period) => changed(timer.setEvery(period)),
  };
};

const err = (tag: "too-short" | "too-long" | "full" | "unknown") =>
  ({ tag: "err", val: { tag } }) as const;

const WRONGS: ReadonlyArray<readonly [string, string, Wrong]> = [
  ["rings half a millisecond early", "timer.take", (timer) => ({
    setOnce: (after) => timer.setOnce(after > 500n ? after - 500n : after),
  })],
  ["rings a microsecond early", "timer.take", (timer) => ({
    setOnce: (after) => timer.setOnce(after > 0n ? after - 1n : after),
  })],
  ["rings in seconds", "timer.set-once", (timer) => ({
    setOnce: (after) => {
      const { reachMax } = timer.describe();
      return timer.setOnce(after * 1000n > reachMax ? after : after * 1000n);
    },
  })],
  ["forgets an alarm that is due at once", "timer.set-once", (timer) => ({
    setOnce: (after) => timer.setOnce(after === 0n ? 1_000_000n : after),
  })],
  ["gives a ring again that was taken", "timer.take", (timer) => {
    let kept: Ring[] = [];
    return {
      take(most) {
        const before = kept;
        kept = timer.take(most);
        return [...before, ...kept].slice(0, most);
      },
    };
  }],
  ["drops what it does not give", "timer.take", (timer) => ({
    take: (most) => timer.take(65_536).slice(0, most),
  })],
  ["gives one ring more than asked", "timer.take", (timer) => ({
    take: (most) => timer.take(most + 1),
  })],
  [
    "gives rings in the order of setting",
    "timer.take",
    rings((all) => all.toSorted((a, b) => Number(a.alarm - b.alarm))),
  ],
  ["gives rings backwards", "timer.take", rings((all) => all.toReversed())],
  [
    "gives rings of one moment backwards",
    "timer.take",
    rings((all) =>
      all.toSorted((a, b) => Number(a.due - b.due || b.alarm - a.alarm))
    ),
  ],
  ["reads the most as a signed number", "timer.take", (timer) => ({
    take: (most) => timer.take(Math.max(0, most | 0)),
  })],
  [
    "says due when it is taken",
    "ring.due",
    rings((all, timer) => all.map((one) => ({ ...one, due: timer.now() }))),
  ],
  [
    "gives the oldest of several times",
    "ring.due",
    rings((all) =>
      all.map((one) =>
        one.times > 1n
          ? { ...one, due: one.due - (one.times - 1n) * 1000n }
          : one
      )
    ),
  ],
  [
    "always says that it was due once",
    "ring.times",
    rings((all) => all.map((one) => ({ ...one, times: 1n }))),
  ],
  [
    "says that once is no time",
    "ring.times",
    rings((all) => all.map((one) => ({ ...one, times: one.times - 1n }))),
  ],
  [
    "names every alarm one too high",
    "ring.alarm",
    rings((all) => all.map((one) => ({ ...one, alarm: one.alarm + 1n }))),
  ],
  ["rings a period only once", "timer.set-every", (timer) => ({
    setEvery(period) {
      const answer = timer.setEvery(period);
      if (answer.tag === "err") return answer;
      timer.cancel(answer.val);
      return timer.setOnce(period);
    },
  })],
  ["counts a period from when it was taken", "timer.set-every", (timer) => {
    const names = new Map<bigint, { own: bigint; period: bigint }>();
    return {
      setEvery(period) {
        const answer = timer.setEvery(period);
        if (answer.tag === "ok") {
          names.set(answer.val, { own: answer.val, period });
        }
        return answer;
      },
      take: (most) =>
        timer.take(most).map((ring) => {
          const entry = names.get(ring.alarm);
          if (entry === undefined) return ring;
          timer.cancel(ring.alarm);
          const anew = timer.setEvery(entry.period);
          if (anew.tag === "ok") names.set(anew.val, entry);
          return { ...ring, alarm: entry.own };
        }),
    };
  }],
  ["rings a period at once", "timer.set-every", (timer) => {
    let first: Ring[] = [];
    return {
      setEvery(period) {
        const answer = timer.setEvery(period);
        if (answer.tag === "ok") {
          first = [{ alarm: answer.val, due: timer.now(), times: 1n }];
        }
        return answer;
      },
      take(most) {
        const all = [...first, ...timer.take(most)];
        first = [];
        return all;
      },
    };
  }],
  ["gives names again", "timer.set-once", (timer) => ({
    setOnce(after) {
      const answer = timer.setOnce(after);
      return answer.tag === "ok" ? { tag: "ok", val: answer.val % 8n } : answer;
    },
  })],
  ["cancels in name only", "timer.cancel", () => ({
    cancel: () => ({ tag: "ok" }),
  })],
  ["cancels everything", "timer.cancel", (timer) => {
    const names: bigint[] = [];
    const kept = (answer: SetResult) => {
      if (answer.tag === "ok") names.push(answer.val);
      return answer;
    };
    return {
      setOnce: (after) => kept(timer.setOnce(after)),
      setEvery: (period) => kept(timer.setEvery(period)),
      cancel(alarm) {
        const done = timer.cancel(alarm);
        if (done.tag === "ok") names.forEach((name) => timer.cancel(name));
        return done;
      },
    };
  }],
  ["does not cancel what is due", "timer.cancel", (timer) => ({
    cancel: (alarm) =>
      (timer.nextDue() ?? timer.now() + 1n) <= timer.now()
        ? { tag: "ok" }
        : timer.cancel(alarm),
  })],
  ["cancels twice", "refusal.unknown", (timer) => ({
    cancel(alarm) {
      timer.cancel(alarm);
      return { tag: "ok" };
    },
  })],
  ["goes back now and then", "timer.now", (timer) => {
    let looks = 0;
    return { now: () => timer.now() - (++looks % 7 === 0 ? 50n : 0n) };
  }],
  ["stands still", "timer.now", (timer) => {
    const start = timer.now();
    return { now: () => start };
  }],
  ["counts milliseconds", "timer.now", (timer) => ({
    now: () => timer.now() / 1000n,
  })],
  ["says that nothing is due next", "timer.next-due", () => ({
    nextDue: () => undefined,
  })],
  ["says the time where nothing is due", "timer.next-due", (timer) => ({
    nextDue: () => timer.nextDue() ?? timer.now(),
  })],
  ["hides what is due already", "timer.next-due", (timer) => ({
    nextDue() {
      const next = timer.nextDue();
      return next !== undefined && next <= timer.now() ? undefined : next;
    },
  })],
  [
    "takes a period of nothing",
    "refusal.too-short",
    refusing("too-short", {
      tag: "ok",
      val: 999n,
    }),
  ],
  ["cuts what is too long", "refusal.too-long", (timer) => ({
    setOnce(after) {
      const { reachMax } = timer.describe();
      return timer.setOnce(after > reachMax ? reachMax : after);
    },
  })],
  ["reads a time as 63 bits", "refusal.too-long", (timer) => ({
    setOnce: (after) => timer.setOnce(BigInt.asUintN(63, after)),
  })],
  [
    "is too long where it is full",
    "refusal.full",
    refusing(
      "full",
      err("too-long"),
    ),
  ],
  ["makes room by dropping an alarm", "refusal.full", (timer) => {
    let oldest = 1n;
    return {
      setOnce(after) {
        const answer = timer.setOnce(after);
        if (answer.tag === "ok" || answer.val.tag !== "full") return answer;
        timer.cancel(oldest++);
        return timer.setOnce(after);
      },
    };
  }],
  ["has no room after a cancel", "refusal.full", (timer) => {
    let count = 0;
    return {
      setOnce(after) {
        if (count >= timer.describe().alarmsMax) return err("full");
        const answer = timer.setOnce(after);
        if (answer.tag === "ok") count++;
        return answer;
      },
    };
  }],
  ["holds one alarm fewer than it says", "limits.alarms-max", (timer) => ({
    describe: () => {
      const limits = timer.describe();
      return { ...limits, alarmsMax: limits.alarmsMax + 1 };
    },
  })],
  ["reaches less far than it says", "limits.reach-max", (timer) => ({
    setOnce: (after) =>
      after >= timer.describe().reachMax
        ? err("too-long")
        : timer.setOnce(after),
  })],
  ["looks for room first", "refusal", (timer) => {
    const full = () => {
      const probe = timer.setOnce(0n);
      if (probe.tag === "ok") timer.cancel(probe.val);
      return probe.tag === "err";
    };
    return {
      setOnce: (after) => full() ? err("full") : timer.setOnce(after),
      setEvery: (period) => full() ? err("full") : timer.setEvery(period),
    };
  }],
  ["has other limits later", "timer.describe", (timer) => {
    let asked = 0n;
    return {
      describe: () => {
        const limits = timer.describe();
        return { ...limits, reachMax: limits.reachMax - asked++ };
      },
    };
  }],
  ["is unwell after a refusal", "timer.health", (timer) => {
    let refused = false;
    return {
      setEvery(period) {
        const answer = timer.setEvery(period);
        refused ||= answer.tag === "err";
        return answer;
      },
      health: () =>
        refused ? { tag: "degraded", val: "asked" } : timer.health(),
    };
  }],
  ["loses a ring in a hundred", "timer", (timer) => {
    let taken = 0;
    return {
      take: (most) => timer.take(most).filter(() => ++taken % 100 !== 0),
    };
  }],
];

function wrap(fixture: TimerFixture, wrong: Wrong): TimerFixture {
  const { timer } = fixture;
  return {
    ...fixture,
    timer: {
      describe: () => timer.describe(),
      now: () => timer.now(),
      setOnce: (after) => timer.setOnce(after),
      setEvery: (period) => timer.setEvery(period),
      cancel: (alarm) => timer.cancel(alarm),
      take: (most) => timer.take(most),
      nextDue: () => timer.nextDue(),
      health: () => timer.health(),
      ...wrong(timer),
    },
  };
}

export const TIMER_MUTANTS: ReadonlyArray<Mutant<TimerFixture>> = WRONGS.map(
  ([name, breaks, wrong]) => ({
    name,
    breaks,
    wrap: (fixture) => wrap(fixture, wrong),
  }),
);
