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
import { must } from "../limits.ts";
import type { InterfaceBinding } from "../../wit/abi/binding.ts";
import type { Calls, Outcome } from "./calls.ts";
import { CallRefused, CellGone, Unwound } from "./errors.ts";

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

/** Typed calls into the cell behind `cap`, for the host's own code. */
export function connect<I>(
  target: Target,
  binding: InterfaceBinding<I>,
): Connected<I> {
  must(!hasResources(binding), `${binding.name} has no resources`);
  const methods = binding.functions.map((info) => {
    const call = caller(target, binding, info.method);
    return [info.method, (...args: unknown[]) =>
      Effect.suspend(() => {
        target.calls.demandAtMs = target.calls.now();
        const outcome = call(args);
        return outcome.ok
          ? Effect.succeed(outcome.value)
          : Effect.fail(failure(target.slot.name, outcome));
      })] as const;
  });
  return Object.fromEntries(methods) as unknown as Connected<I>;
}

/** What answers the imports of a cell that was granted `cap`. */
export function answerFor<I>(
  target: Target,
  binding: InterfaceBinding<I>,
): I {
  must(!hasResources(binding), `${binding.name} has no resources`);
  const methods = binding.functions.map((info) => {
    const call = caller(target, binding, info.method);
    return [info.method, (...args: unknown[]) => {
      const outcome = call(args);
      if (outcome.ok) return outcome.value;
      if (info.absence) return { tag: "err", val: outcome.absence };
      throw new Unwound(target.slot.name, outcome.absence);
    }] as const;
  });
  return Object.fromEntries(methods) as I;
}

function caller<I>(
  { calls, caps, slot, cap }: Target,
  binding: InterfaceBinding<I>,
  method: string,
): (args: unknown[]) => Outcome<unknown> {
  const during = `${binding.name} ${method}`;
  const refused = (reason: string): Outcome<never> => ({
    ok: false,
    absence: "refused",
    reason,
    generation: slot.current?.number ?? 0,
  });
  return (args) => {
    if (!caps.isLive(cap)) return refused("the capability was revoked");
    // Asked before the call: what a cell never offered is not its fault.
    if (slot.current?.offers(binding) === false) {
      return refused(`it does not export this ${binding.name}`);
    }
    return calls.invoke(slot, during, slot.spec.callMs, (generation) => {
      const bound = generation.bound(binding) as Record<string, AnyFunction>;
      const called = bound[method];
      must(called !== undefined, `${binding.name} has ${method}`);
      return called(...args);
    });
  };
}

/**
 * The same object while `cap` lives; afterwards its calls are refused. For
 * what the kernel or a driver answers.
 */
export function gated<I>(
  { caps, cap }: Pick<Target, "caps" | "cap">,
  binding: InterfaceBinding<I>,
  host: I,
): I {
  if (hasResources(binding)) return host;
  const own = host as Record<string, AnyFunction>;
  const methods = binding.functions.map(({ method, absence }) =>
    [method, (...args: unknown[]) => {
      if (caps.isLive(cap)) return own[method]?.(...args);
      if (absence) return { tag: "err", val: "refused" };
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
