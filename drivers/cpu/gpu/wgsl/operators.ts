/** Making expressions: types agree, and what is constant is reckoned at once. */
import {
  type Constant,
  type ConstantScalar,
  converted,
  foldBinary,
  foldUnary,
  isList,
  partsOf,
  settled,
} from "./constants.ts";
import type { Expression } from "./ir.ts";
import { type Place, refuse } from "./refused.ts";
import {
  BOOL,
  elementOf,
  F32,
  type FlatType,
  I32,
  isAbstract,
  isAbstractScalar,
  isFlat,
  isInteger,
  isSame,
  scalar,
  type ScalarName,
  shaped,
  sizeOfFlat,
  textOf,
  type Type,
} from "./types.ts";

export const constant = (type: Type, value: Constant): Expression => ({
  op: "const",
  type,
  value,
});

/** The value, if it is known now. */
export const knownOf = (expression: Expression) =>
  expression.op === "const" ? expression.value : undefined;

/** A flat constant of one or more parts. */
export function packed(
  type: FlatType,
  parts: readonly ConstantScalar[],
): Expression {
  return constant(type, type.kind === "scalar" ? parts[0] ?? 0 : parts);
}

/** The type that a number without a suffix gets where nothing else is asked. */
export function settledType(type: Type): Type {
  if (type.kind === "array") return { ...type, of: settledType(type.of) };
  if (!isFlat(type) || !isAbstractScalar(type.of)) return type;
  return shaped(type, type.of === "int" ? "i32" : "f32");
}

export function concrete(expression: Expression, place: Place): Expression {
  return isAbstract(expression.type)
    ? as(expression, settledType(expression.type), place)
    : expression;
}

/** Whether a value of the one type is taken for the other. */
export function becomes(from: Type, to: Type): boolean {
  if (isSame(from, to)) return true;
  if (from.kind === "array" && to.kind === "array") {
    return from.count === to.count && becomes(from.of, to.of);
  }
  if (!isFlat(from) || !isFlat(to) || sizeOfFlat(from) !== sizeOfFlat(to)) {
    return false;
  }
  if (from.kind !== to.kind) return false;
  if (from.of === "int") return to.of !== "bool";
  return from.of === "float" && to.of === "f32";
}

/** The same value as that type; nothing but numbers without a suffix change. */
export function as(
  expression: Expression,
  type: Type,
  place: Place,
): Expression {
  if (isSame(expression.type, type)) return expression;
  const value = knownOf(expression);
  if (value === undefined || !becomes(expression.type, type)) {
    refuse(
      place,
      `this is ${textOf(expression.type)} where ${textOf(type)} is wanted`,
      `convert it, such as by ${textOf(type)}(…)`,
    );
  }
  return constant(type, settledAs(value, type, place));
}

function settledAs(value: Constant, type: Type, place: Place): Constant {
  if (type.kind === "array" && isList(value)) {
    return value.map((part) => settledAs(part, type.of, place));
  }
  const of = elementOf(type);
  if (of === undefined) return value;
  return isList(value)
    ? partsOf(value).map((part) => settled(part, of, place))
    : settled(value, of, place);
}

/** The type that all of them become. */
export function common(types: readonly Type[]): Type | undefined {
  const [first, ...others] = types;
  let best = first;
  for (const type of others) {
    if (best === undefined || becomes(type, best)) continue;
    best = becomes(best, type) ? type : undefined;
    if (best === undefined) return undefined;
  }
  return best;
}

/** All of them as their common type. */
export function agreed(
  all: ReadonlyArray<readonly [Expression, Place]>,
  what: string,
  place: Place,
): Expression[] {
  const type = common(all.map(([{ type }]) => type));
  if (type === undefined) {
    const texts = all.map(([one]) => textOf(one.type)).join(" and ");
    refuse(place, `${what} of ${texts}`, "convert one of them");
  }
  return all.map(([one, at]) => as(one, type, at));
}

export function unary(
  operator: string,
  of: Expression,
  place: Place,
): Expression {
  const { type } = of;
  const element = elementOf(type);
  const isGood = operator === "!"
    ? element === "bool"
    : operator === "~"
    ? element !== undefined && isInteger(element)
    : element !== undefined && element !== "bool" && element !== "u32";
  if (!isFlat(type) || !isGood) {
    refuse(place, `${operator} of ${textOf(type)}`, "convert it");
  }
  const value = knownOf(of);
  if (value === undefined) return { op: "unary", operator, of, type };
  return packed(
    type,
    partsOf(value).map((part) => foldUnary(operator, type.of, part, place)),
  );
}

const COMPARISONS = new Set(["==", "!=", "<", "<=", ">", ">="]);
const ARITHMETIC = new Set(["+", "-", "*", "/", "%"]);

export function binary(
  operator: string,
  left: readonly [Expression, Place],
  right: readonly [Expression, Place],
  place: Place,
): Expression {
  if (operator === "<<" || operator === ">>") {
    return shift(operator, left, right, place);
  }
  const sides = ARITHMETIC.has(operator)
    ? widened(left, right)
    : [left, right] as const;
  const [a, b] = agreed(sides, operator, place);
  const type = a?.type;
  if (a === undefined || b === undefined || type === undefined) {
    throw new Error("two of them agreed");
  }
  if (!isFlat(type) || !takes(operator, type.of)) {
    refuse(
      place,
      `${operator} of ${textOf(type)}`,
      "use numbers of one type here",
    );
  }
  return made(operator, type, [a, b], place);
}

