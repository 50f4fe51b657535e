/** Calls: of types, which make values, and of functions. */
import { type Constant, partsOf, zeroOf } from "./constants.ts";
import { builtin, type BuiltinCall, isBuiltin } from "./check_builtins.ts";
import { predeclared, typeOf } from "./check_types.ts";
import type { Expression, FunctionIr } from "./ir.ts";
import {
  as,
  common,
  concrete,
  constant,
  conversion,
  knownOf,
  packed,
  splat,
} from "./operators.ts";
import { type Place, refuse } from "./refused.ts";
import type { Context } from "./scope.ts";
import type { CallSyntax, NameSyntax } from "./syntax.ts";
import {
  type ArrayType,
  elementOf,
  isConstructible,
  isFlat,
  isRuntimeSized,
  isSame,
  type ScalarName,
  shaped,
  sizeOfFlat,
  textOf,
  type Type,
  vector,
} from "./types.ts";

type Argument = readonly [Expression, Place];

/** A value, or nothing where a function gives nothing. */
export function call(
  { callee, args: written, place }: CallSyntax,
  args: readonly Argument[],
  context: Context,
): Expression | undefined {
  const { name } = callee;
  const entity = context.scope.find(name, place);
  if (entity?.kind === "function") {
    return userCall(entity.function, args, place, context);
  }
  if (entity?.kind === "type") return construct(entity.type, args, place);
  if (entity !== undefined) {
    refuse(place, `${name} is no function`, "call a function or a type");
  }
  if (name === "bitcast") return bitcast(callee, args, context);
  const type = predeclared(callee, context);
  if (type === "vec") {
    return vectorOf(Number(name.at(-1)), undefined, args, place);
  }
  if (type === "array") return arrayOf(args, place);
  if (type !== undefined) return construct(type, args, place);
  if (isBuiltin(name, place)) {
    const asked: BuiltinCall = { name, place, args };
    return builtin(asked);
  }
  refuse(
    place,
    `${name} is not declared`,
    `declare a function of ${written.length} parameters, or call another`,
  );
}

function userCall(
  to: FunctionIr,
  args: readonly Argument[],
  place: Place,
  context: Context,
): Expression {
  const { owner } = context;
  if (owner === undefined) {
    refuse(
      place,
      `${to.name} is called where nothing runs`,
      "write a constant",
    );
  }
  if (to.entry !== undefined) {
    refuse(
      place,
      `${to.name} is an entry point`,
      "call a function that is none",
    );
  }
  if (args.length !== to.parameters.length) {
    refuse(
      place,
      `${to.name} has ${to.parameters.length} parameters, here are ${args.length} arguments`,
      "give it as many",
    );
  }
  owner.calls.add(to);
  const values = to.parameters.map(({ type }, at) => {
    const argument = args[at];
    if (argument === undefined) throw new Error("as many were counted");
    const value = as(argument[0], type, argument[1]);
    if (type.kind === "ptr" && isRuntimeSized(type.of)) {
      refuse(
        argument[1],
        "a pointer to an array without a size is passed",
        "let the function use the buffer itself",
      );
    }
    return value;
  });
  // Nothing: the statement knows by the function's result.
  const type = to.result ?? { kind: "scalar", of: "bool" } as const;
  return { op: "call", to, args: values, type, place };
}

/** What `T(…)` makes. */
function construct(
  type: Type,
  args: readonly Argument[],
  place: Place,
): Expression {
  if (!isConstructible(type)) {
    refuse(
      place,
      `a value of type ${textOf(type)}`,
      "make one that has values",
    );
  }
  if (args.length === 0) return constant(type, zeroOf(type));
  switch (type.kind) {
    case "scalar": {
      const [first, ...others] = args;
      if (
        first === undefined || others.length > 0 ||
        first[0].type.kind !== "scalar"
      ) {
        refuse(place, `${textOf(type)} is made of one scalar`, "give it one");
      }
      return conversion(first[0], type.of, first[1]);
    }
    case "vec":
      return vectorOf(type.size, type.of, args, place);
    case "array":
      return filled(type, args, place, Array(type.count ?? 0).fill(type.of));
    case "struct":
      return filled(type, args, place, type.members.map((one) => one.type));
    default:
      return refuse(place, `a value of type ${textOf(type)}`, "make another");
  }
}

