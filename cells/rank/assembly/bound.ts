/**
 * How far a vector is from the fixed point at most, proven from the vector itself.
 *
 * A round before its normalisation is F(x) = c + A x with A >= 0 and c > 0. Where
 * F(f) = m f + r and |r_i| <= t c_i at each node with t < 1, the vector f is within
 * 2 t / (1 - t) of the fixed point in L1 (decision 0044). Diffusion alone contracts by 0.85.
 */
import { DIFFUSION, HEAT, ROUNDING } from "./iterate";
import { Iteration } from "./iteration";
import { Sums, Weights } from "./matrix";
import { Nodes } from "./nodes";
import { FOLLOW, MU, SPRINGS, TELEPORT } from "./rows";

/** Two distributions are never further apart. */
const FARTHEST: f64 = 2;

/** The largest |r_i| / c_i so far. */
let worst: f64 = 0;

export function beginBound(): void {
  worst = 0;
}

/** Looks at a node; `value`: its focus after the last round. */
export function lookAt(node: u32, value: f64): void {
  if (Iteration.plain) return;
  const at = <usize>node << 3;
  const degree = load<f64>(Sums.degree + at);
  const before = load<f64>(Iteration.before + at);
  const mu = MU * Weights.largest;
  const prior = Iteration.volume > 0 ? degree / Iteration.volume : 0;
  const given = DIFFUSION * TELEPORT * prior + SPRINGS * mu / <f64>Nodes.count / (mu + degree);
  const changed = Iteration.mass * (Math.abs(value - before) + ROUNDING * value);
  const missing = HEAT * Math.sqrt(degree) * Iteration.heatError;
  worst = max<f64>(worst, (changed + missing) / given);
}

export function endBound(): f64 {
  if (Iteration.plain) {
    return min<f64>(FARTHEST, (FOLLOW * Iteration.residual + ROUNDING) / TELEPORT);
  }
  if (!(worst < 1)) return FARTHEST;
  return min<f64>(FARTHEST, 2 * worst / (1 - worst) + Iteration.residual);
}
