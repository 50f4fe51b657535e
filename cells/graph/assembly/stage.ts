/**
 * Puts checked signals into the tables in a way that can still be undone.
 *
 * `stage` adds the particles, tokens, neuron and identity that a signal brings
 * and remembers the numbers of its links. Nothing that was there before
 * changes, so `unstage` is a matter of cutting the tables' ends. What changes
 * rows that exist is left to `commit.ts`, which cannot fail.
 *
 * Numbers are given in the order of first appearance: for each link the
 * origin, the target, then the axon.
 */
import { equal32 } from "../../sdk/assembly/bytes";
import { flush, hashSoon } from "../../sdk/assembly/blake3_queue";
import { NO_ROW } from "../../sdk/assembly/digest_index";
import { NEAR_MAX } from "./particles";
import { reserve } from "../../sdk/assembly/pages";
import { beginAccounts, undoAccounts } from "./accounts";
import { IDENTITY_OCTETS, LINK_OCTETS } from "./limits";
import { linkPages } from "./link_table";
import { digests, stagedLinks } from "./scratch";
import { Signal, TO_AT, TOKEN_AT } from "./signal";
import {
  contents,
  links,
  neuronIndex,
  neurons,
  particleIndex,
  particles,
  signalIndex,
  signals,
  signers,
  SIGNS_IN,
  tokenIndex,
  tokens,
} from "./tables";

/**
 * One staged link: from and to as a link has them, axon, token; then where the
 * rows of origin and target are, 8 octets free.
 */
export const STAGED_OCTETS: usize = 32;
export const ORIGIN_ROW: usize = 16;
export const TARGET_ROW: usize = 20;

let linksStaged: u32 = 0;
/** Number of the append under way, so that neurons can be marked with it. */
let call: u32 = 0;
let particlesBefore: u32 = 0;
let neuronsBefore: u32 = 0;
let tokensBefore: u32 = 0;
let signalsBefore: u32 = 0;

const tokenRows = new StaticArray<u32>(256);

/** Begins an append, or the replay of one. */
export function beginCall(): void {
  call++;
}

/** Begins staging signals that have so many links together. */
export function beginStage(linksMore: u32): void {
  linksStaged = 0;
  particlesBefore = particles.length;
  neuronsBefore = neurons.length;
  tokensBefore = tokens.length;
  signalsBefore = signals.length;
  beginAccounts();
  particles.mark(stagedLinks.need(<usize> linksMore * STAGED_OCTETS));
}

/**
 * Makes room for the rows that `commit.ts` adds, after everything is staged.
 * False where the memory has none: the caller unstages.
 */
export function endStage(contentsMore: u32, signalsMore: u32): bool {
  return reserve(
    linkPages(linksStaged) + contents.pagesFor(contentsMore) +
      signers.pagesFor(signalsMore),
  );
}

/** Whether the neuron with this digest makes a link in the append under way. */
export function linksNow(digest: usize): bool {
  const row = neuronIndex.find(digest);
  return row != 0 && load<u32>(neurons.at(row - 1), SIGNS_IN) == call;
}

/**
 * Adds what the signal brings; `digest` is its identity. False where the
 * memory has no room: the caller unstages.
 */
export function stage(signal: Signal, digest: usize): bool {
  if (signalIndex.intern(digest) == NO_ROW) return false;
  const neuron = neuronIndex.intern(signal.neuron + 1);
  if (neuron == NO_ROW) return false;
  if (signal.links > 0) store<u32>(neurons.at(neuron), call, SIGNS_IN);
  for (let i: u32 = 0; i < signal.tokens; i++) {
    const place = signal.tokensAt + i * IDENTITY_OCTETS + 1;
    const row = tokenIndex.intern(place);
    if (row == NO_ROW) return false;
    unchecked(tokenRows[i] = row);
  }
  const axonsAt = hashAxons(signal);
  return stageLinks(signal, axonsAt);
}

/** The axons' digests, in the order of the links. */
function hashAxons(signal: Signal): usize {
  const at = digests.need(<usize> signal.links << 5);
  let link = signal.linksAt;
  // The two identities lie side by side in the link, as the axon hashes them.
  for (let i: u32 = 0; i < signal.links; i++, link += LINK_OCTETS) {
    hashSoon(link, 2 * IDENTITY_OCTETS, at + (<usize> i << 5));
  }
  flush();
  return at;
}

function stageLinks(signal: Signal, axonsAt: usize): bool {
  let link = signal.linksAt;
  let staged = stagedLinks.start + <usize> linksStaged * STAGED_OCTETS;
  const first = links.length + linksStaged;
  let before: usize = 0;
  let from: u32 = 0;
  let origin: usize = 0;
  for (let i: u32 = 0; i < signal.links; i++, link += LINK_OCTETS) {
    if (i % NEAR_MAX == 0) {
      const some = min(NEAR_MAX, signal.links - i);
      particleIndex.near(link + 1, LINK_OCTETS, some);
      particleIndex.near(link + TO_AT + 1, LINK_OCTETS, some);
      particleIndex.near(axonsAt + (<usize> i << 5), 32, some);
    }
    // Imports bring runs of links with one origin.
    if (before == 0 || !equal32(before + 1, link + 1)) {
      from = particleIndex.intern(link + 1);
      origin = particleIndex.interned;
      before = link;
    }
    const to = particleIndex.intern(link + TO_AT + 1);
    const target = particleIndex.interned;
    if (from == NO_ROW || to == NO_ROW) return false;
    store<u32>(staged, from, 0);
    store<u32>(staged, to, 4);
    const digest = axonsAt + (<usize> i << 5);
    const axon = particles.internAxon(digest, from, to, first + i);
    if (axon == NO_ROW) return false;
    store<u32>(staged, axon, 8);
    store<u32>(staged, <u32> origin, ORIGIN_ROW);
    store<u32>(staged, <u32> target, TARGET_ROW);
    store<u32>(staged, unchecked(tokenRows[load<u8>(link, TOKEN_AT)]), 12);
    staged += STAGED_OCTETS;
  }
  linksStaged += signal.links;
  return true;
}

/** Takes everything back that was staged since `beginStage`. */
export function unstage(): void {
  particleIndex.cut(particlesBefore);
  neuronIndex.cut(neuronsBefore);
  tokenIndex.cut(tokensBefore);
  signalIndex.cut(signalsBefore);
  undoAccounts();
}
