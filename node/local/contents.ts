/**
 * Contents that are offered and let go: the graph cell's contract in the words
 * of `NodeApi`.
 *
 * A content is handed on in pieces as it comes, so no more of it than one piece
 * is in this process. Whatever ends an offer, the cell gives it up.
 */
import { Effect } from "effect";
import type {
  Contents,
  Refusal as CellRefusal,
} from "../../wit/gen/graph_contents.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import type { CallRefused, CellGone } from "../../kernel/call/errors.ts";
import {
  type Answer,
  type ContentsApi,
  type Presence,
  Refusal,
} from "../api.ts";
import { absent, identityOctets } from "./answers.ts";
import { OFFERS_MAX, PIECE_OCTETS_MAX } from "./limits.ts";

const AGAIN = "try again in a moment";

/** What is known of a particle's content. */
export interface Standing {
  readonly content: Presence;
  readonly until?: number | undefined;
}

export function contentsOver(contents: Connected<Contents>): ContentsApi {
  let offers = 0;
  /** A fifth would have the cell give one of the others up. */
  const inPlace = <A>(offer: Answer<A>): Answer<A> =>
    Effect.suspend(() => {
      if (offers >= OFFERS_MAX) return Effect.fail(crowded());
      offers += 1;
      return Effect.ensuring(
        offer,
        Effect.sync(() => {
          offers -= 1;
        }),
      );
    });
  return {
    offer: (cid, size, pieces, ttl) =>
      inPlace(Effect.gen(function* () {
        const id = yield* identityOctets(cid);
        const { height } = yield* plain(contents.look(id));
        const until = ttl === undefined ? undefined : height + BigInt(ttl);
        const upload = yield* plain(contents.begin(id, BigInt(size), until));
        const kept = yield* taken(contents, upload, pieces).pipe(
          Effect.onExit((exit) =>
            exit._tag === "Success"
              ? Effect.void
              : Effect.ignore(contents.cancel(upload))
          ),
        );
        return {
          cid,
          size: Number(kept.size),
          chunks: kept.chunks,
          fresh: kept.fresh,
          until: until === undefined ? undefined : Number(until),
        };
      })),
    drop: (cid) =>
      Effect.gen(function* () {
        const id = yield* identityOctets(cid);
        const { presence } = yield* plain(contents.look(id));
        if (presence === "unknown") {
          return yield* refusalOf({ tag: "not-here" });
        }
        yield* finished(contents.letGo(id, "dropped"));
      }),
  };
}

const taken = Effect.fnUntraced(
  function* (
    contents: Connected<Contents>,
    upload: number,
    pieces: AsyncIterable<Uint8Array>,
  ) {
    const source = pieces[Symbol.asyncIterator]();
    while (true) {
      const { done, value } = yield* Effect.tryPromise({
        try: () => source.next(),
        catch: (error) => error,
      }).pipe(
        Effect.mapError((error) =>
          error instanceof Refusal ? error : new Refusal({
            kind: "invalid",
            message: "the content ended early",
          })
        ),
      );
      if (done === true) break;
      for (let at = 0; at < value.length; at += PIECE_OCTETS_MAX) {
        const piece = value.subarray(at, at + PIECE_OCTETS_MAX);
        yield* finished(contents.write(upload, piece));
      }
    }
    return yield* plain(contents.finish(upload));
  },
);

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

function crowded(): Refusal {
  return new Refusal({
    kind: "too-many",
    message: `${OFFERS_MAX} contents are being taken already`,
    fix: "offer it again when one of them is there",
  });
}

function refusalOf(refusal: CellRefusal): Refusal {
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
        message: `the content is kept: ${refusal.val}`,
      });
    case "full":
      return new Refusal({
        kind: "full",
        message: "the store has no room for it; nothing was kept",
        fix: "let contents go, or raise the capacity in system.json",
      });
  }
}
