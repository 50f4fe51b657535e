/** Calls of the graph cell's `contents`, its refusals in the words of a node. */
import { Effect } from "effect";
import type { Refusal as CellRefusal } from "../../wit/gen/graph_contents.ts";
import type { CallRefused, CellGone } from "../../kernel/call/errors.ts";
import { type Answer, Refusal } from "../api.ts";
import { absent } from "./answers.ts";

const AGAIN = "try again in a moment";
/** Before why a content cannot go. */
export const NEEDED = "the content is kept: ";

/** What the cell answers, its refusals in the words of a node. */
export function plain<A>(
  call: Effect.Effect<
    | { readonly tag: "ok"; readonly val: A }
    | { readonly tag: "err"; readonly val: CellRefusal },
    CallRefused | CellGone
  >,
): Answer<A> {
  return call.pipe(
    Effect.mapError(absent),
    Effect.flatMap((answer) =>
      answer.tag === "ok"
        ? Effect.succeed(answer.val)
        : Effect.fail(refusalOf(answer.val))
    ),
  );
}

/** Of a call that brings nothing back. */
export function finished(
  call: Effect.Effect<
    | { readonly tag: "ok" }
    | { readonly tag: "err"; readonly val: CellRefusal },
    CallRefused | CellGone
  >,
): Answer<void> {
  return call.pipe(
    Effect.mapError(absent),
    Effect.flatMap((answer) =>
      answer.tag === "ok" ? Effect.void : Effect.fail(refusalOf(answer.val))
    ),
  );
}

export function refusalOf(refusal: CellRefusal): Refusal {
  switch (refusal.tag) {
    case "unavailable":
      return new Refusal({
        kind: "unavailable",
        message: refusal.val,
        fix: AGAIN,
      });
    case "malformed":
      return new Refusal({ kind: "invalid", message: refusal.val });
    case "unknown-particle":
      return new Refusal({
        kind: "not-found",
        message: "no link touches such a particle",
        fix: "link it first, by its cid: POST /v1/signals",
      });
    case "no-upload":
      return new Refusal({
        kind: "conflict",
        message: "the content was given up while it came",
        fix: "offer it again; four at most are taken at once",
      });
    case "here":
      return new Refusal({
        kind: "conflict",
        message: "the content is here already",
      });
    case "not-here":
      return new Refusal({
        kind: "not-found",
        message: "the content is not here",
      });
    case "mismatch":
      return new Refusal({
        kind: "invalid",
        message: "these octets are not the particle's content",
        fix: "offer the octets that hash to its cid",
      });
    case "needed":
      return new Refusal({
        kind: "conflict",
        message: `${NEEDED}${refusal.val}`,
      });
    case "full":
      return new Refusal({
        kind: "full",
        message: "the store has no room for it; nothing was kept",
        fix: "let contents go, or raise the capacity in system.json",
      });
  }
}
