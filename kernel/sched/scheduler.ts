/**
 * The epochs of one hart: heartbeats, reserved steps by earliest deadline,
 * then slack for whoever has more to do.
 *
 * All reservations of an epoch share its end as deadline, so earliest deadline
 * first means: hard before soft, then the shorter budget. Between two steps
 * the event loop has its turn, so a request waits for one step at most. Slack
 * is given only while nothing else wants the thread.
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

/** A turn of the event loop that took longer was used by somebody. */
const CROWDED_TURN_MS = 0.5;

/** The longest wait: heartbeats and restarts are looked at so often. */
const REST_MS_MAX = HEARTBEAT_MS / 4;

export class Scheduler {
  #wake: (() => void) | undefined;
  /** The epoch whose reservations have had their steps. */
  #reserved = -1;

  constructor(readonly duties: Duties) {}

  /** Ends a wait early: something has changed. */
  poke(): void {
    this.#wake?.();
  }

  /** Runs epochs until interrupted. */
  readonly run: Effect.Effect<never> = Effect.forever(
    Effect.gen({ self: this }, function* () {
      yield* this.duties.attend(this.duties.calls.now());
      const hungryAtMs = yield* this.#epoch;
      yield* this.#rest(hungryAtMs);
    }),
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
      for (const slot of this.#due()) {
        this.#step(slot, slot.spec.budgetMs);
        crowded = (yield* this.#turn) || crowded;
      }
    }
    let hungry = this.#due();
    while (hungry.length > 0 && !crowded && calls.now() < endMs) {
      for (const slot of hungry) {
        this.#step(slot, slot.spec.budgetMs || SLACK_STEP_MS);
        crowded = (yield* this.#turn) || crowded;
        if (crowded || calls.now() >= endMs) break;
      }
      hungry = this.#due();
    }
    return hungry.length > 0 ? endMs : undefined;
  });

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

  /** Waits until `untilMs`, or until a cell, a heartbeat or a poke is due. */
  readonly #rest = Effect.fnUntraced(
    function* (this: Scheduler, untilMs: number | undefined) {
      const now = this.duties.calls.now();
      const wakeAtMs = untilMs ?? this.duties.slots.reduce(
        (least, slot) => Math.min(least, wakeOf(slot)),
        Infinity,
      );
      if (wakeAtMs <= now) return;
      yield* Effect.raceFirst(
        Effect.sleep(Math.min(Math.max(wakeAtMs - now, 1), REST_MS_MAX)),
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

/** When a slot next needs the hart, heartbeats aside. */
function wakeOf(slot: Slot): number {
  if (slot.state === "restarting") return slot.restartAtMs;
  if (slot.state === "starting") return slot.heartbeatAtMs;
  return slot.serves && slot.current?.background !== undefined
    ? slot.wakeAtMs
    : Infinity;
}
