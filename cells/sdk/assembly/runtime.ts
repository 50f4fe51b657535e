/**
 * The memory of a cell: the compiler's allocator with a collector that fits calls.
 *
 * Rely on: nothing moves and nothing is collected while a call runs. `collectIfDue` is for the end of a call, when no
 * managed object is on the stack. A collection walks all managed objects, so large and long-lived data belongs in
 * unmanaged memory or in few big arrays of numbers.
 *
 * The algorithm is mark and sweep over two linked rings: what is reached moves from the old ring to the new one, what is
 * left in the old ring is freed, then the rings change names. Time is linear in managed objects, no memory is needed.
 * Deliberately absent: pinning (nothing outside holds managed objects) and finalisers.
 */
import "rt/tlsf";
import { OBJECT, OBJECT_MAXSIZE, OBJECT_OVERHEAD, TOTAL_OVERHEAD } from "rt/common";

/** Octets allocated since the last collection that make one due, at least. */
const DUE_OCTETS_MIN: usize = 1 << 20;

/** Low bit of the `next` word: which ring the object is in. */
const RING: usize = 1;

const ringA: usize = memory.data(32, 16);
const ringB: usize = memory.data(32, 16);
// @ts-ignore: decorator
@lazy let oldRing: usize = emptied(ringA);
// @ts-ignore: decorator
@lazy let newRing: usize = emptied(ringB);
/** Mark bit of the objects in `oldRing`. */
let oldBit: usize = 0;
/** Octets allocated since the last collection. */
let fresh: usize = 0;
/** Octets that the last collection left alive. */
let alive: usize = 0;

// A ring node is the header of an object: `gcInfo` is next and ring bit, `gcInfo2` is the one before.

function emptied(ring: usize): usize {
  setNext(ring, ring, 0);
  setBefore(ring, ring);
  return ring;
}

// @ts-ignore: decorator
@inline
function next(node: usize): usize {
  return changetype<OBJECT>(node).gcInfo & ~RING;
}

// @ts-ignore: decorator
@inline
function setNext(node: usize, to: usize, bit: usize): void {
  changetype<OBJECT>(node).gcInfo = <u32>(to | bit);
}

// @ts-ignore: decorator
@inline
function setBefore(node: usize, to: usize): void {
  changetype<OBJECT>(node).gcInfo2 = <u32>to;
}

function append(ring: usize, node: usize, bit: usize): void {
  const last = <usize>changetype<OBJECT>(ring).gcInfo2;
  setNext(node, ring, bit);
  setBefore(node, last);
  changetype<OBJECT>(last).gcInfo = <u32>(node |
    (<usize>changetype<OBJECT>(last).gcInfo & RING));
  setBefore(ring, node);
}

/** Takes a node out of its ring; an object in static memory may not be in one yet. */
function detach(node: usize): void {
  const after = next(node);
  if (after == 0) return;
  const before = <usize>changetype<OBJECT>(node).gcInfo2;
  setBefore(after, before);
  changetype<OBJECT>(before).gcInfo = <u32>(after |
    (<usize>changetype<OBJECT>(before).gcInfo & RING));
}

// @ts-ignore: decorator
@inline
function octetsOf(node: usize): usize {
  return changetype<OBJECT>(node).mmInfo & ~3;
}

/** Makes a managed object of a block that `rawBlock` gave, without copying. */
export function adopt(payload: usize, size: usize, id: u32): void {
  const node = payload - TOTAL_OVERHEAD;
  changetype<OBJECT>(node).rtId = id;
  changetype<OBJECT>(node).rtSize = <u32>size;
  append(oldRing, node, oldBit);
  fresh += octetsOf(node);
}

/** A block with room for an object's header in front of its payload. Freed by `freeBlock` or adopted. */
export function rawBlock(size: usize): usize {
  if (size > OBJECT_MAXSIZE) unreachable();
  return __alloc(OBJECT_OVERHEAD + size) + OBJECT_OVERHEAD;
}

