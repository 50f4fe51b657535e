/**
 * Trees of any shape, honest proofs of them, and the ways to lie about them.
 *
 * Written from `state.md`, apart from the verifier and from the cell.
 */
import { joined, number } from "./signals.ts";

export type Hash = (octets: Uint8Array) => Uint8Array;

export interface TestLeaf {
  readonly namespace: Uint8Array;
  readonly payload: Uint8Array;
}

export type TestTree =
  | { readonly leaf: TestLeaf }
  | { readonly left: TestTree; readonly right: TestTree };

export interface TestRange {
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

/** One node of a proof. */
export type Part =
  | { readonly tag: "leaf"; readonly leaf: TestLeaf }
  | { readonly tag: "inner"; readonly left: Part; readonly right: Part }
  | { readonly tag: "hidden"; readonly node: Uint8Array };

/** A tree over the leaves that is divided anywhere. */
export function randomTree(
  leaves: readonly TestLeaf[],
  below: (limit: number) => number,
): TestTree {
  if (leaves.length === 1) return { leaf: leaves[0]! };
  const middle = 1 + below(leaves.length - 1);
  return {
    left: randomTree(leaves.slice(0, middle), below),
    right: randomTree(leaves.slice(middle), below),
  };
}

/** min, max, digest. */
export function nodeOf(tree: TestTree, hash: Hash): Uint8Array {
  const { min, max } = ends(tree);
  return joined([min, max, digestOf(tree, hash)]);
}

function digestOf(tree: TestTree, hash: Hash): Uint8Array {
  if ("leaf" in tree) {
    const { namespace, payload } = tree.leaf;
    return hash(joined([Uint8Array.of(0), namespace, payload]));
  }
  const left = nodeOf(tree.left, hash);
  const right = nodeOf(tree.right, hash);
  return hash(joined([Uint8Array.of(1), left, right]));
}

export function ends(tree: TestTree): { min: Uint8Array; max: Uint8Array } {
  if ("leaf" in tree) {
    return { min: tree.leaf.namespace, max: tree.leaf.namespace };
  }
  return { min: ends(tree.left).min, max: ends(tree.right).max };
}

/** What an honest prover says of the range. */
export function honest(tree: TestTree, range: TestRange, hash: Hash): Part {
  const { min, max } = ends(tree);
  if (below(max, range.first) || below(range.last, min)) {
    return { tag: "hidden", node: nodeOf(tree, hash) };
  }
  if ("leaf" in tree) return { tag: "leaf", leaf: tree.leaf };
  return {
    tag: "inner",
    left: honest(tree.left, range, hash),
    right: honest(tree.right, range, hash),
  };
}

function below(a: Uint8Array, b: Uint8Array): boolean {
  return a.toHex() < b.toHex();
}

export function encoded(part: Part): Uint8Array {
  if (part.tag === "hidden") return joined([Uint8Array.of(2), part.node]);
  if (part.tag === "inner") {
    return joined([
      Uint8Array.of(1),
      encoded(part.left),
      encoded(part.right),
    ]);
  }
  const { namespace, payload } = part.leaf;
  return joined([
    Uint8Array.of(0),
    namespace,
    number(payload.length, 2),
    payload,
  ]);
}

/** Every part with exactly one node replaced by what `lie` makes of it. */
export function lies(
  part: Part,
  lie: (part: Part) => readonly Part[],
): Part[] {
  const here = [...lie(part)];
  if (part.tag !== "inner") return here;
  return [
    ...here,
    ...lies(part.left, lie).map((left) => ({ ...part, left })),
    ...lies(part.right, lie).map((right) => ({ ...part, right })),
  ];
}

/** The node that a part stands for, if it is honest. */
export function partNode(part: Part, hash: Hash): Uint8Array {
  if (part.tag === "hidden") return part.node;
  if (part.tag === "leaf") return nodeOf({ leaf: part.leaf }, hash);
  const left = partNode(part.left, hash);
  const right = partNode(part.right, hash);
  const digest = hash(joined([Uint8Array.of(1), left, right]));
  const size = (left.length - digest.length) / 2;
  return joined([left.slice(0, size), right.slice(size, 2 * size), digest]);
}
