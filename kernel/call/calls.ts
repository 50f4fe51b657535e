/**
 * The one door into a cell: every call, step and lifecycle call goes through
 * `run`, which arms the deadline, keeps cells non-reentrant and tells a fault
 * to the supervisor. The caller learns a value, `refused` or `gone`.
 *
 * Deliberately absent: retries. Only the caller knows what is idempotent.
 */
import { CALL_DEPTH_MAX, CALL_MS_MIN, EPOCH_MS } from "../limits.ts";
import type { Slot } from "../cell/slot.ts";
import type { Fault, Generation, Ran } from "../cell/generation.ts";
import { DirectCalls } from "./direct_calls.ts";

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | {
    readonly ok: false;
    readonly absence: "refused" | "gone";
    readonly reason: string;
    readonly generation: number;
    /** Why it is gone. The kernel's own business: a caller never sees it. */
    readonly fault?: Fault;
  };

/** Told once per fault, before the caller learns `gone`. */
export type FaultListener = (
  slot: Slot,
  generation: Generation,
  fault: Fault,
  job: { readonly during: string; readonly forMs: number },
) => void;

export class Calls {
  /** Calls that do not come through `run`, because the engine makes them. */
  readonly direct = new DirectCalls();
  /** When somebody outside the cells last called one. Slack waits for quiet. */
  demandAtMs = -Infinity;
  #deadlineMs = Infinity;
  #depth = 0;

  constructor(
    readonly now: () => number,
    readonly onFault: FaultListener,
  ) {}

  /** Number of the epoch that `atMs` lies in. */
  epochOf(atMs: number): number {
    return Math.floor(atMs / EPOCH_MS);
  }

  /** Calls whatever generation fills the slot. */
  invoke<T>(
    slot: Slot,
    during: string,
    limitMs: number,
    job: (generation: Generation) => T,
  ): Outcome<T> {
    const generation = slot.current;
    if (generation === undefined) {
      return refused(0, slot.detail || `the cell is ${slot.state}`);
    }
    return this.run(slot, generation, during, limitMs, job);
  }

  /** Runs one job in one generation under the smaller of all deadlines. */
  run<T>(
    slot: Slot,
    generation: Generation,
    during: string,
    limitMs: number,
    job: (generation: Generation) => T,
  ): Outcome<T> {
    const startMs = this.now();
    const refusal = this.#refusal(generation, startMs);
    if (refusal !== undefined) return refused(generation.number, refusal);
    const outerMs = this.#deadlineMs;
    const allowedMs = Math.min(limitMs, this.#leftMs(startMs));
    this.#deadlineMs = startMs + allowedMs;
    this.#depth += 1;
    generation.busy = true;
    slot.calls += 1;
    let ran: Ran<T>;
    try {
      ran = generation.guard(allowedMs, job);
    } finally {
      generation.busy = false;
      this.#depth -= 1;
      this.#deadlineMs = outerMs;
    }
    const forMs = this.now() - startMs;
    slot.meter.add(this.epochOf(startMs), forMs);
    if (this.#depth === 0) this.direct.settle(this.epochOf(startMs));
    if (ran.ok) return ran;
    // Stopped because its caller had no more time: it broke no promise.
    const isCallers = ran.fault.kind === "deadline" && allowedMs < limitMs;
    const fault = isCallers ? { ...ran.fault, blameless: true } : ran.fault;
    this.onFault(slot, generation, fault, { during, forMs });
    return {
      ok: false,
      absence: "gone",
      reason: `${fault.kind}: ${fault.reason}`,
      generation: generation.number,
      fault,
    };
  }

  /** Calls that nest in each other now. */
  get depth(): number {
    return this.#depth + this.direct.depth;
  }

  /** What a direct call takes off the deadline, only the engine knows. */
  #leftMs(nowMs: number): number {
    return Math.min(this.#deadlineMs - nowMs, this.direct.leftMs);
  }

  #refusal(generation: Generation, nowMs: number): string | undefined {
    if (!generation.alive) return "its generation has ended";
    if (generation.busy) return "it is in a call already";
    if (this.depth >= CALL_DEPTH_MAX) {
      return `calls nest deeper than ${CALL_DEPTH_MAX}`;
    }
    const leftMs = this.#leftMs(nowMs);
    if (this.#depth > 0 && leftMs < CALL_MS_MIN) {
      return `${
        leftMs.toFixed(1)
      } ms of the deadline are left, it takes ${CALL_MS_MIN}`;
    }
    return undefined;
  }
}

function refused(generation: number, reason: string): Outcome<never> {
  return { ok: false, absence: "refused", reason, generation };
}
