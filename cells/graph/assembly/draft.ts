/**
 * The strict decoder of drafts, as `encodings.md` lays them out.
 *
 * Decoding resolves every end to a digest: of an identity the one given, of a
 * text the one that its hash gives. A refusal names the
 * rule and the octet where the field begins that breaks it.
 */
import { equal32 } from "../../sdk/assembly/bytes";
import { hash } from "../../sdk/assembly/blake3";
import { flush } from "../../sdk/assembly/blake3_queue";
import {
  AMOUNT_END,
  CONTENT_OCTETS_MAX,
  HASH_BLAKE3,
  IDENTITY_OCTETS,
  SIGNAL_LINKS_MAX,
  TOKENS_MAX,
} from "./limits";
import { draftLinks } from "./scratch";
import { beginTexts, textDigest } from "./texts";

/** Places of both digests, then of amount and valence, then the token. */
export const DRAFT_OCTETS: usize = 16;
export const DRAFT_FROM: usize = 0;
export const DRAFT_TO: usize = 4;
export const DRAFT_WEIGHT: usize = 8;
export const DRAFT_TOKEN: usize = 12;

/** A number and the shortest operation. */
const OPERATIONS_OCTETS_MIN: u32 = 5;

const END_CONTENT: u8 = 0;
const END_IDENTITY: u8 = 1;
const TOKEN_DEFAULT: u8 = 0;
const TOKEN_NAMED: u8 = 1;

const DEFAULT_TOKEN: usize = memory.data(32, 16);
const DEFAULT_TOKEN_NAME: usize = memory.data<u8>([
  0x6b,
  0x61,
  0x72,
  0x79,
  0x6f,
  0x6e, // "karyon"
]);
hash(DEFAULT_TOKEN_NAME, 6, DEFAULT_TOKEN);

/** Places of the digests of the draft's tokens, in order of appearance. */
export const draftTokens = new StaticArray<usize>(TOKENS_MAX);
export let draftTokensUsed: u32 = 0;
export let draftLinksUsed: u32 = 0;
/** Where the number of operations is, and octets to the end; 0 for none. */
export let draftOperationsAt: usize = 0;
export let draftOperationsOctets: u32 = 0;
export let draftFault: string = "";

let start: usize = 0;
let at: usize = 0;
let end: usize = 0;
let link: u32 = 0;
let place: usize = 0;

/** Takes the draft; false with `draftFault` where it breaks a rule. */
export function decodeDraft(from: usize, octets: u32): bool {
  const good = decode(from, octets);
  flush();
  return good;
}

function decode(from: usize, octets: u32): bool {
  start = from;
  at = from;
  end = from + octets;
  draftTokensUsed = 0;
  draftOperationsOctets = 0;
  if (!fits(2, "number of links")) return false;
  draftLinksUsed = load<u16>(at);
  const least: u32 = octets < OPERATIONS_OCTETS_MIN + 2 ? 1 : 0;
  if (draftLinksUsed < least || draftLinksUsed > SIGNAL_LINKS_MAX) {
    const allowed = `1 to ${SIGNAL_LINKS_MAX} are allowed`;
    return no(`${draftLinksUsed} links, ${allowed}`, at);
  }
  at += 2;
  beginTexts();
  draftLinks.need(<usize> draftLinksUsed * DRAFT_OCTETS);
  for (link = 0; link < draftLinksUsed; link++) {
    const row = draftLinks.start + <usize> link * DRAFT_OCTETS;
    if (!readEnd("from")) return false;
    store<u32>(row, <u32> place, DRAFT_FROM);
    if (!readEnd("to")) return false;
    store<u32>(row, <u32> place, DRAFT_TO);
    if (!readToken(row) || !readWeight(row)) return false;
  }
  if (at == end && draftLinksUsed > 0) return true;
  if (end - at >= OPERATIONS_OCTETS_MIN) {
    // Checked with the body that they become a part of.
    draftOperationsAt = at;
    draftOperationsOctets = <u32> (end - at);
    return true;
  }
  return no(`${end - at} octets after the end`, at);
}

