/**
 * What is refused before a driver sees it, in the order of the contract.
 *
 * All drivers share these checks, so that a caller cannot tell them apart by what
 * they refuse. Each check gives the first reason, or undefined.
 */
import type { Limits, Refusal } from "../net_contract.ts";
import { keyOf } from "./link.ts";

/** Octets of an identity, and of a key. */
export const IDENTITY_OCTETS_MAX = 64;
export const ADDRESSES_MAX = 16;

const utf8 = new TextEncoder();

export type Check = Refusal | undefined;

export const malformed = (what: string): Refusal => ({
  tag: "malformed",
  val: what,
});

export const over = (limit: string): Refusal => ({
  tag: "over-limit",
  val: limit,
});

export function first(...checks: readonly Check[]): Check {
  return checks.find((one) => one !== undefined);
}

export function when(wrong: boolean, refusal: Refusal): Check {
  return wrong ? refusal : undefined;
}

/** A name of 1 to 64 octets: an identity or a key. */
export function short(what: string, octets: Uint8Array): Check {
  const wrong = octets.length === 0 || octets.length > IDENTITY_OCTETS_MAX;
  return when(wrong, malformed(what));
}

/** Somebody else. */
export function other(peer: Uint8Array, self: Uint8Array): Check {
  const own = keyOf(peer) === keyOf(self);
  return short("peer", peer) ?? when(own, malformed("peer"));
}

/** Not empty; how long it may be is another question. */
export function filled(what: string, text: string): Check {
  return when(text === "", malformed(what));
}

export function fits(text: string, { textMax }: Limits): Check {
  // No text has fewer octets than units.
  const wrong = text.length > textMax || utf8.encode(text).length > textMax;
  return when(wrong, over("text-max"));
}
