/**
 * What generated code needs to cross the border: memory for arguments and results, strings, lists, collection.
 */

const BLOCK: usize = 65536;
const COLLECT_OCTETS: usize = 1 << 20;

let allocated: usize = 0;
let arena: usize = heap.alloc(BLOCK);
let used: usize = 0;
const big: usize[] = [];
let areaAt: usize = 0;
let areaSize: usize = 0;
let backAt: usize = 0;
let backSize: usize = 0;
let resultsAt: usize = 0;
let resultsSize: usize = 0;

/** Octets of the string that `lowerString` wrote last. */
export let loweredLength: u32 = 0;

export function realloc(
  old: usize,
  oldSize: usize,
  align: usize,
  size: usize,
): usize {
  allocated += size;
  if (size == 0) return align;
  if (old == 0 || oldSize == 0) return heap.alloc(size);
  return heap.realloc(old, size);
}

export function checked(value: u32, count: u32): i32 {
  assert(value < count);
  return <i32>value;
}

export function liftString(at: i32, length: i32): string {
  if (length == 0) return "";
  const text = String.UTF8.decodeUnsafe(<usize>at, <usize>length);
  allocated += <usize>length * 2;
  heap.free(<usize>at);
  return text;
}

export function liftNumbers<T>(at: i32, length: i32): StaticArray<T> {
  const list = new StaticArray<T>(length);
  if (length == 0) return list;
  const octets = <usize>length * sizeof<T>();
  memory.copy(changetype<usize>(list), <usize>at, octets);
  allocated += octets;
  heap.free(<usize>at);
  return list;
}

export function freeList(at: i32, length: i32): void {
  if (length != 0) heap.free(<usize>at);
}

/** Memory until the end of the call, or until `release`. */
export function temporary(octets: usize, align: usize): usize {
  if (octets == 0) return align;
  const size = (octets + 15) & ~15;
  if (used + size <= BLOCK) {
    const at = arena + used;
    used += size;
    return at;
  }
  const at = heap.alloc(size);
  big.push(at);
  return at;
}

export function mark(): usize {
  return (<usize>big.length << 17) | used;
}

export function release(mark: usize): void {
  used = mark & 0x1ffff;
  const keep = <i32>(mark >> 17);
  while (big.length > keep) heap.free(big.pop());
}

export function lowerString(text: string): usize {
  const octets = <usize>String.UTF8.byteLength(text);
  const at = temporary(octets, 1);
  String.UTF8.encodeUnsafe(
    changetype<usize>(text),
    text.length,
    at,
    false,
    String.UTF8.ErrorMode.REPLACE,
  );
  loweredLength = <u32>octets;
  return at;
}

export function area(size: usize): usize {
  if (size > areaSize) {
    areaAt = heap.alloc(size);
    areaSize = size;
  }
  return areaAt;
}

export function back(size: usize): usize {
  if (size > backSize) {
    backAt = heap.alloc(size);
    backSize = size;
  }
  return backAt;
}

export function results(size: usize): usize {
  if (size > resultsSize) {
    resultsAt = heap.alloc(size);
    resultsSize = size;
  }
  return resultsAt;
}

/** Ends a call: the stack is empty of managed values. */
export function leave(): void {
  release(0);
  if (allocated > COLLECT_OCTETS) {
    allocated = 0;
    __collect();
  }
}
