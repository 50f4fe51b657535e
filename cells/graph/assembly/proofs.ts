/**
 * The right to ask for proofs: `karyon:graph/proofs`.
 *
 * An answer speaks of the height that the trees are of, and says which. A proof
 * is the part of one tree that a range touches, `state.md`.
 */
import { hash } from "../../sdk/assembly/blake3";
import { compare } from "../../sdk/assembly/bytes";
import { Result } from "../../sdk/assembly/result";
import {
  byBalance,
  byCard,
  byCoin,
  byFocus,
  FOLDED,
  FOLDED_OCTETS,
} from "./account_leaves";
import {
  catchUp,
  foldedHeight,
  foldTrouble,
  keepsAccounts,
} from "./fold";
import { Absence, Index, Proof, Refusal, State } from "./gen/proofs";
import { byNeuron, byParticle } from "./leaves";
import { HASH_BLAKE3, IDENTITY_OCTETS, PROOF_LEAVES_MAX } from "./limits";
import { Phase, phase, progress, storeFault } from "./store";
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


type Latest = Result<Result<State, Refusal>, Absence>;
type Proven = Result<Result<Proof, Refusal>, Absence>;

const out = new Writing();

/** Null where the trees can be read, or why they cannot. */
function whyNotReady(): Refusal | null {
  if (phase == Phase.Failed) return Refusal.unavailable(storeFault);
  if (phase != Phase.Open) return Refusal.unavailable(progress());
  return catchUp() ? null : Refusal.unavailable(foldTrouble);
}

export function latest(): Latest {
  const refusal = whyNotReady();
  if (refusal !== null) {
    return Result.ok<Result<State, Refusal>, Absence>(
      Result.err<State, Refusal>(refusal),
    );
  }
  out.begin();
  writeState();
  const octets = out.list();
  out.end();
  return Result.ok<Result<State, Refusal>, Absence>(
    Result.ok<State, Refusal>(
      new State(foldedHeight, identityOf(octets), octets),
    ),
  );
}

function identityOf(octets: StaticArray<u8>): StaticArray<u8> {
  const id = new StaticArray<u8>(IDENTITY_OCTETS);
  id[0] = HASH_BLAKE3;
  hash(changetype<usize>(octets), octets.length, changetype<usize>(id) + 1);
  return id;
}

function writeState(): void {
  const all = keepsAccounts();
  const at = out.room(46);
  store<u32>(at, STATE_MAGIC);
  store<u8>(at, all ? VERSION_ACCOUNTS : VERSION, 4);
  memory.copy(at + 5, network, IDENTITY_OCTETS);
  store<u64>(at, foldedHeight, 38);
  if (all) out.copy(FOLDED, FOLDED_OCTETS);
  for (let i: u32 = 0; i < INDEXES; i++) {
    const tree = all || i <= <u32> Index.ByParticle ? treeOf(i) : null;
    store<u8>(out.room(1), tree === null ? 0 : 1);
    if (tree !== null) tree.writeRoot(out.room(tree.nodeOctets));
  }
}

function treeOf(index: u32): Trie {
  switch (index) {
    case <u32> Index.ByNeuron:
      return byNeuron;
    case <u32> Index.ByParticle:
      return byParticle;
    case <u32> Index.Focus:
      return byFocus;
    case <u32> Index.Balance:
      return byBalance;
    case <u32> Index.Coins:
      return byCoin;
    default:
      return byCard;
  }
}

export function prove(
  index: Index,
  first: StaticArray<u8>,
  last: StaticArray<u8>,
): Proven {
  const answer = proof(<u32> index, first, last);
  out.end();
  return Result.ok<Result<Proof, Refusal>, Absence>(answer);
}

function proof(
  index: u32,
  first: StaticArray<u8>,
  last: StaticArray<u8>,
): Result<Proof, Refusal> {
  const tree = treeOf(index);
  const size = <u32> tree.namespaceOctets;
  const fault = rangeFault(first, last, size);
  if (fault.length > 0) return no(Refusal.malformed(fault));
  const refusal = whyNotReady();
  if (refusal !== null) return no(refusal);
  const linksOnly = index <= <u32> Index.ByParticle;
  if (!linksOnly && !keepsAccounts()) return no(Refusal.notKept());
  const covered = coveredEnd(tree, first, last);
  out.begin();
  writeState();
  const root = identityOf(out.list());
  out.begin();
  const at = out.room(6);
  store<u32>(at, PROOF_MAGIC);
  store<u8>(at, VERSION, 4);
  store<u8>(at, <u8> index, 5);
  out.copy(changetype<usize>(first), size);
  out.copy(changetype<usize>(covered), size);
  writeState();
  if (tree.root == 0) store<u8>(out.room(1), TAG_EMPTY);
  else writeTree(tree, changetype<usize>(first), changetype<usize>(covered));
  return Result.ok<Proof, Refusal>(
    new Proof(foldedHeight, root, covered, out.list()),
  );
}

function no(refusal: Refusal): Result<Proof, Refusal> {
  return Result.err<Proof, Refusal>(refusal);
}

function rangeFault(
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
function coveredEnd(
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
