/**
 * Proofs of what the graph holds, and the state that they are about.
 */
import { Effect } from "effect";
import type { ProofReport } from "../api.ts";
import { type Answer, Refusal } from "../api.ts";
import { optionalText } from "./params.ts";
import { asJson, get, jsonAnswer, type Route } from "./route.ts";
import * as schema from "./schemas.ts";

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
    query: {},
    answers: [jsonAnswer(schema.StateAnswer)],
    run: ({ api }) => asJson(api.state()),
  }),
  get({
    path: "/v1/proofs/{index}/{namespace}",
    name: "proof",
    about:
      "Proves all that an index holds at a namespace, or in a range of them; also that there is nothing",
    query: {
      from: end("With range: the first namespace, the least one if absent"),
      to: end("With range: the last namespace, the greatest one if absent"),
    },
    answers: [jsonAnswer(schema.ProofAnswer)],
    run: ({ api, path }, ends) =>
      asJson(
        Effect.flatMap(
          range(path["namespace"] ?? "", ends),
          ([from, to]): Answer<ProofReport> =>
            api.proof(path["index"] ?? "", from, to),
        ),
      ),
  }),
];
