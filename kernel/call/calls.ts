/**
 * The one door into a cell: every call, step and lifecycle call goes through
 * `run`, which arms the deadline, keeps cells non-reentrant and tells a fault
 * to the supervisor. The caller learns a value, `refused` or `gone`.
 *
 * `begin` and `join` are the same door for jobs that may be parked (job.ts) and
 * for the calls that such a job makes.
 *
 * Deliberately absent: retries. Only the caller knows what is idempotent.
 */
import { CALL_DEPTH_MAX, CALL_MS_MIN, EPOCH_MS } from "../limits.ts";
import type { Slot } from "../cell/slot.ts";
import type { Fault, Generation, Ran } from "../cell/generation.ts";
import type { AnswerOf, ArgumentsOf, Exported } from "../engine/engine.ts";
import { DirectCalls } from "./direct_calls.ts";
import { Job, type Nested, type Origin } from "./job.ts";
import type { Span, Trace } from "./trace.ts";

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

/** What bounds the calls of whoever runs. */
export interface Context {
  deadlineMs: number;
  depth: number;
  /** Set while a job runs that may be parked. */
  readonly job?: Job<unknown> | undefined;
  /** Under which the calls of whoever runs are traced. */
  span?: Span | undefined;
}

/** What a job is called, and its bounds. */
export interface JobHow<T> {
  readonly during: string;
  /** Processor time that it may be given in all. */
  readonly limitMs: number;
  ended?(outcome: Outcome<T>): void;
  /** Told when somebody waits for its cell. */
  awaited?(): void;
  /** Set where it was called for from another hart, or from outside. */
  readonly origin?: Origin;
}

/** Who makes a call to another hart, and what goes with it. */
export interface Leaving {
  readonly job: Job<unknown>;
  readonly origin: Origin;
}

export class Calls {
  /** Calls that do not come through `run`, because the engine makes them. */
  readonly direct = new DirectCalls();
  /** When somebody outside the cells last called one. Slack waits for quiet. */
  demandAtMs = -Infinity;
  /** Cells that are in a job which may be parked, and that job. */
  readonly jobs = new Map<Slot, Job<unknown>>();
  /** Draws spans of calls, if somebody does. */
  trace: Trace | undefined;
  readonly #root: Context = { deadlineMs: Infinity, depth: 0 };
  #context = this.#root;

  constructor(
    readonly now: () => number,
    readonly onFault: FaultListener,
    /** The engine's: ends what is only known to have ended later. */
    readonly settle: () => void = () => {},
  ) {}

  get running(): Context {
    return this.#context;
  }

