/**
 * The epochs of one hart: heartbeats, reserved steps by earliest deadline,
 * then slack for whoever has more to do.
 *
 * All reservations of an epoch share its end as deadline, so earliest deadline
 * first means: hard before soft, then the shorter budget. Between two steps
 * the event loop has its turn, so a request waits for one step at most. Slack
 * goes to soft cells, up to the end of the epoch, and only while nothing else
 * wants the thread. While somebody calls from outside it is `BUSY_SLACK_MS` of
 * an epoch, so that requests are served fast and work still comes to its end.
 *
 * A hard cell has its reservation as soon as it is due, once in an epoch: before
 * a step, between two duties, and before whatever else is about to run on the hart
 * (`hardDue`). So it waits for one piece of somebody else's work at most, a slice,
 * a snapshot or a start, however many of them have come together.
 *
 * A soft step past its budget is parked, where the engine can, and goes on with
 * the cell's next reservation or slack. Elsewhere the engine stops a step that
 * overruns.
 */
import { Effect } from "effect";
import { background } from "../../wit/gen/kernel_background.ts";
import type { Progress } from "../../wit/gen/kernel_background.ts";
import { atBoundary, type Hart, isBlocked } from "../call/boundary.ts";
import type { Outcome } from "../call/calls.ts";
import { Job } from "../call/job.ts";
import type { Slot } from "../cell/slot.ts";
import {
  BUSY_SLACK_MS,
  CROWDED_TURN_MS,
  EPOCH_MS,
  IDLE_MS_MAX,
  QUIET_MS,
  REST_MS_MAX,
  SLACK_STEP_MS,
  STEP_GRACE_MS,
} from "../limits.ts";
import { passes } from "./passes.ts";

/** What the scheduler asks of its surroundings; its turns are the platform's. */
export interface Duties extends Hart {
  readonly slots: ReadonlyArray<Slot>;
  /** Heartbeats, restarts, checkpoints, probations that are due. */
  readonly attend: (
    nowMs: number,
    /** To be run behind each of them. */
    between: Effect.Effect<void>,
  ) => Effect.Effect<void>;
}

const STEP = "background.step";
/** Of a step for whose end somebody waits. */
const AT_ONCE = -Infinity;

export class Scheduler {
  #wake: (() => void) | undefined;
  /** Something has changed since the last rest began. */
  #isPoked = false;
  /** The epoch whose reservations have had their steps. */
  #reserved = -1;
  /** Epoch in which a hard cell last had its reservation. */
  readonly #served = new WeakMap<Slot, number>();
  #hasBegun = false;
  /** What is left of this epoch's slack while somebody calls from outside. */
  #busyLeftMs = 0;
  /** Cells whose step got the answer that it waited for. */
  readonly #answered = new Set<string>();

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
  readonly run: Effect.Effect<never> = passes(
    Effect.suspend(() => {
      this.#hasBegun = true;
      return this.#pass;
    }),
  );

