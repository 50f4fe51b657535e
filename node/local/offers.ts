/**
 * Contents on their way in: taken as they come, held when they break off.
 *
 * A content is handed on in pieces, so no more of it than one piece is in this
 * process. What breaks off because its sender went away is held for a while, and
 * goes on where it was; what the cell refuses is given up. Nothing of a content
 * that is not whole can be read by anybody.
 *
 * Deliberately absent: uploads that outlive the graph cell's generation. The
 * cell forgets them, and their space is free.
 */
import { Clock, Effect, Exit } from "effect";
import type { Contents } from "../../wit/gen/graph_contents.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import { BUNDLE_OCTETS, concatOctets } from "../../kernel/crypto/mod.ts";
import {
  type Answer,
  type KeptReport,
  type OfferingReport,
  type OfferOptions,
  Refusal,
} from "../api.ts";
import { HEAD_OCTETS, type Kind, kindOf } from "../contents/kind.ts";
import { type ContentPolicy, ttlOf } from "../contents/policy.ts";
import { identityOctets } from "./answers.ts";
import { finished, NEEDED, plain } from "./cell_contents.ts";
import { HELD_MS_MAX, OFFERS_MAX, PIECE_OCTETS_MAX } from "./limits.ts";

export interface OfferParts {
  readonly contents: Connected<Contents>;
  /** The graph cell's; uploads end with it. */
  readonly generation: () => number;
  /** How long contents are kept, by kind. */
  readonly policy: ContentPolicy;
}

interface Upload {
  readonly cid: string;
  /** The cell's number for it. */
  readonly number: number;
  readonly generation: number;
  readonly size: number;
  readonly until: bigint | undefined;
  readonly kind: Kind;
  /** What was read to see its kind, and is to be written first. */
  readonly head: Uint8Array[];
  /** Octets that the cell has taken. */
  done: number;
  /** The cell has refused it: it is not there any more. */
  isLost: boolean;
  sinceMs: number;
}

export class Offers {
  #active = 0;
  /** The one that broke off first comes first. */
  readonly #held = new Map<string, Upload>();

  constructor(readonly parts: OfferParts) {}

  /** Takes a content, or goes on with one from `options.from`. */
  offer(
    cid: string,
    size: number,
    pieces: AsyncIterable<Uint8Array>,
    options: OfferOptions,
  ): Answer<KeptReport> {
    return this.#inPlace(
      Effect.uninterruptibleMask((restore) =>
        Effect.gen({ self: this }, function* () {
          const source = pieces[Symbol.asyncIterator]();
          const upload = (options.from ?? 0) > 0
            ? yield* this.#goesOn(cid, size, options)
            : yield* this.#begun(cid, size, source, options, restore);
          const from = upload.done;
          return yield* restore(this.#taken(upload, source)).pipe(
            Effect.map((kept): KeptReport => ({
              cid,
              kind: upload.kind,
              size: Number(kept.size),
              chunks: kept.chunks,
              fresh: kept.fresh,
              ...(from === 0 ? {} : { from }),
              until: upload.until === undefined
                ? undefined
                : Number(upload.until),
            })),
            Effect.onExit((exit) => this.#ended(upload, exit)),
          );
        })
      ),
    );
  }

  /** How much of a content is held, for whoever goes on with it. */
  offering(cid: string): Answer<OfferingReport> {
    return Effect.gen({ self: this }, function* () {
      yield* identityOctets(cid);
      yield* this.#sweep();
      const upload = this.#held.get(cid);
      if (upload === undefined) return yield* nothingHeld();
      const { size, done, until } = upload;
      return {
        cid,
        size,
        done,
        until: until === undefined ? undefined : Number(until),
      };
    });
  }

  /** A fifth upload would have the cell give one of the others up. */
  #inPlace<A>(offer: Answer<A>): Answer<A> {
    return Effect.suspend(() => {
      if (this.#active >= OFFERS_MAX) return Effect.fail(crowded());
      this.#active += 1;
      return Effect.ensuring(
        offer,
        Effect.sync(() => {
          this.#active -= 1;
        }),
      );
    });
  }

