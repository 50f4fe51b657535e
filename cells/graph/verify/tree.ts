/**
 * Namespaced Merkle trees: what a part of one proves about a range.
 *
 * Hash and length of namespaces are parameters, so the same code checks trees
 * of others (Celestia's: SHA-256, 29 octets). It trusts neither order nor
 * shape nor labels: it recomputes the root from what it is given, and holds
 * that everything which it was not given lies outside the range.
 *
 * Deliberately absent: building trees.
 */
import { claim, compare, joined, type Reader } from "./octets.ts";

export interface TreeKind {
  readonly hash: (octets: Uint8Array) => Uint8Array;
  readonly digestOctets: number;
  readonly namespaceOctets: number;
}

export interface TreeNode {
  readonly min: Uint8Array;
  readonly max: Uint8Array;
  readonly digest: Uint8Array;
}

export interface Leaf {
  readonly namespace: Uint8Array;
  readonly payload: Uint8Array;
}

export interface Range {
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

/** Deeper than any tree over namespaces of 66 octets. */
const DEPTH_MAX = 600;

const LEAF = 0;
const INNER = 1;
const HIDDEN = 2;
const EMPTY = 3;

/** min, max and digest as octets. */
export function nodeOctets({ min, max, digest }: TreeNode): Uint8Array {
  return joined(min, max, digest);
}

export function readNode(kind: TreeKind, reader: Reader): TreeNode {
  const min = reader.take(kind.namespaceOctets);
  const max = reader.take(kind.namespaceOctets);
  return { min, max, digest: reader.take(kind.digestOctets) };
}

export function leafNode(kind: TreeKind, { namespace, payload }: Leaf) {
  const digest = kind.hash(joined(Uint8Array.of(0), namespace, payload));
  return { min: namespace, max: namespace, digest };
}

/** The node over two others; they must be in order. */
export function innerNode(
  kind: TreeKind,
  left: TreeNode,
  right: TreeNode,
): TreeNode {
  claim(compare(left.min, left.max) <= 0, "a node's min is above its max");
  claim(compare(right.min, right.max) <= 0, "a node's min is above its max");
  claim(compare(left.max, right.min) <= 0, "two nodes are not in order");
  const digest = kind.hash(
    joined(Uint8Array.of(1), nodeOctets(left), nodeOctets(right)),
  );
  return { min: left.min, max: right.max, digest };
}

export function emptyNode(kind: TreeKind): TreeNode {
  const none = new Uint8Array(kind.namespaceOctets);
  return { min: none, max: none, digest: kind.hash(new Uint8Array()) };
}

/**
 * Reads a tree that is cut down to the range, and returns its leaves in order
 * if it is a part of the tree with this root: then they are all that the tree
 * holds in the range. Throws `NotProven` otherwise.
 */
export function provenLeaves(
  kind: TreeKind,
  reader: Reader,
  root: TreeNode,
  range: Range,
): Leaf[] {
  claim(compare(range.first, range.last) <= 0, "the range is upside down");
  const leaves: Leaf[] = [];
  const found = part({ kind, reader, range, leaves }, 0);
  reader.end();
  claim(
    compare(nodeOctets(found), nodeOctets(root)) === 0,
    "the tree has another root",
  );
  return leaves;
}

interface Walk {
  readonly kind: TreeKind;
  readonly reader: Reader;
  readonly range: Range;
  readonly leaves: Leaf[];
}

function part(walk: Walk, depth: number): TreeNode {
  claim(depth <= DEPTH_MAX, "the tree is too deep");
  const { kind, reader, range, leaves } = walk;
  const tag = reader.small(1);
  if (tag === EMPTY) {
    claim(depth === 0, "an empty tree inside a tree");
    return emptyNode(kind);
  }
  if (tag === HIDDEN) {
    const node = readNode(kind, reader);
    claim(!meets(node, range), "something in the range is hidden");
    return node;
  }
  if (tag === LEAF) {
    const namespace = reader.take(kind.namespaceOctets);
    const leaf = { namespace, payload: reader.take(reader.small(2)) };
    const node = leafNode(kind, leaf);
    claim(meets(node, range), "a leaf outside of the range");
    leaves.push(leaf);
    return node;
  }
  claim(tag === INNER, `a node with tag ${tag}`);
  const left = part(walk, depth + 1);
  const node = innerNode(kind, left, part(walk, depth + 1));
  claim(meets(node, range), "a node that should be hidden");
  return node;
}

function meets({ min, max }: TreeNode, { first, last }: Range): boolean {
  return compare(min, last) <= 0 && compare(max, first) >= 0;
}
