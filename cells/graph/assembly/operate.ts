/**
 * Does what the operations of a signal say: moves coins, boxes and cards.
 *
 * What cannot be done moves nothing and is remembered, and what follows is
 * looked at as if nothing had happened; so each signal, and each call, comes
 * to the first refusal in the contract's order. `undoAccounts` takes
 * everything back.
 */
import { hash } from "../../sdk/assembly/blake3";
import { NO_ROW } from "../../sdk/assembly/digest_index";
import { copy32 } from "../../sdk/assembly/bytes";
import {
  ACCOUNT_COIN,
  ACCOUNT_HOLDER,
  accountIndex,
  accounts,
  AUTHORITY,
  BALANCE,
  CAP,
  CARD_CREATOR,
  CARD_HEIGHT,
  CARD_OWNER,
  CARD_PARTICLE,
  cardIndex,
  cards,
  CHANGE_A,
  CHANGE_B,
  CHANGE_OWNER,
  CHANGED_ACCOUNT,
  CHANGED_CARD,
  CHANGED_COIN,
  CLOCK,
  coinIndex,
  coins,
  FIRST_OPERATION,
  holderIndex,
  holders,
  NEW_NULLIFIER,
  NEW_OUTPUT,
  NONCE,
  noteChange,
  OUTPUT_AMOUNT,
  OUTPUT_AUTHOR,
  OUTPUT_COIN,
  OUTPUT_OWNER,
  OUTPUT_SPENT,
  outputIndex,
  outputs,
  RULE,
  set32,
  set64,
  STAKE,
  SUPPLY,
  Table,
} from "./accounts";
import { AMOUNT_END, HASH_BLAKE3, IDENTITY_OCTETS, LINK_OCTETS } from "./limits";
import {
  BOX,
  CAP_AT,
  CARD,
  COIN,
  FIRST_AT,
  LINK_AT,
  LOCK,
  MINT,
  MOVED_AT,
  operationOctets,
  PAY,
  RULE_AT,
  RULE_AUTHORITY,
  RULE_FREE,
  SECOND_AT,
  SPEND,
  STAKED_AT,
  TRANSFER,
  UNLOCK,
  WITHDRAW,
} from "./operations";
import { giveTo } from "./card_owners";
import { isMetered, ruleStake } from "./rules";
import { AMOUNT_AT, Signal, TOKEN_AT } from "./signal";
import { charge, clipWill, hasWill, noteFocus } from "./will";

/** What the signals since `beginOperations` lacked. */
export let lacksWill: bool = false;
export let lacksBalance: bool = false;
export let spendsTwice: bool = false;

/** The operation under way: its signal, its signer, its number, the height. */
let signal: Signal = new Signal();
let signer: u32 = 0;
let number: u32 = 0;
let now: u32 = 0;
let signalDigest: usize = 0;

const DIGEST: usize = memory.data(32, 16);
const PREIMAGE: usize = memory.data(128, 16);
/** "karyon coin:", "karyon output:" */
const COIN_TEXT: usize = memory.data<u8>([
  0x6b, 0x61, 0x72, 0x79, 0x6f, 0x6e, 0x20, 0x63, 0x6f, 0x69, 0x6e, 0x3a,
]);
const COIN_TEXT_OCTETS: usize = 12;
const OUTPUT_TEXT: usize = memory.data<u8>([
  0x6b, 0x61, 0x72, 0x79, 0x6f, 0x6e, 0x20,
  0x6f, 0x75, 0x74, 0x70, 0x75, 0x74, 0x3a,
]);
const OUTPUT_TEXT_OCTETS: usize = 14;

export function beginOperations(): void {
  lacksWill = false;
  lacksBalance = false;
  spendsTwice = false;
}

/**
 * Charges the signer and does the signal's operations; the signal's identity
 * is at `digest`. False where the memory has no room.
 */
export function operate(from: Signal, digest: usize, height: u32): bool {
  const metered = isMetered();
  if (!metered && from.operations == 0) return true;
  signal = from;
  signalDigest = digest;
  now = height;
  signer = holderIndex.intern(from.neuron + 1);
  if (signer == NO_ROW) return false;
  if (metered) {
    if (!charge(signer, from.links + from.operations, height)) return false;
    if (!hasWill) lacksWill = true;
  }
  if (from.operations == 0) return true;
  if (load<u64>(CLOCK, FIRST_OPERATION) == 0) {
    set64(Table.Clock, 0, FIRST_OPERATION, height);
  }
  let at = from.operationsAt;
  for (number = 0; number < from.operations; number++) {
    if (!run(at)) return false;
    at += operationOctets(load<u8>(at));
  }
  return true;
}

function run(at: usize): bool {
  switch (load<u8>(at)) {
    case COIN:
      return makeCoin(at);
    case MINT:
      return mint(at);
    case PAY:
      return pay(at);
    case LOCK:
      return lock(load<u64>(at, STAKED_AT));
    case UNLOCK:
      return unlock(load<u64>(at, STAKED_AT));
    case BOX:
      return makeBox(load<u16>(at, LINK_AT));
    case TRANSFER:
    case WITHDRAW:
    case SPEND:
      return moveBox(at);
    case CARD:
      return makeCard(at);
    default:
      return giveCard(at);
  }
}

