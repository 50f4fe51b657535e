/**
 * Seeded records of links: the shapes that a rank has to survive.
 */
import type { WeightedLink } from "./reference.ts";

/** Whole numbers below a bound, the same for the same seed (xorshift32). */
export function seeded(seed: number): (below: number) => number {
  let state = (seed | 0) === 0 ? 0x9e3779b9 : seed | 0;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor((state >>> 0) / 2 ** 32 * below);
  };
}

/**
 * `count` links among `particles`: one in four negative, one in eight a self-link, one
 * in eight of amount 0, one in four repeats an earlier pair, one in four ends at
 * a few hubs, now and then a huge amount.
 */
export function randomLinks(
  seed: number,
  particles: number,
  count: number,
): WeightedLink[] {
  const below = seeded(seed);
  const links: WeightedLink[] = [];
  while (links.length < count) {
    let origin = below(particles);
    let target = below(4) === 0
      ? below(Math.min(3, particles))
      : below(particles);
    if (below(4) === 0 && links.length > 0) {
      ({ origin, target } = links[below(links.length)]!);
    }
    if (below(8) === 0) target = origin;
    let amount = BigInt(below(10));
    if (below(8) === 0) amount = 0n;
    if (below(50) === 0) amount = BigInt(below(2 ** 30)) << 17n;
    const weight = below(4) === 0 ? -amount : amount;
    links.push({ origin, target, weight });
  }
  return links;
}

/** The same links in another order. */
export function shuffled<T>(seed: number, items: readonly T[]): T[] {
  const below = seeded(seed);
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
