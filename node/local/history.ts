/**
 * A focus in the confirmed vectors of before, in the words of `NodeApi`.
 */
import { Effect } from "effect";
import type { Connected } from "../../kernel/call/connect.ts";
import type { Answers } from "../../wit/gen/query_answers.ts";
import type { NodeApi } from "../api.ts";
import { identityOctets, plain } from "./answers.ts";

/** The part of the API that the rank cell answers by way of the query cell. */
export function historyOver(
  query: Connected<Answers>,
): Pick<NodeApi, "history"> {
  return {
    history: (cid, limit) =>
      Effect.gen(function* () {
        const id = yield* identityOctets(cid);
        const moments = yield* plain(query.history(id, limit));
        return moments.map((moment) => ({
          version: Number(moment.version),
          height: Number(moment.height),
          links: Number(moment.links),
          particles: moment.particles,
          age_ms: Number(moment.ageMs),
          focus: moment.focus,
        }));
      }),
  };
}
