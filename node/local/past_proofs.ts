/**
 * Proofs about past heights and about one link, in the words of `NodeApi`.
 *
 * The graph cell makes the trees of a past height when they are asked for.
 */
import { Effect } from "effect";
import type { Place, Proofs } from "../../wit/gen/graph_proofs.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import { toHex } from "../../kernel/crypto/mod.ts";
import { type Answer, type NodeApi, Refusal } from "../api.ts";
import type { LinkProofReport } from "../api_views.ts";
import { made } from "./proof_answers.ts";
import { proofReport, rangeOf } from "./proofs.ts";

type Words = LinkProofReport["place"];
const PLACES: Readonly<Record<Words, Place>> = {
  from: "origin",
  to: "target",
  neuron: "neuron",
};
/** The one that is tried first has the fewest links, as a rule. */
const TRIED: ReadonlyArray<Words> = ["from", "to", "neuron"];

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
          return yield* invalid(
            "a link is named by its index in the record",
          );
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

function invalid(message: string): Refusal {
  return new Refusal({
    kind: "invalid",
    message,
    fix: "heights and links are whole numbers; links?at= shows both",
  });
}
