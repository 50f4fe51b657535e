/**
 * Spans of calls: which cell was asked for what, by whom, and how it ended.
 *
 * The kernel draws none: the composition root brings a `Trace`. A call is traced
 * only under a span: that of the request that the host's code serves, or of the
 * call in which its caller runs.
 *
 * Deliberately absent: calls that cross from wasm to wasm; they pass no
 * JavaScript that could note them. Steps: nobody asked for them.
 */
import { Context, Effect } from "effect";
import type { Slot } from "../cell/slot.ts";
import type { Calls, Outcome } from "./calls.ts";

/** What a `Trace` makes of it; the kernel only hands it on. */
export type Span = object;

export interface Trace {
  /** `during` is the contract and its function. */
  begin(parent: Span, cell: string, during: string): Span;
  /** Once per span, with the absence that it ended in, if it did. */
  end(span: Span, absence: "refused" | "gone" | undefined): void;
}

/** The span under which the host's own calls are made. */
export const CurrentSpan = Context.Reference<Span | undefined>(
  "karyon/kernel/CurrentSpan",
  { defaultValue: () => undefined },
);

const absenceOf = (outcome: Outcome<unknown>) =>
  outcome.ok ? undefined : outcome.absence;

/** A call of the host's code; `call` gets the span that it runs under. */
export function hostSpan<A>(
  calls: Calls,
  slot: Slot,
  during: string,
  call: (span: Span | undefined) => Effect.Effect<Outcome<A>>,
): Effect.Effect<Outcome<A>> {
  const { trace } = calls;
  if (trace === undefined) return call(undefined);
  return Effect.flatMap(CurrentSpan, (parent) => {
    if (parent === undefined) return call(undefined);
    const span = trace.begin(parent, slot.name, during);
    return Effect.onExit(call(span), (exit) =>
      Effect.sync(() =>
        trace.end(
          span,
          exit._tag === "Success" ? absenceOf(exit.value) : "refused",
        )
      ));
  });
}

/** A call that a cell makes, under the span of the call that it is in. */
export function cellSpan(
  calls: Calls,
  slot: Slot,
  during: string,
  call: () => Outcome<unknown> | Promise<Outcome<unknown>>,
): Outcome<unknown> | Promise<Outcome<unknown>> {
  const { trace, running } = calls;
  const parent = running.span;
  if (trace === undefined || parent === undefined) return call();
  const span = trace.begin(parent, slot.name, during);
  running.span = span;
  const over = (outcome: Outcome<unknown>) => {
    running.span = parent;
    trace.end(span, absenceOf(outcome));
    return outcome;
  };
  const called = call();
  return called instanceof Promise ? called.then(over) : over(called);
}

/** Runs `call` with `span` as the one that its cell's calls are under. */
export function under<A>(
  { running }: Calls,
  span: Span | undefined,
  call: () => A,
): A {
  if (span === undefined) return call();
  const before = running.span;
  running.span = span;
  try {
    return call();
  } finally {
    running.span = before;
  }
}
