/**
 * Checks what a Karyon node says about its graph against a root that you trust.
 *
 * `verifyProof` takes the octets of a proof and a state root, and returns what
 * is proven: every leaf of one index in a range of namespaces. `verifyLink`
 * does the same for the proof of one link, and `linksDigest` says whether a
 * list of links is all of a leaf's. Needs no node, no kernel and no package: it
 * runs in a page (`wit/cells/graph/state.md` has the octets).
 *
 * Deliberately absent: whether the root is the one that others hold, too. That
 * is what you bring.
 */
import { blake3 } from "./blake3.ts";
import { LINK_OCTETS, type ProvenLink, readLink } from "./links.ts";
import { claim, compare, hex, joined, Reader } from "./octets.ts";
import {
  nodeOctets,
  provenLeaves,
  readNode,
  type TreeKind,
  type TreeNode,
} from "./tree.ts";

export { blake3 } from "./blake3.ts";
export { linksDigest, type ProvenLink } from "./links.ts";
export { hex, NotProven, unhex } from "./octets.ts";

export const INDEXES = [
  "by-neuron",
  "by-particle",
  "focus",
  "balance",
  "coins",
  "cards",
] as const;
export type IndexName = typeof INDEXES[number];

const IDENTITY_OCTETS = 33;

/** The trees of an index; a balance's namespace is a neuron and a token. */
function kindOf(index: IndexName): TreeKind {
  const identities = index === "balance" ? 2 : 1;
  return {
    hash: blake3,
    digestOctets: 32,
    namespaceOctets: identities * IDENTITY_OCTETS,
  };
}

export interface State {
  readonly network: Uint8Array;
  readonly height: bigint;
  /** Root nodes; none for an index that the record does not keep. */
  readonly roots: ReadonlyMap<IndexName, TreeNode>;
  /** What a record with operations says beside its indexes. */
  readonly accounts?: {
    readonly block: bigint;
    /** In parts of 256. */
    readonly price: bigint;
    /** Chains over all outputs and all nullifiers, see `chainDigest`. */
    readonly outputs: Uint8Array;
    readonly nullifiers: Uint8Array;
  };
}

/** What an index says of one namespace: the fields of that index. */
export interface Entry {
  readonly namespace: Uint8Array;
  /** by-neuron and by-particle. */
  readonly links?: bigint;
  /** Commits to all links, see `linksDigest`. */
  readonly digest?: Uint8Array;
  /** by-neuron. */
  readonly amount?: bigint;
  readonly lastHeight?: bigint;
  /** by-particle. */
  readonly amountIn?: bigint;
  readonly amountOut?: bigint;
  /** focus: parts of a unit, the block of the last refill, what is staked. */
  readonly will?: bigint;
  readonly block?: bigint;
  readonly stake?: bigint;
  /** balance: what is there, and how often something was taken. */
  readonly balance?: bigint;
  readonly nonce?: bigint;
  /** coins. */
  readonly supply?: bigint;
  readonly authority?: Uint8Array;
  readonly cap?: bigint;
  readonly rule?: number;
  /** cards. */
  readonly particle?: Uint8Array;
  readonly owner?: Uint8Array;
  readonly creator?: Uint8Array;
  readonly height?: bigint;
}

export interface Proven {
  readonly state: State;
  readonly index: IndexName;
  /** The range that `entries` is all of, both ends included. */
  readonly first: Uint8Array;
  readonly last: Uint8Array;
  readonly entries: readonly Entry[];
}

/** The identity of any octets. */
export function identityOf(octets: Uint8Array): Uint8Array {
  return joined(Uint8Array.of(1), blake3(octets));
}

/**
 * What the proof proves about the state with this root (33 octets). Throws
 * `NotProven` if it does not hold, with the reason.
 */
export function verifyProof(proof: Uint8Array, root: Uint8Array): Proven {
  const reader = new Reader(proof);
  reader.magic("KPRF");
  claim(reader.small(1) === 1, "another version of the proof");
  const index = INDEXES[reader.small(1)];
  claim(index !== undefined, "an index that does not exist");
  const kind = kindOf(index);
  const first = reader.take(kind.namespaceOctets);
  const last = reader.take(kind.namespaceOctets);
  const stateAt = proof.length - reader.left;
  const state = readState(reader);
  const octets = proof.slice(stateAt, proof.length - reader.left);
  claim(compare(identityOf(octets), root) === 0, "the state has another root");
  const tree = state.roots.get(index);
  claim(tree !== undefined, `the state keeps no index ${index}`);
  const leaves = provenLeaves(kind, reader, tree, { first, last });
  const entries = leaves.map(({ namespace, payload }) =>
    readEntry(index, namespace, payload)
  );
  return { state, index, first, last, entries };
}

