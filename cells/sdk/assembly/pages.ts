/**
 * The cell's long-lived memory: pages of 64 KiB that are never given back.
 *
 * Tables grow page by page, so growing never copies what is there and never
 * takes long. `reserve` is the only call that can be refused: whoever must not
 * fail half way reserves first, and then `take` succeeds. Pages come zeroed.
 */

export const PAGE_SHIFT: u32 = 16;
export const PAGE_OCTETS: usize = 1 << PAGE_SHIFT;
/** WebAssembly pages that the memory grows by at least: 1 MiB. */
const GROW_PAGES_MIN: i32 = 16;
/** The memory stops short of 4 GiB, so that no end address wraps. */
export const MEMORY_PAGES_MAX: i32 = 65536 - 256;

let memoryPagesMax: i32 = MEMORY_PAGES_MAX;
let next: usize = 0;
let left: i32 = 0;
let taken: i32 = 0;

/** Lowers the size of memory at which `reserve` refuses. */
export function limitMemory(octets: u64): void {
  const pages = min<u64>(octets >> PAGE_SHIFT, <u64> MEMORY_PAGES_MAX);
  memoryPagesMax = <i32> pages;
}

/** Makes sure that `pages` can be taken; false where the memory has no room. */
export function reserve(pages: i32): bool {
  if (left >= pages) return true;
  const before = memory.size();
  const end = next + (<usize> left << PAGE_SHIFT);
  const adjoins = left > 0 && end == <usize> before << PAGE_SHIFT;
  const want = adjoins ? pages - left : pages;
  if (before + want > memoryPagesMax) return false;
  const grow = min(max(want, GROW_PAGES_MIN), memoryPagesMax - before);
  if (memory.grow(grow) < 0) {
    if (grow == want || memory.grow(want) < 0) return false;
  }
  // Pages that do not adjoin stay unused: at most one growth's worth each time
  // that the heap grew in between.
  if (!adjoins) {
    next = <usize> before << PAGE_SHIFT;
    left = 0;
  }
  left += memory.size() - before;
  return true;
}

/** A zeroed page. A trap here is a bug: nobody reserved it. */
export function take(): usize {
  if (left == 0) assert(reserve(1), "a page was not reserved");
  const page = next;
  next += PAGE_OCTETS;
  left--;
  taken++;
  return page;
}

/** Octets in pages that were taken. */
export function takenOctets(): u64 {
  return <u64> taken << PAGE_SHIFT;
}

/** Octets that can still be taken, at most. */
export function roomOctets(): u64 {
  const pages = max(0, memoryPagesMax - memory.size()) + left;
  return <u64> pages << PAGE_SHIFT;
}
