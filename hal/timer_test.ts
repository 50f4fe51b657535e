import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { Effect } from "effect";
import { TestClock } from "effect/testing";
import { Alarms } from "./alarms.ts";
import { within } from "./deadline.ts";
import { Timer, timerLayer, TimerRefused } from "./timer.ts";

const run = <A, E>(body: Effect.Effect<A, E, Timer>, driver: Alarms) =>
  Effect.runPromise(
    body.pipe(Effect.provide([timerLayer(driver), TestClock.layer()])),
  );

Deno.test("hal/timer: control, alarms and refusals come through", async () => {
  let us = 10n;
  const body = Effect.gen(function* () {
    const timer = yield* Timer;
    strictEqual(timer.limits.resolution, 1n);
    deepStrictEqual(yield* timer.health, { tag: "ok" });
    const once = yield* timer.setOnce(5n);
    const every = yield* timer.setEvery(3n);
    strictEqual(yield* timer.nextDue, 13n);
    us = 17n;
    strictEqual(yield* timer.now, 17n);
    deepStrictEqual(yield* timer.take(9), [
      { alarm: once, due: 15n, times: 1n },
      { alarm: every, due: 16n, times: 2n },
    ]);
    yield* timer.cancel(every);
    const gone = yield* Effect.flip(timer.cancel(every));
    ok(gone instanceof TimerRefused && gone.reason === "unknown");
    const none = yield* Effect.flip(timer.setEvery(0n));
    ok(none instanceof TimerRefused && none.operation === "set-every");
  });
  await run(within(100)(body), new Alarms({ now: () => us }));
});

Deno.test("hal/timer: past the deadline no alarm is set", async () => {
  const driver = new Alarms({ now: () => 0n });
  const body = Effect.gen(function* () {
    const timer = yield* Timer;
    yield* TestClock.adjust("100 millis");
    strictEqual((yield* Effect.flip(timer.setOnce(1n)))._tag, "TooLate");
  });
  await run(within(100)(body), driver);
  strictEqual(driver.nextDue(), undefined);
});

Deno.test("hal/alarms: limits that the contract forbids are refused", () => {
  const now = () => 0n;
  for (
    const wrong of [
      { resolution: 0n },
      { reachMax: 1n },
      { reachMax: 2n ** 63n },
      { alarmsMax: 15 },
      { alarmsMax: 16.5 },
    ]
  ) throws(() => new Alarms({ now, ...wrong }), RangeError);
});
