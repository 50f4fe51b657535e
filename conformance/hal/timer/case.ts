/** The timer that the timer suite's cases run on. */
import { ok } from "node:assert/strict";
import type { Ring, SetResult, Timer } from "../../../hal/timer_contract.ts";
import {
  type Case,
  type Fixture,
  LeftOut,
  type Subject,
} from "../suite/case.ts";

export interface TimerFixture extends Fixture {
  readonly timer: Timer;
  /** True where time moves only by `pass`, and exactly so far. */
  readonly virtual: boolean;
  /** Returns when at least so many microseconds of the timer are over. */
  pass(us: number): void | Promise<void>;
}

export type TimerCase = Case<TimerFixture>;
export type TimerSubject = Subject<TimerFixture>;

/** Leaves a case out where time cannot be held. */
export function needsVirtual({ virtual }: TimerFixture): void {
  if (!virtual) throw new LeftOut("time does not stand still here");
}

export function set(answer: SetResult): bigint {
  ok(
    answer.tag === "ok",
    answer.tag === "ok" ? "" : `was refused: ${answer.val.tag}`,
  );
  return answer.val;
}

export function refused(
  answer: SetResult | ReturnType<Timer["cancel"]>,
  reason: string,
): void {
  ok(answer.tag === "err", `was not refused; wants ${reason}`);
  ok(answer.val.tag === reason, `${answer.val.tag} in place of ${reason}`);
}

/** Everything that is due. */
export function taken(timer: Timer): Ring[] {
  return timer.take(65_536);
}

/** Sets alarms until the device is full; gives their names. */
export function filled(timer: Timer, after: bigint): bigint[] {
  const { alarmsMax } = timer.describe();
  return Array.from({ length: alarmsMax }, () => set(timer.setOnce(after)));
}
