/**
 * Value types and the type section: passed over, checked in form, counted.
 *
 * What a type means is the platform's to check; the rewriter has to know how
 * many octets it takes and how many types there are.
 */
import { TYPES_MAX } from "../limits.ts";
import type { Reader } from "./reader.ts";
import { ModuleRefusal } from "./refusal.ts";

const REF = 0x64;
const REF_NULL = 0x63;
const EMPTY_BLOCK = 0x40;
const V128 = 0x7b;

/** i32, i64, f32, f64, v128, and the short forms of reference types. */
function isShortType(octet: number): boolean {
  return (octet >= 0x7b && octet <= 0x7f) || (octet >= 0x69 && octet <= 0x74);
}

/** An abstract heap type, or a type index as s33. */
export function skipHeapType(reader: Reader): void {
  const start = reader.at;
  const first = reader.peek();
  reader.typeOrForm();
  if (reader.at - start === 1 && first >= 0x40 && !isShortType(first)) {
    throw reader.malformed(`unknown heap type 0x${first.toString(16)}`, start);
  }
}

/** Returns how many words of 8 octets a value takes in a frame. */
export function skipValueType(reader: Reader): number {
  const start = reader.at;
  const octet = reader.byte();
  if (octet === V128) return 2;
  if (isShortType(octet)) return 1;
  if (octet !== REF && octet !== REF_NULL) {
    throw reader.malformed(`unknown type 0x${octet.toString(16)}`, start);
  }
  skipHeapType(reader);
  return 1;
}

export function skipValueTypes(reader: Reader): number {
  let words = 0;
  for (let left = reader.count(TYPES_MAX, "types"); left > 0; left--) {
    words += skipValueType(reader);
  }
  return words;
}

/** Nothing, a value type, or a type index as s33. */
export function skipBlockType(reader: Reader): void {
  const octet = reader.peek();
  if (octet === EMPTY_BLOCK) reader.skip(1);
  else if (octet < EMPTY_BLOCK || octet >= 0x80) reader.typeOrForm();
  else skipValueType(reader);
}

function skipFieldType(reader: Reader): void {
  const octet = reader.peek();
  if (octet === 0x78 || octet === 0x77) reader.skip(1);
  else skipValueType(reader);
  if (reader.byte() > 1) throw reader.malformed("mutability is not 0 or 1");
}

/** Returns the words of a function's parameters and results. */
function skipCompositeType(reader: Reader): number {
  const start = reader.at;
  switch (reader.byte()) {
    case 0x60:
      return skipValueTypes(reader) + skipValueTypes(reader);
    case 0x5f:
      for (let left = reader.count(TYPES_MAX, "fields"); left > 0; left--) {
        skipFieldType(reader);
      }
      return 0;
    case 0x5e:
      skipFieldType(reader);
      return 0;
    default:
      throw new ModuleRefusal("unsupported", start, "unknown form of type");
  }
}

function skipSubType(reader: Reader): number {
  const octet = reader.peek();
  if (octet === 0x50 || octet === 0x4f) {
    reader.skip(1);
    for (let left = reader.count(TYPES_MAX, "supertypes"); left > 0; left--) {
      reader.u32();
    }
  }
  return skipCompositeType(reader);
}

/** What the type section holds, without its leading count. */
export interface TypeSection {
  /** Entries; a recursion group is one. */
  readonly entries: number;
  /** Types, which is what an index counts. */
  readonly types: number;
  /** Of each type: words of parameters and results, 0 if it is no function's. */
  readonly words: readonly number[];
  readonly rest: Uint8Array;
}

export function readTypes(reader: Reader): TypeSection {
  const entries = reader.count(TYPES_MAX, "types");
  const from = reader.at;
  const words: number[] = [];
  for (let index = 0; index < entries; index++) {
    let group = 1;
    if (reader.peek() === 0x4e) {
      reader.skip(1);
      group = reader.count(TYPES_MAX, "types of a group");
    }
    for (let left = group; left > 0; left--) words.push(skipSubType(reader));
  }
  const rest = reader.slice(from, reader.at);
  return { entries, types: words.length, words, rest };
}
