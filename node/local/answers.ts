/** The query cell's answers in the words of `NodeApi`. */
import { Effect } from "effect";
import type {
  Answers,
  Brief as CellBrief,
  Link as CellLink,
  ParticleView,
  Refusal as CellRefusal,
} from "../../wit/gen/query_answers.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import type { CallRefused, CellGone } from "../../kernel/call/errors.ts";
import { fromHex, toHex } from "../../kernel/crypto/mod.ts";
import {
  type Answer,
  type Brief,
  type LinkReport,
  type NodeApi,
  type ParticleReport,
  type RankStatus,
  Refusal,
} from "../api.ts";

export type CellResult<A> =
  | { readonly tag: "ok"; readonly val: A }
  | { readonly tag: "err"; readonly val: CellRefusal };

/** A cell that did not answer, in the node's words. */
export function absent(error: CallRefused | CellGone): Refusal {
  return new Refusal({
    kind: "unavailable",
    message: error.message,
    fix: "try again in a moment; GET /v1/cells says how the cell is",
  });
}

/** The 33 octets of an identity written as text. */
export function identityOctets(
  text: string,
): Effect.Effect<Uint8Array, Refusal> {
  const octets = text.length === 66 ? fromHex(text) : undefined;
  return octets === undefined || octets[0] !== 1
    ? Effect.fail(
      new Refusal({
        kind: "invalid",
        message: `${JSON.stringify(text.slice(0, 80))} is not a cid`,
        fix:
          "a cid is 66 lower-case hexadecimal digits and begins with 01; /v1/resolve?text= gives the cid of a text",
      }),
    )
    : Effect.succeed(octets);
}

/** Age of the ranks, where they are the last good ones. */
type Stale = Pick<Brief, "stale_ms">;

export type QueryApi = Pick<
  NodeApi,
  | "resolve"
  | "particle"
  | "content"
  | "links"
  | "top"
  | "rankStatus"
  | "search"
>;

/**
 * The part of the API that the query cell answers. While rank does not serve,
 * what it answers is made with the last good ranks, and marked with their age.
 */
export function answersOver(
  query: Connected<Answers>,
  rankServes: () => boolean,
  rankDetail: () => string,
): QueryApi {
  const rankStatus = plain(query.rankStatus());
  const staleness: Effect.Effect<Stale> = Effect.suspend(() =>
    rankServes() ? Effect.succeed({}) : rankStatus.pipe(
      Effect.map(({ standing, stale }): Stale =>
        stale ? { stale_ms: Number(standing.ageMs) } : {}
      ),
      Effect.orElseSucceed((): Stale => ({})),
    )
  );
  return {
    resolve: (text) =>
      query.resolve(text).pipe(Effect.map(toHex), Effect.mapError(absent)),
    particle: (cid) =>
      identityOctets(cid).pipe(
        Effect.flatMap((id) => plain(query.particle(id))),
        Effect.zip(staleness),
        Effect.map(([view, stale]) => particleReport(view, stale)),
      ),
    content: (cid, offset, length) =>
      identityOctets(cid).pipe(
        Effect.flatMap((id) =>
          plain(query.content(id, BigInt(offset), length))
        ),
      ),
    links: (cid, side, limit, cursor) =>
      Effect.gen(function* () {
        const id = yield* identityOctets(cid);
        const from = cursor === undefined ? undefined : yield* number(cursor);
        const page = yield* plain(
          query.links(id, side === "in" ? "inward" : "outward", from, limit),
        );
        const stale = yield* staleness;
        return {
          links: page.links.map((link) => linkReport(link, stale)),
          next: page.next?.toString(),
        };
      }),
    top: (limit) =>
      plain(query.top(limit)).pipe(
        Effect.zip(staleness),
        Effect.map(([list, stale]) => list.map((each) => brief(each, stale))),
      ),
    rankStatus: () =>
      rankStatus.pipe(
        Effect.map(({ standing, stale }): RankStatus => ({
          version: Number(standing.version),
          height: Number(standing.height),
          particles: standing.particles,
          links: Number(standing.links),
          iterations: standing.iterations,
          residual: standing.residual,
          bound: standing.bound,
          syntropy: standing.syntropy,
          age_ms: Number(standing.ageMs),
          computing: standing.computing,
          confirmed: standing.confirmed,
          stale,
          ...(rankDetail() === "" ? {} : { detail: rankDetail() }),
        })),
      ),
    search: (text, limit) =>
      plain(query.search(text, limit)).pipe(
        Effect.zip(staleness),
        Effect.map(([hits, stale]) => ({
          items: hits.items.map((hit) => ({
            ...brief(hit.particle, stale),
            score: hit.score,
          })),
          matches: hits.matches,
          pending: hits.pending,
        })),
      ),
  };
}

