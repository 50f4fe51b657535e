/**
 * The best few of many: a heap of at most HITS_MAX scored particles.
 *
 * Higher score first, then the lower particle number: a total order, so the
 * outcome does not depend on the order of offers.
 */
import { HITS_MAX } from "./limits";

const scores: StaticArray<f64> = new StaticArray<f64>(<i32>HITS_MAX);
const particles: StaticArray<u32> = new StaticArray<u32>(<i32>HITS_MAX);
let kept: i32 = 0;
let keptMax: i32 = 0;

/** Forgets what was offered; keeps the best `limit` of what will be. */
export function clearBest(limit: u32): void {
  assert(limit > 0 && limit <= HITS_MAX);
  kept = 0;
  keptMax = <i32>limit;
}

/** Offers one scored particle. O(log limit), O(1) for a low score. */
export function offer(particle: u32, score: f64): void {
  if (kept < keptMax) {
    rise(kept++, particle, score);
  } else if (better(particle, score, 0)) {
    sink(particle, score, kept);
  }
}

/** The lowest score that is kept once there are `limit`, else 0. */
export function worstKept(): f64 {
  return kept < keptMax ? 0 : unchecked(scores[0]);
}

/** Sorts what is kept, best first, and returns how many. Ends the offers. */
export function sortBest(): i32 {
  for (let left = kept - 1; left > 0; left--) {
    const particle = unchecked(particles[left]);
    const score = unchecked(scores[left]);
    unchecked(particles[left] = particles[0]);
    unchecked(scores[left] = scores[0]);
    sink(particle, score, left);
  }
  return kept;
}

/** After `sortBest`. */
export function bestParticle(index: i32): u32 {
  return particles[index];
}

/** After `sortBest`. */
export function bestScore(index: i32): f64 {
  return scores[index];
}

/** Whether the offered one comes before the one at `index`. */
// @ts-ignore: decorator
@inline
function better(particle: u32, score: f64, index: i32): bool {
  const other = unchecked(scores[index]);
  return score > other ||
    (score == other && particle < unchecked(particles[index]));
}

function rise(index: i32, particle: u32, score: f64): void {
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (better(particle, score, parent)) break;
    unchecked(particles[index] = particles[parent]);
    unchecked(scores[index] = scores[parent]);
    index = parent;
  }
  unchecked(particles[index] = particle);
  unchecked(scores[index] = score);
}

function sink(particle: u32, score: f64, size: i32): void {
  let index = 0;
  while (true) {
    let child = index * 2 + 1;
    if (child >= size) break;
    const right = child + 1;
    if (
      right < size &&
      better(unchecked(particles[child]), unchecked(scores[child]), right)
    ) child = right;
    if (!better(particle, score, child)) break;
    unchecked(particles[index] = particles[child]);
    unchecked(scores[index] = scores[child]);
    index = child;
  }
  unchecked(particles[index] = particle);
  unchecked(scores[index] = score);
}
