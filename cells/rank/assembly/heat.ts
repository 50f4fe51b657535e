/**
 * Chebyshev coefficients of the heat kernel exp(-(I - M)), M = W D^-1.
 *
 * The spectrum of I - M lies in [0, 2], so with T_k the Chebyshev polynomials
 * exp(-(I - M)) = e^-1 (I_0(1) + 2 sum of I_k(1) T_k(M)). The modified Bessel
 * numbers come from their power series and e from their sum, so nothing here
 * depends on a host's mathematics.
 */

/** I_k(1) is below 1e-50 from here on. */
const TERMS: i32 = 40;

/** Summands of the power series of I_k(1); the last is below 1e-60. */
const SERIES: i32 = 30;

const coefficients = new StaticArray<f64>(TERMS);

/** I_k(1) = sum over m of (1/2)^(2m+k) / (m! (m+k)!). */
function bessel(k: i32): f64 {
  let term: f64 = 1;
  for (let i = 1; i <= k; ++i) term *= 0.5 / <f64>i;
  let sum: f64 = 0;
  for (let m = 1; m <= SERIES; ++m) {
    sum += term;
    term *= 0.25 / (<f64>m * <f64>(m + k));
  }
  return sum;
}

/** e^-1 I_0(1), then 2 e^-1 I_k(1). They add up to 1, so mass is kept. */
function fill(): void {
  let sum: f64 = 0;
  for (let k = TERMS - 1; k >= 0; --k) {
    coefficients[k] = k == 0 ? bessel(0) : 2 * bessel(k);
    sum += coefficients[k];
  }
  for (let k = 0; k < TERMS; ++k) coefficients[k] /= sum;
}
fill();

export function coefficient(k: i32): f64 {
  return unchecked(coefficients[k]);
}

// similars[k]: what the coefficients after T_k add up to.
const similars = new StaticArray<f64>(TERMS);

function fillSimilars(): void {
  let tail: f64 = 0;
  for (let k = TERMS - 1; k >= 0; --k) {
    similars[k] = tail;
    tail += coefficients[k];
  }
}
fillSimilars();

/**
 * The error of an expansion of x that ends with T_k, per unit of |D^-1/2 x| in L2: at node
 * i it is at most sqrt(d_i) times that, as T_k(M) is similar to a symmetric matrix
 * with a spectrum in [-1, 1].
 */
export function similarError(k: i32): f64 {
  return unchecked(similars[k]);
}

// errors[k]: the L1 error of an expansion that ends with T_k, per unit of mass.
const errors = new StaticArray<f64>(TERMS);

/**
 * Bounds the errors on a graph with total degree `volume` and smallest positive
 * degree `least`. The L1 norm of T_k(M) is at most (1 + sqrt 2)^k, and at most
 * sqrt(volume / least) as M is similar to a symmetric matrix.
 */
export function boundHeat(volume: f64, least: f64): void {
  const similar = Math.sqrt(volume / least);
  const growth = 1 + Math.sqrt(2);
  let power: f64 = 1;
  for (let i = 1; i < TERMS; ++i) power *= growth;
  let tail: f64 = 0;
  for (let k = TERMS - 1; k >= 0; --k) {
    errors[k] = tail;
    tail += coefficients[k] * Math.min(power, similar);
    power /= growth;
  }
}

/** The last term, at least 1, of an expansion over `mass` with an L1 error of at most `error`. */
export function lastTerm(mass: f64, error: f64): i32 {
  let k = 1;
  while (k < TERMS - 1 && errors[k] * mass > error) ++k;
  return k;
}
