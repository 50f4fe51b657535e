/**
 * The tri-kernel, slow and obvious: what a rank cell is compared with.
 *
 * Written from the mathematics of the data model alone: axons in one flat list, no
 * sparse rows, heat by the Taylor series of its generator. It shares no algorithm, no
 * order of summation and no code with any cell. It agrees with closed forms where
 * there are some, and its diffusion with a library's PageRank (`reference_test.ts`).
 *
 * Deliberately absent: speed and yielding. 300,000 links take half a minute.
 */

/** One link as the record has it: `weight` is the amount, negated for valence -1. */
export interface WeightedLink {
  readonly origin: number;
  readonly target: number;
  readonly weight: bigint;
}

/** What to compute; the defaults are the data model's. */
export interface RankOptions {
  /** Stop once the L1 change of a round is below this. */
  readonly tolerance?: number;
  readonly roundsMax?: number;
  /** `degree` is the data model's prior; `uniform` is for comparing with PageRank. */
  readonly prior?: "degree" | "uniform";
  /** Particle numbers that prior, springs' anchor and start are on, in equal parts; absent: on all. */
  readonly from?: readonly number[];
  /** Parts of diffusion, springs and heat; they add up to 1. */
  readonly mix?: readonly [number, number, number];
}

/** A focus and how it was reached. */
export interface RankResult {
  /** By particle number, 0 for a particle that no link touches. */
  readonly focus: Float64Array;
  /** Particles that a link touches. */
  readonly particles: number;
  /** L1 change of each round. */
  readonly residuals: number[];
  /** ln n - H(focus). */
  readonly syntropy: number;
}

export const TELEPORT = 0.15;
const MU = 1;

/** Terms of the heat's series: the generator's L1 norm is at most 2, and 2^26 / 26! is below 1e-18. */
const HEAT_TERMS = 25;

/** Axons with positive weight over nodes 0..n-1, the largest weight being 1. */
export interface AxonList {
  /** Particle number of each node, ascending. */
  readonly numbers: number[];
  readonly origin: Uint32Array;
  readonly target: Uint32Array;
  readonly weight: Float64Array;
  /** The largest net weight, by which all are divided. */
  readonly largest: number;
}

/** Net weights of all axons of the links. */
export function axonsOf(links: readonly WeightedLink[]): AxonList {
  const touched = new Set<number>();
  const net = new Map<number, Map<number, bigint>>();
  for (const { origin, target, weight } of links) {
    touched.add(origin).add(target);
    if (origin === target) continue;
    const row = net.get(origin) ?? new Map<number, bigint>();
    net.set(origin, row);
    row.set(target, (row.get(target) ?? 0n) + weight);
  }
  const numbers = [...touched].sort((a, b) => a - b);
  const nodeOf = new Map(numbers.map((number, node) => [number, node]));
  const found: [number, number, number][] = [];
  for (const [origin, row] of net) {
    for (const [target, sum] of row) {
      if (sum <= 0n) continue;
      found.push([nodeOf.get(origin)!, nodeOf.get(target)!, Number(sum)]);
    }
  }
  const largest = found.reduce((most, [, , w]) => Math.max(most, w), 0);
  return {
    numbers,
    origin: Uint32Array.from(found, ([p]) => p),
    target: Uint32Array.from(found, ([, q]) => q),
    weight: Float64Array.from(found, ([, , w]) => w / largest),
    largest,
  };
}

/** Sums that the operators need, and the prior. */
export interface Setting extends AxonList {
  readonly n: number;
  readonly out: Float64Array;
  readonly degree: Float64Array;
  readonly prior: Float64Array;
  /** What the springs are anchored in. */
  readonly anchor: Float64Array;
}

export function settingOf(
  axons: AxonList,
  priorKind: "degree" | "uniform" = "degree",
  from?: readonly number[],
): Setting {
  const n = axons.numbers.length;
  const out = new Float64Array(n);
  const degree = new Float64Array(n);
  for (let i = 0; i < axons.weight.length; i++) {
    const [p, q, w] = axonAt(axons, i);
    out[p]! += w;
    degree[p]! += w;
    degree[q]! += w;
  }
  const uniform = new Float64Array(n).fill(1 / n);
  if (from !== undefined) {
    const few = new Set(from);
    const given = axons.numbers.map((number) =>
      few.has(number) ? 1 / few.size : 0
    );
    const prior = Float64Array.from(given);
    return { ...axons, n, out, degree, prior, anchor: prior };
  }
  const volume = sum(degree);
  // Without a single axon there is no prior; diffusion then carries nothing.
  const prior = priorKind === "uniform"
    ? uniform
    : degree.map((d) => (volume > 0 ? d / volume : 0));
  return { ...axons, n, out, degree, prior, anchor: uniform };
}

