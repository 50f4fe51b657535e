/**
 * The state of a graph model, slow and obvious: what roots and proofs must be.
 *
 * Written from `state.md`, apart from the cell and from the verifier: all
 * leaves are made anew from all links, sorted, and the tree is built from its
 * top down by dividing the list.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { hex, joined, number } from "../testing/signals.ts";
import type { AccountModel } from "./account_model.ts";
import type { GraphModel } from "./graph_model.ts";

export interface ModelLeaf {
  readonly namespace: Uint8Array;
  readonly payload: Uint8Array;
}

type Hash = (octets: Uint8Array) => Uint8Array;

export class TreeModel {
  readonly #subtrees = new Map<string, Uint8Array>();
  /** Each leaf's namespace, bit by bit. */
  readonly #bits: readonly string[];

  constructor(
    /** Ascending. */
    readonly leaves: readonly ModelLeaf[],
    readonly hash: Hash = blake3,
    readonly namespaceOctets = 33,
  ) {
    this.#bits = leaves.map(({ namespace }) =>
      Array.from(namespace, (octet) => octet.toString(2).padStart(8, "0"))
        .join("")
    );
  }

  /** min, max and digest. */
  get root(): Uint8Array {
    if (this.leaves.length === 0) {
      const none = new Uint8Array(2 * this.namespaceOctets);
      return joined([none, this.hash(new Uint8Array())]);
    }
    return this.#node(0, this.leaves.length);
  }

  #node(from: number, to: number): Uint8Array {
    const key = `${from} ${to}`;
    const known = this.#subtrees.get(key);
    if (known) return known;
    const node = this.#make(from, to);
    this.#subtrees.set(key, node);
    return node;
  }

  #make(from: number, to: number): Uint8Array {
    const { namespace, payload } = this.leaves[from]!;
    if (to - from === 1) {
      const digest = this.hash(
        joined([Uint8Array.of(0), namespace, payload]),
      );
      return joined([namespace, namespace, digest]);
    }
    const middle = this.#divide(from, to);
    const digest = this.hash(
      joined([
        Uint8Array.of(1),
        this.#node(from, middle),
        this.#node(middle, to),
      ]),
    );
    return joined([namespace, this.leaves[to - 1]!.namespace, digest]);
  }

  /** The first leaf of the right half. */
  #divide(from: number, to: number): number {
    const least = this.#bits[from]!;
    const greatest = this.#bits[to - 1]!;
    let bit = 0;
    while (least[bit] === greatest[bit]) bit++;
    let middle = from;
    while (this.#bits[middle]![bit] === "0") middle++;
    return middle;
  }

  /** The tree's part of a proof for all namespaces from `first` to `last`. */
  cut(first: Uint8Array, last: Uint8Array): Uint8Array {
    if (this.leaves.length === 0) return Uint8Array.of(3);
    return joined(this.#cut(0, this.leaves.length, hex(first), hex(last)));
  }

  #cut(from: number, to: number, first: string, last: string): Uint8Array[] {
    const leaf = this.leaves[from]!;
    const outside = hex(this.leaves[to - 1]!.namespace) < first ||
      hex(leaf.namespace) > last;
    if (outside) return [Uint8Array.of(2), this.#node(from, to)];
    if (to - from === 1) {
      const { namespace, payload } = leaf;
      const length = number(payload.length, 2);
      return [Uint8Array.of(0), namespace, length, payload];
    }
    const middle = this.#divide(from, to);
    return [
      Uint8Array.of(1),
      ...this.#cut(from, middle, first, last),
      ...this.#cut(middle, to, first, last),
    ];
  }
}

interface Sums {
  count: bigint;
  chain: Uint8Array;
  a: bigint;
  b: bigint;
}

export const INDEXES = [
  "by-neuron",
  "by-particle",
  "focus",
  "balance",
  "coins",
  "cards",
] as const;
export type IndexName = typeof INDEXES[number];

/** All indexes and the root of all that the model holds. */
export class StateModel {
  readonly byNeuron: TreeModel;
  readonly byParticle: TreeModel;
  /** Those that are kept. */
  readonly trees: Readonly<Partial<Record<IndexName, TreeModel>>>;
  readonly octets: Uint8Array;
  readonly root: Uint8Array;

