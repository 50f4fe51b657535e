/**
 * The index's terms: from a term's octets to its postings.
 *
 * 256 tables with open addressing and double hashing; each grows on its own,
 * so no single insertion moves more than one of them. A look-up visits at
 * most PROBES_MAX slots however the terms were chosen: a term for which there
 * is no slot within them is left out and counted in `termsCrowded`.
 */
import { PROBES_MAX } from "./limits";
import { allocate } from "./arena";
import { BagTerm, hashOf } from "./bag";

/** One term of the index; its octets follow the record. */
@unmanaged
export class Term {
  /** Contents that have the term. */
  contents: u32;
  /** Place of the last content that has it. */
  last: u32;
  /** First chunk of postings; while there is one content, its count. */
  head: usize;
  tail: usize;
  write: usize;
  end: usize;
  length: i32;
}

/** Octets of a record before the term's own. */
export const TERM_RECORD_OCTETS: usize = 28;

const TABLES: u32 = 256;
const SLOTS_MIN: u32 = 64;
const SLOTS_MAX: u32 = 8192;
const SLOT_OCTETS: usize = 8;
/** Sizes of tables from SLOTS_MIN to SLOTS_MAX. */
const SIZES: i32 = 8;

const tables: StaticArray<usize> = new StaticArray<usize>(TABLES);
const sizes: StaticArray<u32> = new StaticArray<u32>(TABLES);
const counts: StaticArray<u32> = new StaticArray<u32>(TABLES);
/** Tables that were outgrown, by size: another of the 256 will use them. */
const outgrown: StaticArray<usize> = new StaticArray<usize>(SIZES);

/** Terms in the index. */
export let termsCount: u32 = 0;
/** Terms left out because their neighbourhood was crowded. */
export let termsCrowded: u32 = 0;

/** The index's record of a term, or null. */
export function findTerm(wanted: BagTerm): Term | null {
  const which = <u32>(wanted.hash >> 56);
  const table = unchecked(tables[which]);
  if (table == 0) return null;
  const mask = unchecked(sizes[which]) - 1;
  const tag = tagOf(wanted.hash);
  const stride = strideOf(wanted.hash);
  let slot = <u32>wanted.hash & mask;
  for (let probe: u32 = 0; probe < PROBES_MAX; probe++) {
    const at = table + <usize>slot * SLOT_OCTETS;
    const term = changetype<Term>(load<usize>(at, 4));
    if (changetype<usize>(term) == 0) return null;
    if (
      load<u32>(at) == tag && term.length == wanted.length &&
      memory.compare(octetsOf(term), wanted.at, wanted.length) == 0
    ) return term;
    slot = (slot + stride) & mask;
  }
  return null;
}

/** Adds a term that `findTerm` did not find; null where there is no room. */
export function addTerm(wanted: BagTerm): Term | null {
  const which = <u32>(wanted.hash >> 56);
  const size = unchecked(sizes[which]);
  const crowded = (unchecked(counts[which]) + 1) * 4 > size * 3;
  if (crowded && !grow(which) && size == 0) return null;
  let slot = freeSlot(which, wanted.hash);
  if (slot == 0 && grow(which)) slot = freeSlot(which, wanted.hash);
  if (slot == 0) {
    termsCrowded++;
    return null;
  }
  const at = allocate(TERM_RECORD_OCTETS + <usize>wanted.length);
  if (at == 0) return null;
  memory.fill(at, 0, TERM_RECORD_OCTETS);
  const term = changetype<Term>(at);
  term.length = wanted.length;
  memory.copy(octetsOf(term), wanted.at, wanted.length);
  store<u32>(slot, tagOf(wanted.hash));
  store<usize>(slot, at, 4);
  unchecked(counts[which]++);
  termsCount++;
  return term;
}

// @ts-ignore: decorator
@inline
function octetsOf(term: Term): usize {
  return changetype<usize>(term) + TERM_RECORD_OCTETS;
}

// @ts-ignore: decorator
@inline
function tagOf(hash: u64): u32 {
  return <u32>(hash >> 24);
}

/** Odd, so that it visits every slot of a table whose size is a power of 2. */
// @ts-ignore: decorator
@inline
function strideOf(hash: u64): u32 {
  return <u32>(hash >> 32) | 1;
}

/** Address of the first free slot for the hash, 0 past PROBES_MAX. */
function freeSlot(which: u32, hash: u64): usize {
  const table = unchecked(tables[which]);
  const mask = unchecked(sizes[which]) - 1;
  const stride = strideOf(hash);
  let slot = <u32>hash & mask;
  for (let probe: u32 = 0; probe < PROBES_MAX; probe++) {
    const at = table + <usize>slot * SLOT_OCTETS;
    if (load<usize>(at, 4) == 0) return at;
    slot = (slot + stride) & mask;
  }
  return 0;
}

/** Doubles one table; false, and nothing changed, where it cannot. */
function grow(which: u32): bool {
  const oldSize = unchecked(sizes[which]);
  if (oldSize >= SLOTS_MAX) return false;
  const size = oldSize == 0 ? SLOTS_MIN : oldSize << 1;
  const table = takeTable(size);
  if (table == 0) return false;
  const old = unchecked(tables[which]);
  unchecked(tables[which] = table);
  unchecked(sizes[which] = size);
  for (let slot: u32 = 0; slot < oldSize; slot++) {
    const from = old + <usize>slot * SLOT_OCTETS;
    const term = changetype<Term>(load<usize>(from, 4));
    if (changetype<usize>(term) == 0) continue;
    const to = freeSlot(which, hashOf(octetsOf(term), term.length));
    if (to == 0) {
      // The old table is whole and stays; the new one waits for another use.
      unchecked(tables[which] = old);
      unchecked(sizes[which] = oldSize);
      giveTable(table, size);
      return false;
    }
    store<u64>(to, load<u64>(from));
  }
  if (old != 0) giveTable(old, oldSize);
  return true;
}

function takeTable(size: u32): usize {
  const kind = sizeKind(size);
  let table = unchecked(outgrown[kind]);
  const octets = <usize>size * SLOT_OCTETS;
  if (table != 0) unchecked(outgrown[kind] = load<usize>(table));
  else table = allocate(octets);
  if (table != 0) memory.fill(table, 0, octets);
  return table;
}

function giveTable(table: usize, size: u32): void {
  const kind = sizeKind(size);
  store<usize>(table, unchecked(outgrown[kind]));
  unchecked(outgrown[kind] = table);
}

function sizeKind(size: u32): i32 {
  return ctz<u32>(size) - ctz<u32>(SLOTS_MIN);
}

assert(sizeKind(SLOTS_MAX) == SIZES - 1);
