/**
 * The leaves of the indexes focus, balance, coins and cards, and their trees.
 *
 * A leaf's row has its namespace, its payload as it is hashed, and the node
 * above; it is made of a noted change (`accounts.ts`), so it says what was so
 * at the height that the trees are of. Leaves have the numbers of the rows
 * that they are of. `state.md` gives the payloads.
 */
import { copy32 } from "../../sdk/assembly/bytes";
import { hash } from "../../sdk/assembly/blake3";
import { Rows } from "../../sdk/assembly/rows";
import {
  ACCOUNT_COIN,
  ACCOUNT_HOLDER,
  accounts,
  AUTHORITY,
  CAP,
  CARD_CREATOR,
  CARD_HEIGHT,
  CARD_PARTICLE,
  cards,
  CHANGE_A,
  CHANGE_B,
  CHANGE_C,
  CHANGE_HEIGHT,
  CHANGE_OWNER,
  CHANGE_ROW,
  CHANGED_ACCOUNT,
  CHANGED_BLOCK,
  CHANGED_CARD,
  CHANGED_COIN,
  CHANGED_FOCUS,
  coins,
  focused,
  holders,
  NEW_OUTPUT,
  outputs,
  RULE,
} from "./accounts";
import { HASH_BLAKE3, IDENTITY_OCTETS } from "./limits";
import { Trie } from "./trie";
import { noteUndo, undoPages } from "./undo_notes";

const FOCUS_OCTETS: u32 = 24;
const BALANCE_OCTETS: u32 = 16;
const COIN_OCTETS: u32 = 50;
const CARD_OCTETS: u32 = 107;
const ID: usize = IDENTITY_OCTETS;

/** Shifts of the leaves' rows: namespace, payload, the node above. */
const FOCUS_SHIFT: u32 = 6;
const BALANCE_SHIFT: u32 = 7;
const COIN_SHIFT: u32 = 7;
const CARD_SHIFT: u32 = 8;

export class AccountLeaves extends Trie {
  readonly leaves: Rows;
  private payloadAt: usize;
  private parentAt: usize;

  constructor(shift: u32, payload: u32, identities: u32) {
    super(payload, identities);
    this.leaves = new Rows(shift);
    this.payloadAt = identities * 32;
    this.parentAt = (<usize> 1 << shift) - 4;
  }

  digestOf(leaf: u32): usize {
    return this.leaves.at(leaf);
  }
  parentOf(leaf: u32): usize {
    return this.leaves.at(leaf) + this.parentAt;
  }
  writePayload(leaf: u32, to: usize): void {
    memory.copy(to, this.leaves.at(leaf) + this.payloadAt, this.payloadOctets);
  }

  /** Pages that so many changes can take. */
  pagesFor(more: u32): i32 {
    return this.inner.pagesFor(more) + this.leaves.pagesFor(more);
  }

  /** Octets of a row before the node above. */
  get payloadEnd(): usize {
    return this.payloadAt + this.payloadOctets;
  }

  /** Whether the row has a leaf already. */
  has(leaf: u32): bool {
    return leaf < this.leaves.length;
  }

  /** Begins anew with no leaf. */
  forget(): void {
    this.reset();
    this.leaves.cut(0);
  }

  /** A new leaf; its namespace and payload are to be written before `place`. */
  grow(): usize {
    return this.leaves.push();
  }

  /** The leaf's payload, which changes. */
  payload(leaf: u32): usize {
    return this.leaves.at(leaf) + this.payloadAt;
  }

  /** Puts a new leaf into the tree, or marks one that has changed. */
  place(leaf: u32, isNew: bool): void {
    if (isNew) this.insert(leaf);
    else this.touch(leaf);
  }
}

export const byFocus = new AccountLeaves(FOCUS_SHIFT, FOCUS_OCTETS, 1);
export const byBalance = new AccountLeaves(BALANCE_SHIFT, BALANCE_OCTETS, 2);
export const byCoin = new AccountLeaves(COIN_SHIFT, COIN_OCTETS, 1);
export const byCard = new AccountLeaves(CARD_SHIFT, CARD_OCTETS, 1);

/** The same indexes of a past height. */
export const pastFocus = new AccountLeaves(FOCUS_SHIFT, FOCUS_OCTETS, 1);
export const pastBalance = new AccountLeaves(BALANCE_SHIFT, BALANCE_OCTETS, 2);
export const pastCoin = new AccountLeaves(COIN_SHIFT, COIN_OCTETS, 1);
export const pastCard = new AccountLeaves(CARD_SHIFT, CARD_OCTETS, 1);

/** What a state says beside its trees: block, price, outputs, nullifiers. */
export const FOLDED: usize = memory.data(96, 16);
export const FOLDED_OCTETS: usize = 80;
const FOLDED_PRICE: usize = 8;
export const FOLDED_OUTPUTS: usize = 16;
export const FOLDED_NULLIFIERS: usize = 48;

const PAIR: usize = memory.data(64, 16);
const NULLIFIER: usize = memory.data(64, 16);
const DIGEST: usize = memory.data(32, 16);
/** "karyon nullifier:" */
const NULLIFIER_TEXT: usize = memory.data<u8>([
  0x6b, 0x61, 0x72, 0x79, 0x6f, 0x6e, 0x20, 0x6e, 0x75,
  0x6c, 0x6c, 0x69, 0x66, 0x69, 0x65, 0x72, 0x3a,
]);
const NULLIFIER_TEXT_OCTETS: usize = 17;

export function accountPages(more: u32): i32 {
  return byFocus.pagesFor(more) + byBalance.pagesFor(more) +
    byCoin.pagesFor(more) + byCard.pagesFor(more) + undoPages(more);
}

