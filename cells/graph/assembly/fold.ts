/**
 * Folds the record into the trees, behind it and in pieces.
 *
 * A round takes the links of whole signals and what their operations changed
 * (`accounts.ts`), then hashes what is out of date. Only
 * between two rounds are the trees those of one height, `foldedHeight`; nobody
 * reads them in the middle of a round.
 */
import { reserve } from "../../sdk/assembly/pages";
import { accountPages, settleAccounts, takeChange } from "./account_leaves";
import {
  CHANGE_HEIGHT,
  changes,
  CLOCK,
  FIRST_OPERATION,
} from "./accounts";
import {
  CALL_LINKS_MAX,
  CALL_PIECES_MAX,
  FOLD_BEHIND_MAX,
  FOLD_LINKS_MAX,
  FOLD_STREAM_LINKS,
  PIECE_LINKS,
  PIECE_NODES,
} from "./limits";
import {
  addTo,
  byNeuron,
  byParticle,
  CHAIN,
  COUNT,
  LAST,
  Leaves,
  SUM,
  SUM_IN,
  SUM_OUT,
} from "./leaves";
import { forgetUndone } from "./undo_notes";
import { isMetered } from "./rules";
import { chainThree, hashLinks, LANES, setLink } from "./link_hashes";
import {
  amountOf,
  height,
  heightOf,
  LINK_FROM,
  LINK_TO,
  links,
  linksUpTo,
  neurons,
  particles,
  signers,
  weightOf,
} from "./tables";

const NO_ROOM: string = "the memory has no room for the trees";

/** The height that the trees are of, between two rounds. */
export let foldedHeight: u32 = 0;
/** Links that the trees have taken in. */
export let foldedLinks: u32 = 0;
/** Why the round under way has stopped, empty while it goes on. */
export let foldTrouble: string = "";

/** Changes that the trees have taken in, of those that are noted. */
export let foldedChanges: u32 = 0;
/** Where the round under way ends. */
export let roundLinks: u32 = 0;
let roundChanges: u32 = 0;
let roundHeight: u32 = 0;
let active: bool = false;
let hashing: bool = false;

/** No round begins while this is set. */
let resting: bool = false;

export function restFold(rest: bool): void {
  resting = rest;
}

/** Whether a round is under way. */
export function inRound(): bool {
  return active;
}

/** Links that no round has begun on. */
export function linksBehind(): u32 {
  return links.length - max(roundLinks, foldedLinks);
}

/** Whether no signal is left that no round has begun on. */
export function isFolded(): bool {
  return max(roundHeight, foldedHeight) == height();
}

/** Whether the trees are of a height at which all six are kept. */
export function keepsAccounts(): bool {
  return keptAccounts(foldedHeight);
}

/** Whether the record kept all six at a height. */
export function keptAccounts(at: u32): bool {
  const first = load<u64>(CLOCK, FIRST_OPERATION);
  return isMetered() || (first != 0 && first <= at);
}

/** Goes on from trees that were there before. */
export function setFolded(folded: u32, changed: u32, at: u32): void {
  foldedLinks = folded;
  roundLinks = folded;
  foldedChanges = changed;
  roundChanges = changed;
  foldedHeight = at;
  roundHeight = at;
  forgetUndone(at);
}

/** Links at the end of the last step. */
let seenLinks: u32 = 0;

/**
 * Whether to leave the next round for later: links stream in, and the more of them
 * are folded at once, the less each costs. Asked once a step.
 */
export function streamsIn(): bool {
  const more = links.length - seenLinks;
  seenLinks = links.length;
  return more >= FOLD_STREAM_LINKS && !inRound() &&
    linksBehind() < FOLD_BEHIND_MAX;
}

/** Whether a round could begin now. */
export function hasRound(): bool {
  return !inRound() && !resting && foldTrouble.length == 0 &&
    foldedHeight != height();
}

/** Does one piece, beginning a round if there is none; true while one goes on. */
export function foldPiece(): bool {
  if (!inRound() && (resting || !beginRound())) return false;
  if (!hashing) {
    if (foldedLinks < roundLinks) foldLinks();
    else if (foldedChanges < roundChanges) foldChanges();
    if (foldTrouble.length > 0) return false;
    hashing = foldedLinks == roundLinks && foldedChanges == roundChanges;
  } else if (!byParticle.settlePiece(PIECE_NODES)) {
    const more = byNeuron.settlePiece(PIECE_NODES) ||
      settleAccounts(PIECE_NODES);
    if (!more) endRound();
  }
  return inRound() && foldTrouble.length == 0;
}

