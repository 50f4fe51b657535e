/**
 * The leaves of accounts as they were at a past height, copied in pieces.
 *
 * Rounds of the main trees may come between two pieces: what they change is
 * noted before it changes, and the notes are looked at before each piece. So a
 * row is copied as it is only if nothing behind the height has changed it.
 */
import { reserve } from "../../sdk/assembly/pages";
import { Rows } from "../../sdk/assembly/rows";
import {
  AccountLeaves,
  accountTree,
  changingAt,
  changingOctets,
  FOLDED,
  FOLDED_NULLIFIERS,
  FOLDED_OCTETS,
  FOLDED_OUTPUTS,
  pastBalance,
  pastCard,
  pastCoin,
  pastFocus,
} from "./account_leaves";
import {
  CHANGED_ACCOUNT,
  CHANGED_BLOCK,
  CHANGED_CARD,
  CHANGED_COIN,
  CHANGED_FOCUS,
  NEW_NULLIFIER,
  NEW_OUTPUT,
} from "./accounts";
import { PIECE_LEAVES } from "./limits";
import {
  undoFirst,
  undoHeight,
  undoKind,
  undoMade,
  undoneSince,
  undoRow,
  undoValue,
} from "./undo_notes";

/** What a piece came to. */
export enum Copied {
  More,
  Done,
  NoRoom,
  /** Notes that are needed are not kept any more. */
  Lost,
}

/** What a state said at the height beside its trees. */
export const PAST_FOLDED: usize = memory.data(96, 16);

const KINDS: u32 = CHANGED_CARD;
/** Of each kind from 1 and each row: the first note behind the height + 1. */
const firsts = new StaticArray<Rows>(KINDS + 1);
for (let kind: u32 = 0; kind <= KINDS; kind++) firsts[kind] = new Rows(2);

let height: u32 = 0;
let kind: u32 = 0;
let row: u32 = 0;
/** The next note to look at. */
let looked: u32 = 0;

export function pastTree(which: u32): AccountLeaves {
  switch (which) {
    case CHANGED_FOCUS:
      return pastFocus;
    case CHANGED_ACCOUNT:
      return pastBalance;
    case CHANGED_COIN:
      return pastCoin;
    default:
      return pastCard;
  }
}

/** Begins with the copies of a height. */
export function beginAccountsAt(at: u32): void {
  height = at;
  for (let which: u32 = CHANGED_FOCUS; which <= KINDS; which++) {
    pastTree(which).forget();
    firsts[which].cut(0);
  }
  memory.copy(PAST_FOLDED, FOLDED, FOLDED_OCTETS);
  kind = CHANGED_FOCUS;
  row = 0;
  looked = undoFirst();
  // The other way round: what the oldest note found is what counts.
  for (let number = undoMade; number > looked; number--) {
    if (undoHeight(number - 1) <= height) break;
    putBack(number - 1);
  }
}

/** A value beside the trees, as it was before the change. */
function putBack(number: u32): void {
  const value = undoValue(number);
  switch (undoKind(number)) {
    case CHANGED_BLOCK:
      return memory.copy(PAST_FOLDED, value, 16);
    case NEW_OUTPUT:
      return memory.copy(PAST_FOLDED + FOLDED_OUTPUTS, value, 32);
    case NEW_NULLIFIER:
      return memory.copy(PAST_FOLDED + FOLDED_NULLIFIERS, value, 32);
  }
}

/** Takes in the notes that are new; false where the memory has no room. */
function lookAtNotes(): bool {
  for (; looked < undoMade; looked++) {
    if (undoHeight(looked) <= height) continue;
    const which = undoKind(looked);
    if (which > KINDS) continue;
    const first = firsts[which];
    const at = undoRow(looked);
    if (at >= first.length) {
      if (!reserve(first.pagesFor(at + 1 - first.length))) return false;
      while (first.length <= at) store<u32>(first.push(), 0);
    }
    const entry = first.at(at);
    if (load<u32>(entry) == 0) store<u32>(entry, looked + 1);
  }
  return true;
}

export function accountsPiece(): Copied {
  if (undoneSince > height) return Copied.Lost;
  if (!lookAtNotes()) return Copied.NoRoom;
  if (kind > KINDS) return Copied.Done;
  const from = accountTree(kind);
  assert(from !== null, "the first four kinds are of trees");
  const to = pastTree(kind);
  const end = min(from!.leaves.length, row + PIECE_LEAVES);
  if (!reserve(to.pagesFor(end - row))) return Copied.NoRoom;
  while (row < end && copyLeaf(from!, to)) row++;
  if (row == from!.leaves.length || row < end) {
    kind++;
    row = 0;
  }
  return Copied.More;
}

/** Copies the leaf `row`; false where it, and those behind it, came later. */
function copyLeaf(from: AccountLeaves, to: AccountLeaves): bool {
  const first = firsts[kind];
  const note = row < first.length ? load<u32>(first.at(row)) : 0;
  const value = note == 0 ? 0 : undoValue(note - 1);
  if (note != 0 && value == 0) return false;
  const leaf = to.grow();
  memory.copy(leaf, from.leaves.at(row), from.payloadEnd);
  if (value != 0) {
    const at = to.payload(row) + changingAt(kind);
    memory.copy(at, value, changingOctets(kind));
  }
  to.place(row, true);
  return true;
}

export function settlePastAccounts(most: u32): bool {
  return pastFocus.settlePiece(most) || pastBalance.settlePiece(most) ||
    pastCoin.settlePiece(most) || pastCard.settlePiece(most);
}
