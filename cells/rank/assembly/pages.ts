/**
 * Large blocks of memory, beside the garbage-collected heap.
 *
 * A block is a run of whole 64 KiB pages, so there are few of them, none is
 * walked by the collector, and running out of memory is an answer (0) instead
 * of a trap. `take` picks the smallest free span that fits and grows the memory
 * only when none does; `give` joins a span with its neighbours.
 *
 * A block's octets are whatever was there before.
 */
import { SPANS_MAX } from "./limits";

// Free spans in ascending order: first page, length in pages.
const starts = new StaticArray<u32>(SPANS_MAX);
const lengths = new StaticArray<u32>(SPANS_MAX);
let spans: u32 = 0;

/** Pages that hold `octets`; at least one. */
function pagesOf(octets: u64): u32 {
  return <u32>max<u64>(1, (octets + 0xffff) >>> 16);
}

function removeSpan(at: u32): void {
  for (let i = at + 1; i < spans; ++i) {
    starts[i - 1] = starts[i];
    lengths[i - 1] = lengths[i];
  }
  --spans;
}

function insertSpan(at: u32, start: u32, length: u32): void {
  if (spans == SPANS_MAX) abort("more free spans than live blocks allow");
  for (let i = spans; i > at; --i) {
    starts[i] = starts[i - 1];
    lengths[i] = lengths[i - 1];
  }
  starts[at] = start;
  lengths[at] = length;
  ++spans;
}

/** A block of at least `octets`, or 0 if the memory may not grow any more. O(spans). */
export function take(octets: u64): usize {
  if (octets > 0x7fff0000) return 0;
  const pages = pagesOf(octets);
  let best = SPANS_MAX;
  for (let i: u32 = 0; i < spans; ++i) {
    if (lengths[i] < pages) continue;
    if (best == SPANS_MAX || lengths[i] < lengths[best]) best = i;
  }
  if (best == SPANS_MAX) return growBy(pages);
  const start = starts[best];
  if (lengths[best] == pages) {
    removeSpan(best);
  } else {
    starts[best] = start + pages;
    lengths[best] -= pages;
  }
  return <usize>start << 16;
}

/** Grows the memory, by less where its end is free already. */
function growBy(pages: u32): usize {
  const end = <u32>memory.size();
  if (spans > 0) {
    const last = spans - 1;
    if (starts[last] + lengths[last] == end) {
      const start = starts[last];
      if (memory.grow(<i32>(pages - lengths[last])) < 0) return 0;
      removeSpan(last);
      return <usize>start << 16;
    }
  }
  if (memory.grow(<i32>pages) < 0) return 0;
  return <usize>end << 16;
}

/** Gives a block back; `octets` as it was taken. A block of 0 is ignored. O(spans). */
export function give(block: usize, octets: u64): void {
  if (block == 0) return;
  let start = <u32>(block >>> 16);
  let length = pagesOf(octets);
  let at: u32 = 0;
  while (at < spans && starts[at] < start) ++at;
  if (at < spans && start + length == starts[at]) {
    length += lengths[at];
    removeSpan(at);
  }
  if (at > 0 && starts[at - 1] + lengths[at - 1] == start) {
    lengths[at - 1] += length;
  } else {
    insertSpan(at, start, length);
  }
}

/**
 * A block that knows its size, for a value that is replaced now and then.
 * Not moved, not cleared; `release` may be called at any time.
 */
export class Block {
  at: usize = 0;
  octets: u64 = 0;

  /** Drops what it held and takes a new block; false where memory ran out. */
  reserve(octets: u64): bool {
    this.release();
    this.at = take(octets);
    if (this.at == 0) return false;
    this.octets = octets;
    return true;
  }

  release(): void {
    give(this.at, this.octets);
    this.at = 0;
    this.octets = 0;
  }

  /** Takes over what `other` holds, and drops its own. */
  adopt(other: Block): void {
    this.release();
    this.at = other.at;
    this.octets = other.octets;
    other.at = 0;
    other.octets = 0;
  }
}
