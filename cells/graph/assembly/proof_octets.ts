/**
 * States and proofs as octets, of the trees of the record or of a past height.
 *
 * A proof is the part of one tree that a range touches, `state.md`.
 */
import { hash } from "../../sdk/assembly/blake3";
import { compare } from "../../sdk/assembly/bytes";
import {
  byBalance,
  byCard,
  byCoin,
  byFocus,
  FOLDED,
  FOLDED_OCTETS,
  pastBalance,
  pastCard,
  pastCoin,
  pastFocus,
} from "./account_leaves";
import { foldedHeight, keptAccounts } from "./fold";
import { Index } from "./gen/proofs";
import {
  byNeuron,
  byParticle,
  Leaves,
  pastByNeuron,
  pastByParticle,
} from "./leaves";
import { HASH_BLAKE3, IDENTITY_OCTETS, PROOF_LEAVES_MAX } from "./limits";
import { pastHeight } from "./past";
import { PAST_FOLDED } from "./past_accounts";
import { network } from "./superblock";
import { isLeaf, rowOf, Trie } from "./trie";
import { Writing } from "./writing";

/** "KSTA", "KPRF" */
const STATE_MAGIC: u32 = 0x4154534b;
const PROOF_MAGIC: u32 = 0x4652504b;
const VERSION: u8 = 1;
/** A state with block, price, outputs and nullifiers, and all six indexes. */
const VERSION_ACCOUNTS: u8 = 2;
const INDEXES: u32 = 6;

const TAG_LEAF: u8 = 0;
const TAG_INNER: u8 = 1;
const TAG_HIDDEN: u8 = 2;
const TAG_EMPTY: u8 = 3;

export const out = new Writing();

/** Whether the trees of the past height are written, or the record's. */
let past: bool = false;

/** Writes of one or the other from here on; both are ready. */
export function writeOf(ofPast: bool): void {
  past = ofPast;
}

export function treesHeight(): u32 {
  return past ? pastHeight : foldedHeight;
}

/** The leaves by neuron, or by particle. */
export function linkLeaves(byNeurons: bool): Leaves {
  if (byNeurons) return past ? pastByNeuron : byNeuron;
  return past ? pastByParticle : byParticle;
}

/** Whether the trees have this index. */
export function keeps(index: u32): bool {
  return index <= <u32> Index.ByParticle || keptAccounts(treesHeight());
}

export function identityOf(octets: StaticArray<u8>): StaticArray<u8> {
  const id = new StaticArray<u8>(IDENTITY_OCTETS);
  id[0] = HASH_BLAKE3;
  hash(changetype<usize>(octets), octets.length, changetype<usize>(id) + 1);
  return id;
}

export function writeState(): void {
  const all = keptAccounts(treesHeight());
  const at = out.room(46);
  store<u32>(at, STATE_MAGIC);
  store<u8>(at, all ? VERSION_ACCOUNTS : VERSION, 4);
  memory.copy(at + 5, network, IDENTITY_OCTETS);
  store<u64>(at, treesHeight(), 38);
  if (all) out.copy(past ? PAST_FOLDED : FOLDED, FOLDED_OCTETS);
  for (let i: u32 = 0; i < INDEXES; i++) {
    const tree = all || i <= <u32> Index.ByParticle ? treeOf(i) : null;
    store<u8>(out.room(1), tree === null ? 0 : 1);
    if (tree !== null) tree.writeRoot(out.room(tree.nodeOctets));
  }
}

export function treeOf(index: u32): Trie {
  switch (index) {
    case <u32> Index.ByNeuron:
      return linkLeaves(true);
    case <u32> Index.ByParticle:
      return linkLeaves(false);
    case <u32> Index.Focus:
      return past ? pastFocus : byFocus;
    case <u32> Index.Balance:
      return past ? pastBalance : byBalance;
    case <u32> Index.Coins:
      return past ? pastCoin : byCoin;
    default:
      return past ? pastCard : byCard;
  }
}

/** Root of the state, which is left in `out`. */
export function stateRoot(): StaticArray<u8> {
  out.begin();
  writeState();
  return identityOf(out.list());
}

/** Writes the proof of a range, behind what is in `out`. */
export function writeProof(
  index: u32,
  first: StaticArray<u8>,
  last: StaticArray<u8>,
): void {
  const tree = treeOf(index);
  const size = <u32> tree.namespaceOctets;
  const at = out.room(6);
  store<u32>(at, PROOF_MAGIC);
  store<u8>(at, VERSION, 4);
  store<u8>(at, <u8> index, 5);
  out.copy(changetype<usize>(first), size);
  out.copy(changetype<usize>(last), size);
  writeState();
  if (tree.root == 0) store<u8>(out.room(1), TAG_EMPTY);
  else writeTree(tree, changetype<usize>(first), changetype<usize>(last));
}

export function rangeFault(
  first: StaticArray<u8>,
  last: StaticArray<u8>,
  size: u32,
): string {
  if (<u32> first.length != size) {
    return `first has ${first.length} octets, not ${size}`;
  }
  if (<u32> last.length != size) {
    return `last has ${last.length} octets, not ${size}`;
  }
  const order = compare(
    changetype<usize>(first),
    changetype<usize>(last),
    size,
  );
  return order > 0 ? "first is above last" : "";
}

/** What is still to be visited, the next one on top. */
let pending = new Array<u32>();

/** The end of the range, or the last namespace of as many leaves as allowed. */
export function coveredEnd(
  tree: Trie,
  first: StaticArray<u8>,
  last: StaticArray<u8>,
): StaticArray<u8> {
  let found: u32 = 0;
  let leaf: u32 = 0;
  pending.length = 0;
  if (tree.root != 0) pending.push(tree.root);
  while (pending.length > 0) {
    const node = pending.pop();
    const inside = tree.meets(
      node,
      changetype<usize>(first),
      changetype<usize>(last),
    );
    if (!inside) continue;
    if (!isLeaf(node)) {
      pending.push(tree.rightOf(node));
      pending.push(tree.leftOf(node));
    } else if (++found <= PROOF_LEAVES_MAX) {
      leaf = rowOf(node);
    } else {
      const end = new StaticArray<u8>(<i32> tree.namespaceOctets);
      tree.writeNamespace(leaf, changetype<usize>(end));
      return end;
    }
  }
  return last;
}

function writeTree(tree: Trie, first: usize, last: usize): void {
  pending.length = 0;
  pending.push(tree.root);
  while (pending.length > 0) {
    const node = pending.pop();
    if (!tree.meets(node, first, last)) {
      const at = out.room(1 + tree.nodeOctets);
      store<u8>(at, TAG_HIDDEN);
      tree.writeNode(node, at + 1);
    } else if (isLeaf(node)) {
      writeLeaf(tree, rowOf(node));
    } else {
      store<u8>(out.room(1), TAG_INNER);
      pending.push(tree.rightOf(node));
      pending.push(tree.leftOf(node));
    }
  }
}

function writeLeaf(tree: Trie, leaf: u32): void {
  const size = tree.namespaceOctets;
  const at = out.room(1 + size + 2 + tree.payloadOctets);
  store<u8>(at, TAG_LEAF);
  tree.writeNamespace(leaf, at + 1);
  store<u16>(at + 1 + size, <u16> tree.payloadOctets);
  tree.writePayload(leaf, at + 1 + size + 2);
}
