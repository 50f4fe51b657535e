/** Coins, balances, boxes and cards in the words of `NodeApi`. */
import { Effect } from "effect";
import type { Reads } from "../../wit/gen/graph_reads.ts";
import type { Card, Coin, Views } from "../../wit/gen/graph_views.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import { equalOctets, toHex } from "../../kernel/crypto/mod.ts";
import { type Answer, type NodeApi, Refusal } from "../api.ts";
import type { CardReport, CoinReport, Listed } from "../api_views.ts";
import { coinIdentity } from "../signals/mod.ts";
import { identityOctets } from "./answers.ts";
import { present } from "./calls.ts";
import { rowCursor } from "./heights.ts";
import { idOf, textOf } from "./names.ts";
import { RULES } from "./operations.ts";

interface Parts {
  readonly views: Connected<Views>;
  readonly reads: Connected<Reads>;
}

/** Links to a token among which its name is looked for. */
const NAME_LINKS = 100;
const TEXT_OCTETS = 256;

export function accountsOver(
  parts: Parts,
): Pick<NodeApi, "coins" | "coin" | "balances" | "boxes" | "cards"> {
  const { views } = parts;
  return {
    coins: ({ limit, cursor }) =>
      Effect.gen(function* () {
        const from = yield* rowCursor(cursor);
        const { items, next } = yield* present(views.allCoins(from, limit));
        return listed(yield* each(items, (coin) => coinOf(parts, coin)), next);
      }),
    coin: (token) =>
      Effect.gen(function* () {
        const id = yield* identityOctets(token);
        const coin = yield* present(views.coinOf(id));
        if (coin !== undefined) return yield* coinOf(parts, coin);
        return yield* new Refusal({
          kind: "not-found",
          message: `there is no coin ${token}`,
          fix: "coin list shows those that there are",
        });
      }),
    balances: (holder, { limit, cursor }) =>
      Effect.gen(function* () {
        const id = yield* identityOctets(holder);
        const from = yield* rowCursor(cursor);
        const { items, next } = yield* present(
          views.balancesOf(id, from, limit),
        );
        const reports = yield* each(items, ({ token, amount, nonce }) =>
          Effect.gen(function* () {
            const coin = yield* present(views.coinOf(token));
            return {
              token: toHex(token),
              name: coin && (yield* nameOf(parts, coin)),
              amount: Number(amount),
              nonce: Number(nonce),
            };
          }));
        return listed(reports, next);
      }),
    boxes: (owner, { limit, cursor }) =>
      Effect.gen(function* () {
        const id = yield* identityOctets(owner);
        const from = yield* rowCursor(cursor);
        const { items, next } = yield* present(views.boxesOf(id, from, limit));
        const reports = items.map((box) => ({
          box: toHex(box.id),
          token: toHex(box.token),
          amount: Number(box.amount),
          author: toHex(box.author),
          owner: toHex(box.owner),
        }));
        return listed(reports, next);
      }),
    cards: (holder, part, { limit, cursor }) =>
      Effect.gen(function* () {
        const id = yield* identityOctets(holder);
        const from = yield* rowCursor(cursor);
        const { items, next } = yield* present(
          views.cardsOf(id, part, from, limit),
        );
        return listed(yield* each(items, (card) => cardOf(parts, card)), next);
      }),
  };
}

function listed<A>(
  items: ReadonlyArray<A>,
  next: number | undefined,
): Listed<A> {
  return { items, next: next?.toString() };
}

function each<A, B>(
  items: ReadonlyArray<A>,
  report: (item: A) => Answer<B>,
): Answer<ReadonlyArray<B>> {
  return Effect.forEach(items, report);
}

function coinOf(parts: Parts, coin: Coin): Answer<CoinReport> {
  return Effect.map(nameOf(parts, coin), (name) => ({
    token: toHex(coin.token),
    name,
    authority: toHex(coin.authority),
    supply: Number(coin.supply),
    cap: coin.cap === 0n ? undefined : Number(coin.cap),
    rule: RULES[coin.rule] ?? "nobody",
  }));
}

/** The text whose particle, with the authority, makes this very token. */
function nameOf(parts: Parts, coin: Coin): Answer<string | undefined> {
  return Effect.gen(function* () {
    const { views, reads } = parts;
    const number = yield* present(reads.find(coin.token));
    if (number === undefined) return undefined;
    const { height } = yield* present(reads.count());
    const { links } = yield* present(
      views.linksAt(number, "inward", height, undefined, NAME_LINKS),
    );
    for (const { origin } of links) {
      const id = yield* idOf(parts, origin);
      if (equalOctets(coinIdentity(coin.authority, id), coin.token)) {
        return yield* textOf(parts, origin, TEXT_OCTETS);
      }
    }
    return undefined;
  });
}

function cardOf(parts: Parts, card: Card): Answer<CardReport> {
  return Effect.gen(function* () {
    const number = yield* present(parts.reads.find(card.particle));
    return {
      card: toHex(card.id),
      particle: toHex(card.particle),
      text: number === undefined
        ? undefined
        : yield* textOf(parts, number, TEXT_OCTETS),
      creator: toHex(card.creator),
      owner: card.owner && toHex(card.owner),
      made: Number(card.height),
    };
  });
}