/** The operation cannot be done for want of what it moves. */
function lacks(): bool {
  lacksBalance = true;
  return true;
}

function twice(): bool {
  spendsTwice = true;
  return true;
}

/** Hashes what is in `PREIMAGE` to `DIGEST`. */
function digestOf(octets: usize): usize {
  hash(PREIMAGE, <u32> octets, DIGEST);
  return DIGEST;
}

function makeCoin(at: usize): bool {
  memory.copy(PREIMAGE, COIN_TEXT, COIN_TEXT_OCTETS);
  const to = PREIMAGE + COIN_TEXT_OCTETS;
  memory.copy(to, signal.neuron, IDENTITY_OCTETS);
  memory.copy(to + IDENTITY_OCTETS, at + FIRST_AT, IDENTITY_OCTETS);
  const digest = digestOf(COIN_TEXT_OCTETS + 2 * IDENTITY_OCTETS);
  if (coinIndex.find(digest) != 0) return twice();
  const row = coinIndex.intern(digest);
  if (row == NO_ROW) return false;
  const coin = coins.at(row);
  store<u64>(coin, load<u64>(at, CAP_AT), CAP);
  store<u32>(coin, signer, AUTHORITY);
  store<u8>(coin, load<u8>(at, RULE_AT), RULE);
  return noteCoin(row);
}

function noteCoin(row: u32): bool {
  const change = noteChange(CHANGED_COIN, now, row);
  if (change == 0) return false;
  store<u64>(change, load<u64>(coins.at(row), SUPPLY), CHANGE_A);
  return true;
}

/** Whether the coin's rule lets one holder give of it to another. */
function mayMove(coin: u32, from: u32, to: u32): bool {
  const row = coins.at(coin);
  const rule = load<u8>(row, RULE);
  if (from == to || rule == RULE_FREE) return true;
  const authority = load<u32>(row, AUTHORITY);
  return rule == RULE_AUTHORITY && (from == authority || to == authority);
}

/** The account of a holder in a coin, made if there is none; or `NO_ROW`. */
function accountOf(holder: u32, coin: u32): u32 {
  copy32(PREIMAGE, holders.at(holder));
  copy32(PREIMAGE + 32, coins.at(coin));
  const row = accountIndex.intern(digestOf(64));
  if (row == NO_ROW) return NO_ROW;
  const account = accounts.at(row);
  store<u32>(account, holder, ACCOUNT_HOLDER);
  store<u32>(account, coin, ACCOUNT_COIN);
  return row;
}

function hasBalance(coin: u32, amount: u64): bool {
  copy32(PREIMAGE, holders.at(signer));
  copy32(PREIMAGE + 32, coins.at(coin));
  const row = accountIndex.find(digestOf(64));
  return row != 0 && load<u64>(accounts.at(row - 1), BALANCE) >= amount;
}

function noteAccount(row: u32): bool {
  const change = noteChange(CHANGED_ACCOUNT, now, row);
  if (change == 0) return false;
  store<u64>(change, load<u64>(accounts.at(row), BALANCE), CHANGE_A);
  store<u64>(change, load<u64>(accounts.at(row), NONCE), CHANGE_B);
  return true;
}

function credit(holder: u32, coin: u32, amount: u64): bool {
  const row = accountOf(holder, coin);
  if (row == NO_ROW) return false;
  const balance = load<u64>(accounts.at(row), BALANCE);
  set64(Table.Accounts, row, BALANCE, balance + amount);
  return noteAccount(row);
}

/** Takes from the signer's balance, which holds enough. */
function debit(coin: u32, amount: u64): bool {
  const row = accountOf(signer, coin);
  if (row == NO_ROW) return false;
  const at = accounts.at(row);
  const nonce = load<u64>(at, NONCE);
  set64(Table.Accounts, row, BALANCE, load<u64>(at, BALANCE) - amount);
  set64(Table.Accounts, row, NONCE, nonce + 1);
  return noteAccount(row);
}

function mint(at: usize): bool {
  const found = coinIndex.find(at + FIRST_AT + 1);
  if (found == 0) return lacks();
  const coin = coins.at(found - 1);
  if (load<u32>(coin, AUTHORITY) != signer) return lacks();
  const cap = load<u64>(coin, CAP);
  const most = cap == 0 ? AMOUNT_END - 1 : cap;
  const amount = load<u64>(at, MOVED_AT);
  if (amount > most - load<u64>(coin, SUPPLY)) return lacks();
  const to = holderIndex.intern(at + SECOND_AT + 1);
  if (to == NO_ROW) return false;
  const supply = load<u64>(coin, SUPPLY) + amount;
  set64(Table.Coins, found - 1, SUPPLY, supply);
  return noteCoin(found - 1) && credit(to, found - 1, amount);
}

