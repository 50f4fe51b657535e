/**
 * Signals and drafts as octets, written down once more from `encodings.md`.
 *
 * Apart from the cell and from whoever else encodes signals, so that a mistake
 * has to be made twice to go unseen. Signatures are noise: the cell trusts its
 * caller to have verified them.
 */
import { hex, identityOf, joined, number, utf8 } from "./octets.ts";
import { type Operation, operationsOf } from "./operations.ts";

export { hex, identityOf, joined, number, utf8 } from "./octets.ts";

export const SIGNATURE_OCTETS = 3373;

export const networkOf = (name: string) =>
  identityOf(utf8(`karyon network: ${name}`));
export const networkWithRules = (name: string, rules: string) =>
  identityOf(utf8(`karyon network with rules: ${rules} ${name}`));
export const DEFAULT_TOKEN = identityOf(utf8("karyon"));
export const NOBODY = new Uint8Array(33);

export interface Link {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly token: Uint8Array;
  readonly amount: bigint;
  readonly valence: number;
}

export interface Signal {
  readonly network: Uint8Array;
  readonly neuron: Uint8Array;
  readonly step: bigint;
  readonly previous: Uint8Array;
  readonly time: bigint;
  readonly links: readonly Link[];
  /** Where there are any, the signal is of version 2. */
  readonly operations?: readonly Operation[];
}

/** The distinct tokens of the links, ascending. */
export function tokensOf(links: readonly Link[]): Uint8Array[] {
  const all = new Map(links.map(({ token }) => [hex(token), token]));
  return [...all.keys()].sort().map((key) => all.get(key)!);
}

export function bodyOf(signal: Signal): Uint8Array {
  const tokens = tokensOf(signal.links);
  const places = tokens.map(hex);
  const operations = signal.operations ?? [];
  return joined([
    utf8("KSIG"),
    Uint8Array.of(operations.length > 0 ? 2 : 1),
    signal.network,
    signal.neuron,
    number(signal.step, 8),
    signal.previous,
    number(signal.time, 8),
    number(tokens.length, 1),
    ...tokens,
    number(signal.links.length, 2),
    ...signal.links.flatMap((link) => [
      link.from,
      link.to,
      number(places.indexOf(hex(link.token)), 1),
      number(link.amount, 8),
      number(link.valence, 1),
    ]),
    ...(operations.length > 0 ? [operationsOf(operations)] : []),
  ]);
}

/** A body with something of a signature's length behind it. */
export function signed(body: Uint8Array, noise = 0): Uint8Array {
  return joined([body, new Uint8Array(SIGNATURE_OCTETS).fill(noise)]);
}

export function contentsOf(contents: readonly Uint8Array[]): Uint8Array {
  return joined(contents.flatMap((one) => [number(one.length, 4), one]));
}

export interface DraftLink {
  /** Octets of a content, or an identity. */
  readonly from: { content: Uint8Array } | { identity: Uint8Array };
  readonly to: { content: Uint8Array } | { identity: Uint8Array };
  readonly token?: Uint8Array;
  readonly amount: bigint;
  readonly valence: number;
}

export function draftOf(
  links: readonly DraftLink[],
  operations: readonly Operation[] = [],
): Uint8Array {
  const end = (one: DraftLink["from"]) =>
    "content" in one
      ? [number(0, 1), number(one.content.length, 4), one.content]
      : [number(1, 1), number(one.identity.length, 4), one.identity];
  return joined([
    number(links.length, 2),
    ...links.flatMap((link) => [
      ...end(link.from),
      ...end(link.to),
      ...(link.token ? [number(1, 1), link.token] : [number(0, 1)]),
      number(link.amount, 8),
      number(link.valence, 1),
    ]),
    ...(operations.length > 0 ? [operationsOf(operations)] : []),
  ]);
}