function axonAt(axons: AxonList, i: number): [number, number, number] {
  return [axons.origin[i]!, axons.target[i]!, axons.weight[i]!];
}

/** D(f): follow an axon, or return to the prior. */
function diffusion(at: Setting, f: Float64Array): Float64Array {
  let stuck = 0;
  for (let p = 0; p < at.n; p++) if (at.out[p] === 0) stuck += f[p]!;
  const back = TELEPORT + (1 - TELEPORT) * stuck;
  const result = at.prior.map((u) => back * u);
  for (let i = 0; i < at.weight.length; i++) {
    const [p, q, w] = axonAt(at, i);
    result[q]! += (1 - TELEPORT) * (w / at.out[p]!) * f[p]!;
  }
  return result;
}

/** W f with W = A + transposed A. */
export function pull(at: Setting, f: Float64Array): Float64Array {
  const { origin, target, weight } = at;
  const result = new Float64Array(at.n);
  for (let i = 0; i < weight.length; i++) {
    result[origin[i]!]! += weight[i]! * f[target[i]!]!;
    result[target[i]!]! += weight[i]! * f[origin[i]!]!;
  }
  return result;
}

/** S(f): one Jacobi step of (L + mu I) x = mu x0, x0 the anchor. */
function springs(at: Setting, f: Float64Array): Float64Array {
  return pull(at, f).map((wf, i) =>
    (MU * at.anchor[i]! + wf) / (MU + at.degree[i]!)
  );
}

/** (W D^-1 - I) f; 0 at a node without axons. */
function flow(at: Setting, f: Float64Array): Float64Array {
  const spread = new Float64Array(at.n);
  for (let i = 0; i < at.n; i++) {
    if (at.degree[i]! > 0) spread[i] = f[i]! / at.degree[i]!;
  }
  const result = pull(at, spread);
  for (let i = 0; i < at.n; i++) if (at.degree[i]! > 0) result[i]! -= f[i]!;
  return result;
}

/** H(f) = exp(W D^-1 - I) f: the sum of flow^k(f) / k!. */
function heat(at: Setting, f: Float64Array): Float64Array {
  const result = Float64Array.from(f);
  let term = f;
  for (let k = 1; k <= HEAT_TERMS; k++) {
    term = flow(at, term);
    for (let i = 0; i < at.n; i++) {
      term[i]! /= k;
      result[i]! += term[i]!;
    }
  }
  return result;
}

/** Sum with compensation, so that a million values cost no digits. */
export function sum(values: Iterable<number>): number {
  let total = 0;
  let lost = 0;
  for (const value of values) {
    const added = value - lost;
    const next = total + added;
    lost = (next - total) - added;
    total = next;
  }
  return total;
}

/** Sum of absolute differences. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const longest = Math.max(a.length, b.length);
  let total = 0;
  for (let i = 0; i < longest; i++) {
    total += Math.abs((a[i] ?? 0) - (b[i] ?? 0));
  }
  return total;
}

/** The focus of a record of links. */
export function rank(
  links: readonly WeightedLink[],
  options: RankOptions = {},
): RankResult {
  const { tolerance = 1e-10, roundsMax = 500, prior = "degree", from } =
    options;
  const [ofDiffusion, ofSprings, ofHeat] = options.mix ?? [0.5, 0.3, 0.2];
  const at = settingOf(axonsOf(links), prior, from);
  const zero = new Float64Array(at.n);
  let f = from === undefined ? new Float64Array(at.n).fill(1 / at.n) : at.prior;
  const residuals: number[] = [];
  while (residuals.length < roundsMax && at.n > 0) {
    const d = ofDiffusion > 0 ? diffusion(at, f) : zero;
    const s = ofSprings > 0 ? springs(at, f) : zero;
    const h = ofHeat > 0 ? heat(at, f) : zero;
    const mixed = f.map((_, i) =>
      ofDiffusion * d[i]! + ofSprings * s[i]! + ofHeat * h[i]!
    );
    const mass = sum(mixed);
    const next = mixed.map((v) => v / mass);
    const change = distance(next, f);
    residuals.push(change);
    f = next;
    if (change < tolerance) break;
  }
  return resultOf(at, f, residuals);
}

function resultOf(
  at: Setting,
  f: Float64Array,
  residuals: number[],
): RankResult {
  const focus = new Float64Array((at.numbers.at(-1) ?? -1) + 1);
  at.numbers.forEach((number, node) => focus[number] = f[node]!);
  const entropy = -sum(f.map((v) => (v > 0 ? v * Math.log(v) : 0)));
  const syntropy = at.n > 0 ? Math.max(0, Math.log(at.n) - entropy) : 0;
  return { focus, particles: at.n, residuals, syntropy };
}
