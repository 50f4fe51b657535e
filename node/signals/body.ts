/**
 * The body of a signal: what a neuron signs.
 *
 * `encodeBody` and `decodeBody` follow `wit/cells/graph/encodings.md` octet by
 * octet. Decoding is strict: whatever it accepts, encoding gives back the very
 * same octets. A refusal names the octet where the field begins that breaks the
 * rule. Decoding checks form only: the signature is verify.ts's business, the
 * neuron's chain and its balance are the graph cell's.
 */
import type { Result } from "effect";
import {
  compareOctets,
  decodeWith,
  HASH_BLAKE3,
  identityOf,
  isIdentity,
  type Malformed,
  type Reader,
  Writer,
} from "../../kernel/crypto/mod.ts";
import { IDENTITY_OCTETS } from "../../kernel/crypto/mod.ts";
import { must } from "../../kernel/limits.ts";
import { AMOUNT_END, LINK_OCTETS, LINKS_MAX, TOKENS_MAX } from "./limits.ts";
import {
  type Operation,
  readOperations,
  writeOperations,
} from "./operations.ts";

export const BODY_MAGIC = "KSIG";
export const BODY_VERSION = 1;
/** With operations behind the links, of which there may be none. */
export const BODY_VERSION_OPERATIONS = 2;
/** What `previous` holds at step 0. */
export const NO_PREVIOUS: Uint8Array = new Uint8Array(IDENTITY_OCTETS);

export type Valence = -1 | 0 | 1;

export interface SignalLink {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  /** Index into the body's tokens. */
  readonly token: number;
  readonly amount: bigint;
  readonly valence: Valence;
}

export interface SignalBody {
  readonly network: Uint8Array;
  readonly neuron: Uint8Array;
  readonly step: bigint;
  readonly previous: Uint8Array;
  /** Milliseconds since 1970, as the signer believes. */
  readonly time: bigint;
  readonly tokens: readonly Uint8Array[];
  readonly links: readonly SignalLink[];
  /** One at least in a body of version 2; absent in one of version 1. */
  readonly operations?: readonly Operation[];
}

/** The signal's identity: the hash of its body. */
export const signalIdentity = identityOf;

/** The octets of a body that keeps every rule; another one is a bug here. */
export function encodeBody(body: SignalBody): Uint8Array<ArrayBuffer> {
  const version = body.operations === undefined
    ? BODY_VERSION
    : BODY_VERSION_OPERATIONS;
  const writer = new Writer().text(BODY_MAGIC).u8(version)
    .octets(body.network).octets(body.neuron).u64(body.step)
    .octets(body.previous).u64(body.time).u8(body.tokens.length);
  for (const token of body.tokens) writer.octets(token);
  writer.u16(body.links.length);
  for (const link of body.links) {
    writer.octets(link.from).octets(link.to).u8(link.token)
      .u64(link.amount).u8(link.valence);
  }
  if (body.operations !== undefined) writeOperations(writer, body.operations);
  const octets = writer.done();
  must(decodeBody(octets)._tag === "Success", "an encoded body decodes");
  return octets;
}

/** The body, or where its octets break which rule. Accepts no octet more. */
export function decodeBody(
  octets: Uint8Array,
): Result.Result<SignalBody, Malformed> {
  return decodeWith("signal", octets, readBody);
}

/** A body without its links and operations. */
export type SignalHead = Omit<SignalBody, "links" | "operations">;

/**
 * The head alone, of octets whose length is right for their number of links.
 * For a signer, who has to know whose chain a body is about.
 */
export function decodeHead(
  octets: Uint8Array,
): Result.Result<SignalHead, Malformed> {
  return decodeWith("signal", octets, (reader) => {
    const { version, ...head } = readHead(reader);
    if (version === BODY_VERSION_OPERATIONS) {
      readRest(reader, head, version);
      return head;
    }
    const count = reader.u16("number of links");
    reader.octets(count * LINK_OCTETS, `${count} links`);
    return head;
  });
}

function readHead(reader: Reader): SignalHead & { readonly version: number } {
  reader.magic(BODY_MAGIC);
  const version = readVersion(reader);
  const network = readIdentity(reader, "network");
  const neuron = readIdentity(reader, "neuron");
  const step = reader.u64("step");
  const previous = readPrevious(reader, step);
  const time = reader.u64("time");
  const least = version === BODY_VERSION ? 1 : 0;
  const tokens = readTokens(reader, least);
  return { version, network, neuron, step, previous, time, tokens };
}

/** Reads one body and leaves the reader behind it. */
export function readBody(reader: Reader): SignalBody {
  const { version, ...head } = readHead(reader);
  return readRest(reader, head, version);
}

