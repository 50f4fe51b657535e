/**
 * What the graph cell answers to questions for proofs, in the words of `NodeApi`.
 *
 * Trees are made behind the record, and those of a past height when they are asked
 * for: an answer waits some seconds for them.
 */
import { Effect } from "effect";
import type { PastRefusal } from "../../wit/gen/graph_proofs.ts";
import type { CallRefused, CellGone } from "../../kernel/call/errors.ts";
import { type Answer, Refusal } from "../api.ts";
import { absent } from "./answers.ts";
import { AGAIN } from "./ledger_refusals.ts";
import { EXPLAIN_AGAIN_MS, EXPLAIN_MS_MAX } from "./limits.ts";

type CellAnswer<A> =
  | {
    readonly tag: "ok";
    readonly val:
      | { readonly tag: "ok"; readonly val: A }
      | { readonly tag: "err"; readonly val: PastRefusal };
  }
  | { readonly tag: "err"; readonly val: string };

/** Asks again while trees are being made; after a while that is the answer. */
export function made<A>(
  ask: Effect.Effect<CellAnswer<A>, CallRefused | CellGone>,
): Answer<A> {
  return Effect.gen(function* () {
    while (true) {
      const answer = yield* ask;
      const waits = answer.tag === "ok" && answer.val.tag === "err" &&
        (answer.val.val.tag === "preparing" || answer.val.val.tag === "busy");
      if (!waits) return answer;
      yield* Effect.sleep(EXPLAIN_AGAIN_MS);
    }
  }).pipe(
    Effect.timeoutOrElse({ duration: EXPLAIN_MS_MAX, orElse: () => ask }),
    Effect.mapError(absent),
    Effect.flatMap((answer): Answer<A> => {
      if (answer.tag === "err") {
        return Effect.fail(
          new Refusal({
            kind: "unavailable",
            message: "the graph cell is gone",
            fix: AGAIN,
          }),
        );
      }
      return answer.val.tag === "ok"
        ? Effect.succeed(answer.val.val)
        : Effect.fail(refusalOf(answer.val.val));
    }),
  );
}

function refusalOf(refusal: PastRefusal): Refusal {
  switch (refusal.tag) {
    case "unavailable":
      return new Refusal({
        kind: "unavailable",
        message: refusal.val,
        fix: AGAIN,
      });
    case "malformed":
      return new Refusal({ kind: "invalid", message: refusal.val });
    case "not-kept":
      return notKept();
    case "preparing": {
      const [done, all] = refusal.val;
      return new Refusal({
        kind: "unavailable",
        message: `the trees are being made: ${done} of ${all} ` +
          "links are in them",
        fix: "ask again in some seconds",
      });
    }
    case "busy":
      return new Refusal({
        kind: "unavailable",
        message: `the trees of height ${refusal.val} are being made for ` +
          "somebody else",
        fix: "ask again in some seconds",
      });
    case "unknown":
      return new Refusal({
        kind: "not-found",
        message: refusal.val,
        fix: "ask for a height between those that the message names; GET " +
          "/v1/proofs says which one the trees have reached",
      });
  }
}

function notKept(): Refusal {
  return new Refusal({
    kind: "not-found",
    message: "this record does not keep that index",
    fix:
      "by-neuron and by-particle are kept, the others from the record's first operation on",
  });
}
