/** The ticker: it counts while a call runs, sleeps at rest, and can be stopped. */
import { ok, rejects, strictEqual } from "node:assert/strict";
import { startTickerThread } from "../host/ticker_thread.ts";
import { DEADLINE_TICKS_MAX, TICK_MS } from "./limits.ts";
import { type Countdown, Ticker, ticksOf } from "./ticker.ts";

/** Turns of the event loop until `isTrue`; the test runner bounds the wait. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function withTicker(
  body: (ticker: Ticker, countdown: Countdown) => Promise<void> | void,
): Promise<void> {
  const ticker = await Ticker.start(1, startTickerThread);
  try {
    await body(ticker, ticker.countdowns[0] as Countdown);
  } finally {
    await ticker.stop();
  }
}

Deno.test("ticker: a countdown runs out without the thread that waits", () =>
  withTicker((_ticker, countdown) => {
    const shortened = countdown.enter(ticksOf(5));
    while (countdown.ticksLeft > 0) {
      // A cell that spins looks like this from outside.
    }
    countdown.leave(shortened);
    strictEqual(countdown.ticksLeft, 0);
  }));

Deno.test("ticker: it sleeps at rest and counts again when woken", () =>
  withTicker(async (ticker, countdown) => {
    for (let round = 0; round < 3; round++) {
      await until(() => ticker.isAsleep);
      const shortened = countdown.enter(ticksOf(2));
      await until(() => countdown.ticksLeft <= 0);
      countdown.leave(shortened);
    }
  }));

Deno.test("ticker: a nested call shortens and gives back the rest", () =>
  withTicker((_ticker, countdown) => {
    const outer = countdown.enter(DEADLINE_TICKS_MAX);
    const inner = countdown.enter(ticksOf(3));
    ok(inner > 0 && countdown.ticksLeft <= ticksOf(3));
    while (countdown.ticksLeft > 0) {
      // Uses up the inner deadline.
    }
    const longer = countdown.enter(DEADLINE_TICKS_MAX);
    strictEqual(longer, 0, "a nested call cannot get more than is left");
    countdown.leave(longer);
    countdown.leave(inner);
    const left = countdown.ticksLeft;
    ok(left > 0 && left <= DEADLINE_TICKS_MAX - ticksOf(3));
    countdown.leave(outer);
    strictEqual(countdown.ticksLeft, 0);
  }));

Deno.test("ticker: it rejects when the thread does not start", () =>
  rejects(
    Ticker.start(1, () => Promise.reject(new Error("no threads left"))),
    /no threads left/,
  ));

Deno.test("ticker: every duration gives a deadline", () => {
  strictEqual(ticksOf(0), 1);
  strictEqual(ticksOf(1), 1 / TICK_MS + 1);
  strictEqual(ticksOf(0.2), 2);
  for (const long of [Infinity, 1e12]) {
    strictEqual(ticksOf(long), DEADLINE_TICKS_MAX);
  }
  for (const past of [-5, -Infinity, NaN]) strictEqual(ticksOf(past), 1);
});