function readRest(
  reader: Reader,
  head: SignalHead,
  version: number,
): SignalBody {
  const { tokens } = head;
  const tokensAt = reader.offset - tokens.length * IDENTITY_OCTETS;
  const least = version === BODY_VERSION ? 1 : 0;
  const links = readLinks(reader, tokens.length, least);
  const used = new Set(links.map((link) => link.token));
  tokens.forEach((_, index) => {
    if (!used.has(index)) {
      reader.fail(
        `token ${index} is used by no link`,
        tokensAt + index * IDENTITY_OCTETS,
      );
    }
  });
  if (version === BODY_VERSION) return { ...head, links };
  return { ...head, links, operations: readOperations(reader, links) };
}

export function readIdentity(reader: Reader, field: string): Uint8Array {
  const start = reader.offset;
  const octets = reader.octets(IDENTITY_OCTETS, field);
  if (!isIdentity(octets)) {
    reader.fail(
      `${field} has hash id ${octets[0]}, only ${HASH_BLAKE3} is known`,
      start,
    );
  }
  return octets;
}

function readVersion(reader: Reader): number {
  const start = reader.offset;
  const version = reader.u8("version");
  if (version === BODY_VERSION || version === BODY_VERSION_OPERATIONS) {
    return version;
  }
  return reader.fail(`version ${version}, 1 and 2 are known`, start);
}

function readPrevious(reader: Reader, step: bigint): Uint8Array {
  if (step > 0n) return readIdentity(reader, "previous");
  const start = reader.offset;
  const octets = reader.octets(IDENTITY_OCTETS, "previous");
  if (octets.some((octet) => octet !== 0)) {
    reader.fail("previous must be zeros at step 0", start);
  }
  return octets;
}

function readTokens(reader: Reader, least: number): Uint8Array[] {
  const start = reader.offset;
  const count = reader.u8("number of tokens");
  if (count < least || count > TOKENS_MAX) {
    reader.fail(`${count} tokens, 1 to ${TOKENS_MAX} are allowed`, start);
  }
  const tokens: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    const at = reader.offset;
    const token = readIdentity(reader, `token ${index}`);
    const before = tokens.at(-1);
    if (before !== undefined && compareOctets(before, token) >= 0) {
      reader.fail(`token ${index} is not above the one before it`, at);
    }
    tokens.push(token);
  }
  return tokens;
}

function readLinks(
  reader: Reader,
  tokens: number,
  least: number,
): SignalLink[] {
  const start = reader.offset;
  const count = reader.u16("number of links");
  if (count < least || count > LINKS_MAX) {
    reader.fail(`${count} links, ${least} to ${LINKS_MAX} are allowed`, start);
  }
  const sound = soundLinks(reader, count, tokens);
  if (sound !== undefined) return sound;
  const links: SignalLink[] = [];
  for (let index = 0; index < count; index += 1) {
    links.push(readLink(reader, index, tokens));
  }
  return links;
}

/**
 * The links, if all of them keep every rule: one copy for all, and no words for what
 * might be wrong. Otherwise nothing, and nothing is read: they are gone through one by
 * one for the first that does not.
 */
function soundLinks(
  reader: Reader,
  count: number,
  tokens: number,
): SignalLink[] | undefined {
  const all = reader.ahead(count * LINK_OCTETS);
  if (all === undefined) return undefined;
  const view = new DataView(all.buffer, all.byteOffset, all.length);
  const links: SignalLink[] = [];
  for (let at = 0; at < all.length; at += LINK_OCTETS) {
    const to = at + IDENTITY_OCTETS;
    const tokenAt = to + IDENTITY_OCTETS;
    const token = view.getUint8(tokenAt);
    const amount = view.getBigUint64(tokenAt + 1, true);
    const valence = view.getInt8(tokenAt + 9);
    if (
      all[at] !== HASH_BLAKE3 || all[to] !== HASH_BLAKE3 || token >= tokens ||
      amount >= AMOUNT_END || (valence !== 0 && valence !== 1 && valence !== -1)
    ) return undefined;
    links.push({
      from: all.subarray(at, to),
      to: all.subarray(to, tokenAt),
      token,
      amount,
      valence,
    });
  }
  reader.skip(all.length);
  return links;
}

function readLink(reader: Reader, index: number, tokens: number): SignalLink {
  const from = readIdentity(reader, `link ${index}: from`);
  const to = readIdentity(reader, `link ${index}: to`);
  const tokenAt = reader.offset;
  const token = reader.u8(`link ${index}: token`);
  if (token >= tokens) {
    reader.fail(`link ${index}: token ${token} of ${tokens}`, tokenAt);
  }
  const amount = readAmount(reader, index);
  return { from, to, token, amount, valence: readValence(reader, index) };
}

export function readAmount(reader: Reader, index: number): bigint {
  const start = reader.offset;
  const amount = reader.u64(`link ${index}: amount`);
  if (amount >= AMOUNT_END) {
    reader.fail(`link ${index}: amount ${amount} is not below 2^48`, start);
  }
  return amount;
}

export function readValence(reader: Reader, index: number): Valence {
  const start = reader.offset;
  const octet = reader.u8(`link ${index}: valence`);
  if (octet === 0 || octet === 1) return octet;
  if (octet === 0xff) return -1;
  return reader.fail(`link ${index}: valence must be -1, 0 or 1`, start);
}
