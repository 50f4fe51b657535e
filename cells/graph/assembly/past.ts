/**
 * The trees as they were at a past height, one such height at a time.
 *
 * Links are folded again from the record's beginning, or on from the height
 * that was made before; leaves of accounts are copied from those that there
 * are, with what changed since then put back (`undo_notes.ts`). All of it goes
 * in pieces, behind the record. What is small is done in the call that asks.
 */
import { roomOctets } from "../../sdk/assembly/pages";
import {
  byBalance,
  byCard,
  byCoin,
  byFocus,
} from "./account_leaves";
import { foldRun, keptAccounts } from "./fold";
import { pastByNeuron, pastByParticle } from "./leaves";
import {
  CALL_LINKS_MAX,
  CALL_PIECES_MAX,
  PAST_MEMORY_SHARE,
  PAST_WAITS_MAX,
  PIECE_LINKS,
  PIECE_NODES,
} from "./limits";
import {
  accountsPiece,
  beginAccountsAt,
  Copied,
  settlePastAccounts,
} from "./past_accounts";
import { linksUpTo, neurons, particles } from "./tables";
import { undoneSince } from "./undo_notes";

enum Making {
  Nothing,
  Links,
  Accounts,
  Hashing,
  Ready,
}

/** What asking for a height came to. */
export enum Past {
  Ready,
  Preparing,
  Busy,
  /** See `pastTrouble`. */
  NoRoom,
  Unknown,
}

/** The height that the trees are of, or will be. */
export let pastHeight: u32 = 0;
export let pastTrouble: string = "";
/** Links that are in the trees, and that will be. */
export let pastLinks: u32 = 0;
export let pastLinksEnd: u32 = 0;

let making: Making = Making.Nothing;
/** Nobody has read the trees that are ready. */
let unread: bool = false;
let toldToWait: u32 = 0;

/** Octets of leaves and nodes of a namespace, and of an owner. */
const LEAF_OCTETS: u64 = 128;
const KNOWN_OCTETS: u64 = 4;
const ACCOUNT_OCTETS: u64 = 320;

/** Makes the trees of a height at or below the folded one, or begins to. */
export function askPast(height: u32): Past {
  if (making == Making.Ready && pastHeight == height) {
    unread = false;
    return Past.Ready;
  }
  if (isMaking() && pastHeight == height) return Past.Preparing;
  if (isMaking()) return Past.Busy;
  if (making == Making.Ready && unread && ++toldToWait < PAST_WAITS_MAX) {
    return Past.Busy;
  }
  const refused = begin(height);
  if (refused != Past.Preparing) return refused;
  const small = pastLinksEnd - pastLinks <= CALL_LINKS_MAX &&
    accountRows() <= CALL_LINKS_MAX;
  if (!small) return Past.Preparing;
  let goesOn = true;
  for (let i: u32 = 0; goesOn && i < CALL_PIECES_MAX; i++) goesOn = pastPiece();
  if (goesOn) return Past.Preparing;
  if (making != Making.Ready) return Past.NoRoom;
  unread = false;
  return Past.Ready;
}

function isMaking(): bool {
  return making != Making.Nothing && making != Making.Ready;
}

function accountRows(): u32 {
  return byFocus.leaves.length + byBalance.leaves.length +
    byCoin.leaves.length + byCard.leaves.length;
}

function begin(height: u32): Past {
  if (keptAccounts(height) && height < undoneSince) {
    pastTrouble =
      `accounts are known back to height ${undoneSince} since this opening`;
    return Past.Unknown;
  }
  const goesOn = making == Making.Ready && pastHeight <= height;
  if (!goesOn) forget();
  const end = linksUpTo(height);
  const wanted = LEAF_OCTETS * (2 * <u64> (end - pastLinks)) +
    KNOWN_OCTETS * (<u64> particles.rows.length + neurons.length) +
    ACCOUNT_OCTETS * accountRows();
  const leaves = LEAF_OCTETS * (<u64> particles.rows.length + neurons.length);
  if (min(wanted, leaves) > roomOctets() / PAST_MEMORY_SHARE) {
    pastTrouble = "the memory has no room for trees of another height";
    forget();
    return Past.NoRoom;
  }
  pastTrouble = "";
  pastHeight = height;
  pastLinksEnd = end;
  making = Making.Links;
  unread = true;
  toldToWait = 0;
  return Past.Preparing;
}

/** Gives up what was made. */
function forget(): void {
  pastByNeuron.forget();
  pastByParticle.forget();
  pastLinks = 0;
  making = Making.Nothing;
}

function giveUp(why: string): bool {
  pastTrouble = why;
  forget();
  return false;
}

/** Does one piece; true while there is more to do. */
export function pastPiece(): bool {
  switch (making) {
    case Making.Links: {
      const end = min(pastLinksEnd, pastLinks + PIECE_LINKS);
      if (!foldRun(pastLinks, end, pastByNeuron, pastByParticle)) {
        return giveUp("the memory has no room for trees of another height");
      }
      pastLinks = end;
      if (pastLinks < pastLinksEnd) return true;
      making = Making.Hashing;
      if (keptAccounts(pastHeight)) {
        beginAccountsAt(pastHeight);
        making = Making.Accounts;
      }
      return true;
    }
    case Making.Accounts: {
      const copied = accountsPiece();
      if (copied == Copied.More) return true;
      if (copied == Copied.NoRoom) {
        return giveUp("the memory has no room for trees of another height");
      }
      if (copied == Copied.Lost) {
        return giveUp("more changed meanwhile than is kept; ask again");
      }
      making = Making.Hashing;
      return true;
    }
    case Making.Hashing: {
      const more = pastByParticle.settlePiece(PIECE_NODES) ||
        pastByNeuron.settlePiece(PIECE_NODES) ||
        (keptAccounts(pastHeight) && settlePastAccounts(PIECE_NODES));
      if (!more) making = Making.Ready;
      return more;
    }
    default:
      return false;
  }
}
