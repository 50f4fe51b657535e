/**
 * Memory of the index: taken from the engine in blocks, never given back.
 *
 * It grows by exactly one block where the allocator of managed objects would
 * double, nothing in it moves, and no garbage collection walks it. What would
 * fail half-way is reserved first: `allocate` after a successful `reserve` of
 * as much does not fail.
 */

const PAGE_OCTETS: usize = 65536;
/** Octets of one block. */
export const BLOCK_OCTETS: usize = 256 << 10;
/** The largest allocation; what a block's end may waste. */
export const ALLOCATION_OCTETS_MAX: usize = 64 << 10;
/** Blocks kept ready by one reservation at most. */
const SPARES_MAX: i32 = 64;
/** Readers of a term may look up to 7 octets past it. */
const OVERREAD_OCTETS: usize = 8;

let next: usize = 0;
let end: usize = 0;
const spares: StaticArray<usize> = new StaticArray<usize>(SPARES_MAX);
let sparesReady: i32 = 0;

/** Fresh zeroed memory of whole pages; 0 where the engine has none left. */
export function takePages(octets: usize): usize {
  const pages = <i32>((octets + PAGE_OCTETS - 1) / PAGE_OCTETS);
  const before = memory.grow(pages);
  return before < 0 ? 0 : <usize>before * PAGE_OCTETS;
}

/** Makes sure that allocations of `octets` in all will succeed. */
export function reserve(octets: usize): bool {
  if (next + octets <= end) return true;
  const blocks = <i32>(octets / (BLOCK_OCTETS - ALLOCATION_OCTETS_MAX)) + 1;
  if (blocks > SPARES_MAX) return false;
  while (sparesReady < blocks) {
    const block = takePages(BLOCK_OCTETS);
    if (block == 0) return false;
    unchecked(spares[sparesReady++] = block);
  }
  return true;
}

/** Memory of any content, aligned to 8; 0 where nothing is left. */
export function allocate(octets: usize): usize {
  assert(octets <= ALLOCATION_OCTETS_MAX);
  const size = (octets + 7) & ~<usize>7;
  if (next + size > end) {
    if (sparesReady == 0 && !reserve(octets)) return 0;
    next = unchecked(spares[--sparesReady]);
    end = next + BLOCK_OCTETS - OVERREAD_OCTETS;
  }
  const at = next;
  next += size;
  return at;
}
