/**
 * Proofs of what the graph holds, and the state that they are about.
 */
import { Effect } from "effect";
import type { ProofReport } from "../api.ts";
import { type Answer, Refusal } from "../api.ts";
import {
  optionalChoice,
  optionalText,
  optionalWhole,
  wholeOf,
} from "./params.ts";
import { asJson, get, jsonAnswer, type Route } from "./route.ts";
import * as schema from "./schemas.ts";
import { LinkProofAnswer } from "./view_schemas.ts";

const LEAST = "00".repeat(33);
const GREATEST = "ff".repeat(33);
const DIGITS = 66;
/** Of a balance: the neuron and the token. */
const DIGITS_MAX = 132;

function end(about: string) {
  return {
    ...optionalText(about, DIGITS_MAX),
    schema: schema.Namespace,
    bounds:
      `${DIGITS} lower-case hexadecimal digits, of a balance ${DIGITS_MAX}, too`,
  } as const;
}

const height = {
  at: optionalWhole("A past height; what the trees have reached if absent"),
};

type Ends = {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
};

/** The range that the path and the query name together. */
function range(
  namespace: string,
  { from, to }: Ends,
): Answer<[string, string]> {
  if (namespace === "range") {
    return Effect.succeed([from ?? LEAST, to ?? GREATEST]);
  }
  if (from === undefined && to === undefined) {
    return Effect.succeed([namespace, namespace]);
  }
  return Effect.fail(
    new Refusal({
      kind: "invalid",
      message: "from and to are the ends of a range, and a namespace is named",
      fix: "write range in place of the namespace, or leave from and to away",
    }),
  );
}

export const proofRoutes: ReadonlyArray<Route> = [
  get({
    path: "/v1/proofs",
    name: "state",
    about: "The state of the graph that proofs are about, and its root",
    query: height,
    answers: [jsonAnswer(schema.StateAnswer)],
    run: ({ api }, { at }) => {
      const past = wholeOf(at);
      return asJson(past === undefined ? api.state() : api.stateAt(past));
    },
  }),
  get({
    path: "/v1/proofs/{index}/{namespace}",
    name: "proof",
    about:
      "Proves all that an index holds at a namespace, or in a range of them; also that there is nothing",
    query: {
      from: end("With range: the first namespace, the least one if absent"),
      to: end("With range: the last namespace, the greatest one if absent"),
      ...height,
    },
    answers: [jsonAnswer(schema.ProofAnswer)],
    run: ({ api, path }, { at, ...ends }) => {
      const index = path["index"] ?? "";
      const past = wholeOf(at);
      return asJson(
        Effect.flatMap(
          range(path["namespace"] ?? "", ends),
          ([from, to]): Answer<ProofReport> =>
            past === undefined
              ? api.proof(index, from, to)
              : api.proofAt(past, index, from, to),
        ),
      );
    },
  }),
  get({
    path: "/v1/link-proofs/{number}",
    name: "linkProof",
    about: "Proves that one link, by its index in the record, is in it",
    query: {
      ...height,
      in: optionalChoice(
        "Among the links of which of its namespaces; any if absent",
        ["neuron", "from", "to"],
      ),
    },
    answers: [jsonAnswer(LinkProofAnswer)],
    run: ({ api, path }, { at, in: place }) =>
      asJson(
        api.linkProof(Number(path["number"] ?? ""), place, wholeOf(at)),
      ),
  }),
];