  readonly #goesOn = Effect.fnUntraced({ self: this }, function* (
    this: Offers,
    cid: string,
    size: number,
    { from }: OfferOptions,
  ): Effect.fn.Return<Upload, Refusal> {
    yield* identityOctets(cid);
    yield* this.#sweep();
    const held = this.#held.get(cid);
    if (held === undefined) return yield* nothingHeld();
    if (held.done !== from || held.size !== size) {
      return yield* elsewhere(held);
    }
    this.#held.delete(cid);
    return held;
  });

  readonly #begun = Effect.fnUntraced({ self: this }, function* (
    this: Offers,
    cid: string,
    size: number,
    source: AsyncIterator<Uint8Array>,
    { ttl: asked }: OfferOptions,
    restore: <A>(answer: Answer<A>) => Answer<A>,
  ): Effect.fn.Return<Upload, Refusal> {
    const { contents, generation, policy } = this.parts;
    const id = yield* identityOctets(cid);
    yield* plain(contents.look(id));
    const head = yield* restore(headOf(source));
    const kind = kindOf(head.octets);
    const ttl = yield* ttlOf(policy, kind, asked);
    yield* this.#sweep();
    const held = this.#held.get(cid);
    if (held !== undefined) yield* this.#giveUp(held);
    for (const oldest of this.#held.values()) {
      // This one is among the active ones.
      if (this.#active + this.#held.size <= OFFERS_MAX) break;
      yield* this.#giveUp(oldest);
    }
    const { height } = yield* plain(contents.look(id));
    const wanted = ttl === undefined ? undefined : height + BigInt(ttl);
    const begin = (until: bigint | undefined) =>
      Effect.map(
        plain(contents.begin(id, BigInt(size), until)),
        (number) => ({ number, until }),
      );
    // A key bundle is kept for ever; the policy does not ask for less.
    const isBundle = asked === undefined && wanted !== undefined &&
      size === BUNDLE_OCTETS;
    const { number, until } = yield* isBundle
      ? Effect.catchIf(begin(wanted), isNeeded, () => begin(undefined))
      : begin(wanted);
    return {
      cid,
      kind,
      number,
      generation: generation(),
      size,
      until,
      head: head.pieces,
      done: 0,
      isLost: false,
      sinceMs: 0,
    };
  });

  readonly #taken = Effect.fnUntraced({ self: this }, function* (
    this: Offers,
    upload: Upload,
    source: AsyncIterator<Uint8Array>,
  ) {
    const { contents } = this.parts;
    // What the cell refused is not there any more.
    const asked = <A>(call: Answer<A>): Answer<A> =>
      Effect.tapError(
        Effect.uninterruptible(call),
        () => Effect.sync(() => void (upload.isLost = true)),
      );
    while (true) {
      const value = upload.head.shift() ??
        (yield* nextOf(source, () => endedEarly(upload)));
      if (value === undefined) break;
      for (let at = 0; at < value.length; at += PIECE_OCTETS_MAX) {
        const piece = value.subarray(at, at + PIECE_OCTETS_MAX);
        yield* asked(
          finished(contents.write(upload.number, piece)).pipe(
            Effect.map(() => void (upload.done += piece.length)),
          ),
        );
      }
    }
    if (upload.done < upload.size) return yield* endedEarly(upload);
    return yield* asked(plain(contents.finish(upload.number)));
  });

  /** Holds what broke off; gives up what cannot go on. */
  #ended(
    upload: Upload,
    exit: Exit.Exit<unknown, unknown>,
  ): Effect.Effect<void> {
    if (Exit.isSuccess(exit)) return Effect.void;
    if (upload.isLost || upload.done === 0 || this.#held.has(upload.cid)) {
      return this.#giveUp(upload);
    }
    return Effect.map(Clock.currentTimeMillis, (nowMs) => {
      upload.sinceMs = nowMs;
      this.#held.set(upload.cid, upload);
    });
  }

  #giveUp(upload: Upload): Effect.Effect<void> {
    if (this.#held.get(upload.cid) === upload) this.#held.delete(upload.cid);
    return upload.generation === this.parts.generation()
      ? Effect.ignore(this.parts.contents.cancel(upload.number))
      : Effect.void;
  }

  /** What nobody goes on with, and what the cell has forgotten. */
  readonly #sweep = Effect.fnUntraced({ self: this }, function* (this: Offers) {
    const nowMs = yield* Clock.currentTimeMillis;
    const now = this.parts.generation();
    for (const upload of this.#held.values()) {
      const isOver = nowMs - upload.sinceMs > HELD_MS_MAX;
      if (isOver || upload.generation !== now) yield* this.#giveUp(upload);
    }
  });
}

/** The next piece; nothing at the end. */
function nextOf(
  source: AsyncIterator<Uint8Array>,
  early: () => Refusal,
): Answer<Uint8Array | undefined> {
  return Effect.tryPromise({
    try: async () => {
      const { done, value } = await source.next();
      return done === true ? undefined : value;
    },
    catch: (error) => error instanceof Refusal ? error : early(),
  });
}

/** Pieces until the kind can be seen, or to the end. */
const headOf = Effect.fnUntraced(function* (source: AsyncIterator<Uint8Array>) {
  const pieces: Uint8Array[] = [];
  const early = () =>
    new Refusal({ kind: "invalid", message: "the content ended early" });
  for (let octets = 0; octets < HEAD_OCTETS;) {
    const piece = yield* nextOf(source, early);
    if (piece === undefined) break;
    pieces.push(piece);
    octets += piece.length;
  }
  return {
    pieces,
    octets: concatOctets(pieces.map((one) => one.subarray(0, HEAD_OCTETS))),
  };
});

function isNeeded({ message }: Refusal): boolean {
  return message.startsWith(NEEDED);
}

function endedEarly({ done, size }: Upload): Refusal {
  return new Refusal({
    kind: "invalid",
    message: `the content ended early: ${done} octets came, ${size} were ` +
      "announced",
    fix: `what came is held for a while: go on with from=${done}`,
  });
}

function nothingHeld(): Answer<never> {
  return Effect.fail(
    new Refusal({
      kind: "not-found",
      message: "nothing of that content is held",
      fix: "offer it from its beginning",
    }),
  );
}

function elsewhere({ done, size }: Upload): Answer<never> {
  return Effect.fail(
    new Refusal({
      kind: "conflict",
      message: `${done} octets are held, of ${size}`,
      fix: `go on with from=${done}&size=${size}, or begin anew with from=0`,
    }),
  );
}

function crowded(): Refusal {
  return new Refusal({
    kind: "too-many",
    message: `${OFFERS_MAX} contents are being taken already`,
    fix: "offer it again when one of them is there",
  });
}
