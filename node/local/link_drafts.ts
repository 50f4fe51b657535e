/**
 * Links as people write them, made into a draft; what no signal can carry is
 * refused before anything is signed.
 */
import { Effect } from "effect";
import { identityOf, toHex, utf8 } from "../../kernel/crypto/mod.ts";
import { type LinkInput, Refusal } from "../api.ts";
import {
  AMOUNT_END,
  axonIdentity,
  CONTENT_OCTETS_MAX,
  type DraftEnd,
  type DraftLink,
  endIdentity,
  LINKS_MAX,
  type Valence,
} from "../signals/mod.ts";
import { identityOctets } from "./answers.ts";

/** The links of one draft. */
export function draftLinks(
  links: ReadonlyArray<LinkInput>,
): Effect.Effect<ReadonlyArray<DraftLink>, Refusal> {
  return links.length >= 1 && links.length <= LINKS_MAX
    ? Effect.forEach(links, draftLink)
    : invalid(`a signal has 1 to ${LINKS_MAX} links, not ${links.length}`);
}

function draftLink(input: LinkInput): Effect.Effect<DraftLink, Refusal> {
  return Effect.gen(function* () {
    const from = yield* draftEnd(input.from);
    const to = yield* draftEnd(input.to);
    const { amount = 1, valence = 0 } = input;
    if (!Number.isInteger(amount) || amount < 0 || amount >= AMOUNT_END) {
      return yield* invalid("an amount is an integer from 0 to 2^48 - 1");
    }
    if (!isValence(valence)) {
      return yield* invalid("a valence is -1, 0 or 1");
    }
    const link = { from, to, amount: BigInt(amount), valence };
    if (input.coin !== undefined) {
      if (input.token !== undefined) {
        return yield* invalid("token and coin both name a link's token");
      }
      return { ...link, token: yield* identityOctets(input.coin) };
    }
    return input.token === undefined
      ? link
      : { ...link, token: identityOf(utf8(input.token)) };
  });
}

function draftEnd(
  end: LinkInput["from"],
): Effect.Effect<DraftEnd, Refusal> {
  if ("cid" in end) {
    return Effect.map(identityOctets(end.cid), (identity) => ({ identity }));
  }
  if (!end.text.isWellFormed()) {
    return invalid("a text has half a surrogate pair");
  }
  const content = utf8(end.text);
  return content.length <= CONTENT_OCTETS_MAX
    ? Effect.succeed({ content })
    : Effect.fail(
      new Refusal({
        kind: "too-large",
        message: `a text has ${content.length} octets`,
        fix: `at most ${CONTENT_OCTETS_MAX} fit; link its parts`,
      }),
    );
}

/** The identities of a drafted link. */
export function linkReceipt(link: DraftLink) {
  const from = endIdentity(link.from);
  const to = endIdentity(link.to);
  return {
    from: toHex(from),
    to: toHex(to),
    axon: toHex(axonIdentity(from, to)),
  };
}

function invalid(message: string): Effect.Effect<never, Refusal> {
  return Effect.fail(new Refusal({ kind: "invalid", message }));
}

function isValence(value: number): value is Valence {
  return value === -1 || value === 0 || value === 1;
}
