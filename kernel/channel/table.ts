/**
 * A table's memory: keys of a fixed length, values of bounded length, one
 * writer, several readers.
 *
 * A bucket is one word: nothing, a tombstone, or an entry's number with an
 * octet of the key's hash. A key is looked for in at most `TABLE_PROBES_MAX`
 * buckets. Entries are written before a bucket names them and not changed while
 * one does or a reader may still look at them.
 */
import {
  TABLE_BUCKETS_MAX,
  TABLE_OCTETS_MAX,
  TABLE_PROBES_MAX,
  TABLE_READERS_MAX,
} from "../limits.ts";
import type { Words } from "./words.ts";

const LINE = 32;
const MAGIC = 0;
const READERS = 1;
const BUCKETS = 2;
const ENTRIES = 3;
const KEY_WORDS = 4;
const VALUE_OCTETS = 5;
export const TABLE_WRITER = 6;
/** Grows with each entry that no bucket names any more; never 0. */
export const CLOCK = LINE;
/** A line per reader: the clock when it began to look, or 0; its generation. */
export const PINS = 2 * LINE;

const MAGIC_VALUE = 0x4b544201;

export const NOTHING = 0;
export const TOMBSTONE = -1;
/** A bucket's low bits hold one more than the entry's number. */
const NUMBER_BITS = 24;
const NUMBER_MASK = 2 ** NUMBER_BITS - 1;
/** Before a value: its length. */
const ENTRY_HEAD = 1;

export type TableRefusal = "not-a-table" | "held" | "corrupt";

export interface TableShape {
  readonly readers: number;
  /** A power of two. */
  readonly buckets: number;
  readonly entries: number;
  readonly keyWords: number;
  readonly valueOctets: number;
}

export function pinAt(reader: number): number {
  return PINS + reader * LINE;
}

export function bucketAt(shape: TableShape, bucket: number): number {
  return PINS + shape.readers * LINE + (bucket & (shape.buckets - 1));
}

function entryWords(shape: TableShape): number {
  const words = ENTRY_HEAD + shape.keyWords + Math.ceil(shape.valueOctets / 4);
  return words + (words & 1);
}

/** Where an entry begins: its length, its key, its value. */
export function entryAt(shape: TableShape, entry: number): number {
  return PINS + shape.readers * LINE + shape.buckets +
    entry * entryWords(shape);
}

export function keyAt(shape: TableShape, entry: number): number {
  return entryAt(shape, entry) + ENTRY_HEAD;
}

export function valueAt(shape: TableShape, entry: number): number {
  return keyAt(shape, entry) + shape.keyWords;
}

/** How much memory a table takes, in words. */
export function tableWords(shape: TableShape): number {
  return entryAt(shape, shape.entries);
}

/** Makes an empty table in memory that is all zero. */
export function makeTable(words: Words, shape: TableShape): void {
  if (!isShape(shape) || words.length < tableWords(shape)) {
    throw new RangeError(
      "a table has buckets by a power of two, no more entries than these, and fits its memory; bounds are in limits.ts",
    );
  }
  words.store(READERS, shape.readers);
  words.store(BUCKETS, shape.buckets);
  words.store(ENTRIES, shape.entries);
  words.store(KEY_WORDS, shape.keyWords);
  words.store(VALUE_OCTETS, shape.valueOctets);
  words.store(CLOCK, 1);
  words.store(MAGIC, MAGIC_VALUE);
}

function isShape(shape: TableShape): boolean {
  const { readers, buckets, entries, keyWords, valueOctets } = shape;
  return readers >= 1 && readers <= TABLE_READERS_MAX &&
    buckets >= 1 && buckets <= TABLE_BUCKETS_MAX &&
    (buckets & (buckets - 1)) === 0 &&
    entries >= 1 && entries <= buckets && keyWords >= 1 && valueOctets >= 0 &&
    tableWords(shape) <= TABLE_OCTETS_MAX / 4;
}

/** Reads a table's shape, once; no word of it is trusted again. */
export function tableShape(words: Words): TableShape | TableRefusal {
  if (words.length < PINS || words.load(MAGIC) !== MAGIC_VALUE) {
    return "not-a-table";
  }
  const shape = {
    readers: words.load(READERS),
    buckets: words.load(BUCKETS),
    entries: words.load(ENTRIES),
    keyWords: words.load(KEY_WORDS),
    valueOctets: words.load(VALUE_OCTETS),
  };
  return isShape(shape) && words.length >= tableWords(shape)
    ? shape
    : "corrupt";
}

/** Claims an end; false if another one holds it. */
export function claimEnd(
  words: Words,
  at: number,
  generation: number,
  before: number,
): boolean {
  if (generation <= 0 || (generation | 0) !== generation) {
    throw new RangeError("a generation is a positive 32-bit number");
  }
  return words.compareExchange(at, before, generation) === before;
}

/** A hash that spreads; nothing rests on its being hard to invert. */
export function hashOf(key: Int32Array, keyWords: number): number {
  let hash = 0x9747b28c;
  for (let i = 0; i < keyWords; i++) {
    hash = Math.imul(hash ^ (key[i] as number), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 13);
}

/** The word of a bucket that names an entry. */
export function bucketOf(entry: number, hash: number): number {
  return (entry + 1) | (hash & 0x7f00_0000);
}

/** The entry that a bucket's word names, or -1 if there is none such. */
export function entryOf(shape: TableShape, bucket: number): number {
  const entry = (bucket & NUMBER_MASK) - 1;
  return bucket > 0 && entry < shape.entries ? entry : -1;
}

export interface Found {
  /** Which bucket, counted from the key's first one; -1 if none has the key. */
  probe: number;
  entry: number;
}

/** Looks a key up: at most `TABLE_PROBES_MAX` buckets, each read once. */
export function find(
  words: Words,
  shape: TableShape,
  key: Int32Array,
  hash: number,
  found: Found,
): void {
  const probes = Math.min(TABLE_PROBES_MAX, shape.buckets);
  for (let probe = 0; probe < probes; probe++) {
    const bucket = words.load(bucketAt(shape, hash + probe));
    if (bucket === NOTHING) break;
    if (bucket === TOMBSTONE || ((bucket ^ hash) & 0x7f00_0000) !== 0) continue;
    const entry = entryOf(shape, bucket);
    if (entry >= 0 && hasKey(words, keyAt(shape, entry), shape, key)) {
      found.probe = probe;
      found.entry = entry;
      return;
    }
  }
  found.probe = -1;
  found.entry = -1;
}

function hasKey(
  words: Words,
  at: number,
  { keyWords }: TableShape,
  key: Int32Array,
): boolean {
  for (let i = 0; i < keyWords; i++) {
    if (words.get(at + i) !== key[i]) return false;
  }
  return true;
}