export function freeBlock(payload: usize): void {
  __free(payload - OBJECT_OVERHEAD);
}

/** Frees an object at once, so that the next one of its size lies where it lay. Nobody may hold it any more. */
export function discard(payload: usize): void {
  const node = payload - TOTAL_OVERHEAD;
  detach(node);
  fresh -= min(fresh, octetsOf(node));
  __free(payload - OBJECT_OVERHEAD);
}

export function resizeBlock(payload: usize, size: usize): usize {
  if (size > OBJECT_MAXSIZE) unreachable();
  const block = __realloc(payload - OBJECT_OVERHEAD, OBJECT_OVERHEAD + size);
  return block + OBJECT_OVERHEAD;
}

/** Collects if enough was allocated since the last time. Only with no managed object on the stack. */
export function collectIfDue(): void {
  if (fresh > DUE_OCTETS_MIN && fresh > alive) __collect();
}

// What the compiler calls.

// @ts-ignore: decorator
@global @unsafe
export function __new(size: usize, id: i32): usize {
  const payload = rawBlock(size);
  memory.fill(payload, 0, size);
  adopt(payload, size, id);
  return payload;
}

// @ts-ignore: decorator
@global @unsafe
export function __renew(old: usize, size: usize): usize {
  const node = old - TOTAL_OVERHEAD;
  const before = <usize>changetype<OBJECT>(node).rtSize;
  if (old < __heap_base) {
    const moved = __new(size, changetype<OBJECT>(node).rtId);
    memory.copy(moved, old, min(size, before));
    return moved;
  }
  fresh -= min(fresh, octetsOf(node));
  const payload = resizeBlock(old, size);
  const now = payload - TOTAL_OVERHEAD;
  changetype<OBJECT>(now).rtSize = <u32>size;
  if (size > before) memory.fill(payload + before, 0, size - before);
  const after = next(now);
  const behind = <usize>changetype<OBJECT>(now).gcInfo2;
  setBefore(after, now);
  changetype<OBJECT>(behind).gcInfo = <u32>(now |
    (<usize>changetype<OBJECT>(behind).gcInfo & RING));
  fresh += octetsOf(now);
  return payload;
}

// @ts-ignore: decorator
@global @unsafe
export function __link(_parent: usize, _child: usize, _many: bool): void {}

// @ts-ignore: decorator
@global @unsafe
export function __visit(payload: usize, _cookie: u32): void {
  if (payload == 0) return;
  const node = payload - TOTAL_OVERHEAD;
  const bit = <usize>changetype<OBJECT>(node).gcInfo & RING;
  // In static memory an object belongs to no ring before its first visit.
  if (changetype<OBJECT>(node).gcInfo != 0 && bit != oldBit) return;
  detach(node);
  append(newRing, node, oldBit ^ RING);
}

// @ts-ignore: decorator
@global @unsafe
export function __pin(payload: usize): usize {
  unreachable();
  return payload;
}

// @ts-ignore: decorator
@global @unsafe
export function __unpin(_payload: usize): void {
  unreachable();
}

// @ts-ignore: decorator
@global @unsafe
export function __collect(): void {
  __visit_globals(0);
  alive = 0;
  for (let node = next(newRing); node != newRing; node = next(node)) {
    alive += octetsOf(node);
    __visit_members(node + TOTAL_OVERHEAD, 0);
  }
  let node = next(oldRing);
  while (node != oldRing) {
    const after = next(node);
    if (node + TOTAL_OVERHEAD < __heap_base) {
      setNext(node, 0, 0);
      setBefore(node, 0);
    } else __free(node + TOTAL_OVERHEAD - OBJECT_OVERHEAD);
    node = after;
  }
  emptied(oldRing);
  const empty = oldRing;
  oldRing = newRing;
  newRing = empty;
  oldBit ^= RING;
  fresh = 0;
}
