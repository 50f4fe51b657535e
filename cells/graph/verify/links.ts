/** Links as octets, and what commits to a list of them. */
import { blake3 } from "./blake3.ts";
import { claim, joined, little, Reader } from "./octets.ts";

/** What a link is hashed from. */
export const LINK_OCTETS = 149;
const IDENTITY_OCTETS = 33;

export interface ProvenLink {
  readonly neuron: Uint8Array;
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly token: Uint8Array;
  readonly amount: bigint;
  readonly valence: number;
  readonly height: bigint;
}

export function linkOctets(link: ProvenLink): Uint8Array {
  const octets = joined(
    link.neuron,
    link.from,
    link.to,
    link.token,
    little(link.amount, 8),
    little(BigInt(link.valence), 1),
    little(link.height, 8),
  );
  claim(octets.length === LINK_OCTETS, "an identity has 33 octets");
  return octets;
}

/** The link that such octets are of. */
export function readLink(octets: Uint8Array): ProvenLink {
  const reader = new Reader(octets);
  const identity = () => reader.take(IDENTITY_OCTETS);
  // Fields are read in the order in which they are written here.
  return {
    neuron: identity(),
    from: identity(),
    to: identity(),
    token: identity(),
    amount: reader.number(8),
    valence: Number(BigInt.asIntN(8, reader.number(1))),
    height: reader.number(8),
  };
}

/**
 * What commits to these links. Equal to an entry's `digest` exactly if they
 * are all links of its namespace, oldest first.
 */
export function linksDigest(links: readonly ProvenLink[]): Uint8Array {
  return links.reduce<Uint8Array>(
    (digest, link) => blake3(joined(digest, blake3(linkOctets(link)))),
    new Uint8Array(32),
  );
}