/** How far `catchUp` came. */
export enum Caught {
  /** The trees are of the newest height, or of one far behind it. */
  Up,
  /** A round is under way: the next call goes on with it. */
  Behind,
  /** The memory has no room; `foldTrouble` says so. */
  NoRoom,
}

/** Catches up as far as one call may. */
export function catchUp(): Caught {
  let left = piecesOn(CALL_PIECES_MAX);
  if (!inRound() && !isFolded() && linksBehind() <= CALL_LINKS_MAX) {
    foldPiece();
    left = piecesOn(left);
  }
  if (!inRound()) return Caught.Up;
  return foldTrouble.length > 0 ? Caught.NoRoom : Caught.Behind;
}

/** Does so many pieces of the round under way at most; what is left of them. */
function piecesOn(left: u32): u32 {
  while (left > 0 && inRound() && foldPiece()) left--;
  return left;
}

function beginRound(): bool {
  if (foldedHeight == height()) return false;
  let end = links.length;
  let reached = height();
  if (end - foldedLinks > FOLD_LINKS_MAX) {
    // Whole signals only: one has at most 4,096 links.
    end = foldedLinks + FOLD_LINKS_MAX;
    reached = heightOf(end) - 1;
    end = linksUpTo(reached);
  }
  roundLinks = end;
  roundHeight = reached;
  roundChanges = foldedChanges;
  while (roundChanges < changes.length) {
    if (load<u32>(changes.at(roundChanges), CHANGE_HEIGHT) > reached) break;
    roundChanges++;
  }
  active = true;
  return true;
}

/** Room for every leaf that so many links can bring. */
function makeRoom(more: u32, neuronTree: Leaves, particleTree: Leaves): bool {
  const signing = neurons.length - neuronTree.leaves.length;
  const room = reserve(
    particleTree.pagesFor(2 * more, particles.rows.length) +
      neuronTree.pagesFor(min(more, signing), neurons.length),
  );
  if (!room) return false;
  particleTree.know(particles.rows.length);
  neuronTree.know(neurons.length);
  return true;
}

function foldLinks(): void {
  const end = min(roundLinks, foldedLinks + PIECE_LINKS);
  const room = foldRun(foldedLinks, end, byNeuron, byParticle);
  foldTrouble = room ? "" : NO_ROOM;
  if (room) foldedLinks = end;
}

/** Takes a run of links into two trees; false where the memory has no room. */
export function foldRun(
  first: u32,
  end: u32,
  neuronTree: Leaves,
  particleTree: Leaves,
): bool {
  if (!makeRoom(end - first, neuronTree, particleTree)) return false;
  while (first < end) {
    const some = min(LANES, end - first);
    for (let lane: u32 = 0; lane < LANES; lane++) {
      const index = first + min(lane, some - 1);
      const at = heightOf(index);
      setLink(lane, index, load<u32>(signers.at(at - 1)), at);
    }
    hashLinks();
    for (let lane: u32 = 0; lane < some; lane++) {
      take(lane, first + lane, neuronTree, particleTree);
    }
    first += some;
  }
  return true;
}

function foldChanges(): void {
  const end = min(roundChanges, foldedChanges + PIECE_LINKS);
  const room = reserve(accountPages(end - foldedChanges));
  foldTrouble = room ? "" : NO_ROOM;
  if (!room) return;
  while (foldedChanges < end) takeChange(changes.at(foldedChanges++));
}

function take(
  lane: u32,
  index: u32,
  neuronTree: Leaves,
  particleTree: Leaves,
): void {
  const link = links.at(index);
  const at = heightOf(index);
  const from = load<u32>(link, LINK_FROM);
  const to = load<u32>(link, LINK_TO);
  const amount = amountOf(weightOf(index));
  const neuron = neuronTree.leafOf(load<u32>(signers.at(at - 1)));
  const origin = particleTree.leafOf(particles.slot(from));
  const target = from == to ? origin : particleTree.leafOf(particles.slot(to));
  chainThree(lane, neuron + CHAIN, origin + CHAIN, target + CHAIN);
  addTo(neuron + SUM, amount);
  addTo(origin + SUM_OUT, amount);
  addTo(target + SUM_IN, amount);
  store<u32>(neuron, at, LAST);
  store<u32>(neuron, load<u32>(neuron, COUNT) + 1, COUNT);
  store<u32>(origin, load<u32>(origin, COUNT) + 1, COUNT);
  if (from != to) store<u32>(target, load<u32>(target, COUNT) + 1, COUNT);
}

function endRound(): void {
  hashing = false;
  active = false;
  foldedHeight = roundHeight;
  if (foldedChanges < changes.length) return;
  changes.cut(0);
  foldedChanges = 0;
  roundChanges = 0;
}
