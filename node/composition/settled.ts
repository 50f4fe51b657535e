/**
 * Answers that wait for ranks and index, for commands that open the store
 * themselves: such a node has just started and would know nothing yet.
 */
import { Effect } from "effect";
import type { Answer, NodeApi } from "../api.ts";
import type { LocalNode } from "../local/local_node.ts";

/** After this an answer says what there is. */
const SETTLE_MS_MAX = 60_000;
const ASK_AGAIN_MS = 10;

/** The node's API; questions about ranks and texts wait until both are there. */
export function settledFirst({ api, census }: LocalNode): NodeApi {
  const indexed = Effect.map(
    api.search("a", 1),
    ({ pending }) => pending === 0,
  );
  const ranked = Effect.gen(function* () {
    const { height } = yield* census;
    if (height === 0) return true;
    const standing = yield* api.rankStatus();
    return standing.version > 0 && standing.height === height;
  });
  const settled = Effect.gen(function* () {
    while (!((yield* ranked) && (yield* indexed))) {
      yield* Effect.sleep(ASK_AGAIN_MS);
    }
  }).pipe(Effect.timeoutOption(SETTLE_MS_MAX), Effect.ignore);
  const first = <A>(answer: Answer<A>): Answer<A> =>
    Effect.andThen(settled, answer);
  // Karma is of a rank of this run, which a start computes anew.
  const earned = Effect.gen(function* () {
    yield* settled;
    const { height } = yield* census;
    while (height > 0 && (yield* Effect.isFailure(api.karma(1)))) {
      yield* Effect.sleep(ASK_AGAIN_MS);
    }
  }).pipe(Effect.timeoutOption(SETTLE_MS_MAX), Effect.ignore);
  return {
    ...api,
    karma: (limit, of) => Effect.andThen(earned, api.karma(limit, of)),
    finality: (cid, conflict, k) => first(api.finality(cid, conflict, k)),
    spectrum: (of) => first(api.spectrum(of)),
    particle: (cid) => first(api.particle(cid)),
    links: (cid, side, limit, cursor) =>
      first(api.links(cid, side, limit, cursor)),
    top: (limit) => first(api.top(limit)),
    explain: (cid, limit, from) => first(api.explain(cid, limit, from)),
    history: (cid, limit) => first(api.history(cid, limit)),
    focusFrom: (from, limit, of) => first(api.focusFrom(from, limit, of)),
    rankStatus: () => first(api.rankStatus()),
    search: (text, limit) => first(api.search(text, limit)),
  };
}
