/** Values that are known when a source is compiled, and what is reckoned of them. */
import { type Place, refuse } from "./refused.ts";
import { type ScalarName, type Type } from "./types.ts";

/** Whole numbers without a suffix are bigints; parts of others are lists. */
export type Constant = number | bigint | boolean | readonly Constant[];

export type ConstantScalar = number | bigint | boolean;

const { fround } = Math;

/** What is left where nothing was said. */
export function zeroOf(type: Type): Constant {
  switch (type.kind) {
    case "scalar":
      return type.of === "bool" ? false : type.of === "int" ? 0n : 0;
    case "vec": {
      const zero = zeroOf({ kind: "scalar", of: type.of });
      return Array.from({ length: type.size }, () => zero);
    }
    case "array": {
      const zero = zeroOf(type.of);
      return Array.from({ length: type.count ?? 0 }, () => zero);
    }
    case "struct":
      return type.members.map((member) => zeroOf(member.type));
    default:
      return 0;
  }
}

/** Of a scalar or vector, as a list. */
export function partsOf(value: Constant): readonly ConstantScalar[] {
  if (!isList(value)) return [value];
  return value.map((part) => isList(part) ? 0 : part);
}

export function isList(value: Constant): value is readonly Constant[] {
  return Array.isArray(value);
}

/** A constant of a type without a suffix as one of another; they are checked. */
export function settled(
  value: ConstantScalar,
  to: ScalarName,
  place: Place,
): ConstantScalar {
  const wrong = () =>
    refuse(place, `${value} does not fit into ${to}`, "write one that does");
  if (to === "float") return Number(value);
  if (to === "f32") return rounded(Number(value), place);
  if (to === "i32" || to === "u32") {
    if (typeof value !== "bigint") return wrong();
    const fits = to === "i32"
      ? BigInt.asIntN(32, value) === value
      : BigInt.asUintN(32, value) === value;
    return fits ? Number(value) : wrong();
  }
  return value;
}

/** To f32, and finite. */
function rounded(value: number, place: Place): number {
  const single = fround(value);
  if (Number.isFinite(single)) return single;
  refuse(place, `${value} is no number of f32`, "keep it finite");
}

/** What `i32(x)` and its like make of a value of another type. */
export function converted(
  value: ConstantScalar,
  from: ScalarName,
  to: ScalarName,
  place: Place,
): ConstantScalar {
  if (to === "bool") return Boolean(value);
  if (typeof value === "boolean") {
    return to === "int" ? (value ? 1n : 0n) : value ? 1 : 0;
  }
  if (from === "int" && to !== "f32" && to !== "float") {
    return settled(value, to, place);
  }
  const number = Number(value);
  if (to === "f32" || to === "float") return finite(number, to, place);
  if (from === "f32" || from === "float") return cut(number, to);
  return to === "i32" ? number | 0 : number >>> 0;
}

/** Rounded towards zero, and into the range. */
export function cut(value: number, to: ScalarName): number {
  const whole = Math.trunc(value);
  if (Number.isNaN(whole)) return 0;
  return to === "u32"
    ? Math.min(Math.max(whole, 0), 0xffff_ffff)
    : Math.min(Math.max(whole, -0x8000_0000), 0x7fff_ffff) + 0;
}

export function finite(value: number, of: ScalarName, place: Place): number {
  if (of === "f32") return rounded(value, place);
  if (Number.isFinite(value)) return value;
  refuse(place, "the result is no finite number", "keep it finite");
}

const MOST = 2n ** 63n;

export function foldUnary(
  operator: string,
  of: ScalarName,
  value: ConstantScalar,
  place: Place,
): ConstantScalar {
  if (operator === "!") return !value;
  if (typeof value === "bigint") {
    return bounded(operator === "-" ? -value : ~value, place);
  }
  const number = Number(value);
  if (operator === "~") return of === "u32" ? ~number >>> 0 : ~number;
  return of === "i32" ? -number | 0 : -number;
}

function bounded(value: bigint, place: Place): bigint {
  if (value < MOST && value >= -MOST) return value;
  refuse(place, "the result needs more than 64 bits", "keep it smaller");
}

/** Both are of type `of`, but what shifts. */
export function foldBinary(
  operator: string,
  of: ScalarName,
  [a, b]: readonly [ConstantScalar, ConstantScalar],
  place: Place,
): ConstantScalar {
  const compared = compare(operator, a, b);
  if (compared !== undefined) return compared;
  if (typeof a === "boolean" || typeof b === "boolean") {
    return operator === "&" ? Boolean(a && b) : Boolean(a || b);
  }
  if (of === "int") return foldBig(operator, BigInt(a), BigInt(b), place);
  if (of === "f32" || of === "float") {
    return finite(foldFloat(operator, Number(a), Number(b)), of, place);
  }
  const value = foldWhole(operator, of, [Number(a), Number(b)], place);
  return of === "i32" ? value | 0 : value >>> 0;
}

function compare(
  operator: string,
  a: ConstantScalar,
  b: ConstantScalar,
): boolean | undefined {
  switch (operator) {
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
  }
  return undefined;
}

function foldBig(
  operator: string,
  a: bigint,
  b: bigint,
  place: Place,
): bigint {
  switch (operator) {
    case "+":
      return bounded(a + b, place);
    case "-":
      return bounded(a - b, place);
    case "*":
      return bounded(a * b, place);
    case "/":
      return b === 0n ? byZero(place) : bounded(a / b, place);
    case "%":
      return b === 0n ? byZero(place) : a % b;
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "<<":
      if (b < 0n || b > 63n) tooFar(place);
      return bounded(a << b, place);
    default:
      if (b < 0n || b > 63n) tooFar(place);
      return a >> b;
  }
}

function foldFloat(operator: string, a: number, b: number): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    default:
      return a - b * Math.trunc(a / b);
  }
}

function foldWhole(
  operator: string,
  of: ScalarName,
  [a, b]: readonly [number, number],
  place: Place,
): number {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return Math.imul(a, b);
    case "/":
      if (b === 0 || (of === "i32" && a === -(2 ** 31) && b === -1)) {
        byZero(place);
      }
      return Math.trunc(a / b);
    case "%":
      if (b === 0 || (of === "i32" && a === -(2 ** 31) && b === -1)) {
        byZero(place);
      }
      return a % b;
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "<<":
      if (b > 31) tooFar(place);
      // No bit that counts may be lost.
      if ((of === "u32" ? (a << b) >>> b >>> 0 : (a << b) >> b) !== a) {
        tooFar(place);
      }
      return a << b;
    default:
      if (b > 31) tooFar(place);
      return of === "u32" ? a >>> b : a >> b;
  }
}

function byZero(place: Place): never {
  refuse(
    place,
    "the constant divides by zero or overflows",
    "divide by something else",
  );
}

function tooFar(place: Place): never {
  refuse(
    place,
    "the constant loses bits, or is shifted by its width",
    "shift by less",
  );
}
