/**
 * The timer contract as an Effect service, for whoever runs on fibers.
 *
 * Same promises as wit/hal/timer/timer.wit, plus a deadline: setting an alarm too
 * late is refused and has no effect. Asking is never too late.
 *
 * Deliberately absent: sleeping. Effect's own clock does that; who hosts a cell
 * sleeps until `nextDue`.
 */
import { Context, Effect, Layer, Schema } from "effect";
import { type Deadline, inTime, type TooLate } from "./deadline.ts";
import type {
  Condition,
  Limits,
  Refusal,
  Ring,
  Timer as TimerDriver,
} from "./timer_contract.ts";

/** The device said no; `reason` is a case of `refusal` in timer.wit. */
export class TimerRefused
  extends Schema.TaggedError<TimerRefused>()("TimerRefused", {
    operation: Schema.Literals(["set-once", "set-every", "cancel"]),
    reason: Schema.Literals(["too-short", "too-long", "full", "unknown"]),
  }) {}

/** What every operation with an effect is. */
export type TimerOperation<A> = Effect.Effect<
  A,
  TimerRefused | TooLate,
  Deadline
>;

/** The right to use one timer. */
export class Timer extends Context.Service<Timer, {
  readonly limits: Limits;
  readonly health: Effect.Effect<Condition>;
  readonly now: Effect.Effect<bigint>;
  readonly nextDue: Effect.Effect<bigint | undefined>;
  take(most: number): Effect.Effect<ReadonlyArray<Ring>>;
  setOnce(after: bigint): TimerOperation<bigint>;
  setEvery(period: bigint): TimerOperation<bigint>;
  cancel(alarm: bigint): TimerOperation<void>;
}>()("karyon/hal/Timer") {}

/** The service over a driver that stays the caller's. */
export function timerOver(driver: TimerDriver): Timer["Service"] {
  return {
    limits: driver.describe(),
    health: Effect.sync(() => driver.health()),
    now: Effect.sync(() => driver.now()),
    nextDue: Effect.sync(() => driver.nextDue()),
    take: (most) => Effect.sync(() => driver.take(most)),
    setOnce: (after) =>
      Effect.map(
        operation("set-once", () => driver.setOnce(after)),
        ({ val }) => val,
      ),
    setEvery: (period) =>
      Effect.map(
        operation("set-every", () => driver.setEvery(period)),
        ({ val }) => val,
      ),
    cancel: (alarm) =>
      Effect.asVoid(operation("cancel", () => driver.cancel(alarm))),
  };
}

/** `timerOver` as a layer. */
export function timerLayer(driver: TimerDriver): Layer.Layer<Timer> {
  return Layer.succeed(Timer, timerOver(driver));
}

function operation<Answer extends { readonly tag: "ok" }>(
  name: TimerRefused["operation"],
  act: () => Answer | { tag: "err"; val: Refusal },
): TimerOperation<Answer> {
  return Effect.gen(function* () {
    yield* inTime(`timer.${name}`);
    const answer = act();
    if (answer.tag === "ok") return answer;
    return yield* new TimerRefused({ operation: name, reason: answer.val.tag });
  });
}
