/**
 * Contents that are offered and let go: the graph cell's contract in the words
 * of `NodeApi`. How they come in is `offers.ts`.
 */
import { Effect } from "effect";
import type { Contents } from "../../wit/gen/graph_contents.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import type { Answer, ContentsApi, Presence } from "../api.ts";
import { absent, identityOctets } from "./answers.ts";
import { reached } from "./calls.ts";
import { finished, plain, refusalOf } from "./cell_contents.ts";
import { type OfferParts, Offers } from "./offers.ts";

/** What is known of a particle's content. */
export interface Standing {
  readonly content: Presence;
  readonly until?: number | undefined;
}

export function contentsOver(parts: OfferParts): ContentsApi {
  const { contents } = parts;
  const offers = new Offers(parts);
  const kept = Effect.map(
    reached(contents.count()),
    ({ chunkOctets }) => Number(chunkOctets),
  );
  return {
    offer: (cid, size, pieces, options = {}) =>
      offers.offer(cid, size, pieces, options),
    offering: (cid) => offers.offering(cid),
    drop: (cid) =>
      Effect.gen(function* () {
        const id = yield* identityOctets(cid);
        const { presence, size = 0n } = yield* plain(contents.look(id));
        if (presence === "unknown") {
          return yield* refusalOf({ tag: "not-here" });
        }
        const before = yield* kept;
        yield* finished(contents.letGo(id, "dropped"));
        // Other contents may come at the same time.
        const freed = Math.max(0, before - (yield* kept));
        return { cid, content: "dropped", size: Number(size), freed };
      }),
  };
}

/** What a particle's answer says of its content. */
export function standingOf(
  contents: Connected<Contents>,
  cid: string,
): Answer<Standing> {
  return Effect.gen(function* () {
    const id = yield* identityOctets(cid);
    const look = yield* Effect.mapError(contents.look(id), absent);
    if (look.tag === "err") {
      if (look.val.tag === "unknown-particle") return { content: "unknown" };
      return yield* refusalOf(look.val);
    }
    const { presence, until } = look.val;
    return {
      content: presence,
      ...(until === undefined ? {} : { until: Number(until) }),
    };
  });
}
