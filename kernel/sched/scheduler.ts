/**
 * The epochs of one hart: heartbeats, reserved steps by earliest deadline,
 * then slack for whoever has more to do.
 *
 * All reservations of an epoch share its end as deadline, so earliest deadline
 * first means: hard before soft, then the shorter budget. Between two steps
 * the event loop has its turn, so a request waits for one step at most.
 *
 * Deliberately absent: preemption. The engine stops a step that overruns.
 */
import { Effect } from "effect";
import type { Calls } from "../call/calls.ts";
import type { Slot } from "../cell/slot.ts";
import { EPOCH_MS, HEARTBEAT_MS, STEP_GRACE_MS } from "../limits.ts";

/** What the scheduler asks of its surroundings. */
export interface Duties {
  readonly slots: ReadonlyArray<Slot>;
  readonly calls: Calls;
  readonly turn: () => Promise<void>;
  /** Heartbeats, restarts, checkpoints, probations that are due. */
  readonly attend: (nowMs: number) => Effect.Effect<void>;
}

/** Budget of a step of a cell that reserved nothing: slack only. */
const SLACK_STEP_MS = 2;

export class Scheduler {
  #wake: (() => void) | undefined;

  constructor(readonly duties: Duties) {}

  /** Ends a wait early: something has changed. */
  poke(): void {
    this.#wake?.();
  }

  /** Runs epochs until interrupted. */
  readonly run: Effect.Effect<never> = Effect.forever(
    Effect.gen({ self: this }, function* () {
      yield* this.duties.attend(this.duties.calls.now());
      const busy = yield* this.#epoch;
      if (!busy) yield* this.#rest;
    }),
  );

  /** One epoch; true if a cell still has more to do. */
  readonly #epoch = Effect.gen({ self: this }, function* () {
    const { calls, turn } = this.duties;
    const endMs = (calls.epochOf(calls.now()) + 1) * EPOCH_MS;
    const yieldTurn = Effect.promise(turn);
    for (const slot of this.#due()) {
      this.#step(slot, slot.spec.budgetMs);
      yield* yieldTurn;
    }
    let hungry = this.#due();
    while (hungry.length > 0 && calls.now() < endMs) {
      for (const slot of hungry) {
        this.#step(slot, slot.spec.budgetMs || SLACK_STEP_MS);
        yield* yieldTurn;
        if (calls.now() >= endMs) break;
      }
      hungry = this.#due();
    }
    return hungry.length > 0;
  });

  /** Cells whose background work is due, by earliest deadline. */
  #due(): Slot[] {
    const now = this.duties.calls.now();
    return this.duties.slots
      .filter((slot) =>
        slot.serves && slot.current?.background !== undefined &&
        slot.wakeAtMs <= now
      )
      .sort((a, b) =>
        Number(b.spec.class === "hard") - Number(a.spec.class === "hard") ||
        a.spec.budgetMs - b.spec.budgetMs
      );
  }

  #step(slot: Slot, budgetMs: number): void {
    const { calls } = this.duties;
    if (!slot.serves || slot.current?.busy === true) return;
    const hard = slot.spec.class === "hard";
    slot.yieldAtMs = calls.now() + budgetMs;
    const limitMs = budgetMs + (hard ? 0 : STEP_GRACE_MS);
    const stepped = calls.invoke(
      slot,
      "background.step",
      limitMs,
      ({ background }) => background?.step(),
    );
    slot.yieldAtMs = Infinity;
    if (!stepped.ok || stepped.value === undefined) return;
    slot.wakeAtMs = stepped.value.tag === "idle"
      ? calls.now() + Math.min(Math.max(stepped.value.val, 1), 60_000)
      : 0;
  }

  /** Waits until a cell, a heartbeat or a poke wants the hart. */
  readonly #rest = Effect.gen({ self: this }, function* () {
    const now = this.duties.calls.now();
    const wakeAtMs = this.duties.slots.reduce(
      (least, slot) => Math.min(least, wakeOf(slot)),
      Infinity,
    );
    const waitMs = Math.min(Math.max(wakeAtMs - now, 1), HEARTBEAT_MS / 4);
    yield* Effect.raceFirst(
      Effect.sleep(waitMs),
      Effect.callback<void>((resume) => {
        this.#wake = () => resume(Effect.void);
        return Effect.sync(() => {
          this.#wake = undefined;
        });
      }),
    );
  });
}

/** When a slot next needs the hart, heartbeats aside. */
function wakeOf(slot: Slot): number {
  if (slot.state === "restarting") return slot.restartAtMs;
  if (slot.state === "starting") return slot.heartbeatAtMs;
  return slot.serves && slot.current?.background !== undefined
    ? slot.wakeAtMs
    : Infinity;
}
