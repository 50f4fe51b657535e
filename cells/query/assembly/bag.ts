/**
 * The distinct terms of one text, with how often each occurs.
 *
 * One bag serves the whole cell: filling it again forgets what it held. It
 * lives in static memory, so a text costs no allocation. Terms keep the order
 * of their first occurrence.
 */
import { BAG_TERMS_MAX, TERM_OCTETS_MAX } from "./limits";
import { charAt, charOctets, writeChar } from "./utf8";
import { fold, isAlone, isWord, prepareChars } from "./chars";

/** One distinct term; its folded octets are `length` from `at` on. */
@unmanaged
export class BagTerm {
  hash: u64;
  at: usize;
  length: i32;
  /** Occurrences in the text. */
  count: u32;
  /** Where the term stands in the index; set and used by the index alone. */
  term: usize;
}

const BAG_TERM_OCTETS: usize = 32;
const SLOTS: u32 = 4096;

const terms: usize = memory.data(65536, 8);
const slots: usize = memory.data(8192, 8);
/** Folding makes at most 3 octets of 2; hashing reads up to 7 past the end. */
const folded: usize = memory.data(6400, 8);

/** Distinct terms in the bag. */
export let bagTerms: i32 = 0;
/** Occurrences of terms in the text: its length as BM25 counts it. */
export let bagLength: u32 = 0;

/** The term that came `index`-th, from 0. */
// @ts-ignore: decorator
@inline
export function bagTerm(index: i32): BagTerm {
  return changetype<BagTerm>(terms + <usize>index * BAG_TERM_OCTETS);
}

/** Fills the bag from valid UTF-8 of at most CONTENT_OCTETS_INDEXED_MAX. */
export function fillBag(at: usize, length: i32): void {
  prepareChars();
  emptyBag();
  const end = at + length;
  let write = folded;
  let start = write;
  while (at < end) {
    const code = charAt(at);
    at += charOctets;
    const inWord = isWord(code);
    if (inWord && !isAlone(code)) {
      const next = write + writeChar(write, fold(code));
      if (next - start <= <usize>TERM_OCTETS_MAX) write = next;
      else at = wordEnd(at, end);
      continue;
    }
    if (write > start) start = write = addTerm(start, write);
    if (inWord) {
      write += writeChar(write, code);
      start = write = addTerm(start, write);
    }
  }
  if (write > start) addTerm(start, write);
}

/** Where the word goes on to: what lies before it is not indexed. */
function wordEnd(at: usize, end: usize): usize {
  while (at < end) {
    const code = charAt(at);
    if (!isWord(code) || isAlone(code)) break;
    at += charOctets;
  }
  return at;
}

/** Only the slots in use are cleared: most texts are short. */
function emptyBag(): void {
  for (let i = 0; i < bagTerms; i++) {
    let slot = <u32>bagTerm(i).hash % SLOTS;
    while (load<u16>(slots + (slot << 1)) != 0) {
      store<u16>(slots + (slot << 1), 0);
      slot = (slot + 1) % SLOTS;
    }
  }
  bagTerms = 0;
  bagLength = 0;
}

/** Counts the term in [start, end); returns where the next may be written. */
function addTerm(start: usize, end: usize): usize {
  const length = <i32>(end - start);
  const hash = hashOf(start, length);
  bagLength++;
  let slot = <u32>hash % SLOTS;
  while (true) {
    const index = <i32>load<u16>(slots + (slot << 1));
    if (index == 0) break;
    const known = bagTerm(index - 1);
    if (
      known.hash == hash && known.length == length &&
      memory.compare(known.at, start, length) == 0
    ) {
      known.count++;
      return start;
    }
    slot = (slot + 1) % SLOTS;
  }
  assert(bagTerms < BAG_TERMS_MAX);
  const fresh = bagTerm(bagTerms++);
  fresh.hash = hash;
  fresh.at = start;
  fresh.length = length;
  fresh.count = 1;
  fresh.term = 0;
  store<u16>(slots + (slot << 1), <u16>bagTerms);
  return end;
}

/** Reads up to 7 octets past the end, and ignores them. */
export function hashOf(at: usize, length: i32): u64 {
  let hash: u64 = 0x9e3779b97f4a7c15 ^ <u64>length;
  while (length >= 8) {
    hash = mix(hash ^ load<u64>(at));
    at += 8;
    length -= 8;
  }
  if (length > 0) {
    const mask: u64 = (<u64>1 << (<u64>length << 3)) - 1;
    hash ^= load<u64>(at) & mask;
  }
  return mix(hash);
}

// @ts-ignore: decorator
@inline
function mix(value: u64): u64 {
  value ^= value >> 32;
  value *= 0xd6e8feb86659fd93;
  value ^= value >> 32;
  value *= 0xd6e8feb86659fd93;
  return value ^ (value >> 32);
}

assert(<u32>BAG_TERMS_MAX * 2 <= SLOTS);
assert(<u32>BAG_TERMS_MAX * <u32>BAG_TERM_OCTETS <= 65536);
