/**
 * A namespaced Merkle tree over leaves that somebody else keeps.
 *
 * The shape is that of a binary trie (`state.md`): one for each set of leaves.
 * `insert` and `touch` only mark what has to be hashed again; `settlePiece`
 * hashes it, so a leaf that changes a thousand times costs one path. 64 octets
 * a leaf. A path has at most 257 nodes, however namespaces are chosen, and
 * about log2 of the number of leaves where they are hashes.
 *
 * Deliberately absent: removing leaves, for the record only grows.
 */
import { chunk } from "../../sdk/assembly/blake3_tree";
import { ROOT } from "../../sdk/assembly/blake3_block";
import { hash } from "../../sdk/assembly/blake3";
import { compare, copy32 } from "../../sdk/assembly/bytes";
import { Rows } from "../../sdk/assembly/rows";
import { HASH_BLAKE3, IDENTITY_OCTETS, NODE_OCTETS } from "./limits";

/** A child: (row + 1) * 2, and 1 more where it is a leaf; 0 for none. */
type Child = u32;

const LEFT: usize = 32;
const RIGHT: usize = 36;
/** Inner row + 1 above, 0 at the root. */
const PARENT: usize = 40;
/** Leaves with the least and the greatest namespace below. */
const MIN: usize = 44;
const MAX: usize = 48;
/** The bit of the digest at which left and right differ. */
const BIT: usize = 52;
/** Whether the digest is out of date; then it is all the way up. */
const DIRTY: usize = 54;

const DIGEST_BITS: u32 = 256;

/** `01`, the left node, the right node. */
const PREIMAGE: usize = memory.data(256, 16);
const NODE_IDENTITY: usize = IDENTITY_OCTETS;

// @ts-ignore: decorator
@inline
export function isLeaf(child: Child): bool {
  return (child & 1) != 0;
}

// @ts-ignore: decorator
@inline
export function rowOf(child: Child): u32 {
  return (child >> 1) - 1;
}

// @ts-ignore: decorator
@inline
function leafChild(leaf: u32): Child {
  return ((leaf + 1) << 1) | 1;
}

// @ts-ignore: decorator
@inline
function innerChild(row: u32): Child {
  return (row + 1) << 1;
}

// @ts-ignore: decorator
@inline
function bitOf(digest: usize, bit: u32): u32 {
  return (load<u8>(digest + (bit >> 3)) >> <u8> (7 - (bit & 7))) & 1;
}

/** The first bit in which the digests differ; 256 where they do not. */
function firstDifference(a: usize, b: usize): u32 {
  for (let at: u32 = 0; at < DIGEST_BITS; at += 64) {
    const x = bswap(load<u64>(a + (at >> 3)) ^ load<u64>(b + (at >> 3)));
    if (x != 0) return at + <u32> clz(x);
  }
  return DIGEST_BITS;
}

export abstract class Trie {
  /** Digest (32), then the fields above; 64 octets. */
  readonly inner: Rows = new Rows(6);
  root: Child = 0;
  /** The inner node that `settlePiece` has come to; 0 where it begins. */
  private cursor: Child = 0;

  /** Where the 32 octets of the leaf's namespace are. */
  abstract digestOf(leaf: u32): usize;
  /** Where the leaf keeps the inner row + 1 above it (u32). */
  abstract parentOf(leaf: u32): usize;
  /** Writes the digest of the leaf's node. */
  abstract hashLeaf(leaf: u32, to: usize): void;

  /** Takes over a tree whose inner nodes are all there and up to date. */
  adoptRoot(root: Child): void {
    this.root = root;
  }

  /** Puts a new leaf in. Its pages are reserved. */
  insert(leaf: u32): void {
    const digest = this.digestOf(leaf);
    if (this.root == 0) {
      this.root = leafChild(leaf);
      store<u32>(this.parentOf(leaf), 0);
      return;
    }
    let at = this.root;
    while (!isLeaf(at)) at = this.childToward(at, digest);
    const bit = firstDifference(this.digestOf(rowOf(at)), digest);
    assert(bit < DIGEST_BITS, "a namespace is there twice");
    let above: u32 = 0;
    at = this.root;
    while (!isLeaf(at)) {
      const row = this.inner.at(rowOf(at));
      if (load<u16>(row, BIT) > bit) break;
      above = rowOf(at) + 1;
      at = this.childToward(at, digest);
    }
    this.put(leaf, bit, at, above);
  }

  private childToward(inner: Child, digest: usize): Child {
    const row = this.inner.at(rowOf(inner));
    const right = bitOf(digest, load<u16>(row, BIT));
    return load<u32>(row + (right == 0 ? LEFT : RIGHT));
  }

