/**
 * The highest values: at most 1000, ties by lower particle number.
 *
 * Offers go to a binary heap whose root is the lowest value kept, so an offer
 * costs one comparison for almost all particles. Two heaps: one is filled and
 * sorted while the other, in descending order, is read.
 */
import { TOP_MAX } from "./limits";

let particles = new StaticArray<u32>(TOP_MAX);
let values = new StaticArray<f64>(TOP_MAX);
let nextParticles = new StaticArray<u32>(TOP_MAX);
let nextValues = new StaticArray<f64>(TOP_MAX);
let nextCount: u32 = 0;
let unsorted: u32 = 0;

export class Top {
  static count: u32 = 0;
}

export function topParticle(at: u32): u32 {
  return particles[at];
}

export function topValue(at: u32): f64 {
  return values[at];
}

export function beginTop(): void {
  nextCount = 0;
  unsorted = 0;
}

/** Whether slot `a` ranks below slot `b`. */
function below(a: u32, b: u32): bool {
  const x = unchecked(nextValues[a]);
  const y = unchecked(nextValues[b]);
  return x < y ||
    (x == y && unchecked(nextParticles[a]) > unchecked(nextParticles[b]));
}

function swap(a: u32, b: u32): void {
  const value = unchecked(nextValues[a]);
  const particle = unchecked(nextParticles[a]);
  unchecked(nextValues[a] = nextValues[b]);
  unchecked(nextParticles[a] = nextParticles[b]);
  unchecked(nextValues[b] = value);
  unchecked(nextParticles[b] = particle);
}

function sink(size: u32): void {
  let at: u32 = 0;
  while (true) {
    let child = at * 2 + 1;
    if (child >= size) return;
    if (child + 1 < size && below(child + 1, child)) ++child;
    if (!below(child, at)) return;
    swap(child, at);
    at = child;
  }
}

/** Offers a value; particles come in ascending order, so a tie never displaces. O(log 1000). */
export function offerTop(particle: u32, value: f64): void {
  if (nextCount == TOP_MAX) {
    if (value <= unchecked(nextValues[0])) return;
    unchecked(nextValues[0] = value);
    unchecked(nextParticles[0] = particle);
    sink(nextCount);
    return;
  }
  let at = nextCount++;
  nextValues[at] = value;
  nextParticles[at] = particle;
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    if (!below(at, parent)) break;
    swap(at, parent);
    at = parent;
  }
  unsorted = nextCount;
}

/** Puts the lowest of what is unsorted behind it, until all is sorted: about 0.1 ms. */
export function sortTop(): bool {
  while (unsorted > 1) {
    swap(0, --unsorted);
    sink(unsorted);
  }
  return true;
}

/** Makes the sorted offers the visible ones. */
export function commitTop(): void {
  const oldParticles = particles;
  const oldValues = values;
  particles = nextParticles;
  values = nextValues;
  nextParticles = oldParticles;
  nextValues = oldValues;
  Top.count = nextCount;
}

/** Copies the sorted offers, which stay invisible; answers how many. */
export function copyTop(intoParticles: StaticArray<u32>, intoValues: StaticArray<f64>): u32 {
  for (let i: u32 = 0; i < nextCount; ++i) {
    intoParticles[i] = nextParticles[i];
    intoValues[i] = nextValues[i];
  }
  return nextCount;
}
