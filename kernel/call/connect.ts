/**
 * Two ends of a capability: typed calls for the host, and the object that
 * answers a cell's imports.
 *
 * Both look at the capability on every call, so revoking one takes effect at
 * once, and both find the slot's current generation, so a swap is not seen.
 *
 * Deliberately absent: resources across cells. A contract that has some is
 * refused before anything starts.
 */
import { Effect } from "effect";
import type { CapTable, CellCap } from "../cap/table.ts";
import type { Slot } from "../cell/slot.ts";
import { CALL_SLICE_MS, must } from "../limits.ts";
import type { InterfaceBinding } from "../../wit/abi/binding.ts";
import {
  atBoundary,
  drive,
  type Hart,
  isBlocked,
  waitsOf,
  within,
} from "./boundary.ts";
import type { AbsentAnswers } from "./absences.ts";
import type { Calls, Outcome } from "./calls.ts";
import { CallRefused, CellGone, Unwound } from "./errors.ts";
import { Job, type Origin } from "./job.ts";
import { unready } from "./readiness.ts";
import { cellSpan, hostSpan, type Span, under } from "./trace.ts";

/** The contract `I` with every function as an Effect. */
export type Connected<I> = {
  readonly [K in keyof I]: I[K] extends (...args: infer A) => infer R
    ? (...args: A) => Effect.Effect<R, CallRefused | CellGone>
    : never;
};

type AnyFunction = (...args: unknown[]) => unknown;

interface Target {
  readonly calls: Calls;
  readonly caps: CapTable;
  readonly slot: Slot;
  readonly cap: CellCap;
}

/** Whether values of a contract refer to their cell: such do not cross yet. */
export function hasResources(binding: InterfaceBinding<unknown>): boolean {
  return binding.functions.some(({ method }) => method.includes("."));
}

/** A call of a method where the cell lives on another hart; else nothing. */
export type CallFar = (
  method: string,
) => (args: unknown[]) => Promise<Outcome<unknown>> | undefined;

/** Typed calls into the cell behind `cap`, for the host's own code. */
export function connect<I>(
  target: Target & { readonly hart: Hart },
  binding: InterfaceBinding<I>,
  callFar: CallFar = () => () => undefined,
): Connected<I> {
  must(!hasResources(binding), `${binding.name} has no resources`);
  const { calls, slot, hart } = target;
  const methods = binding.functions.map(({ method }) => {
    const direct = caller(target, binding, method);
    const begin = (args: unknown[], endMs: number) =>
      beginner(target, binding, method, {
        path: [],
        endMs,
        isDemanded: true,
      })(args);
    /** Looks and begins at once: nothing comes between the two. */
    const call = (
      args: unknown[],
      endMs: number,
      span: Span | undefined,
    ): Effect.Effect<Outcome<unknown>> =>
      Effect.suspend(() => {
        hart.hardDue();
        const leftMs = endMs - calls.now();
        if (leftMs > 0 && isBlocked(hart, slot)) {
          const who = { endMs, isDemanded: true };
          const waiting = queued(slot, atBoundary(hart, slot, leftMs, who));
          return Effect.andThen(waiting, call(args, endMs, span));
        }
        const job = slot.spec.class === "soft" ? begin(args, endMs) : undefined;
        if (!(job instanceof Job)) {
          const answered = job ?? under(calls, span, () => direct(args));
          return Effect.succeed(answered);
        }
        job.context.span = span;
        return finished(hart, job);
      });
    return [method, (...args: unknown[]) =>
      Effect.suspend(() => {
        const nowMs = calls.now();
        calls.demandAtMs = nowMs;
        const endMs = nowMs + slot.spec.callMs;
        const during = `${binding.name} ${method}`;
        return hostSpan(calls, slot, during, (span) => {
          const distant = callFar(method)(args);
          return distant === undefined
            ? call(args, endMs, span)
            : Effect.promise(() => distant);
        });
      }).pipe(
        Effect.flatMap((outcome) =>
          outcome.ok
            ? Effect.succeed(outcome.value)
            : Effect.fail(failure(slot.name, outcome))
        ),
      )] as const;
  });
  return Object.fromEntries(methods) as unknown as Connected<I>;
}

/** Counts who waits. */
function queued<A>(slot: Slot, wait: Effect.Effect<A>): Effect.Effect<A> {
  return Effect.suspend(() => {
    slot.waiting += 1;
    slot.waitingMost = Math.max(slot.waitingMost, slot.waiting);
    return Effect.ensuring(
      wait,
      Effect.sync(() => {
        slot.waiting -= 1;
      }),
    );
  });
}

/**
 * Drives a call to its end. Not to be interrupted: a call that nobody drives
 * would keep its cell for ever; its deadline bounds it.
 */
function finished(
  hart: Hart,
  job: Job<unknown>,
): Effect.Effect<Outcome<unknown>> {
  const { calls, turn } = hart;
  const endMs = calls.now() + job.parts.limitMs;
  const who = { endMs, isDemanded: true };
  return Effect.uninterruptible(Effect.gen(function* () {
    while (job.outcome === undefined) {
      const nowMs = calls.now();
      if (nowMs >= endMs) job.expire();
      const waits = waitsOf(hart, job, who);
      if (waits !== undefined && nowMs < endMs) {
        yield* within(waits, endMs - nowMs);
        continue;
      }
      yield* Effect.promise(() => drive(hart, job, CALL_SLICE_MS));
      if (job.outcome === undefined) yield* Effect.promise(turn);
    }
    return job.outcome;
  }));
}

