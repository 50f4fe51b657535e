/**
 * Proofs about past heights and about one link, in the words of `NodeApi`.
 *
 * The graph cell makes the trees of a past height when they are asked for; an
 * answer waits some seconds for it.
 */
import { Effect } from "effect";
import type { PastRefusal, Place, Proofs } from "../../wit/gen/graph_proofs.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import type { CallRefused, CellGone } from "../../kernel/call/errors.ts";
import { toHex } from "../../kernel/crypto/mod.ts";
import { type Answer, type NodeApi, Refusal } from "../api.ts";
import type { LinkProofReport } from "../api_views.ts";
import { absent } from "./answers.ts";
import { AGAIN } from "./ledger_refusals.ts";
import { EXPLAIN_AGAIN_MS, EXPLAIN_MS_MAX } from "./limits.ts";
import { notKept, proofReport, rangeOf } from "./proofs.ts";

type Words = LinkProofReport["place"];
const PLACES: Readonly<Record<Words, Place>> = {
  from: "origin",
  to: "target",
  neuron: "neuron",
};
/** The one that is tried first has the fewest links, as a rule. */
const TRIED: ReadonlyArray<Words> = ["from", "to", "neuron"];

type CellAnswer<A> =
  | {
    readonly tag: "ok";
    readonly val:
      | { readonly tag: "ok"; readonly val: A }
      | { readonly tag: "err"; readonly val: PastRefusal };
  }
  | { readonly tag: "err"; readonly val: string };

export function pastProofsOver(
  proofs: Connected<Proofs>,
): Pick<NodeApi, "stateAt" | "proofAt" | "linkProof"> {
  return {
    stateAt: (at) =>
      Effect.gen(function* () {
        const asked = yield* heightOf(at);
        const state = yield* made(proofs.latestAt(asked));
        return {
          height: Number(state.height),
          root: toHex(state.root),
          octets: state.octets.toBase64(),
        };
      }),
    proofAt: (at, name, from, to) =>
      Effect.gen(function* () {
        const { index, first, last } = yield* rangeOf(name, from, to);
        const asked = yield* heightOf(at);
        const proof = yield* made(proofs.proveAt(asked, index, first, last));
        return proofReport(index, first, last, proof);
      }),
    linkProof: (link, place, at) =>
      Effect.gen(function* () {
        const asked = at === undefined ? undefined : yield* heightOf(at);
        if (!Number.isSafeInteger(link) || link < 0) {
          return yield* invalid("a link is named by its index in the record");
        }
        const index = BigInt(link);
        const one = (where: Words): Answer<LinkProofReport> =>
          Effect.map(
            made(proofs.proveLink(asked, index, PLACES[where])),
            (proof) => ({
              link,
              place: where,
              height: Number(proof.height),
              root: toHex(proof.root),
              octets: proof.octets.toBase64(),
            }),
          );
        if (place !== undefined) return yield* one(place);
        const [first = "from", ...others] = TRIED;
        return yield* others.reduce(
          (before, where) =>
            Effect.catchIf(
              before,
              ({ kind }) => kind === "not-found",
              () => one(where),
            ),
          one(first),
        );
      }),
  };
}

function heightOf(at: number): Answer<bigint> {
  return Number.isSafeInteger(at) && at >= 0
    ? Effect.succeed(BigInt(at))
    : Effect.fail(invalid("a height is a whole number from 0"));
}

/** Asks again while trees are being made; after a while that is the answer. */
function made<A>(
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
      return invalid(refusal.val);
    case "not-kept":
      return notKept();
    case "preparing": {
      const [done, all] = refusal.val;
      return new Refusal({
        kind: "unavailable",
        message: `the trees of that height are being made: ${done} of ${all} ` +
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

function invalid(message: string): Refusal {
  return new Refusal({
    kind: "invalid",
    message,
    fix: "heights and links are whole numbers; links?at= shows both",
  });
}