  /** Whose code runs now; without a context it is nobody's job. */
  set context(context: Context | undefined) {
    this.#context = context ?? this.#root;
  }

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
    endMs = Infinity,
  ): Outcome<T> {
    const generation = slot.current;
    if (generation === undefined) return absent(slot);
    return this.run(slot, generation, during, limitMs, job, endMs);
  }

  /**
   * Runs one job in one generation under the smaller of all deadlines; `endMs`
   * is that of a caller on another hart.
   */
  run<T>(
    slot: Slot,
    generation: Generation,
    during: string,
    limitMs: number,
    job: (generation: Generation) => T,
    endMs = Infinity,
  ): Outcome<T> {
    this.settle();
    const startMs = this.now();
    const refusal = this.#refusal(slot, generation, startMs);
    if (refusal !== undefined) return refused(generation.number, refusal);
    const context = this.#context;
    const outerMs = context.deadlineMs;
    const callersMs = Math.min(this.#leftMs(startMs), endMs - startMs);
    const allowedMs = Math.min(limitMs, callersMs);
    context.deadlineMs = startMs + allowedMs;
    context.depth += 1;
    generation.busy = true;
    slot.calls += 1;
    let ran: Ran<T>;
    try {
      ran = generation.guard(allowedMs, job);
    } finally {
      generation.busy = false;
      context.depth -= 1;
      context.deadlineMs = outerMs;
    }
    const forMs = this.now() - startMs;
    slot.meter.add(this.epochOf(startMs), forMs);
    if (this.depth === 0) this.direct.book(this.epochOf(startMs));
    if (ran.ok) return ran;
    if (ran.fault.kind === "deadline") slot.meter.overran(forMs - allowedMs);
    // Stopped because its caller had no more time: it broke no promise.
    const isCallers = ran.fault.kind === "deadline" && allowedMs < limitMs;
    const fault = isCallers ? { ...ran.fault, blameless: true } : ran.fault;
    return this.faulted(slot, generation, fault, { during, forMs });
  }

  /** A job that may be parked, or why it does not begin, or that none can be. */
  begin<I, K extends keyof I>(
    slot: Slot,
    what: Exported<I, K>,
    args: ArgumentsOf<I[K]>,
    { during, limitMs, ended, awaited, origin }: JobHow<AnswerOf<I[K]>>,
  ): Job<AnswerOf<I[K]>> | Outcome<never> | undefined {
    this.settle();
    const generation = slot.current;
    if (generation === undefined) return absent(slot);
    const refusal = this.#refusal(slot, generation, this.now());
    if (refusal !== undefined) return refused(generation.number, refusal);
    const job = new Job<AnswerOf<I[K]>>({
      calls: this,
      slot,
      generation,
      during,
      limitMs,
      ...(ended === undefined ? {} : { ended }),
      ...(awaited === undefined ? {} : { awaited }),
      ...(origin === undefined ? {} : { origin }),
    });
    const { instance } = generation;
    const call = instance.parkable(what, args, limitMs, job.watch);
    if (call === undefined) return undefined;
    generation.busy = true;
    slot.calls += 1;
    this.jobs.set(slot, job);
    return job.begin(call);
  }

  /**
   * A call that a job makes and is parked with; `undefined` if whoever runs is
   * not such a job.
   */
  join<I, K extends keyof I>(
    slot: Slot,
    what: Exported<I, K>,
    args: ArgumentsOf<I[K]>,
    { during, limitMs }: Pick<JobHow<never>, "during" | "limitMs">,
  ): Outcome<AnswerOf<I[K]>> | Promise<Outcome<AnswerOf<I[K]>>> | undefined {
    const context = this.#context;
    const { job } = context;
    if (job === undefined) return undefined;
    const generation = slot.current;
    if (generation === undefined) return absent(slot);
    const startMs = this.now();
    const refusal = this.#refusal(slot, generation, startMs);
    if (refusal !== undefined) return refused(generation.number, refusal);
    const leftMs = Math.min(limitMs, this.#leftMs(startMs));
    const joined = generation.instance.join(what, args, leftMs);
    if (joined === undefined) return undefined;
    generation.busy = true;
    slot.calls += 1;
    context.depth += 1;
    const nested: Nested = { leftMs, limitMs: leftMs, cancel: joined.cancel };
    job.nested.add(nested);
    job.cells.push(slot.name);
    this.jobs.set(slot, job);
    const { usedMs } = job;
    return joined.answer.then((guarded) => {
      context.depth -= 1;
      job.nested.delete(nested);
      job.cells.pop();
      this.jobs.delete(slot);
      generation.busy = false;
      const forMs = job.usedMs - usedMs;
      slot.meter.jobs.record(forMs * 1_000);
      const ran = generation.concluded(guarded);
      if (ran.ok) return ran as Outcome<AnswerOf<I[K]>>;
      const isCallers = ran.fault.kind === "cancelled" ||
        ran.fault.kind === "deadline" && leftMs < limitMs;
      const fault = isCallers ? { ...ran.fault, blameless: true } : ran.fault;
      return this.faulted(slot, generation, fault, { during, forMs });
    });
  }

  /**
   * A call that leaves this hart: whence it comes for who answers it, or why it
   * may not be made now. Only who can be parked may wait for another hart.
   */
  leaving(): Leaving | Outcome<never> {
    const context = this.#context;
    const { job } = context;
    if (job === undefined) return refused(0, NOT_PARKABLE);
    const nowMs = this.now();
    const { origin, cells } = job;
    const leftMs = Math.min(this.#leftMs(nowMs), origin.endMs - nowMs);
    const refusal = this.#nestingRefusal(leftMs);
    if (refusal !== undefined) return refused(0, refusal);
    const path = [...origin.path, ...cells];
    const endMs = nowMs + leftMs;
    return { job, origin: { path, endMs, isDemanded: origin.isDemanded } };
  }

  /** Tells the supervisor; what the caller learns. */
  faulted(
    slot: Slot,
    generation: Generation,
    fault: Fault,
    job: { readonly during: string; readonly forMs: number },
  ): Outcome<never> {
    this.onFault(slot, generation, fault, job);
    return {
      ok: false,
      absence: "gone",
      reason: `${fault.kind}: ${fault.reason}`,
      generation: generation.number,
      fault,
    };
  }

  /** Calls that nest in each other now, of both kinds. */
  get depth(): number {
    return this.#context.depth + this.direct.depth;
  }

  /** What a direct call takes off the deadline, only the engine knows. */
  #leftMs(nowMs: number): number {
    return Math.min(this.#context.deadlineMs - nowMs, this.direct.leftMs);
  }

  #refusal(
    slot: Slot,
    generation: Generation,
    nowMs: number,
  ): string | undefined {
    if (!generation.alive) return "its generation has ended";
    if (generation.busy) {
      const job = this.jobs.get(slot);
      return job === undefined
        ? "it is in a call already"
        : `it is parked in ${job.parts.during}`;
    }
    return this.#nestingRefusal(this.#leftMs(nowMs));
  }

  #nestingRefusal(leftMs: number): string | undefined {
    const { depth } = this;
    if (depth >= CALL_DEPTH_MAX) {
      return `calls nest deeper than ${CALL_DEPTH_MAX}`;
    }
    if (depth > 0 && leftMs < CALL_MS_MIN) {
      return `${
        leftMs.toFixed(1)
      } ms of the deadline are left, it takes ${CALL_MS_MIN}`;
    }
    return undefined;
  }
}

const NOT_PARKABLE =
  "its cell lives on another hart, and only a job that can " +
  "be parked may wait for one: no call of `lifecycle` does";

function absent(slot: Slot): Outcome<never> {
  return refused(0, slot.detail || `the cell is ${slot.state}`);
}

function refused(generation: number, reason: string): Outcome<never> {
  return { ok: false, absence: "refused", reason, generation };
}
