/**
 * Checks the contents that come with an append, and keeps the new ones.
 *
 * A content belongs to a particle that a link touches (the links are staged by
 * then), or is the key bundle of a neuron that signs in the same append; the
 * bundle's particle gets its number here, after those of all links. Repeated
 * and known contents are passed over. `unstageContents` undoes everything
 * except numbers, which `unstage` cuts off.
 */
import { flush, hashSoon } from "../../sdk/assembly/blake3_queue";
import { NO_ROW } from "../../sdk/assembly/digest_index";
import { NEAR_MAX } from "./particles";
import { CONTENT_OCTETS_MAX, PIECE_CONTENTS_MAX } from "./limits";
import { digests, stagedContents } from "./scratch";
import { linksNow } from "./stage";
import { isHere, storedOf } from "./stored";
import { ARRIVAL, particleIndex, particles, STAGED } from "./tables";

/**
 * Where it lies now, its length, its particle, its offset in the record, and
 * what its particle had as arrival: a content that is gone may come again.
 */
export const ITEM_OCTETS: usize = 24;
export const ITEM_FROM: usize = 0;
export const ITEM_LENGTH: usize = 4;
export const ITEM_PARTICLE: usize = 8;
export const ITEM_OFFSET: usize = 12;
export const ITEM_BEFORE: usize = 16;

/** Contents kept so far, and their octets with the lengths before them. */
export let contentsStaged: u32 = 0;
export let contentsOctets: u64 = 0;

/** Why the last `stageContents` stopped: empty where the memory has no room. */
export let contentsFault: string = "";

let found: u32 = 0;
/** A record says what was kept: nobody asks again. */
let isReplay: bool = false;

export function beginContents(replays: bool = false): void {
  isReplay = replays;
  contentsStaged = 0;
  contentsOctets = 0;
}

// @ts-ignore: decorator
@inline
export function itemAt(index: u32): usize {
  return stagedContents.start + <usize> index * ITEM_OCTETS;
}

/** Takes a list of contents; false with `contentsFault` at the first bad one. */
export function stageContents(list: usize, octets: u32): bool {
  const end = list + octets;
  let at = list;
  while (at < end) {
    at = readPiece(list, at, end);
    if (at == 0 || !keepNew(list)) return false;
  }
  return true;
}

function no(list: usize, place: usize, rule: string): void {
  contentsFault = `contents at octet ${place - list}: ${rule}`;
}

/** Reads some contents behind the kept ones; where it stopped, or 0. */
function readPiece(list: usize, from: usize, end: usize): usize {
  let at = from;
  found = 0;
  stagedContents.need(
    <usize> (contentsStaged + PIECE_CONTENTS_MAX) * ITEM_OCTETS,
  );
  while (at < end && found < PIECE_CONTENTS_MAX) {
    if (end - at < 4) {
      no(list, at, `a length needs 4 octets, ${end - at} are left`);
      return 0;
    }
    const length = load<u32>(at);
    if (length > CONTENT_OCTETS_MAX) {
      no(list, at, `${length} octets, at most ${CONTENT_OCTETS_MAX} allowed`);
      return 0;
    }
    if (length > end - at - 4) {
      no(list, at + 4, `${length} octets, ${end - at - 4} are left`);
      return 0;
    }
    const item = itemAt(contentsStaged + found);
    store<u32>(item, <u32> at + 4, ITEM_FROM);
    store<u32>(item, length, ITEM_LENGTH);
    at += 4 + length;
    found++;
  }
  return at;
}

function keepNew(list: usize): bool {
  const ids = digests.need(<usize> PIECE_CONTENTS_MAX << 5);
  const first = contentsStaged;
  for (let i: u32 = 0; i < found; i++) {
    const item = itemAt(first + i);
    const from = load<u32>(item, ITEM_FROM);
    hashSoon(from, load<u32>(item, ITEM_LENGTH), ids + (<usize> i << 5));
  }
  flush();
  for (let i: u32 = 0; i < found; i++) {
    const item = itemAt(first + i);
    if (i % NEAR_MAX == 0) {
      const some = min(NEAR_MAX, found - i);
      particleIndex.near(ids + (<usize> i << 5), 32, some);
    }
    const particle = ownerOf(ids + (<usize> i << 5));
    if (particle == NO_ROW) {
      if (contentsFault == NO_OWNER) {
        no(list, load<u32>(item) - 4, "no link touches this content");
      }
      return false;
    }
    const row = particles.at(particle);
    const before = load<u32>(row, ARRIVAL);
    if (isKept(particle, before)) continue;
    store<u32>(row, STAGED, ARRIVAL);
    const kept = itemAt(contentsStaged++);
    contentsOctets += 4 + load<u32>(item, ITEM_LENGTH);
    store<u64>(kept, load<u64>(item));
    store<u32>(kept, particle, ITEM_PARTICLE);
    store<u32>(kept, before, ITEM_BEFORE);
  }
  return true;
}

/** Whether a content that comes now is passed over. */
function isKept(particle: u32, arrival: u32): bool {
  if (arrival == 0) return false;
  if (arrival == STAGED || storedOf(particle) == 0) return true;
  return !isReplay && isHere(particle);
}

const NO_OWNER = "no owner";

/** The particle that the content belongs to, or `NO_ROW` and why. */
function ownerOf(digest: usize): u32 {
  const row = particleIndex.find(digest);
  if (row != 0) return particles.expand(row - 1) ? row - 1 : NO_ROW;
  contentsFault = NO_OWNER;
  if (!linksNow(digest)) return NO_ROW;
  contentsFault = "";
  return particleIndex.intern(digest);
}

/** Forgets that the kept contents were staged. */
export function unstageContents(): void {
  for (let i: u32 = 0; i < contentsStaged; i++) {
    const item = itemAt(i);
    const particle = load<u32>(item, ITEM_PARTICLE);
    store<u32>(particles.at(particle), load<u32>(item, ITEM_BEFORE), ARRIVAL);
  }
}
