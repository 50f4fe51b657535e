/**
 * A namespaced Merkle tree over leaves that somebody else keeps.
 *
 * The shape is that of a binary trie (`state.md`): one for each set of leaves.
 * `insert` and `touch` only mark what has to be hashed again; `settlePiece`
 * hashes it, so a leaf that changes a thousand times costs one path. 64 octets
 * a leaf. A path has at most 257 nodes, however namespaces are chosen, and
 * about log2 of the number of leaves where they are hashes. A namespace is one
 * identity, or two side by side: then a path has at most twice as many.
 *
 * Deliberately absent: removing one leaf, for the record only grows.
 */
import { ROOT } from "../../sdk/assembly/blake3_block";
import { flush, hashSoon } from "../../sdk/assembly/blake3_queue";
import { hash } from "../../sdk/assembly/blake3";
import { Buffer } from "../../sdk/assembly/buffer";
import { compare, copy32 } from "../../sdk/assembly/bytes";
import { Rows } from "../../sdk/assembly/rows";
import { chunk } from "../../sdk/assembly/blake3_tree";
import { HASH_BLAKE3, IDENTITY_OCTETS } from "./limits";
import {
  bitOf,
  DIGESTS,
  firstDifference,
  hashInner,
  INNER_OCTETS,
} from "./trie_hash";

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
/**
 * 0 where the digest is up to date; else 1, and 1 more for each inner child
 * that is not. What is out of date is so all the way up.
 */
const DIRTY: usize = 54;

/** `01`, the left node, the right node, zeros: for each lane. */
const PREIMAGES: usize = memory.data(1536, 16);
/** The same of nodes with two identities a namespace, whose zeros begin later. */
const WIDE_PREIMAGES: usize = memory.data(1536, 16);
/** What leaves are hashed from: two for each lane. */
const LEAF_PREIMAGES: usize = memory.data(1536, 16);
const LEAF_OCTETS: usize = 192;
const PREIMAGE: usize = memory.data(192, 16);
/** Inner rows + 1 that are hashed together. */
const GROUP: usize = memory.data(16, 16);
const LANES: u32 = 4;
const IDENTITY: usize = IDENTITY_OCTETS;
const DIGEST_OCTETS: usize = 32;

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

export abstract class Trie {
  /** Digest (32), then the fields above; 64 octets. */
  readonly inner: Rows = new Rows(6);
  root: Child = 0;
  /**
   * Inner nodes whose children are up to date and who are not, and others that
   * were so once: `DIRTY` tells. 4 octets each, the next one last.
   */
  private readonly ready: Buffer = new Buffer();
  private readyCount: u32 = 0;
  readonly namespaceOctets: usize;
  readonly nodeOctets: usize;
  private preimages: usize;

  /** Payloads have so many octets, namespaces so many identities. */
  constructor(readonly payloadOctets: u32, readonly identities: u32 = 1) {
    this.namespaceOctets = identities * IDENTITY;
    this.nodeOctets = 2 * this.namespaceOctets + DIGEST_OCTETS;
    this.preimages = identities == 1 ? PREIMAGES : WIDE_PREIMAGES;
  }

  /** Where the digests of the leaf's namespace are, side by side. */
  abstract digestOf(leaf: u32): usize;
  /** Where the leaf keeps the inner row + 1 above it (u32). */
  abstract parentOf(leaf: u32): usize;
  abstract writePayload(leaf: u32, to: usize): void;

  writeNamespace(leaf: u32, to: usize): void {
    let digest = this.digestOf(leaf);
    for (let i: u32 = 0; i < this.identities; i++) {
      store<u8>(to, HASH_BLAKE3);
      copy32(to + 1, digest);
      to += IDENTITY;
      digest += DIGEST_OCTETS;
    }
  }

  /** Writes what the leaf's node is hashed from; how many octets. */
  private writePreimage(leaf: u32, to: usize): u32 {
    store<u8>(to, 0);
    this.writeNamespace(leaf, to + 1);
    this.writePayload(leaf, to + 1 + this.namespaceOctets);
    return 1 + <u32> this.namespaceOctets + this.payloadOctets;
  }

  private hashLeaf(leaf: u32, to: usize): void {
    chunk(PREIMAGE, this.writePreimage(leaf, PREIMAGE), 0, ROOT, to);
  }

  /** Takes over a tree whose inner nodes are all there and up to date. */
  adoptRoot(root: Child): void {
    this.root = root;
  }

  /** Forgets all leaves; those who keep them forget theirs. */
  reset(): void {
    this.inner.cut(0);
    this.root = 0;
    this.readyCount = 0;
    this.ready.shrink(0);
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
    const bits = this.identities << 8;
    const bit = firstDifference(this.digestOf(rowOf(at)), digest, bits);
    assert(bit < bits, "a namespace is there twice");
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
    store<u32>(this.parentOf(leaf), number);
    this.setParent(other, number);
    if (above == 0) {
      this.root = innerChild(number - 1);
    } else {
      const parent = this.inner.at(above - 1);
      const side = load<u32>(parent, LEFT) == other ? LEFT : RIGHT;
      store<u32>(parent + side, innerChild(number - 1));
    }
    this.spoilNew(number, other, above);
    for (let up = number; up != 0;) {
      const node = this.inner.at(up - 1);
      store<u32>(node, this.minOf(load<u32>(node, LEFT)), MIN);
      store<u32>(node, this.maxOf(load<u32>(node, RIGHT)), MAX);
      up = load<u32>(node, PARENT);
    }
  }

