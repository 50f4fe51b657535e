/**
 * Drafts: links by content or identity, as `ledger.compose` takes them.
 *
 * A client of the graph encodes a draft, has the graph compose the body, and
 * signs that. `composeBody` does the same without a graph, for a store that
 * holds nothing yet: what it gives is what an empty graph must give.
 */
import type { Result } from "effect";
import {
  compareOctets,
  decodeWith,
  equalOctets,
  IDENTITY_OCTETS,
  identityOf,
  isIdentity,
  type Malformed,
  type Reader,
  utf8,
  Writer,
} from "../../kernel/crypto/mod.ts";
import { must } from "../../kernel/limits.ts";
import {
  encodeBody,
  readAmount,
  readIdentity,
  readValence,
  type SignalBody,
  type Valence,
} from "./body.ts";
import { AMOUNT_END, CONTENT_OCTETS_MAX, LINKS_MAX } from "./limits.ts";
import { type Operation, writeOperations } from "./operations.ts";

/** One end of a drafted link. */
export type DraftEnd =
  | { readonly content: Uint8Array }
  | { readonly identity: Uint8Array };

export interface DraftLink {
  readonly from: DraftEnd;
  readonly to: DraftEnd;
  /** The identity of a token; the default token where it is absent. */
  readonly token?: Uint8Array;
  readonly amount: bigint;
  readonly valence: Valence;
}

const END_CONTENT = 0;
const END_IDENTITY = 1;
const TOKEN_DEFAULT = 0;
const TOKEN_NAMED = 1;

export const DEFAULT_TOKEN_NAME = "karyon";
export const DEFAULT_TOKEN: Uint8Array = identityOf(utf8(DEFAULT_TOKEN_NAME));

/** The particle that an end stands for. */
export function endIdentity(end: DraftEnd): Uint8Array {
  return "content" in end ? identityOf(end.content) : end.identity;
}

/** The octets of a draft that keeps every rule; another one is a bug here. */
export function encodeDraft(
  links: readonly DraftLink[],
  operations: readonly Operation[] = [],
): Uint8Array<ArrayBuffer> {
  must(links.length + operations.length >= 1, "a link or an operation");
  must(links.length <= LINKS_MAX, "at most 4096 links");
  const writer = new Writer().u16(links.length);
  for (const link of links) {
    must(link.amount >= 0n && link.amount < AMOUNT_END, "amount below 2^48");
    writeEnd(writer, link.from);
    writeEnd(writer, link.to);
    if (link.token === undefined) {
      writer.u8(TOKEN_DEFAULT);
    } else {
      must(isIdentity(link.token), "a token is an identity");
      writer.u8(TOKEN_NAMED).octets(link.token);
    }
    writer.u64(link.amount).u8(link.valence);
  }
  if (operations.length > 0) writeOperations(writer, operations);
  return writer.done();
}

function writeEnd(writer: Writer, end: DraftEnd): void {
  if ("content" in end) {
    must(
      end.content.length <= CONTENT_OCTETS_MAX,
      "a content is at most 1 MiB",
    );
    writer.u8(END_CONTENT).u32(end.content.length).octets(end.content);
  } else {
    must(isIdentity(end.identity), "an end is an identity");
    writer.u8(END_IDENTITY).u32(IDENTITY_OCTETS).octets(end.identity);
  }
}

/** The links of a draft without operations, or where its octets break which rule. */
export function decodeDraft(
  octets: Uint8Array,
): Result.Result<readonly DraftLink[], Malformed> {
  return decodeWith("draft", octets, (reader) => {
    const count = reader.u16("number of links");
    if (count < 1 || count > LINKS_MAX) {
      reader.fail(`${count} links, 1 to ${LINKS_MAX} are allowed`, 0);
    }
    const links: DraftLink[] = [];
    for (let index = 0; index < count; index += 1) {
      const from = readEnd(reader, `link ${index}: from`);
      const to = readEnd(reader, `link ${index}: to`);
      const token = readToken(reader, `link ${index}: token`);
      const amount = readAmount(reader, index);
      const valence = readValence(reader, index);
      links.push({
        from,
        to,
        ...(token === undefined ? {} : { token }),
        amount,
        valence,
      });
    }
    return links;
  });
}

function readEnd(reader: Reader, field: string): DraftEnd {
  const start = reader.offset;
  const tag = reader.u8(`${field} tag`);
  if (tag !== END_CONTENT && tag !== END_IDENTITY) {
    reader.fail(`${field} has tag ${tag}, 0 and 1 are known`, start);
  }
  const lengthAt = reader.offset;
  const length = reader.u32(`${field} length`);
  if (tag === END_IDENTITY) {
    if (length !== IDENTITY_OCTETS) {
      reader.fail(`${field} is an identity of ${length} octets`, lengthAt);
    }
    return { identity: readIdentity(reader, field) };
  }
  if (length > CONTENT_OCTETS_MAX) {
    reader.fail(`${field} is a content of ${length} octets`, lengthAt);
  }
  return { content: reader.octets(length, field) };
}

function readToken(reader: Reader, field: string): Uint8Array | undefined {
  const start = reader.offset;
  const tag = reader.u8(`${field} tag`);
  if (tag === TOKEN_DEFAULT) return undefined;
  if (tag === TOKEN_NAMED) return readIdentity(reader, field);
  return reader.fail(`${field} has tag ${tag}, 0 and 1 are known`, start);
}

/** Where a neuron's next signal goes. */
export interface ChainPlace {
  readonly network: Uint8Array;
  readonly neuron: Uint8Array;
  readonly step: bigint;
  readonly previous: Uint8Array;
  readonly time: bigint;
}

/** What an empty graph composes of a draft: links in the draft's order. */
export function composeBody(
  place: ChainPlace,
  draft: readonly DraftLink[],
  operations: readonly Operation[] = [],
): { readonly body: Uint8Array; readonly contents: readonly Uint8Array[] } {
  const tokenOf = (link: DraftLink) => link.token ?? DEFAULT_TOKEN;
  const tokens = draft.map(tokenOf).sort(compareOctets)
    .filter((token, i, all) => i === 0 || !equalOctets(token, all[i - 1]!));
  const contents = new Map<string, Uint8Array>();
  for (const end of draft.flatMap((link) => [link.from, link.to])) {
    if (!("content" in end)) continue;
    const id = identityOf(end.content).toHex();
    if (!contents.has(id)) contents.set(id, end.content);
  }
  const body: SignalBody = {
    ...place,
    tokens,
    links: draft.map((link) => ({
      from: endIdentity(link.from),
      to: endIdentity(link.to),
      token: tokens.findIndex((token) => equalOctets(token, tokenOf(link))),
      amount: link.amount,
      valence: link.valence,
    })),
    ...(operations.length > 0 ? { operations } : {}),
  };
  return { body: encodeBody(body), contents: [...contents.values()] };
}
