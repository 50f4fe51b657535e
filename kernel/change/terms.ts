/**
 * A cell's class, budget and limits, changed while it runs.
 *
 * New terms are in force from the next epoch on: an epoch's reservations are
 * never a mixture of two admission tests.
 */
import { Effect } from "effect";
import { background } from "../../wit/gen/kernel_background.ts";
import type { Slot } from "../cell/slot.ts";
import {
  CALL_MS_MAX,
  EPOCH_MS,
  must,
  REST_MS_MAX,
  START_MS_MAX,
  STEP_MS_MAX,
} from "../limits.ts";
import type { Machine } from "../machine.ts";
import type { CellSpec } from "../manifest/system_file.ts";

/** What a change of budget may change; what is absent stays. */
export type Terms = Partial<
  Pick<CellSpec, "class" | "budgetMs" | "callMs" | "stepMs" | "startMs">
>;

const BOUNDS = {
  budgetMs: [0, EPOCH_MS],
  callMs: [1, CALL_MS_MAX],
  stepMs: [1, STEP_MS_MAX],
  startMs: [1, START_MS_MAX],
} as const;

/** Passes of the scheduler that are waited for. */
const LOOKS_MAX = 2 * Math.ceil(REST_MS_MAX / EPOCH_MS);
must(LOOKS_MAX * EPOCH_MS > REST_MS_MAX, "a pass comes while it is waited for");

/** Why the cell cannot have these terms, beside the admission test. */
export function termsFault(slot: Slot, next: CellSpec): string | undefined {
  for (const [name, [least, most]] of Object.entries(BOUNDS)) {
    const value = next[name as keyof typeof BOUNDS];
    if (!Number.isInteger(value) || value < least || value > most) {
      return `${name} ${value} is not a whole number from ${least} to ${most}`;
    }
  }
  const steps = slot.image?.compiled.exports.has(background.name) === true;
  return next.class === "hard" && next.budgetMs === 0 && steps
    ? `it exports ${background.name}: a hard cell must reserve time for it`
    : undefined;
}

/** Plans the terms, and waits until an epoch has begun with them. */
export const setTerms = Effect.fnUntraced(
  function* (machine: Machine, slot: Slot, terms: Terms) {
    const { calls, scheduler } = machine;
    slot.planned = {
      terms: { ...slot.planned?.terms, ...terms },
      afterEpoch: calls.epochOf(calls.now()),
    };
    for (let look = 0; slot.planned !== undefined; look += 1) {
      if (look === LOOKS_MAX) break;
      yield* Effect.sleep(EPOCH_MS);
      scheduler.poke();
    }
    const { class: kind, budgetMs, callMs, stepMs, startMs } = {
      ...slot.spec,
      ...slot.planned?.terms,
    };
    return {
      detail: `${slot.name} is ${kind} with ${budgetMs} ms per epoch, calls ` +
        `of ${callMs} ms, steps of ${stepMs} ms, a start of ${startMs} ms`,
      generation: undefined,
      pauseMs: undefined,
      probation: false,
    };
  },
  Effect.uninterruptible,
);

/** At the beginning of an epoch: what was planned in one before is in force. */
export function putInForce(machine: Machine, nowMs: number): void {
  const epoch = machine.calls.epochOf(nowMs);
  for (const slot of machine.slots) {
    const { planned } = slot;
    if (planned === undefined || planned.afterEpoch >= epoch) continue;
    slot.spec = { ...slot.spec, ...planned.terms };
    slot.planned = undefined;
  }
}
