/**
 * Who has what: holders, coins, balances, outputs of boxes, cards.
 *
 * Appends change these tables while they are staged, and everything here can
 * be taken back until the next `beginAccounts`: values that were there go to a
 * journal first, new rows are cut off. The trees are folded behind the record
 * (`fold.ts`), so each change is also noted as it is to be folded; notes are
 * forgotten once the trees have them. While a checkpoint is written, what its
 * rows held when it began is noted as well.
 */
import { Buffer } from "../../sdk/assembly/buffer";
import { DigestIndex } from "../../sdk/assembly/digest_index";
import { reserve } from "../../sdk/assembly/pages";
import { Rows } from "../../sdk/assembly/rows";
import { LATE_ACCOUNTS_MAX } from "./limits";

/** Holder: digest (32), then the fields below; 64 octets. */
export const holders = new Rows(6);
/** Parts of a unit of will, see `will.ts`. */
export const WILL: usize = 32;
export const STAKE: usize = 40;
/** Block up to which the will was refilled. */
export const REFILLED: usize = 48;
/** Row among `focused` + 1; 0 for a holder who neither signed nor staked. */
export const FOCUSED: usize = 52;
/** The holder of each leaf of the index focus. */
export const focused = new Rows(2);

/** Coin: digest (32), cap, supply, authority (holder), transfer rule. */
export const coins = new Rows(6);
export const CAP: usize = 32;
export const SUPPLY: usize = 40;
export const AUTHORITY: usize = 48;
export const RULE: usize = 52;

/** Account: digest of holder and coin (32), balance, debits, both rows. */
export const accounts = new Rows(6);
export const BALANCE: usize = 32;
export const NONCE: usize = 40;
export const ACCOUNT_HOLDER: usize = 48;
export const ACCOUNT_COIN: usize = 52;

/** Output of a box: digest (32), amount, coin, author, owner, spent or not. */
export const outputs = new Rows(6);
export const OUTPUT_AMOUNT: usize = 32;
export const OUTPUT_COIN: usize = 40;
export const OUTPUT_AUTHOR: usize = 44;
export const OUTPUT_OWNER: usize = 48;
export const OUTPUT_SPENT: usize = 52;

/** Card: digest (32), digest of the particle (32), then the fields below. */
export const cards = new Rows(7);
export const CARD_PARTICLE: usize = 32;
export const CARD_CREATOR: usize = 64;
export const CARD_OWNER: usize = 68;
export const CARD_HEIGHT: usize = 72;
/** How often it was given; the last times of them, see `card_owners.ts`. */
export const CARD_GIVES: usize = 76;
export const CARD_GIVEN: usize = 80;

export const holderIndex = new DigestIndex(holders);
export const coinIndex = new DigestIndex(coins);
export const accountIndex = new DigestIndex(accounts);
export const outputIndex = new DigestIndex(outputs);
export const cardIndex = new DigestIndex(cards);

/** What a block of the network has come to, `CLOCK_OCTETS`. */
export const CLOCK: usize = memory.data(64, 16);
export const CLOCK_OCTETS: usize = 64;
export const BLOCK: usize = 0;
/** In parts of 256. */
export const PRICE: usize = 8;
export const BLOCK_ITEMS: usize = 16;
export const BLOCK_SIGNALS: usize = 24;
/** Height of the first signal of version 2, 0 while there is none. */
export const FIRST_OPERATION: usize = 32;

/** Kind, height, row, then the values; 64 octets. */
export const changes = new Rows(6);
export const CHANGE_HEIGHT: usize = 4;
export const CHANGE_ROW: usize = 8;
export const CHANGE_OWNER: usize = 12;
export const CHANGE_A: usize = 16;
export const CHANGE_B: usize = 24;
export const CHANGE_C: usize = 32;

export const CHANGED_FOCUS: u32 = 1;
export const CHANGED_ACCOUNT: u32 = 2;
export const CHANGED_COIN: u32 = 3;
export const CHANGED_CARD: u32 = 4;
export const NEW_OUTPUT: u32 = 5;
export const NEW_NULLIFIER: u32 = 6;
export const CHANGED_BLOCK: u32 = 7;

/** Places and the values that they had, 16 octets each. */
const journal = new Buffer();
let journaled: u32 = 0;

