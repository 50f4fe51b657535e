/**
 * What a name stood for, by height, the newest first.
 *
 * A change is a link from the card by who owned it then, or that somebody else
 * owns it from then on: the name then stands for what that one has said.
 */
import { Effect } from "effect";
import { equalOctets, toHex } from "../../kernel/crypto/mod.ts";
import { Refusal } from "../api.ts";
import type { NameChange, NameHistory, Page } from "../api_views.ts";
import { pathText } from "../names/mod.ts";
import { present } from "./calls.ts";
import { invalid, strangeCursor } from "./heights.ts";
import { bindingOf, idOf, type NameParts, type Place } from "./names.ts";

const NEVER = 2n ** 63n;

export const historyOfName = Effect.fnUntraced(function* (
  parts: NameParts,
  { path, step }: Place,
  { limit, cursor }: Page,
): Effect.fn.Return<NameHistory, Refusal> {
  const { views, reads } = parts;
  if (step === undefined) {
    return yield* invalid(
      `${pathText(path)} is a neuron's space, not a name`,
      "name what is below it: ~NEURON/segment",
    );
  }
  const { height } = yield* present(reads.count());
  const gives = yield* givesOf(parts, step.card, height);
  if (gives === undefined) {
    return yield* new Refusal({
      kind: "not-found",
      message: `there is no name ${pathText(path)}`,
      fix: "ls shows the names that there are; name set makes one",
    });
  }
  const place = yield* placeOf(cursor);
  const number = yield* present(reads.find(step.card));
  const { links, next } = number === undefined
    ? { links: [], next: undefined }
    : yield* present(
      views.linksAt(number, "outward", height, place.link, limit),
    );
  const changes: NameChange[] = [];
  for (const link of links) {
    const card = yield* present(views.cardAt(step.card, link.height));
    if (card?.owner === undefined) continue;
    if (!equalOctets(card.owner, link.neuron)) continue;
    const bound = link.valence >= 0;
    changes.push({
      height: Number(link.height),
      what: bound ? "bound" : "removed",
      by: toHex(link.neuron),
      cid: bound ? toHex(yield* idOf(parts, link.target)) : undefined,
    });
  }
  const oldest = next === undefined ? -1n : links.at(-1)?.height ?? place.above;
  for (const give of gives.list) {
    if (give.height >= place.above || give.height < oldest) continue;
    const bound = yield* bindingOf(parts, step.card, give.height);
    changes.push({
      height: Number(give.height),
      what: "given",
      by: toHex(give.owner),
      cid: bound && bound.valence >= 0
        ? toHex(yield* idOf(parts, bound.target))
        : undefined,
    });
  }
  // Within one signal links are made before operations are done.
  const rank = (one: NameChange) => one.what === "given" ? 1 : 0;
  changes.sort((a, b) => b.height - a.height || rank(b) - rank(a));
  return {
    path: pathText(path),
    changes,
    next: next === undefined ? undefined : `${next}.${oldest}`,
    forgotten: gives.forgotten,
  };
});

interface Gives {
  readonly list: { readonly height: bigint; readonly owner: Uint8Array }[];
  readonly forgotten: boolean;
}

/** When the card changed hands, as far as it remembers; none without a card. */
const givesOf = Effect.fnUntraced(function* (
  { views }: NameParts,
  id: Uint8Array,
  height: bigint,
): Effect.fn.Return<Gives | undefined, Refusal> {
  const list: Gives["list"] = [];
  for (let at = height;;) {
    const card = yield* present(views.cardAt(id, at));
    if (card === undefined) return at === height ? undefined : done(false);
    if (card.owner === undefined) return done(true);
    if (equalOctets(card.owner, card.creator) && card.since === card.height) {
      return done(false);
    }
    list.push({ height: card.since, owner: card.owner });
    at = card.since - 1n;
  }

  function done(forgotten: boolean): Gives {
    return { list, forgotten };
  }
});

/** `LINK.HEIGHT`: the next link, and the height up to which gives are told. */
function placeOf(cursor: string | undefined) {
  if (cursor === undefined) {
    return Effect.succeed({ link: undefined, above: NEVER });
  }
  const [, link, above] = /^(\d{1,18})\.(\d{1,18})$/u.exec(cursor) ?? [];
  return link === undefined || above === undefined
    ? strangeCursor()
    : Effect.succeed({ link: BigInt(link), above: BigInt(above) });
}