  /** A new node, and all above it, are out of date. */
  private spoilNew(number: u32, other: Child, above: u32): void {
    const row = this.inner.at(number - 1);
    if (!isLeaf(other) && load<u8>(this.inner.at(rowOf(other)), DIRTY) != 0) {
      // It takes the place of a node that was counted above.
      store<u8>(row, 2, DIRTY);
      return;
    }
    store<u8>(row, 1, DIRTY);
    this.pushReady(number);
    this.spoilAbove(above);
  }

  /** One more child of this node is out of date. */
  private spoilAbove(up: u32): void {
    while (up != 0) {
      const node = this.inner.at(up - 1);
      const dirty = load<u8>(node, DIRTY);
      store<u8>(node, dirty == 0 ? 2 : dirty + 1, DIRTY);
      if (dirty != 0) return;
      up = load<u32>(node, PARENT);
    }
  }

  private pushReady(number: u32): void {
    const at = <usize> this.readyCount << 2;
    store<u32>(this.ready.need(at + 4) + at, number);
    this.readyCount++;
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
    const number = load<u32>(this.parentOf(leaf));
    if (number == 0) return;
    const node = this.inner.at(number - 1);
    if (load<u8>(node, DIRTY) != 0) return;
    store<u8>(node, 1, DIRTY);
    this.pushReady(number);
    this.spoilAbove(load<u32>(node, PARENT));
  }

  /** Hashes up to `most` inner nodes; false once nothing is out of date. */
  settlePiece(most: u32): bool {
    while (most > 0) {
      let lanes: u32 = 0;
      while (lanes < LANES) {
        const number = this.popReady();
        if (number == 0) break;
        store<u32>(GROUP + (<usize> lanes << 2), number);
        lanes++;
      }
      if (lanes == 0) {
        this.ready.shrink(0);
        return false;
      }
      this.hashGroup(lanes);
      most -= min(most, lanes);
    }
    return true;
  }

  /** The row + 1 of a node that can be hashed, taken as hashed; 0 for none. */
  private popReady(): u32 {
    while (this.readyCount > 0) {
      this.readyCount--;
      const at = this.ready.start + (<usize> this.readyCount << 2);
      const number = load<u32>(at);
      const node = this.inner.at(number - 1);
      if (load<u8>(node, DIRTY) != 1) continue;
      store<u8>(node, 0, DIRTY);
      return number;
    }
    return 0;
  }

  private hashGroup(lanes: u32): void {
    for (let lane: u32 = 0; lane < lanes; lane++) {
      const number = load<u32>(GROUP + (<usize> lane << 2));
      const row = this.inner.at(number - 1);
      const at = this.preimages + lane * INNER_OCTETS;
      store<u8>(at, 1);
      this.writeSoon(load<u32>(row, LEFT), at + 1, 2 * lane);
      this.writeSoon(
        load<u32>(row, RIGHT),
        at + 1 + this.nodeOctets,
        2 * lane + 1,
      );
    }
    flush();
    hashInner(this.preimages, 1 + 2 * <u32> this.nodeOctets);
    for (let lane: u32 = 0; lane < lanes; lane++) {
      const number = load<u32>(GROUP + (<usize> lane << 2));
      const row = this.inner.at(number - 1);
      copy32(row, DIGESTS + (<usize> lane << 5));
      const up = load<u32>(row, PARENT);
      if (up == 0) continue;
      const parent = this.inner.at(up - 1);
      const dirty = load<u8>(parent, DIRTY) - 1;
      store<u8>(parent, dirty, DIRTY);
      if (dirty == 1) this.pushReady(up);
    }
  }

  /** As `writeNode`, but a leaf's digest is there after `flush`. */
  private writeSoon(child: Child, to: usize, place: u32): void {
    if (!isLeaf(child)) return this.writeNode(child, to);
    const leaf = rowOf(child);
    this.writeNamespaces(child, to);
    const at = LEAF_PREIMAGES + place * LEAF_OCTETS;
    hashSoon(at, this.writePreimage(leaf, at), to + 2 * this.namespaceOctets);
  }

  /** Writes min, max and digest of a child; nothing below is out of date. */
  writeNode(child: Child, to: usize): void {
    this.writeNamespaces(child, to);
    const digest = to + 2 * this.namespaceOctets;
    const row = rowOf(child);
    if (isLeaf(child)) this.hashLeaf(row, digest);
    else copy32(digest, this.inner.at(row));
  }

  private writeNamespaces(child: Child, to: usize): void {
    this.writeNamespace(this.minOf(child), to);
    this.writeNamespace(this.maxOf(child), to + this.namespaceOctets);
  }

  /** Writes the root node; of an empty tree too. */
  writeRoot(to: usize): void {
    if (this.root != 0) return this.writeNode(this.root, to);
    memory.fill(to, 0, 2 * this.namespaceOctets);
    hash(to, 0, to + 2 * this.namespaceOctets);
  }

  /** Whether the node has anything in common with the range of namespaces. */
  meets(child: Child, first: usize, last: usize): bool {
    return this.compareEnd(this.maxOf(child), first) >= 0 &&
      this.compareEnd(this.minOf(child), last) <= 0;
  }

  /** How the leaf's namespace sorts to an end of a range. */
  private compareEnd(leaf: u32, end: usize): i32 {
    let digest = this.digestOf(leaf);
    for (let i: u32 = 0; i < this.identities; i++) {
      const id = load<u8>(end);
      if (id != HASH_BLAKE3) return <i32> HASH_BLAKE3 - <i32> id;
      const order = compare(digest, end + 1, DIGEST_OCTETS);
      if (order != 0) return order;
      end += IDENTITY;
      digest += DIGEST_OCTETS;
    }
    return 0;
  }
}
