/**
 * Karma, finality and the slowest mode, slow and obvious: what a rank cell's measures
 * are compared with.
 *
 * Written from decision 0057 alone. Shares nothing with any cell.
 */
import {
  axonsOf,
  distance,
  rank,
  settingOf,
  sum,
  type WeightedLink,
} from "./reference.ts";

/** A link and who made it. */
export interface SignedLink extends WeightedLink {
  readonly neuron: number;
}

/** By neuron number: what its links have earned of `focus` (by particle number). */
export function karmaOf(
  links: readonly SignedLink[],
  focus: ArrayLike<number>,
): number[] {
  const at = settingOf(axonsOf(links));
  const name = (origin: number, target: number) => `${origin} ${target}`;
  // Per axon: the part of its origin's focus that goes over it.
  const carried = new Map<string, number>();
  for (let i = 0; i < at.weight.length; i++) {
    const [p, q] = [at.origin[i]!, at.target[i]!];
    const part = at.weight[i]! / at.out[p]! * focus[at.numbers[p]!]!;
    carried.set(name(at.numbers[p]!, at.numbers[q]!), part);
  }
  const amounts = new Map<string, bigint>();
  const counts = (link: SignedLink) =>
    link.weight > 0n && carried.has(name(link.origin, link.target));
  for (const link of links.filter(counts)) {
    const axon = name(link.origin, link.target);
    amounts.set(axon, (amounts.get(axon) ?? 0n) + link.weight);
  }
  const shares: number[][] = [];
  for (const link of links.filter(counts)) {
    const axon = name(link.origin, link.target);
    const share = Number(link.weight) / Number(amounts.get(axon)!);
    (shares[link.neuron] ??= []).push(share * carried.get(axon)!);
  }
  return Array.from(shares, (earned) => sum(earned ?? []));
}

/** Mean, deviation, score, and whether the focus is above mean + k deviations. */
export function finalityOf(
  focus: number,
  others: readonly number[],
  k: number,
) {
  const all = [focus, ...others];
  const mean = sum(all) / all.length;
  const variance = sum(all.map((one) => (one - mean) ** 2)) / all.length;
  const deviation = Math.sqrt(variance);
  const score = deviation > 0 ? (focus - mean) / deviation : 0;
  return { mean, deviation, score, final: focus > mean + k * deviation };
}

/** `rounds` plain rounds: their changes, and the direction of the last one. */
export function slowestMode(links: readonly WeightedLink[], rounds: number) {
  const plain = (roundsMax: number) => rank(links, { tolerance: 0, roundsMax });
  const last = plain(rounds);
  const before = rounds > 1
    ? plain(rounds - 1).focus
    : evenly(links, last.focus.length);
  const change = distance(last.focus, before);
  const parts = [...last.focus].map((value, i) =>
    (value - before[i]!) / change
  );
  const largest = parts.reduce(
    (most, part) => Math.abs(part) > Math.abs(most) ? part : most,
    0,
  );
  return {
    residuals: last.residuals,
    positions: parts.map((part) => largest < 0 ? -part : part),
  };
}

function evenly(links: readonly WeightedLink[], length: number) {
  const { numbers } = axonsOf(links);
  const even = new Float64Array(length);
  for (const number of numbers) even[number] = 1 / numbers.length;
  return even;
}