function no(rule: string, where: usize): bool {
  draftFault = `draft at octet ${where - start}: ${rule}`;
  return false;
}

function fits(size: u32, field: string): bool {
  if (size <= end - at) return true;
  return no(`${field} needs ${size} octets, ${end - at} are left`, at);
}

/** Reads one end; `place` is then where its digest is, or will be. */
function readEnd(side: string): bool {
  // The text of a refusal is made only when there is one: this runs for each
  // end of each link.
  if (end - at < 5) return endFault(side);
  const tag = load<u8>(at);
  const length = load<u32>(at, 1);
  if (tag == END_CONTENT) {
    if (length > CONTENT_OCTETS_MAX || length > end - at - 5) {
      return endFault(side);
    }
    place = textDigest(at + 5, length);
  } else {
    const bad = tag != END_IDENTITY || length != IDENTITY_OCTETS ||
      end - at - 5 < IDENTITY_OCTETS || load<u8>(at, 5) != HASH_BLAKE3;
    if (bad) return endFault(side);
    place = at + 6;
  }
  at += 5 + length;
  return true;
}

function endFault(side: string): bool {
  const field = `link ${link}: ${side}`;
  if (!fits(1, `${field} tag`)) return false;
  const tag = load<u8>(at);
  if (tag > END_IDENTITY) {
    return no(`${field} has tag ${tag}, 0 and 1 are known`, at);
  }
  at++;
  if (!fits(4, `${field} length`)) return false;
  const length = load<u32>(at);
  if (tag == END_CONTENT) {
    if (length > CONTENT_OCTETS_MAX) {
      return no(`${field} is a content of ${length} octets`, at);
    }
    at += 4;
    return fits(length, field);
  }
  if (length != IDENTITY_OCTETS) {
    return no(`${field} is an identity of ${length} octets`, at);
  }
  at += 4;
  return identityFault(field);
}

function identityFault(field: string): bool {
  if (!fits(IDENTITY_OCTETS, field)) return false;
  const id = load<u8>(at);
  return no(`${field} has hash id ${id}, only ${HASH_BLAKE3} is known`, at);
}

function readToken(row: usize): bool {
  if (at >= end) return fits(1, `link ${link}: token tag`);
  const tag = load<u8>(at);
  let token = DEFAULT_TOKEN;
  if (tag == TOKEN_NAMED) {
    at++;
    if (end - at < IDENTITY_OCTETS || load<u8>(at) != HASH_BLAKE3) {
      return identityFault(`link ${link}: token`);
    }
    token = at + 1;
    at += IDENTITY_OCTETS;
  } else if (tag == TOKEN_DEFAULT) {
    at++;
  } else {
    return no(`link ${link}: token has tag ${tag}, 0 and 1 are known`, at);
  }
  for (let i: u32 = 0; i < draftTokensUsed; i++) {
    if (equal32(unchecked(draftTokens[i]), token)) {
      store<u32>(row, i, DRAFT_TOKEN);
      return true;
    }
  }
  if (draftTokensUsed == TOKENS_MAX) {
    return no(`link ${link}: more than ${TOKENS_MAX} tokens`, token - 1);
  }
  store<u32>(row, draftTokensUsed, DRAFT_TOKEN);
  draftTokens[draftTokensUsed++] = token;
  return true;
}

function readWeight(row: usize): bool {
  if (end - at < 9) return weightFault();
  const valence = load<i8>(at, 8);
  const good = load<u64>(at) < AMOUNT_END && valence >= -1 && valence <= 1;
  if (!good) return weightFault();
  store<u32>(row, <u32> at, DRAFT_WEIGHT);
  at += 9;
  return true;
}

function weightFault(): bool {
  if (!fits(8, `link ${link}: amount`)) return false;
  const amount = load<u64>(at);
  if (amount >= AMOUNT_END) {
    return no(`link ${link}: amount ${amount} is not below 2^48`, at);
  }
  at += 8;
  if (!fits(1, `link ${link}: valence`)) return false;
  return no(`link ${link}: valence must be -1, 0 or 1`, at);
}
