/**
 * The epochs of one hart: heartbeats, reserved steps by earliest deadline,
 * then slack for whoever has more to do.
 *
 * All reservations of an epoch share its end as deadline, so earliest deadline
 * first means: hard before soft, then the shorter budget. Between two steps
 * the event loop has its turn, so a request waits for one step at most. Slack
 * goes to soft cells, up to the end of the epoch, and only while nothing else
 * wants the thread and nobody has called from outside for `QUIET_MS`.
 *
 * Deliberately absent: preemption. The engine stops a step that overruns.
 */
import { Effect } from "effect";
import type { Calls } from "../call/calls.ts";
import type { Slot } from "../cell/slot.ts";
import {
  CROWDED_TURN_MS,
  EPOCH_MS,
  IDLE_MS_MAX,
  QUIET_MS,
  REST_MS_MAX,
  SLACK_STEP_MS,
  STEP_GRACE_MS,
} from "../limits.ts";

/** What the scheduler asks of its surroundings. */
export interface Duties {
  readonly slots: ReadonlyArray<Slot>;
  readonly calls: Calls;
  readonly turn: () => Promise<void>;
  /** Heartbeats, restarts, checkpoints, probations that are due. */
  readonly attend: (nowMs: number) => Effect.Effect<void>;
}

export class Scheduler {
  #wake: (() => void) | undefined;
  /** Something has changed since the last rest began. */
  #isPoked = false;
  /** The epoch whose reservations have had their steps. */
  #reserved = -1;

  constructor(readonly duties: Duties) {}

  /**
   * Ends a wait early, or the next one if none is under way. Not at once: who
   * pokes may be inside of a cell's call, and waking runs the fiber right away.
   */
  poke(): void {
    if (this.#isPoked) return;
    this.#isPoked = true;
    void Promise.resolve().then(() => this.#wake?.());
  }

  /** Runs epochs until interrupted. */
  readonly run: Effect.Effect<never> = Effect.forever(
    Effect.gen({ self: this }, function* () {
      this.#isPoked = false;
      yield* this.duties.attend(this.duties.calls.now());
      const hungryAtMs = yield* this.#epoch;
      yield* this.#rest(hungryAtMs);
    }),
    // Every pass ends in a rest: the runtime need not add a turn of its own.
    { disableYield: true },
  );

  /**
   * The rest of an epoch: reservations once, then slack while nobody else
   * wants the thread. Says when a cell still has more to do, if one has.
   */
  readonly #epoch = Effect.gen({ self: this }, function* () {
    const { calls } = this.duties;
    const epoch = calls.epochOf(calls.now());
    const endMs = (epoch + 1) * EPOCH_MS;
    let crowded = false;
    if (epoch !== this.#reserved) {
      this.#reserved = epoch;
      const reserving = this.#due().filter(({ spec }) => spec.budgetMs > 0);
      for (const slot of reserving) {
        this.#step(slot, slot.spec.budgetMs);
        crowded = (yield* this.#turn) || crowded;
      }
    }
    while (!crowded && calls.now() < endMs && this.#isQuiet()) {
      const hungry = this.#due().filter(({ spec }) => spec.class === "soft");
      if (hungry.length === 0) break;
      for (const slot of hungry) {
        const leftMs = endMs - calls.now();
        if (leftMs <= 0) break;
        this.#step(
          slot,
          Math.min(slot.spec.budgetMs || SLACK_STEP_MS, leftMs),
        );
        crowded = yield* this.#turn;
        if (crowded) break;
      }
    }
    return this.#due().length > 0 ? endMs : undefined;
  });

  /** Between the parts of somebody's request no slack is given away. */
  #isQuiet(): boolean {
    const { calls } = this.duties;
    return calls.now() - calls.demandAtMs >= QUIET_MS;
  }

  /** Lets the event loop have its turn; true if somebody used it. */
  readonly #turn = Effect.gen({ self: this }, function* () {
    const { calls, turn } = this.duties;
    const beganMs = calls.now();
    yield* Effect.promise(turn);
    return calls.now() - beganMs > CROWDED_TURN_MS;
  });

  /** Cells whose background work is due, by earliest deadline. */
  #due(): Slot[] {
    const now = this.duties.calls.now();
    return this.duties.slots
      .filter((slot) => hasBackground(slot) && slot.wakeAtMs <= now)
      .sort((a, b) =>
        Number(b.spec.class === "hard") - Number(a.spec.class === "hard") ||
        a.spec.budgetMs - b.spec.budgetMs
      );
  }

  /** An event between two steps may have ended the cell: it is looked at anew. */
  #step(slot: Slot, budgetMs: number): void {
    const { calls } = this.duties;
    if (!hasBackground(slot)) return;
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
      ? calls.now() + Math.min(Math.max(stepped.value.val, 1), IDLE_MS_MAX)
      : 0;
  }

  /** Waits until `untilMs`, or until a cell, a restart or a poke is due. */
  readonly #rest = Effect.fnUntraced(
    function* (this: Scheduler, untilMs: number | undefined) {
      const now = this.duties.calls.now();
      const wakeAtMs = this.duties.slots.reduce(
        (least, slot) => Math.min(least, wakeOf(slot, untilMs)),
        now + REST_MS_MAX,
      );
      if (this.#isPoked || wakeAtMs <= now) {
        // Even a hart that never rests lets the event loop have its turn.
        return yield* Effect.promise(this.duties.turn);
      }
      yield* Effect.raceFirst(
        Effect.sleep(Math.max(wakeAtMs - now, 1)),
        Effect.callback<void>((resume) => {
          this.#wake = () => resume(Effect.void);
          return Effect.sync(() => {
            this.#wake = undefined;
          });
        }),
      );
    },
  ).bind(this);
}

function hasBackground(slot: Slot): boolean {
  return slot.serves && slot.current?.background !== undefined;
}

/** When a slot next needs the hart; `hungryMs` if it has work already. */
function wakeOf(slot: Slot, hungryMs: number | undefined): number {
  if (!slot.serves) return slot.restartAtMs;
  const stepMs = hasBackground(slot) ? slot.wakeAtMs : Infinity;
  return Math.min(
    Math.max(stepMs, hungryMs ?? 0),
    slot.heartbeatAtMs,
    slot.checkpointAtMs,
    slot.probationEndsMs,
  );
}
