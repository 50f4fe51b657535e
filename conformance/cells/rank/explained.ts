/**
 * Where a particle's focus comes from, slow and obvious: what an explanation is
 * compared with, in tests and by the command that replays one.
 *
 * Written from decisions 0043 and 0065 alone: one round over a vector, every part of it by
 * operator and axon. The heat is a random walk with a Poisson number of hops, and a
 * part of it belongs to the axon of the last hop.
 */
import {
  axonsOf,
  pull,
  type Setting,
  settingOf,
  sum,
  TELEPORT,
  type WeightedLink,
} from "./reference.ts";

/** What came over one axon between the particle and another one. */
export interface ExplainedAxon {
  /** The other end, by particle number. */
  readonly particle: number;
  /** True if the axon ends at the particle. */
  readonly inward: boolean;
  readonly weight: number;
  readonly diffusion: number;
  readonly springs: number;
  readonly heat: number;
}

export interface Explained {
  /** One round at the particle: all parts added up. */
  readonly total: number;
  readonly mass: number;
  readonly prior: number;
  readonly stuck: number;
  readonly anchor: number;
  readonly kept: number;
  /** The largest first; ties by lower particle, inward first. */
  readonly axons: readonly ExplainedAxon[];
}

const MU = 1;

/** 1 / 26! is below 1e-26. */
const TERMS = 25;

/**
 * One round over `focus` (by particle number, adding up to 1), taken apart at
 * `particle`. `diffusionAlone` as the rank cell's configuration has it; `from`:
 * the focus is that from these particles.
 */
export function explained(
  links: readonly WeightedLink[],
  focus: ArrayLike<number>,
  particle: number,
  diffusionAlone = false,
  from?: readonly number[],
): Explained {
  const at = settingOf(axonsOf(links), "degree", from);
  const f = Float64Array.from(at.numbers, (number) => focus[number] ?? 0);
  const own = at.numbers.indexOf(particle);
  if (own < 0) throw new Error(`particle ${particle} is no end of a link`);
  const share = diffusionAlone ? 1 : 0.5;
  const [ofSprings, ofHeat] = diffusionAlone ? [0, 0] : [0.3, 0.2];
  const degree = at.degree[own]!;
  const flow = passing(at, f);
  const isStill = diffusionAlone && at.weight.length === 0 &&
    from === undefined;
  const mass = isStill ? 1 : massOf(at, f, share, ofSprings, ofHeat);
  const axons = [...axonsAt(at, own)].map(({ other, inward, weight, raw }) => ({
    particle: at.numbers[other]!,
    inward,
    weight: raw,
    diffusion: inward
      ? share * (1 - TELEPORT) * (weight / at.out[other]!) * f[other]! / mass
      : 0,
    springs: ofSprings * weight * f[other]! / (MU + degree) / mass,
    heat: ofHeat * weight * flow[other]! / at.degree[other]! / mass,
  }));
  const whole = (axon: ExplainedAxon) =>
    axon.diffusion + axon.springs + axon.heat;
  axons.sort((a, b) =>
    whole(b) - whole(a) || a.particle - b.particle ||
    Number(b.inward) - Number(a.inward)
  );
  const stuck = sum(f.filter((_, i) => at.out[i] === 0));
  const prior = at.prior[own]!;
  const parts = {
    prior: share * TELEPORT * prior / mass,
    stuck: share * (1 - TELEPORT) * stuck * prior / mass,
    anchor: ofSprings * MU * at.anchor[own]! / (MU + degree) / mass,
    kept: isStill
      ? f[own]!
      : ofHeat * f[own]! * (degree > 0 ? Math.exp(-1) : 1) / mass,
  };
  const total = sum([...Object.values(parts), ...axons.map(whole)]);
  return { total, mass, ...parts, axons };
}

interface AxonAt {
  readonly other: number;
  readonly inward: boolean;
  /** In parts of the largest weight, and as it is. */
  readonly weight: number;
  readonly raw: number;
}

function* axonsAt(at: Setting, own: number): Iterable<AxonAt> {
  for (let i = 0; i < at.weight.length; i++) {
    const inward = at.target[i] === own;
    if (!inward && at.origin[i] !== own) continue;
    const other = inward ? at.origin[i]! : at.target[i]!;
    const weight = at.weight[i]!;
    yield { other, inward, weight, raw: weight * at.largest };
  }
}

/** What a round is divided by. */
function massOf(
  at: Setting,
  f: Float64Array,
  share: number,
  ofSprings: number,
  ofHeat: number,
): number {
  const pulled = pull(at, f).map((wf, i) =>
    (MU * at.anchor[i]! + wf) / (MU + at.degree[i]!)
  );
  // Without a prior, diffusion carries nothing.
  const followed = sum(at.prior) > 0 ? share * sum(f) : 0;
  return followed + ofSprings * sum(pulled) + ofHeat * sum(f);
}

/** sum over k of M^k f / (e (k + 1)!), M = W D^-1. */
function passing(at: Setting, f: Float64Array): Float64Array {
  const result = f.map((value) => value / Math.E);
  let term = f;
  let factor = 1 / Math.E;
  for (let k = 1; k <= TERMS; k++) {
    const spread = term.map((value, i) =>
      at.degree[i]! > 0 ? value / at.degree[i]! : 0
    );
    term = pull(at, spread);
    factor /= k + 1;
    for (let i = 0; i < at.n; i++) result[i]! += factor * term[i]!;
  }
  return result;
}
