/**
 * The particles with the highest focus: at most 1000, ties by lower particle number.
 *
 * Two heaps: one is filled and sorted while the other, in descending order, is read.
 */
import { Leaders } from "./leaders";

let leaders = new Leaders();
let next = new Leaders();

export class Top {
  static count: u32 = 0;
}

export function topParticle(at: u32): u32 {
  return leaders.numbers[at];
}

export function topValue(at: u32): f64 {
  return leaders.values[at];
}

export function beginTop(): void {
  next.clear();
}

/** Offers a value; particles come in ascending order. */
export function offerTop(particle: u32, value: f64): void {
  next.offer(particle, value);
}

/** One piece of sorting the offers; true when they are sorted. */
export function sortTop(): bool {
  return next.sort();
}

/** Makes the sorted offers the visible ones. */
export function commitTop(): void {
  const old = leaders;
  leaders = next;
  next = old;
  Top.count = leaders.count;
}

/** Copies the sorted offers, which stay invisible; answers how many. */
export function copyTop(intoParticles: StaticArray<u32>, intoValues: StaticArray<f64>): u32 {
  for (let i: u32 = 0; i < next.count; ++i) {
    intoParticles[i] = next.numbers[i];
    intoValues[i] = next.values[i];
  }
  return next.count;
}
