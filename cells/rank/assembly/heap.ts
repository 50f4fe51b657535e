/** The collected heap, made large while memory is small. */
import { HEAP_OCTETS, HEAP_OCTETS_MAX } from "./limits";

// Octets that it has at least.
let heapOctets: u64 = 0;

/**
 * Makes the collected heap large enough for a snapshot while memory is small: the
 * heap grows by as much as all memory holds, and big blocks are part of that.
 */
export function reserveHeap(octets: u64): void {
  const wanted = octets + HEAP_OCTETS;
  if (wanted <= heapOctets || wanted > HEAP_OCTETS_MAX) return;
  heapOctets = wanted + (wanted >> 1);
  heap.free(heap.alloc(<usize>heapOctets));
}
