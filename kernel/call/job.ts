/**
 * A job that is parked when its slice is over, and goes on in the next.
 *
 * Its limits are in processor time that it was given, so they are the same in
 * simulated time: a slice that ends in a park has used what it was given.
 *
 * Deliberately absent: when a slice runs. That is its driver's business: the
 * scheduler, or who waits for the cell.
 */
import type { Generation } from "../cell/generation.ts";
import type { Slot } from "../cell/slot.ts";
import {
  CellTrap,
  type Guarded,
  type ParkableCall,
  type Slice,
} from "../engine/engine.ts";
import { must, SLACK_STEP_MS } from "../limits.ts";
import type { Calls, Context, Outcome } from "./calls.ts";

/** A call of another cell that the job waits for. */
export interface Nested {
  /** Time that it may still be given. */
  leftMs: number;
  readonly limitMs: number;
  readonly cancel: (reason: CellTrap) => void;
}

export interface JobParts<T> {
  readonly calls: Calls;
  readonly slot: Slot;
  readonly generation: Generation;
  readonly during: string;
  /** Processor time that it may be given in all. */
  readonly limitMs: number;
  /** Told at once when it is over, whoever drove it. */
  ended?(outcome: Outcome<T>): void;
  /** Told when somebody waits for its cell. */
  awaited?(): void;
  readonly origin?: Origin;
}

/** Whence a job comes that cells of other harts called for. */
export interface Origin {
  /** Cells whose calls led to it, outermost first. */
  readonly path: ReadonlyArray<string>;
  /** When whoever waits for it stops caring. */
  readonly endMs: number;
  /** Somebody outside of the cells waits for it. */
  readonly isDemanded: boolean;
}

/** How urgent it is to somebody. */
export type Urgency = Pick<Origin, "endMs" | "isDemanded">;

/** Of a job that began by itself on this hart. */
export const FROM_HERE: Origin = {
  path: [],
  endMs: Infinity,
  isDemanded: false,
};

export class Job<T> {
  /** Calls of other cells, outermost first. */
  readonly nested = new Set<Nested>();
  /** Names of the cells of this hart that it is in, outermost first. */
  readonly cells: string[];
  readonly context: Context;
  readonly parts: JobParts<T>;
  readonly origin: Origin;
  /** Resolves when an answer from elsewhere is there that it waits for. */
  waits: Promise<void> | undefined;
  /** Hands on the urgency of who waits for it to who answers it. */
  hurry: ((who: Urgency) => void) | undefined;
  /** The slice that is under way. */
  running: Promise<unknown> | undefined;
  /** Set once it is over. */
  outcome: Outcome<T> | undefined;
  #leftMs: number;
  #usedMs = 0;
  /** When its code began to run, if it runs. */
  #beganMs: number | undefined;
  #call: ParkableCall<T> | undefined;

  constructor(parts: JobParts<T>) {
    this.parts = parts;
    this.origin = parts.origin ?? FROM_HERE;
    this.cells = [parts.slot.name];
    const depth = 1 + this.origin.path.length;
    this.context = { deadlineMs: Infinity, depth, job: this };
    this.#leftMs = parts.limitMs;
  }

  /** Time in which its code ran until now, nested calls included. */
  get usedMs(): number {
    const beganMs = this.#beganMs;
    const nowMs = beganMs === undefined ? 0 : this.parts.calls.now();
    return this.#usedMs + nowMs - (beganMs ?? 0);
  }

  /** What it runs; to be given once, before the first slice. */
  begin(call: ParkableCall<T>): this {
    must(this.#call === undefined, "a job has one call");
    this.#call = call;
    return this;
  }

  /** Told by the engine when its code begins and ends to run. */
  readonly watch = (isRunning: boolean): void => {
    const { calls } = this.parts;
    const nowMs = calls.now();
    if (isRunning) {
      this.#beganMs = nowMs;
      this.context.deadlineMs = nowMs + this.#leftMs;
      calls.context = this.context;
      return;
    }
    this.#usedMs += nowMs - (this.#beganMs ?? nowMs);
    this.#beganMs = undefined;
    calls.context = undefined;
  };

  /** It has waited too long: its next slice ends it. */
  expire(): void {
    this.cancel(overdue(this.parts.limitMs));
  }

  /** Its next slice ends it. */
  cancel(reason: CellTrap): void {
    this.waits = undefined;
    this.#call?.cancel(reason);
  }

  /** Gives it a slice; afterwards it has an outcome or is parked. */
  run(sliceMs: number): Promise<void> {
    const call = this.#call;
    must(call !== undefined, "a job has a call");
    must(this.running === undefined, "one slice at a time");
    must(this.outcome === undefined, "a job ends once");
    must(this.waits === undefined, "who waits for an answer does not run");
    const { calls } = this.parts;
    const epoch = calls.epochOf(calls.now());
    const { usedMs } = this;
    const running = call.run(Math.min(sliceMs, this.#leftMs)).then((slice) => {
      this.running = undefined;
      this.#sliced(slice, call, sliceMs, { epoch, usedMs });
    });
    this.running = running;
    return running;
  }

  #sliced(
    slice: Slice<T>,
    call: ParkableCall<T>,
    sliceMs: number,
    before: { readonly epoch: number; readonly usedMs: number },
  ): void {
    const { calls, slot } = this.parts;
    slot.meter.use(before.epoch, this.usedMs - before.usedMs);
    calls.direct.book(before.epoch);
    if (slice.parked && slice.until !== undefined) {
      this.#waitFor(slice.until);
      return this.#charge(this.usedMs - before.usedMs, call);
    }
    if (slice.parked) {
      slot.meter.parks += 1;
      slot.meter.overran(this.usedMs - before.usedMs - sliceMs);
      return this.#charge(sliceMs, call);
    }
    this.outcome = this.#concluded(slice.guarded);
    this.parts.ended?.(this.outcome);
  }

  #waitFor(until: Promise<void>): void {
    const waits = until.then(() => {
      if (this.waits === waits) this.waits = undefined;
    });
    this.waits = waits;
  }

  /** Ends whatever has been given all its time: the outermost such call. */
  #charge(sliceMs: number, call: ParkableCall<T>): void {
    this.#leftMs -= sliceMs;
    for (const nested of this.nested) nested.leftMs -= sliceMs;
    if (this.#leftMs <= 0) {
      this.#leftMs = Math.max(sliceMs, SLACK_STEP_MS);
      this.waits = undefined;
      return call.cancel(overdue(this.parts.limitMs));
    }
    for (const nested of this.nested) {
      if (nested.leftMs > 0) continue;
      this.waits = undefined;
      return nested.cancel(overdue(nested.limitMs));
    }
  }

  #concluded(guarded: Guarded<T>): Outcome<T> {
    const { calls, slot, generation, during } = this.parts;
    calls.settle();
    calls.jobs.delete(slot);
    generation.busy = false;
    slot.meter.jobs.record(this.usedMs * 1_000);
    const ran = generation.concluded(guarded);
    if (ran.ok) return ran;
    // Stopped because its caller had no more time: it broke no promise.
    const isCallers = ran.fault.kind === "deadline" &&
      this.parts.limitMs < slot.spec.callMs && this.origin !== FROM_HERE;
    const fault = isCallers ? { ...ran.fault, blameless: true } : ran.fault;
    return calls.faulted(slot, generation, fault, {
      during,
      forMs: this.usedMs,
    });
  }
}

function overdue(limitMs: number): CellTrap {
  const message = `stopped at its deadline of at most ${limitMs} ms`;
  return new CellTrap("deadline", message, undefined);
}