function pay(at: usize): bool {
  const found = coinIndex.find(at + FIRST_AT + 1);
  const amount = load<u64>(at, MOVED_AT);
  if (found == 0 || !hasBalance(found - 1, amount)) return lacks();
  const to = holderIndex.intern(at + SECOND_AT + 1);
  if (to == NO_ROW) return false;
  if (!mayMove(found - 1, signer, to)) return lacks();
  return debit(found - 1, amount) && credit(to, found - 1, amount);
}

function lock(amount: u64): bool {
  const found = coinIndex.find(ruleStake);
  if (found == 0 || !hasBalance(found - 1, amount)) return lacks();
  if (!debit(found - 1, amount)) return false;
  const stake = load<u64>(holders.at(signer), STAKE);
  set64(Table.Holders, signer, STAKE, stake + amount);
  return noteFocus(signer, now);
}

function unlock(amount: u64): bool {
  const stake = load<u64>(holders.at(signer), STAKE);
  const found = coinIndex.find(ruleStake);
  if (found == 0 || stake < amount) return lacks();
  set64(Table.Holders, signer, STAKE, stake - amount);
  clipWill(signer);
  return credit(signer, found - 1, amount) && noteFocus(signer, now);
}

function makeBox(index: u32): bool {
  const link = signal.linksAt + index * LINK_OCTETS;
  const token: u32 = load<u8>(link, TOKEN_AT);
  const amount = load<u64>(link, AMOUNT_AT);
  const found = coinIndex.find(signal.tokensAt + token * IDENTITY_OCTETS + 1);
  if (found == 0 || !hasBalance(found - 1, amount)) return lacks();
  return debit(found - 1, amount) &&
    addOutput(found - 1, amount, signer, signer);
}

/** The output that the operation under way makes. */
function addOutput(coin: u32, amount: u64, author: u32, owner: u32): bool {
  memory.copy(PREIMAGE, OUTPUT_TEXT, OUTPUT_TEXT_OCTETS);
  const to = PREIMAGE + OUTPUT_TEXT_OCTETS;
  store<u8>(to, HASH_BLAKE3);
  copy32(to + 1, signalDigest);
  store<u16>(to, <u16> number, 33);
  const row = outputIndex.intern(digestOf(OUTPUT_TEXT_OCTETS + 35));
  if (row == NO_ROW) return false;
  const output = outputs.at(row);
  store<u64>(output, amount, OUTPUT_AMOUNT);
  store<u32>(output, coin, OUTPUT_COIN);
  store<u32>(output, author, OUTPUT_AUTHOR);
  store<u32>(output, owner, OUTPUT_OWNER);
  return noteChange(NEW_OUTPUT, now, row) != 0;
}

/** Transfer, withdraw and spend: the signer's output is spent for good. */
function moveBox(at: usize): bool {
  const found = outputIndex.find(at + FIRST_AT + 1);
  if (found == 0) return lacks();
  const output = outputs.at(found - 1);
  if (load<u32>(output, OUTPUT_OWNER) != signer) return lacks();
  const coin = load<u32>(output, OUTPUT_COIN);
  const amount = load<u64>(output, OUTPUT_AMOUNT);
  const author = load<u32>(output, OUTPUT_AUTHOR);
  const kind = load<u8>(at);
  let to = author;
  if (kind != WITHDRAW) {
    to = holderIndex.intern(at + SECOND_AT + 1);
    if (to == NO_ROW) return false;
  }
  if (!mayMove(coin, signer, to)) return lacks();
  if (load<u32>(output, OUTPUT_SPENT) != 0) return twice();
  set32(Table.Outputs, found - 1, OUTPUT_SPENT, 1);
  if (noteChange(NEW_NULLIFIER, now, found - 1) == 0) return false;
  if (kind == TRANSFER) return addOutput(coin, amount, author, to);
  return credit(to, coin, amount);
}

function makeCard(at: usize): bool {
  memory.copy(PREIMAGE, at + FIRST_AT, IDENTITY_OCTETS);
  memory.copy(PREIMAGE + IDENTITY_OCTETS, signal.neuron, IDENTITY_OCTETS);
  const digest = digestOf(2 * IDENTITY_OCTETS);
  if (cardIndex.find(digest) != 0) return twice();
  const row = cardIndex.intern(digest);
  if (row == NO_ROW) return false;
  const card = cards.at(row);
  copy32(card + CARD_PARTICLE, at + FIRST_AT + 1);
  store<u32>(card, signer, CARD_CREATOR);
  store<u32>(card, signer, CARD_OWNER);
  store<u32>(card, now, CARD_HEIGHT);
  return noteCard(row);
}

function noteCard(row: u32): bool {
  const change = noteChange(CHANGED_CARD, now, row);
  if (change == 0) return false;
  store<u32>(change, load<u32>(cards.at(row), CARD_OWNER), CHANGE_OWNER);
  return true;
}

function giveCard(at: usize): bool {
  const found = cardIndex.find(at + FIRST_AT + 1);
  if (found == 0) return lacks();
  const card = cards.at(found - 1);
  if (load<u32>(card, CARD_OWNER) != signer) return lacks();
  const to = holderIndex.intern(at + SECOND_AT + 1);
  if (to == NO_ROW) return false;
  giveTo(found - 1, to, now);
  return noteCard(found - 1);
}
