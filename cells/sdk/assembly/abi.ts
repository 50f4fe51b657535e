/**
 * What generated code needs to cross the border: argument memory, temporaries, strings, lists, the end of a call.
 *
 * Rely on: a list of numbers is not copied on its way in (the caller's block becomes the array) nor on its way out (the
 * array is read in place). Temporaries live until `release` or the end of the call. An export is never entered again
 * while one runs: the kernel's rule.
 */
import "./abort";
import { OBJECT, TOTAL_OVERHEAD } from "rt/common";
import {
  adopt,
  collectIfDue,
  freeBlock,
  rawBlock,
  resizeBlock,
} from "./runtime";

/** Octets of the block that temporaries come from; larger ones get a block of their own. */
const ARENA_OCTETS: usize = 65536;

/** Where temporaries begin. */
const arena: usize = heap.alloc(ARENA_OCTETS);
let arenaUsed: usize = 0;
/** Last temporary with a block of its own; each begins with the address of the one before. */
let lastBig: usize = 0;
const BIG_HEAD: usize = 16;

let areaAt: usize = 0;
let areaOctets: usize = 0;
let backAt: usize = 0;
let backOctets: usize = 0;
let resultsAt: usize = 0;
let resultsOctets: usize = 0;

/** Octets of the string that `lowerString` wrote last. */
export let loweredLength: i32 = 0;

/** `cabi_realloc`: every block can become a managed object later. */
export function realloc(
  old: usize,
  oldSize: usize,
  align: usize,
  size: usize,
): usize {
  if (size == 0) return align;
  if (oldSize == 0) return rawBlock(size);
  return resizeBlock(old, size);
}

/** A discriminant that is one of `count`. */
export function checked(value: u32, count: u32): i32 {
  assert(value < count);
  return <i32>value;
}

/** Takes a string out of the caller's block, which is freed. */
export function liftString(at: i32, length: i32): string {
  if (length == 0) return "";
  const text = String.UTF8.decodeUnsafe(<usize>at, <usize>length);
  freeBlock(<usize>at);
  return text;
}

/** The caller's block as an array. Each list comes in a block of its own, as the canonical ABI says. */
export function liftNumbers<T>(at: i32, length: i32): StaticArray<T> {
  if (length == 0) return new StaticArray<T>(0);
  const payload = <usize>at;
  const octets = <usize>length * sizeof<T>();
  const block = changetype<OBJECT>(payload - TOTAL_OVERHEAD);
  assert((block.mmInfo & ~3) >= octets);
  adopt(payload, octets, idof<StaticArray<T>>());
  return changetype<StaticArray<T>>(payload);
}

/** Frees the block of a list whose elements were lifted. */
export function freeList(at: i32, length: i32): void {
  if (length != 0) freeBlock(<usize>at);
}

/** Memory until `release` or the end of the call. */
export function temporary(octets: usize, align: usize): usize {
  if (octets == 0) return align;
  const size = (octets + 15) & ~15;
  if (arenaUsed + size <= ARENA_OCTETS) {
    const at = arena + arenaUsed;
    arenaUsed += size;
    return at;
  }
  const block = heap.alloc(BIG_HEAD + size);
  store<usize>(block, lastBig);
  lastBig = block;
  return block + BIG_HEAD;
}

/** Where temporaries stand, for `release`. */
export function mark(): u64 {
  return <u64>lastBig << 32 | <u64>arenaUsed;
}

/** Gives back all temporaries since `mark`. */
export function release(mark: u64): void {
  arenaUsed = <usize>(mark & 0xffffffff);
  const keep = <usize>(mark >> 32);
  while (lastBig != keep) {
    const before = load<usize>(lastBig);
    heap.free(lastBig);
    lastBig = before;
  }
}

/** Writes a string as UTF-8 into temporary memory; lone surrogates become U+FFFD. */
export function lowerString(text: string): i32 {
  const octets = <usize>String.UTF8.byteLength(text);
  const at = temporary(octets, 1);
  String.UTF8.encodeUnsafe(
    changetype<usize>(text),
    text.length,
    at,
    false,
    String.UTF8.ErrorMode.REPLACE,
  );
  loweredLength = <i32>octets;
  return <i32>at;
}

/** Room for the arguments of an import that travel through memory. */
export function area(octets: usize): usize {
  if (octets > areaOctets) {
    areaAt = heap.alloc(octets);
    areaOctets = octets;
  }
  return areaAt;
}

/** Room for the result of an import. */
export function back(octets: usize): usize {
  if (octets > backOctets) {
    backAt = heap.alloc(octets);
    backOctets = octets;
  }
  return backAt;
}

/** Room for the result of an export; stays as it is until the caller has read it. */
export function results(octets: usize): usize {
  if (octets > resultsOctets) {
    resultsAt = heap.alloc(octets);
    resultsOctets = octets;
  }
  return resultsAt;
}

/** The end of a call: nothing managed is on the stack. */
export function leave(): void {
  release(0);
  collectIfDue();
}