/** The four trees settled in pieces; false once nothing is out of date. */
export function settleAccounts(most: u32): bool {
  return byFocus.settlePiece(most) || byBalance.settlePiece(most) ||
    byCoin.settlePiece(most) || byCard.settlePiece(most);
}

/** Takes a change into the trees. Its pages are reserved. */
export function takeChange(change: usize): void {
  const row = load<u32>(change, CHANGE_ROW);
  noteBefore(change, row);
  switch (load<u32>(change)) {
    case CHANGED_FOCUS:
      return takeFocus(change, row);
    case CHANGED_ACCOUNT:
      return takeAccount(change, row);
    case CHANGED_COIN:
      return takeCoin(change, row);
    case CHANGED_CARD:
      return takeCard(change, row);
    case CHANGED_BLOCK:
      store<u64>(FOLDED, load<u64>(change, CHANGE_A));
      store<u64>(FOLDED, load<u64>(change, CHANGE_B), FOLDED_PRICE);
      return;
    case NEW_OUTPUT:
      return chainOn(FOLDED + FOLDED_OUTPUTS, outputs.at(row));
    default:
      memory.copy(NULLIFIER, NULLIFIER_TEXT, NULLIFIER_TEXT_OCTETS);
      identity(NULLIFIER + NULLIFIER_TEXT_OCTETS, outputs.at(row));
      hash(NULLIFIER, <u32> (NULLIFIER_TEXT_OCTETS + ID), DIGEST);
      return chainOn(FOLDED + FOLDED_NULLIFIERS, DIGEST);
  }
}

/** Notes what the change finds, so that a past height can be made again. */
function noteBefore(change: usize, row: u32): void {
  const kind = load<u32>(change);
  const height = load<u32>(change, CHANGE_HEIGHT);
  if (kind == CHANGED_BLOCK) {
    return noteUndo(kind, height, 0, FOLDED, 16);
  }
  if (kind == NEW_OUTPUT) {
    return noteUndo(kind, height, 0, FOLDED + FOLDED_OUTPUTS, 32);
  }
  const tree = accountTree(kind);
  if (tree === null) {
    return noteUndo(kind, height, 0, FOLDED + FOLDED_NULLIFIERS, 32);
  }
  if (!tree.has(row)) return noteUndo(kind, height, row, 0, 0);
  const from = tree.payload(row) + changingAt(kind);
  noteUndo(kind, height, row, from, changingOctets(kind));
}

/** The tree whose leaves such changes are of; null for the others. */
export function accountTree(kind: u32): AccountLeaves | null {
  switch (kind) {
    case CHANGED_FOCUS:
      return byFocus;
    case CHANGED_ACCOUNT:
      return byBalance;
    case CHANGED_COIN:
      return byCoin;
    case CHANGED_CARD:
      return byCard;
    default:
      return null;
  }
}

/** The part of a payload that changes: where, and how long. */
export function changingAt(kind: u32): usize {
  return kind == CHANGED_CARD ? ID : 0;
}

export function changingOctets(kind: u32): u32 {
  switch (kind) {
    case CHANGED_FOCUS:
      return FOCUS_OCTETS;
    case CHANGED_ACCOUNT:
      return BALANCE_OCTETS;
    case CHANGED_COIN:
      return 8;
    default:
      return IDENTITY_OCTETS;
  }
}

function identity(to: usize, digest: usize): void {
  store<u8>(to, HASH_BLAKE3);
  copy32(to + 1, digest);
}

function chainOn(chain: usize, digest: usize): void {
  copy32(PAIR, chain);
  copy32(PAIR + 32, digest);
  hash(PAIR, 64, chain);
}

function takeFocus(change: usize, row: u32): void {
  const isNew = !byFocus.has(row);
  if (isNew) copy32(byFocus.grow(), holders.at(load<u32>(focused.at(row))));
  const to = byFocus.payload(row);
  store<u64>(to, load<u64>(change, CHANGE_A));
  store<u64>(to, load<u64>(change, CHANGE_B), 8);
  store<u64>(to, load<u64>(change, CHANGE_C), 16);
  byFocus.place(row, isNew);
}

function takeAccount(change: usize, row: u32): void {
  const isNew = !byBalance.has(row);
  if (isNew) {
    const account = accounts.at(row);
    const key = byBalance.grow();
    copy32(key, holders.at(load<u32>(account, ACCOUNT_HOLDER)));
    copy32(key + 32, coins.at(load<u32>(account, ACCOUNT_COIN)));
  }
  const to = byBalance.payload(row);
  store<u64>(to, load<u64>(change, CHANGE_A));
  store<u64>(to, load<u64>(change, CHANGE_B), 8);
  byBalance.place(row, isNew);
}

function takeCoin(change: usize, row: u32): void {
  const isNew = !byCoin.has(row);
  const coin = coins.at(row);
  if (isNew) copy32(byCoin.grow(), coin);
  const to = byCoin.payload(row);
  store<u64>(to, load<u64>(change, CHANGE_A));
  identity(to + 8, holders.at(load<u32>(coin, AUTHORITY)));
  store<u64>(to + 8 + ID, load<u64>(coin, CAP));
  store<u8>(to + 16 + ID, load<u8>(coin, RULE));
  byCoin.place(row, isNew);
}

function takeCard(change: usize, row: u32): void {
  const isNew = !byCard.has(row);
  const card = cards.at(row);
  if (isNew) copy32(byCard.grow(), card);
  const to = byCard.payload(row);
  identity(to, card + CARD_PARTICLE);
  identity(to + ID, holders.at(load<u32>(change, CHANGE_OWNER)));
  identity(to + 2 * ID, holders.at(load<u32>(card, CARD_CREATOR)));
  store<u64>(to + 3 * ID, load<u32>(card, CARD_HEIGHT));
  byCard.place(row, isNew);
}