function takes(operator: string, of: ScalarName): boolean {
  if (operator === "==" || operator === "!=") return true;
  if (operator === "&" || operator === "|") {
    return isInteger(of) || of === "bool";
  }
  if (operator === "^") return isInteger(of);
  return of !== "bool";
}

function made(
  operator: string,
  type: FlatType,
  [left, right]: readonly [Expression, Expression],
  place: Place,
): Expression {
  const result = COMPARISONS.has(operator) ? shaped(type, "bool") : type;
  const [a, b] = [knownOf(left), knownOf(right)];
  if (a === undefined || b === undefined) {
    zeroDivisor(operator, type, b, place);
    return { op: "binary", operator, left, right, type: result };
  }
  const others = partsOf(b);
  const parts = partsOf(a).map((part, at) =>
    foldBinary(operator, type.of, [part, others[at] ?? 0], place)
  );
  return packed(result, parts);
}

/** A whole number divided by a constant zero is refused as such. */
function zeroDivisor(
  operator: string,
  { of }: FlatType,
  by: Constant | undefined,
  place: Place,
): void {
  if (operator !== "/" && operator !== "%") return;
  if (by === undefined || !isInteger(of)) return;
  if (partsOf(by).some((part) => Number(part) === 0)) {
    refuse(place, "this divides by zero", "divide by something else");
  }
}

/** A scalar beside a vector stands for a vector of it. */
function widened(
  left: readonly [Expression, Place],
  right: readonly [Expression, Place],
): ReadonlyArray<readonly [Expression, Place]> {
  const [a, b] = [left[0].type, right[0].type];
  if (a.kind === "scalar" && b.kind === "vec") {
    return [[splat(left[0], b.size), left[1]], right];
  }
  if (a.kind === "vec" && b.kind === "scalar") {
    return [left, [splat(right[0], a.size), right[1]]];
  }
  return [left, right];
}

export function splat(of: Expression, size: number): Expression {
  const element = elementOf(of.type);
  if (element === undefined) throw new Error("a splat is of a scalar");
  const type = { kind: "vec", size, of: element } as const;
  const value = knownOf(of);
  return value === undefined
    ? { op: "splat", of, type }
    : constant(type, Array.from({ length: size }, () => value));
}

function shift(
  operator: string,
  [left, at]: readonly [Expression, Place],
  [right, by]: readonly [Expression, Place],
  place: Place,
): Expression {
  const isKnown = knownOf(left) !== undefined && knownOf(right) !== undefined;
  const a = isKnown ? left : concrete(left, at);
  const { type } = a;
  if (!isFlat(type) || !isInteger(type.of) || !isFlat(right.type)) {
    refuse(place, `${operator} of ${textOf(type)}`, "shift a whole number");
  }
  const amount = as(right, shaped(right.type, "u32"), by);
  if (
    !isFlat(amount.type) || amount.type.kind !== type.kind ||
    sizeOfFlat(amount.type) !== sizeOfFlat(type)
  ) {
    refuse(by, "the shift has another shape", "shift each by its own");
  }
  const known = knownOf(amount);
  if (known !== undefined && type.of !== "int") {
    if (partsOf(known).some((part) => Number(part) > 31)) {
      refuse(by, "this shifts by 32 bits or more", "shift by less");
    }
  }
  const value = knownOf(a);
  if (value === undefined || known === undefined) {
    return { op: "binary", operator, left: a, right: amount, type };
  }
  const shifts = partsOf(known);
  return packed(
    type,
    partsOf(value).map((part, i) =>
      foldBinary(operator, type.of, [part, shifts[i] ?? 0], place)
    ),
  );
}

/** `i32(x)` and its like, also of vectors. */
export function conversion(
  of: Expression,
  to: ScalarName,
  place: Place,
): Expression {
  const from = of.type;
  if (!isFlat(from)) {
    refuse(place, `${to} of ${textOf(from)}`, "give it a number or a bool");
  }
  const type = shaped(from, to);
  const value = knownOf(of);
  if (value === undefined) {
    return isSame(from, type) ? of : { op: "convert", of, type };
  }
  return packed(
    type,
    partsOf(value).map((part) => converted(part, from.of, to, place)),
  );
}

/** An index: not negative if it is known, and inside if that is, too. */
export function index(
  at: Expression,
  count: number | undefined,
  place: Place,
): Expression {
  const value = knownOf(at);
  const of = at.type.kind === "scalar" ? at.type.of : undefined;
  if (of === undefined || !isInteger(of)) {
    refuse(place, `an index of type ${textOf(at.type)}`, "use a whole number");
  }
  if (value === undefined) return at;
  const number = Number(value);
  if (number < 0 || number >= (count ?? 2 ** 31)) {
    refuse(
      place,
      `the index ${number} is outside`,
      `use 0 to ${(count ?? 2 ** 31) - 1}`,
    );
  }
  return constant(scalar("u32"), number);
}

export const truth = (expression: Expression, place: Place) =>
  as(expression, BOOL, place);

export { F32, I32 };