/** The value of an answer, with the cell's refusal in the node's words. */
export function plain<A>(
  call: Effect.Effect<CellResult<A>, CallRefused | CellGone>,
): Answer<A> {
  return call.pipe(
    Effect.mapError(absent),
    Effect.flatMap((result) =>
      result.tag === "ok"
        ? Effect.succeed(result.val)
        : Effect.fail(refusalOf(result.val))
    ),
  );
}

function refusalOf(refusal: CellRefusal): Refusal {
  switch (refusal.tag) {
    case "invalid":
      return new Refusal({ kind: "invalid", message: refusal.val });
    case "not-found":
      return new Refusal({
        kind: "not-found",
        message: "no link touches such a particle",
      });
    case "unavailable":
      return new Refusal({ kind: "unavailable", message: refusal.val });
    case "preparing":
      return new Refusal({
        kind: "unavailable",
        message: "the explanation is still being computed",
        fix: "ask again in a moment",
      });
  }
}

function number(cursor: string): Effect.Effect<bigint, Refusal> {
  return /^\d{1,19}$/.test(cursor)
    ? Effect.succeed(BigInt(cursor))
    : Effect.fail(
      new Refusal({
        kind: "invalid",
        message: "the cursor is not one that this node gave",
        fix: "leave it away to begin at the newest link",
      }),
    );
}

export function brief(view: CellBrief, stale: Stale = {}): Brief {
  return { cid: toHex(view.id), text: view.text, focus: view.focus, ...stale };
}

function particleReport(view: ParticleView, stale: Stale): ParticleReport {
  return {
    cid: toHex(view.id),
    text: view.text,
    size: view.size === undefined ? undefined : Number(view.size),
    known: view.known,
    focus: view.focus,
    ...stale,
    links_in: view.linksIn,
    links_out: view.linksOut,
    axon: view.axon === undefined
      ? undefined
      : { from: toHex(view.axon[0]), to: toHex(view.axon[1]) },
  };
}

function linkReport(link: CellLink, stale: Stale): LinkReport {
  return {
    neuron: toHex(link.neuron),
    from: brief(link.origin, stale),
    to: brief(link.target, stale),
    axon: toHex(link.axon),
    token: toHex(link.token),
    amount: Number(link.amount),
    valence: link.valence,
    height: Number(link.height),
  };
}

/** A call of a cell whose answer says in words why there is none. */
export type Called<A> = Effect.Effect<
  | { readonly tag: "ok"; readonly val: A }
  | { readonly tag: "err"; readonly val: string },
  CallRefused | CellGone
>;

/** The value of an answer, with the absence in the node's words. */
export function given<A>(call: Called<A>): Answer<A> {
  return call.pipe(
    Effect.mapError(absent),
    Effect.flatMap((result) =>
      result.tag === "ok" ? Effect.succeed(result.val) : Effect.fail(
        new Refusal({
          kind: "unavailable",
          message: result.val,
          fix: "try again in a moment; GET /v1/cells says how the cell is",
        }),
      )
    ),
  );
}