const before = new StaticArray<u32>(7);

/** From here on everything can be taken back by `undoAccounts`. */
export function beginAccounts(): void {
  journaled = 0;
  before[0] = holders.length;
  before[1] = focused.length;
  before[2] = coins.length;
  before[3] = accounts.length;
  before[4] = outputs.length;
  before[5] = cards.length;
  before[6] = changes.length;
}

export function undoAccounts(): void {
  while (journaled > 0) {
    journaled--;
    const at = journal.start + (<usize> journaled << 4);
    store<u64>(load<u32>(at), load<u64>(at, 8));
  }
  holderIndex.cut(before[0]);
  focused.cut(before[1]);
  coinIndex.cut(before[2]);
  accountIndex.cut(before[3]);
  outputIndex.cut(before[4]);
  cardIndex.cut(before[5]);
  changes.cut(before[6]);
}

function remember(place: usize): void {
  const at = <usize> journaled << 4;
  const entry = journal.need(at + 16) + at;
  store<u32>(entry, <u32> place);
  store<u64>(entry, load<u64>(place), 8);
  journaled++;
}

/** A table whose rows change. */
export enum Table {
  Holders,
  Coins,
  Accounts,
  Outputs,
  Cards,
  Clock,
}

export function tableRows(table: Table): Rows {
  switch (table) {
    case Table.Holders:
      return holders;
    case Table.Coins:
      return coins;
    case Table.Accounts:
      return accounts;
    case Table.Outputs:
      return outputs;
    default:
      return cards;
  }
}

/** What rows held when a checkpoint began, the first change last: 16 octets. */
export const lateAccounts = new Rows(4);
export const LATE_TABLE: usize = 4;
export const LATE_OFFSET: usize = 6;
export const LATE_VALUE: usize = 8;
let watching: bool = false;
/** Rows of each table when the checkpoint began. */
const rowsThen = new StaticArray<u32>(5);
/** More changed than could be noted. */
export let lateAccountsLost: bool = false;

export function watchAccounts(watch: bool): void {
  watching = watch;
  for (let i = 0; i < rowsThen.length; i++) {
    rowsThen[i] = tableRows(<Table> i).length;
  }
  lateAccountsLost = false;
  lateAccounts.cut(0);
}

/** Sets 8 octets of a row, which can be taken back. */
export function set64(
  table: Table,
  row: u32,
  offset: usize,
  value: u64,
): void {
  const place = placeOf(table, row, offset);
  remember(place);
  if (watching) noteLate(table, row, offset, place);
  store<u64>(place, value);
}

/** Sets 4 octets at an offset that is a multiple of 4. */
export function set32(
  table: Table,
  row: u32,
  offset: usize,
  value: u32,
): void {
  const whole = offset & ~7;
  const place = placeOf(table, row, whole);
  remember(place);
  if (watching) noteLate(table, row, whole, place);
  store<u32>(place + (offset - whole), value);
}

function placeOf(table: Table, row: u32, offset: usize): usize {
  if (table == Table.Clock) return CLOCK + offset;
  return tableRows(table).at(row) + offset;
}

function noteLate(table: Table, row: u32, offset: usize, place: usize): void {
  // The clock's octets were copied when the checkpoint began.
  if (table == Table.Clock || row >= rowsThen[<i32> table]) return;
  if (lateAccounts.length == LATE_ACCOUNTS_MAX || !reserve(1)) {
    lateAccountsLost = true;
    return;
  }
  const late = lateAccounts.push();
  store<u32>(late, row);
  store<u16>(late, <u16> table, LATE_TABLE);
  store<u16>(late, <u16> offset, LATE_OFFSET);
  store<u64>(late, load<u64>(place), LATE_VALUE);
}

/** A change to fold; 0 where the memory has no room. */
export function noteChange(kind: u32, height: u32, row: u32): usize {
  if (!reserve(1)) return 0;
  const change = changes.push();
  memory.fill(change, 0, 64);
  store<u32>(change, kind);
  store<u32>(change, height, CHANGE_HEIGHT);
  store<u32>(change, row, CHANGE_ROW);
  return change;
}

export function shrinkJournal(octets: usize): void {
  journal.shrink(octets);
}
