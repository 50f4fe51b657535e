/**
 * Step boundaries: waiting until no job is in the middle of a cell.
 *
 * Who waits drives the job that stands in the way, on its own time, so a parked
 * job never keeps others waiting for its cell's next epoch (the waiting caller's
 * urgency is inherited; Sha, Rajkumar and Lehoczky, 1990), and a step is asked to
 * yield. A slice runs only
 * when nothing that its cell may call is in another job, so no call between
 * cells meets a parked one.
 */
import { Effect } from "effect";
import type { Slot } from "../cell/slot.ts";
import type { CellTrap } from "../engine/engine.ts";
import { JOBS_NESTED_MAX, SLACK_STEP_MS } from "../limits.ts";
import type { Calls } from "./calls.ts";
import type { Job, Urgency } from "./job.ts";

/** What driving jobs takes. */
export interface Hart {
  readonly calls: Calls;
  /** Lets the event loop have its turn, and then hard cells that are due. */
  readonly turn: () => Promise<void>;
  /** Hard cells that are due go first: to be asked where others may run. */
  readonly hardDue: () => void;
  /** A cell and all that it may call, directly or not. */
  readonly reach: (slot: Slot) => ReadonlySet<Slot>;
}

/** A job other than `own` in one of the cells. */
function inTheWay(
  { calls, reach }: Hart,
  cells: ReadonlySet<Slot>,
  own?: Job<unknown>,
): Job<unknown> | undefined {
  if (calls.jobs.size === 0) return undefined;
  for (const cell of cells) {
    const job = calls.jobs.get(cell);
    if (job !== undefined && job !== own) return job;
  }
  // One in the midst of a slice may call one of them next.
  for (const job of calls.jobs.values()) {
    if (job === own || job.running === undefined) continue;
    for (const cell of reach(job.parts.slot)) if (cells.has(cell)) return job;
  }
  return undefined;
}

/** Whether a slice of work in `slot` would meet another job. */
export function isBlocked(
  hart: Hart,
  slot: Slot,
  own?: Job<unknown>,
): boolean {
  return blockerOf(hart, slot, own) !== undefined;
}

/**
 * Gives a slice to a job, or to what stands in its way, for somebody who waits:
 * a step is asked to yield.
 */
export function drive(
  hart: Hart,
  job: Job<unknown>,
  sliceMs = SLACK_STEP_MS,
): Promise<unknown> {
  hart.hardDue();
  const next = firstOf(hart, job);
  next.parts.awaited?.();
  return next.waits ?? next.running ?? next.run(sliceMs);
}

/** The job that has to go on first so that `job` can. */
function firstOf(hart: Hart, job: Job<unknown>): Job<unknown> {
  let next = job;
  for (let depth = 0; depth < JOBS_NESTED_MAX; depth++) {
    const other = inTheWay(hart, hart.reach(next.parts.slot), next);
    // Cells that may call each other in a circle would wait for ever.
    if (other === undefined || other === job) break;
    next = other;
  }
  return next;
}

/**
 * What `job` waits for of other harts, itself or through who is in its way. They
 * learn how urgent it is to `who`, if somebody is named.
 */
export function waitsOf(
  hart: Hart,
  job: Job<unknown>,
  who?: Urgency,
): Promise<void> | undefined {
  const first = firstOf(hart, job);
  if (who !== undefined && first.waits !== undefined) {
    first.parts.awaited?.();
    first.hurry?.(who);
  }
  return first.waits;
}

/** What stands in the way of a slice of work in `slot`, if something does. */
export function blockerOf(
  hart: Hart,
  slot: Slot,
  own?: Job<unknown>,
): Job<unknown> | undefined {
  return inTheWay(hart, hart.reach(slot), own);
}

/**
 * Waits until no job is in the cell nor in what it may call; false if that took
 * longer than `limitMs`.
 */
export const atBoundary = Effect.fnUntraced(
  function* (hart: Hart, slot: Slot, limitMs: number, who?: Urgency) {
    const { calls, turn } = hart;
    const endMs = calls.now() + limitMs;
    const cells = hart.reach(slot);
    for (;;) {
      const job = inTheWay(hart, cells);
      if (job === undefined) return true;
      if (calls.now() >= endMs) return false;
      const waits = waitsOf(hart, job, who);
      if (waits !== undefined) yield* within(waits, endMs - calls.now());
      else yield* Effect.promise(() => drive(hart, job));
      yield* Effect.promise(turn);
    }
  },
);

/**
 * Ends what stands in the way of a cell, which has had its time. A job that is
 * given up unwinds in its next slice and calls nobody on the way.
 */
export const giveUp = Effect.fnUntraced(
  function* (hart: Hart, slot: Slot, reason: CellTrap) {
    const cells = hart.reach(slot);
    for (;;) {
      const job = inTheWay(hart, cells);
      if (job === undefined) return;
      job.cancel(reason);
      yield* Effect.promise(() => job.running ?? job.run(SLACK_STEP_MS));
      yield* Effect.promise(hart.turn);
    }
  },
);

/** Waits for an answer of another hart, but no longer than that. */
export function within(
  answer: Promise<void>,
  leftMs: number,
): Effect.Effect<void> {
  return Effect.raceFirst(
    Effect.promise(() => answer),
    Effect.sleep(Math.max(leftMs, 1)),
  );
}