/** Reads the octets of a state, which must hash to the root. */
export function verifyState(octets: Uint8Array, root: Uint8Array): State {
  const reader = new Reader(octets);
  const state = readState(reader);
  reader.end();
  claim(compare(identityOf(octets), root) === 0, "the state has another root");
  return state;
}

function readState(reader: Reader): State {
  reader.magic("KSTA");
  const version = reader.small(1);
  claim(version === 1 || version === 2, "another version of the state");
  const network = reader.take(IDENTITY_OCTETS);
  const height = reader.number(8);
  const accounts = version === 1 ? undefined : {
    block: reader.number(8),
    price: reader.number(8),
    outputs: reader.take(32),
    nullifiers: reader.take(32),
  };
  const roots = new Map<IndexName, TreeNode>();
  for (const index of INDEXES) {
    const kept = reader.small(1);
    claim(kept <= 1, "neither kept nor not kept");
    if (kept === 1) roots.set(index, readNode(kindOf(index), reader));
  }
  const state = { network, height, roots };
  return accounts ? { ...state, accounts } : state;
}

function readEntry(
  index: IndexName,
  namespace: Uint8Array,
  payload: Uint8Array,
): Entry {
  const reader = new Reader(payload);
  const entry = { namespace, ...readFields(index, reader) };
  reader.end();
  return entry;
}

function readFields(index: IndexName, reader: Reader): Partial<Entry> {
  const u64 = () => reader.number(8);
  const sum = () => reader.number(16);
  const identity = () => reader.take(IDENTITY_OCTETS);
  // Fields are read in the order in which they are written here.
  switch (index) {
    case "by-neuron":
      return {
        links: u64(),
        digest: reader.take(32),
        amount: sum(),
        lastHeight: u64(),
      };
    case "by-particle":
      return {
        links: u64(),
        digest: reader.take(32),
        amountIn: sum(),
        amountOut: sum(),
      };
    case "focus":
      return { will: u64(), block: u64(), stake: u64() };
    case "balance":
      return { balance: u64(), nonce: u64() };
    case "coins":
      return {
        supply: u64(),
        authority: identity(),
        cap: u64(),
        rule: reader.small(1),
      };
    case "cards":
      return {
        particle: identity(),
        owner: identity(),
        creator: identity(),
        height: u64(),
      };
  }
}

/**
 * What commits to these identities, in this order: a state's `outputs` or
 * `nullifiers`, exactly if they are all that there are.
 */
export function chainDigest(identities: readonly Uint8Array[]): Uint8Array {
  let digest: Uint8Array = new Uint8Array(32);
  for (const id of identities) {
    claim(id.length === IDENTITY_OCTETS, "an identity has 33 octets");
    digest = blake3(joined(digest, id.slice(1)));
  }
  return digest;
}

/** One link, and whose links it is among. */
export interface ProvenAlone {
  readonly state: State;
  readonly link: ProvenLink;
  /** The link's namespace that the proof is about. */
  readonly place: Place;
  /** Which of the namespace's links it is, from 0, and how many there are. */
  readonly position: bigint;
  readonly links: bigint;
}

export const PLACES = ["neuron", "from", "to"] as const;
export type Place = typeof PLACES[number];

/**
 * What the proof of one link proves about the state with this root. Throws
 * `NotProven` if it does not hold, with the reason.
 */
export function verifyLink(proof: Uint8Array, root: Uint8Array): ProvenAlone {
  const reader = new Reader(proof);
  reader.magic("KLNK");
  claim(reader.small(1) === 1, "another version of the proof");
  const place = PLACES[reader.small(1)];
  claim(place !== undefined, "a place that does not exist");
  const octets = reader.take(LINK_OCTETS);
  const link = readLink(octets);
  const before = reader.take(32);
  const behind = reader.number(4);
  claim(behind * 32n <= reader.left, "more links behind it than octets");
  let digest = blake3(joined(before, blake3(octets)));
  for (let i = 0n; i < behind; i++) {
    digest = blake3(joined(digest, reader.take(32)));
  }
  const rest = proof.slice(proof.length - reader.left);
  const { state, index, first, last, entries } = verifyProof(rest, root);
  const wanted = place === "neuron" ? "by-neuron" : "by-particle";
  claim(index === wanted, `a proof of ${index}, not of ${wanted}`);
  const namespace = link[place];
  claim(compare(first, namespace) === 0, "a proof of another namespace");
  claim(compare(last, namespace) === 0, "a proof of more than the namespace");
  const [entry] = entries;
  claim(entry !== undefined, "the namespace has no links");
  claim(
    entry.digest !== undefined && compare(entry.digest, digest) === 0,
    "the link is not among those of its namespace",
  );
  const { links = 0n } = entry;
  claim(behind < links, "more links behind it than there are");
  return { state, link, place, position: links - 1n - behind, links };
}

/** The root node as text: min, max and digest. */
export function rootText(node: TreeNode): string {
  return hex(nodeOctets(node));
}