function filled(
  type: Type,
  args: readonly Argument[],
  place: Place,
  types: readonly Type[],
): Expression {
  if (args.length !== types.length) {
    refuse(
      place,
      `${textOf(type)} has ${types.length} parts, here are ${args.length}`,
      "give it as many, or none for zeros",
    );
  }
  const parts = args.map(([one, at], i) => as(one, types[i] ?? one.type, at));
  return made(type, parts);
}

/** Constant if all of it is. */
function made(type: Type, parts: readonly Expression[]): Expression {
  const values: Constant[] = [];
  for (const part of parts) {
    const value = knownOf(part);
    if (value === undefined) return { op: "make", parts, type };
    values.push(value);
  }
  return constant(type, values);
}

function arrayOf(args: readonly Argument[], place: Place): Expression {
  const of = common(args.map(([one]) => one.type));
  if (of === undefined || !(isConstructible(of))) {
    refuse(
      place,
      "an array of parts that do not agree",
      "write array<T, N>(…)",
    );
  }
  const type: ArrayType = { kind: "array", of, count: args.length };
  const parts = args.map(([one, at]) => as(one, of, at));
  if (parts.every((part) => knownOf(part) !== undefined)) {
    return made(type, parts);
  }
  const settled = parts.map((part) => concrete(part, place));
  const element = settled[0]?.type ?? of;
  return made({ ...type, of: element }, settled);
}

/** Of one scalar, of a vector of as many, or of parts that are as many together. */
function vectorOf(
  size: number,
  wanted: ScalarName | undefined,
  args: readonly Argument[],
  place: Place,
): Expression {
  const [first] = args;
  if (first === undefined) {
    return constant(
      vector(size, wanted ?? "int"),
      zeroOf(vector(size, wanted ?? "int")),
    );
  }
  for (const [one, at] of args) {
    if (!isFlat(one.type)) {
      refuse(at, `a part of type ${textOf(one.type)}`, "give it scalars");
    }
  }
  if (args.length === 1) {
    const [only, at] = first;
    if (only.type.kind === "scalar") {
      const value = wanted === undefined
        ? only
        : as(only, { kind: "scalar", of: wanted }, at);
      return splat(value, size);
    }
    if (only.type.kind === "vec" && only.type.size === size) {
      return wanted === undefined ? only : conversion(only, wanted, at);
    }
  }
  return joined(size, wanted, args, place);
}

function joined(
  size: number,
  wanted: ScalarName | undefined,
  args: readonly Argument[],
  place: Place,
): Expression {
  const count = args.reduce(
    (sum, [{ type }]) => sum + (isFlat(type) ? sizeOfFlat(type) : 0),
    0,
  );
  if (count !== size) {
    refuse(place, `vec${size} of ${count} components`, "give it as many");
  }
  const element = wanted ?? elementOf(
    common(args.map(([{ type }]) => ({
      kind: "scalar",
      of: elementOf(type) ?? "bool",
    }))) ?? refuse(place, "the parts have no common type", "convert some"),
  );
  if (element === undefined) throw new Error("it is a scalar");
  const parts = args.map(([one, at]) =>
    isFlat(one.type) ? as(one, shaped(one.type, element), at) : one
  );
  const type = vector(size, element);
  const known = parts.map(knownOf);
  const all = known.flatMap((value) =>
    value === undefined ? [] : partsOf(value)
  );
  if (all.length === size) return packed(type, all);
  const settled = parts.map((part) => concrete(part, place));
  const of = elementOf(settled[0]?.type ?? type) ?? element;
  return { op: "compose", parts: settled, type: vector(size, of) };
}

function bitcast(
  callee: NameSyntax,
  args: readonly Argument[],
  context: Context,
): Expression {
  const { place } = callee;
  const [wanted] = callee.args ?? [];
  const [argument, ...others] = args;
  if (wanted?.kind !== "name" || argument === undefined || others.length > 0) {
    refuse(place, "bitcast is of one value to one type", "write bitcast<T>(x)");
  }
  const type = typeOf(wanted, context);
  const of = concrete(...argument);
  const isGood = isFlat(type) && isFlat(of.type) &&
    type.kind === of.type.kind &&
    sizeOfFlat(type) === sizeOfFlat(of.type) && type.of !== "bool" &&
    of.type.of !== "bool";
  if (!isGood) {
    refuse(
      place,
      `bitcast of ${textOf(of.type)} to ${textOf(type)}`,
      "cast between numbers of as many components",
    );
  }
  if (isSame(type, of.type)) return of;
  return { op: "bits", of, type };
}