/** What answers the imports of a cell that was granted `cap`. */
export function answerFor<I>(
  target: Target,
  binding: InterfaceBinding<I>,
): I {
  return answers(target, binding, caller) as I;
}

/**
 * The same for a cell that may park: a call that takes longer is parked with
 * its caller, and answered with a promise.
 */
export function parkingAnswerFor<I>(
  target: Target,
  binding: InterfaceBinding<I>,
): unknown {
  return answers(target, binding, joiner);
}

type Call = (
  args: unknown[],
) => Outcome<unknown> | Promise<Outcome<unknown>>;

function answers<I>(
  target: Target,
  binding: InterfaceBinding<I>,
  make: (target: Target, binding: InterfaceBinding<I>, method: string) => Call,
): unknown {
  must(!hasResources(binding), `${binding.name} has no resources`);
  const methods = binding.functions.map((info) => {
    const call = make(target, binding, info.method);
    const during = `${binding.name} ${info.method}`;
    const answer = (outcome: Outcome<unknown>) => {
      if (outcome.ok) return outcome.value;
      if (info.absence) return { tag: "err", val: outcome.absence };
      throw new Unwound(target.slot.name, outcome.absence);
    };
    return [info.method, (...args: unknown[]) => {
      const called = cellSpan(
        target.calls,
        target.slot,
        during,
        () => call(args),
      );
      return called instanceof Promise ? called.then(answer) : answer(called);
    }] as const;
  });
  return Object.fromEntries(methods);
}

/** Why a call may not be made, whatever its arguments. */
function refusalOf<I>(
  { caps, slot, cap }: Target,
  binding: InterfaceBinding<I>,
): Outcome<never> | undefined {
  // The export is asked for before the call: what a cell never offered is not
  // its fault.
  const reason = caps.isLive(cap)
    ? unready(slot, binding)
    : "the capability was revoked";
  return reason === undefined ? undefined : {
    ok: false,
    absence: "refused",
    reason,
    generation: slot.current?.number ?? 0,
  };
}

function caller<I>(
  target: Target,
  binding: InterfaceBinding<I>,
  method: string,
): (args: unknown[]) => Outcome<unknown> {
  const { calls, slot } = target;
  const during = `${binding.name} ${method}`;
  return (args) =>
    refusalOf(target, binding) ??
      calls.invoke(slot, during, slot.spec.callMs, (generation) => {
        const bound = generation.bound(binding) as Record<string, AnyFunction>;
        const called = bound[method];
        must(called !== undefined, `${binding.name} has ${method}`);
        return called(...args);
      });
}

/** What a call is, for a job. */
function named<I>(
  { slot }: Target,
  binding: InterfaceBinding<I>,
  method: string,
) {
  return {
    what: { binding: binding as InterfaceBinding<Anything>, method },
    how: {
      during: `${binding.name} ${method}`,
      limitMs: slot.spec.callMs,
    },
  };
}

type Anything = Record<string, AnyFunction>;

function joiner<I>(
  target: Target,
  binding: InterfaceBinding<I>,
  method: string,
): Call {
  const direct = caller(target, binding, method);
  const { what, how } = named(target, binding, method);
  return (args) =>
    refusalOf(target, binding) ??
      target.calls.join(target.slot, what, args, how) ?? direct(args);
}

/** Begins calls that may be parked. */
function beginner<I>(
  target: Target,
  binding: InterfaceBinding<I>,
  method: string,
  origin: Origin,
): (args: unknown[]) => Job<unknown> | Outcome<unknown> | undefined {
  const { what, how } = named(target, binding, method);
  return (args) =>
    refusalOf(target, binding) ??
      target.calls.begin(target.slot, what, args, { ...how, origin });
}

/**
 * The same object while `cap` lives; afterwards its calls are refused, in the contract's
 * word for it, or with what is `absent`. For what the kernel or a driver answers.
 */
export function gated<I>(
  { caps, cap }: Pick<Target, "caps" | "cap">,
  binding: InterfaceBinding<I>,
  host: I,
  absent: AbsentAnswers | undefined,
): I {
  if (hasResources(binding)) return host;
  const own = host as Record<string, AnyFunction>;
  const methods = binding.functions.map(({ method, absence }) =>
    [method, (...args: unknown[]) => {
      if (caps.isLive(cap)) return own[method]?.(...args);
      if (absence) return { tag: "err", val: "refused" };
      if (absent !== undefined && method in absent) return absent[method];
      throw new Unwound(cap.cell, "refused");
    }] as const
  );
  return Object.fromEntries(methods) as I;
}

function failure(
  cell: string,
  outcome: Extract<Outcome<unknown>, { ok: false }>,
): CallRefused | CellGone {
  return outcome.absence === "gone"
    ? new CellGone({ cell, generation: outcome.generation })
    : new CallRefused({ cell, reason: outcome.reason });
}
