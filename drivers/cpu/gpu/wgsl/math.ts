/**
 * The functions of numbers, in f64.
 *
 * Those of `IMPORTED` are what a program calls too, rounded to f32 at its edge;
 * what the others do there is made of instructions.
 */

const { fround } = Math;

type Function1 = (x: number) => number;

/** Of one number. */
export const IMPORTED: Readonly<Record<string, Function1>> = {
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  cos: Math.cos,
  cosh: Math.cosh,
  exp: Math.exp,
  exp2: (x) => 2 ** x,
  log: Math.log,
  log2: Math.log2,
  sin: Math.sin,
  sinh: Math.sinh,
  tan: Math.tan,
  tanh: Math.tanh,
};

/** Of two. */
export const IMPORTED_TWO: Readonly<
  Record<string, (x: number, y: number) => number>
> = {
  atan2: Math.atan2,
  pow: (x, y) => x ** y,
  ldexp: (x, y) => x * 2 ** Math.min(Math.max(y, -1000), 1000),
};

const DEGREES = fround(180 / Math.PI);
const RADIANS = fround(Math.PI / 180);

/** What can be reckoned of constants, component by component. */
export const FOLDED: Readonly<Record<string, (...of: number[]) => number>> = {
  ...IMPORTED,
  atan2: (x = 0, y = 0) => Math.atan2(x, y),
  pow: (x = 0, y = 0) => x ** y,
  abs: (x = 0) => Math.abs(x),
  ceil: (x = 0) => Math.ceil(x),
  clamp: (x = 0, low = 0, high = 0) => Math.min(Math.max(x, low), high),
  degrees: (x = 0) => x * DEGREES,
  floor: (x = 0) => Math.floor(x),
  fract: (x = 0) => x - Math.floor(x),
  inverseSqrt: (x = 0) => 1 / Math.sqrt(x),
  max: (x = 0, y = 0) => Math.max(x, y),
  min: (x = 0, y = 0) => Math.min(x, y),
  radians: (x = 0) => x * RADIANS,
  round: (x = 0) => even(x),
  saturate: (x = 0) => Math.min(Math.max(x, 0), 1),
  sign: (x = 0) => Math.sign(x),
  sqrt: (x = 0) => Math.sqrt(x),
  step: (edge = 0, x = 0) => edge <= x ? 1 : 0,
  trunc: (x = 0) => Math.trunc(x),
};

/** Halves go to the even neighbour. */
function even(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