  /** A new inner node over `other` and the leaf, below `above`. */
  private put(leaf: u32, bit: u32, other: Child, above: u32): void {
    const row = this.inner.push();
    const number = this.inner.length;
    const right = bitOf(this.digestOf(leaf), bit) != 0;
    store<u32>(row, right ? other : leafChild(leaf), LEFT);
    store<u32>(row, right ? leafChild(leaf) : other, RIGHT);
    store<u32>(row, above, PARENT);
    store<u16>(row, <u16> bit, BIT);
    store<u8>(row, 1, DIRTY);
    store<u32>(this.parentOf(leaf), number);
    this.setParent(other, number);
    if (above == 0) {
      this.root = innerChild(number - 1);
    } else {
      const parent = this.inner.at(above - 1);
      const side = load<u32>(parent, LEFT) == other ? LEFT : RIGHT;
      store<u32>(parent + side, innerChild(number - 1));
    }
    for (let up = number; up != 0;) {
      const node = this.inner.at(up - 1);
      store<u32>(node, this.minOf(load<u32>(node, LEFT)), MIN);
      store<u32>(node, this.maxOf(load<u32>(node, RIGHT)), MAX);
      store<u8>(node, 1, DIRTY);
      up = load<u32>(node, PARENT);
    }
  }

  private setParent(child: Child, parent: u32): void {
    const row = rowOf(child);
    if (isLeaf(child)) store<u32>(this.parentOf(row), parent);
    else store<u32>(this.inner.at(row), parent, PARENT);
  }

  /** The leaf with the least namespace. */
  minOf(child: Child): u32 {
    const row = rowOf(child);
    return isLeaf(child) ? row : load<u32>(this.inner.at(row), MIN);
  }

  maxOf(child: Child): u32 {
    const row = rowOf(child);
    return isLeaf(child) ? row : load<u32>(this.inner.at(row), MAX);
  }

  leftOf(inner: Child): Child {
    return load<u32>(this.inner.at(rowOf(inner)), LEFT);
  }

  rightOf(inner: Child): Child {
    return load<u32>(this.inner.at(rowOf(inner)), RIGHT);
  }

  /** The leaf has changed. */
  touch(leaf: u32): void {
    let up = load<u32>(this.parentOf(leaf));
    while (up != 0) {
      const node = this.inner.at(up - 1);
      if (load<u8>(node, DIRTY) != 0) return;
      store<u8>(node, 1, DIRTY);
      up = load<u32>(node, PARENT);
    }
  }

  /** Hashes up to `most` inner nodes; false once nothing is out of date. */
  settlePiece(most: u32): bool {
    if (this.cursor == 0) {
      if (!this.isDirty(this.root)) return false;
      this.cursor = this.root;
    }
    while (most > 0) {
      const row = this.inner.at(rowOf(this.cursor));
      const left = load<u32>(row, LEFT);
      const right = load<u32>(row, RIGHT);
      if (this.isDirty(left)) {
        this.cursor = left;
      } else if (this.isDirty(right)) {
        this.cursor = right;
      } else {
        this.hashInner(row, left, right);
        most--;
        const up = load<u32>(row, PARENT);
        this.cursor = up == 0 ? 0 : innerChild(up - 1);
        if (up == 0) return false;
      }
    }
    return true;
  }

  private isDirty(child: Child): bool {
    if (child == 0 || isLeaf(child)) return false;
    return load<u8>(this.inner.at(rowOf(child)), DIRTY) != 0;
  }

  private hashInner(row: usize, left: Child, right: Child): void {
    store<u8>(PREIMAGE, 1);
    this.writeNode(left, PREIMAGE + 1);
    this.writeNode(right, PREIMAGE + 1 + NODE_OCTETS);
    chunk(PREIMAGE, 1 + 2 * NODE_OCTETS, 0, ROOT, row);
    store<u8>(row, 0, DIRTY);
  }

  /** Writes min, max and digest of a child; nothing below is out of date. */
  writeNode(child: Child, to: usize): void {
    store<u8>(to, HASH_BLAKE3);
    copy32(to + 1, this.digestOf(this.minOf(child)));
    store<u8>(to + NODE_IDENTITY, HASH_BLAKE3);
    copy32(to + NODE_IDENTITY + 1, this.digestOf(this.maxOf(child)));
    const digest = to + 2 * NODE_IDENTITY;
    const row = rowOf(child);
    if (isLeaf(child)) this.hashLeaf(row, digest);
    else copy32(digest, this.inner.at(row));
  }

  /** Writes the root node; of an empty tree too. */
  writeRoot(to: usize): void {
    if (this.root != 0) return this.writeNode(this.root, to);
    memory.fill(to, 0, 2 * NODE_IDENTITY);
    hash(to, 0, to + 2 * NODE_IDENTITY);
  }

  /** Whether the node has anything in common with the range of identities. */
  meets(child: Child, first: usize, last: usize): bool {
    return compareEnd(this.digestOf(this.maxOf(child)), first) >= 0 &&
      compareEnd(this.digestOf(this.minOf(child)), last) <= 0;
  }
}

/** How the namespace with this digest sorts to an end of a range (33 octets). */
export function compareEnd(digest: usize, end: usize): i32 {
  const id = load<u8>(end);
  if (id != HASH_BLAKE3) return <i32> HASH_BLAKE3 - <i32> id;
  return compare(digest, end + 1, 32);
}