  constructor(model: GraphModel) {
    const neurons = new Map<string, Sums>();
    const particles = new Map<string, Sums>();
    for (const link of model.links) {
      const linkHash = blake3(joined([
        link.neuron,
        link.from,
        link.to,
        link.token,
        number(link.amount, 8),
        number(link.valence, 1),
        number(link.height, 8),
      ]));
      const neuron = taken(neurons, link.neuron, linkHash);
      neuron.a += link.amount;
      neuron.b = BigInt(link.height);
      taken(particles, link.to, linkHash).a += link.amount;
      const self = hex(link.from) === hex(link.to);
      const origin = self
        ? particles.get(hex(link.from))!
        : taken(particles, link.from, linkHash);
      origin.b += link.amount;
    }
    this.byNeuron = new TreeModel(leavesOf(neurons, 8));
    this.byParticle = new TreeModel(leavesOf(particles, 16));
    const { accounts } = model;
    const all = accounts.metered || accounts.first !== undefined;
    this.trees = {
      "by-neuron": this.byNeuron,
      "by-particle": this.byParticle,
      ...(all ? accountTrees(accounts) : {}),
    };
    this.octets = joined([
      new TextEncoder().encode("KSTA"),
      Uint8Array.of(all ? 2 : 1),
      model.network,
      number(model.height, 8),
      ...(all
        ? [
          number(accounts.block, 8),
          number(accounts.price, 8),
          chained([...accounts.outputs.keys()].map(digestOf)),
          chained([...accounts.nullifiers].map(digestOf)),
        ]
        : []),
      ...INDEXES.flatMap((index) => {
        const tree = this.trees[index];
        return tree ? [Uint8Array.of(1), tree.root] : [Uint8Array.of(0)];
      }),
    ]);
    this.root = joined([Uint8Array.of(1), blake3(this.octets)]);
  }

  proof(index: IndexName, first: Uint8Array, last: Uint8Array): Uint8Array {
    return joined([
      new TextEncoder().encode("KPRF"),
      Uint8Array.of(1, INDEXES.indexOf(index)),
      first,
      last,
      this.octets,
      this.trees[index]!.cut(first, last),
    ]);
  }
}

function digestOf(id: string): Uint8Array {
  return Uint8Array.fromHex(id).slice(1);
}

function chained(digests: readonly Uint8Array[]): Uint8Array {
  return digests.reduce<Uint8Array>(
    (chain, digest) => blake3(joined([chain, digest])),
    new Uint8Array(32),
  );
}

function accountTrees(accounts: AccountModel) {
  const id = (text: string) => Uint8Array.fromHex(text);
  const tree = <T>(
    rows: ReadonlyMap<string, T>,
    payload: (row: T) => Uint8Array[],
    namespaceOctets = 33,
  ) =>
    new TreeModel(
      [...rows.keys()].sort().map((key) => ({
        namespace: id(key),
        payload: joined(payload(rows.get(key)!)),
      })),
      blake3,
      namespaceOctets,
    );
  return {
    focus: tree(
      accounts.focus,
      ({ will, block, stake }) => [will, block, stake].map((n) => number(n, 8)),
    ),
    balance: tree(
      accounts.accounts,
      ({ balance, nonce }) => [number(balance, 8), number(nonce, 8)],
      66,
    ),
    coins: tree(accounts.coins, ({ supply, authority, cap, rule }) => [
      number(supply, 8),
      id(authority),
      number(cap, 8),
      number(rule, 1),
    ]),
    cards: tree(accounts.cards, ({ particle, owner, creator, height }) => [
      id(particle),
      id(owner),
      id(creator),
      number(height, 8),
    ]),
  };
}

function taken(
  all: Map<string, Sums>,
  namespace: Uint8Array,
  linkHash: Uint8Array,
): Sums {
  const key = hex(namespace);
  const sums = all.get(key) ??
    { count: 0n, chain: new Uint8Array(32), a: 0n, b: 0n };
  all.set(key, sums);
  sums.count++;
  sums.chain = blake3(joined([sums.chain, linkHash]));
  return sums;
}

function leavesOf(all: Map<string, Sums>, lastOctets: number): ModelLeaf[] {
  return [...all.keys()].sort().map((key) => {
    const { count, chain, a, b } = all.get(key)!;
    return {
      namespace: Uint8Array.fromHex(key),
      payload: joined([
        number(count, 8),
        chain,
        number(a, 16),
        number(b, lastOctets),
      ]),
    };
  });
}
