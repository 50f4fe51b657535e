/**
 * The largest contributions of an explanation, by a heap whose root is the least.
 *
 * Ties: the lower particle first, then the inward axon. An offer that does not get
 * in costs one comparison and makes no object.
 */
export class Best {
  constructor(
    readonly value: f64,
    readonly particle: u32,
    readonly node: u32,
    readonly inward: bool,
    readonly weight: f64,
  ) {}
}

let heap = new Array<Best>();
let most: i32 = 0;

export function beginBest(limit: u32): void {
  heap = new Array<Best>();
  most = <i32>limit;
}

/** Whether `a` comes after `b`. */
function isLess(a: Best, b: Best): bool {
  if (a.value != b.value) return a.value < b.value;
  if (a.particle != b.particle) return a.particle > b.particle;
  return !a.inward && b.inward;
}

/** O(log limit). */
export function offerBest(
  value: f64,
  particle: u32,
  node: u32,
  inward: bool,
  weight: f64,
): void {
  if (most == 0) return;
  if (heap.length == most) {
    if (value < heap[0].value) return;
    const one = new Best(value, particle, node, inward, weight);
    if (!isLess(heap[0], one)) return;
    heap[0] = one;
    sink(0, most);
    return;
  }
  heap.push(new Best(value, particle, node, inward, weight));
  let at = heap.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isLess(heap[at], heap[parent])) break;
    swap(at, parent);
    at = parent;
  }
}

function swap(a: i32, b: i32): void {
  const one = heap[a];
  heap[a] = heap[b];
  heap[b] = one;
}

function sink(from: i32, size: i32): void {
  let at = from;
  while (true) {
    let child = at * 2 + 1;
    if (child >= size) return;
    if (child + 1 < size && isLess(heap[child + 1], heap[child])) ++child;
    if (!isLess(heap[child], heap[at])) return;
    swap(child, at);
    at = child;
  }
}

/** What was kept, the largest first. */
export function drainBest(): Array<Best> {
  for (let size = heap.length - 1; size > 0; --size) {
    swap(0, size);
    sink(0, size);
  }
  const kept = heap;
  heap = new Array<Best>();
  return kept;
}
