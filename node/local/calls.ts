/** Calls of cells in a node's words: an absent cell is a refusal. */
import { Effect } from "effect";
import type { Refusal as LedgerRefusal } from "../../wit/gen/graph_ledger.ts";
import type { CallRefused, CellGone } from "../../kernel/call/errors.ts";
import { type Answer, Refusal } from "../api.ts";
import { absent } from "./answers.ts";
import { AGAIN, refusalOf } from "./ledger_refusals.ts";

/** What the graph reads. */
export function present<A>(
  call: Effect.Effect<
    | { readonly tag: "ok"; readonly val: A }
    | { readonly tag: "err"; readonly val: string },
    CallRefused | CellGone
  >,
): Answer<A> {
  return Effect.flatMap(
    reached(call),
    (result) =>
      result.tag === "ok" ? Effect.succeed(result.val) : Effect.fail(
        new Refusal({ kind: "unavailable", message: result.val, fix: AGAIN }),
      ),
  );
}

/** What the graph adds to its record. */
export function accepted<A>(
  call: Effect.Effect<
    | { readonly tag: "ok"; readonly val: A }
    | { readonly tag: "err"; readonly val: LedgerRefusal },
    CallRefused | CellGone
  >,
): Answer<A> {
  return reached(call).pipe(
    Effect.flatMap((result) =>
      result.tag === "ok"
        ? Effect.succeed(result.val)
        : Effect.fail(refusalOf(result.val))
    ),
  );
}

export function reached<A>(
  call: Effect.Effect<A, CallRefused | CellGone>,
): Answer<A> {
  return Effect.mapError(call, absent);
}