  /** Ends in a rest. */
  readonly #pass = Effect.gen({ self: this }, function* () {
    this.#isPoked = false;
    yield* this.duties.attend(this.duties.calls.now(), this.#hardFirst);
    const hungryAtMs = yield* this.#epoch;
    yield* this.#rest(hungryAtMs);
  });

  /**
   * The rest of an epoch: reservations once, then slack while nobody else
   * wants the thread. Says when a cell still has more to do, if one has.
   */
  readonly #epoch = Effect.gen({ self: this }, function* () {
    const { calls } = this.duties;
    const epoch = calls.epochOf(calls.now());
    const endMs = (epoch + 1) * EPOCH_MS;
    let crowded = false;
    const isNew = epoch !== this.#reserved;
    this.#reserved = epoch;
    if (isNew) this.#busyLeftMs = BUSY_SLACK_MS;
    const reserving = this.#due().filter(({ spec }) => spec.budgetMs > 0);
    for (const slot of reserving) {
      const isHard = slot.spec.class === "hard";
      const isFirst = isHard ? this.#awaits(slot, calls.now()) : isNew;
      const leftMs = isFirst ? slot.spec.budgetMs : this.#restOf(slot, epoch);
      if (leftMs <= 0) continue;
      if (isHard) this.#served.set(slot, calls.epochOf(calls.now()));
      yield* this.#step(slot, leftMs);
      crowded = (yield* this.#turn) || crowded;
    }
    while (!crowded && this.#slackMs(endMs) > 0) {
      const hungry = this.#due().filter(({ spec }) => spec.class === "soft");
      let ran = false;
      for (const slot of hungry) {
        const leftMs = this.#slackMs(endMs);
        if (leftMs <= 0) break;
        const sliceMs = Math.min(slot.spec.budgetMs || SLACK_STEP_MS, leftMs);
        const beganMs = calls.now();
        ran = (yield* this.#step(slot, sliceMs)) || ran;
        this.#busyLeftMs -= calls.now() - beganMs;
        crowded = yield* this.#turn;
        if (crowded) break;
      }
      if (!ran) break;
    }
    return this.#due().length > 0 ? endMs : undefined;
  });

  /**
   * Hard cells that are due, at once; for who is about to do anything else on the
   * hart, where others may come between. One that would meet a parked job waits
   * for its epoch.
   */
  readonly hardDue = (): void => {
    for (const slot of this.duties.slots) {
      if (slot.spec.class !== "hard" || !this.#hasBegun) continue;
      const nowMs = this.duties.calls.now();
      if (!this.#awaits(slot, nowMs) || isBlocked(this.duties, slot)) continue;
      this.#served.set(slot, this.duties.calls.epochOf(nowMs));
      this.#plainStep(slot, slot.spec.budgetMs);
    }
  };

  /** The same between two duties; what stands in their way is driven. */
  readonly #hardFirst = Effect.gen({ self: this }, function* () {
    const { calls } = this.duties;
    for (const slot of this.#due()) {
      const nowMs = calls.now();
      if (!this.#awaits(slot, nowMs)) continue;
      this.#served.set(slot, calls.epochOf(nowMs));
      yield* this.#step(slot, slot.spec.budgetMs);
    }
  });

  /** Whether a hard cell is due and had no reservation in this epoch yet. */
  #awaits(slot: Slot, nowMs: number): boolean {
    const { spec, wakeAtMs } = slot;
    return spec.class === "hard" && spec.budgetMs > 0 && wakeAtMs <= nowMs &&
      hasBackground(slot) &&
      this.#served.get(slot) !== this.duties.calls.epochOf(nowMs);
  }

  /** Of its reservation, for a step that had to wait for another hart. */
  #restOf({ spec, meter, name }: Slot, epoch: number): number {
    if (!this.#answered.delete(name)) return 0;
    return spec.budgetMs - meter.usedMs(epoch);
  }

  /** Slack until `endMs`; little of it between the parts of a request. */
  #slackMs(endMs: number): number {
    const { calls } = this.duties;
    const nowMs = calls.now();
    const isQuiet = nowMs - calls.demandAtMs >= QUIET_MS;
    return Math.min(endMs - nowMs, isQuiet ? Infinity : this.#busyLeftMs);
  }

  /** Lets the event loop have its turn; true if somebody used it. */
  readonly #turn = Effect.gen({ self: this }, function* () {
    const { calls, turn } = this.duties;
    const beganMs = calls.now();
    yield* Effect.promise(turn);
    const isCrowded = calls.now() - beganMs > CROWDED_TURN_MS;
    this.hardDue();
    return isCrowded;
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

  /**
   * Begins or goes on with a cell's step; false if it could not. An event
   * between two steps may have ended the cell: it is looked at anew.
   */
  readonly #step = Effect.fnUntraced(
    function* (this: Scheduler, slot: Slot, budgetMs: number) {
      const { calls } = this.duties;
      if (!hasBackground(slot)) return false;
      const own = calls.jobs.get(slot);
      if (own === undefined && isBlocked(this.duties, slot)) {
        const isFree = yield* atBoundary(this.duties, slot, budgetMs);
        if (!isFree || !hasBackground(slot)) return false;
      }
      if (own !== undefined && isBlocked(this.duties, slot, own)) return false;
      if (own?.waits !== undefined) return false;
      const job = own ?? this.#begin(slot);
      if (job === undefined) return this.#plainStep(slot, budgetMs);
      if (!(job instanceof Job) || job.parts.during !== STEP) return false;
      if (slot.yieldAtMs !== AT_ONCE) slot.yieldAtMs = calls.now() + budgetMs;
      yield* Effect.promise(() => job.running ?? job.run(budgetMs));
      void job.waits?.then(() => {
        this.#answered.add(slot.name);
        this.poke();
      });
      return true;
    },
  ).bind(this);

  /** A step that may be parked, if it may. */
  #begin(slot: Slot): Job<Progress> | Outcome<never> | undefined {
    if (slot.spec.class === "hard") return undefined;
    const what = { binding: background, method: "step" } as const;
    return this.duties.calls.begin(slot, what, [], {
      during: STEP,
      limitMs: slot.spec.stepMs,
      ended: (outcome) => this.#stepped(slot, outcome),
      awaited: () => {
        slot.yieldAtMs = AT_ONCE;
      },
    });
  }

  #plainStep(slot: Slot, budgetMs: number): boolean {
    const { calls } = this.duties;
    const hard = slot.spec.class === "hard";
    const dueMs = slot.wakeAtMs;
    slot.yieldAtMs = calls.now() + budgetMs;
    const stepped = calls.invoke(
      slot,
      STEP,
      budgetMs + (hard ? 0 : STEP_GRACE_MS),
      ({ background }) => background?.step(),
    );
    // Due in one epoch, it has its reservation in the next at the latest.
    const lastMs = (calls.epochOf(dueMs) + 2) * EPOCH_MS;
    const lateMs = calls.now() - lastMs;
    if (hard && lateMs > 0) slot.meter.miss(lateMs);
    this.#stepped(slot, stepped);
    return true;
  }

  /** What the cell wants next. */
  #stepped(slot: Slot, stepped: Outcome<Progress | undefined>): void {
    slot.yieldAtMs = Infinity;
    if (!stepped.ok || stepped.value === undefined) return;
    const nowMs = this.duties.calls.now();
    slot.wakeAtMs = stepped.value.tag === "idle"
      ? nowMs + Math.min(Math.max(stepped.value.val, 1), IDLE_MS_MAX)
      : nowMs;
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
