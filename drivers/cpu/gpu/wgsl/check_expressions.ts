/** Expressions: what they are, and of what type. */
import { isList, partsOf } from "./constants.ts";
import { bufferOf } from "./check_builtins.ts";
import { call } from "./check_calls.ts";
import type { Expression, FunctionIr, Ref, Variable } from "./ir.ts";
import {
  as,
  binary,
  constant,
  index,
  knownOf,
  packed,
  truth,
  unary,
} from "./operators.ts";
import { type Place, refuse } from "./refused.ts";
import type { Checked, Context } from "./scope.ts";
import type { CallSyntax, ExpressionSyntax, NameSyntax } from "./syntax.ts";
import {
  BOOL,
  type FlatType,
  isConstructible,
  isRuntimeSized,
  scalar,
  strideOf,
  textOf,
  type Type,
  U32,
  vector,
} from "./types.ts";

const value = (expression: Expression): Checked => ({
  kind: "value",
  value: expression,
});

export function check(syntax: ExpressionSyntax, context: Context): Checked {
  switch (syntax.kind) {
    case "number": {
      const { value: number, suffix, place } = syntax;
      const of = suffix === ""
        ? typeof number === "bigint" ? "int" : "float"
        : ({ i: "i32", u: "u32", f: "f32" } as const)[suffix];
      const plain = constant(
        scalar(typeof number === "bigint" ? "int" : "float"),
        number,
      );
      return value(as(plain, scalar(of), place));
    }
    case "boolean":
      return value(constant(BOOL, syntax.value));
    case "name":
      return named(syntax, context);
    case "unary":
      return prefixed(syntax.operator, syntax.of, context, syntax.place);
    case "binary":
      return value(twoSided(syntax, context));
    case "member":
      return member(
        followed(check(syntax.of, context)),
        syntax.name,
        syntax.place,
      );
    case "index":
      return element(
        followed(check(syntax.of, context)),
        valueOf(syntax.at, context),
        syntax.at.place,
      );
    case "call": {
      const made = called(syntax, context);
      if (
        made === undefined ||
        (made.op === "call" && made.to.result === undefined)
      ) {
        refuse(
          syntax.place,
          `${syntax.callee.name} gives no value`,
          "call it as a statement",
        );
      }
      return value(made);
    }
  }
}

/** A call, also of what gives nothing. */
export function called(
  syntax: CallSyntax,
  context: Context,
): Expression | undefined {
  const args = syntax.args.map((one) =>
    [valueOf(one, context), one.place] as const
  );
  return call(syntax, args, context);
}

/** Its value; a place in memory is read. */
export function valueOf(
  syntax: ExpressionSyntax,
  context: Context,
): Expression {
  const checked = check(syntax, context);
  return checked.kind === "value"
    ? checked.value
    : load(checked.ref, syntax.place);
}

export function load(ref: Ref, place: Place): Expression {
  const { type } = ref;
  if (type.kind === "atomic") {
    refuse(place, "an atomic is read by name", "use atomicLoad(&…)");
  }
  if (!isConstructible(type)) {
    refuse(place, `a value of type ${textOf(type)}`, "use a part of it");
  }
  return { op: "load", ref, type };
}

function named(syntax: NameSyntax, context: Context): Checked {
  const { name, place, args } = syntax;
  const entity = context.scope.find(name, place);
  if (entity === undefined) {
    refuse(
      place,
      `${name} is not declared`,
      "declare it before, or correct it",
    );
  }
  if (
    args !== undefined || entity.kind === "type" || entity.kind === "function"
  ) {
    refuse(place, `${name} is no value`, "call it");
  }
  if (entity.kind === "const") return value(entity.value);
  const { variable } = entity;
  used(variable, context.owner, place);
  if (variable.isFixed) {
    return value({ op: "value", variable, type: variable.type });
  }
  const { type, space, access } = variable;
  return {
    kind: "ref",
    ref: { op: "variable", variable, type, space, access },
  };
}

function used(
  variable: Variable,
  owner: FunctionIr | undefined,
  place: Place,
): void {
  if (variable.space === "function") return;
  if (owner === undefined) {
    refuse(place, `${variable.name} is used where nothing runs`, "use a const");
  }
  owner.uses.add(variable);
}

/** A pointer before `.` or `[` is followed. */
function followed(checked: Checked): Checked {
  if (checked.kind === "ref") return checked;
  const { type } = checked.value;
  return type.kind === "ptr" ? deref(checked.value) : checked;
}

function deref(pointer: Expression): Checked {
  const { type } = pointer;
  if (type.kind !== "ptr") throw new Error("it is a pointer");
  if (pointer.op === "address") return { kind: "ref", ref: pointer.ref };
  const { of, space, access } = type;
  return {
    kind: "ref",
    ref: { op: "deref", pointer, type: of, space, access },
  };
}

function prefixed(
  operator: string,
  syntax: ExpressionSyntax,
  context: Context,
  place: Place,
): Checked {
  if (operator === "*") {
    const pointer = valueOf(syntax, context);
    if (pointer.type.kind === "ptr") return deref(pointer);
    refuse(place, `* of ${textOf(pointer.type)}`, "give it a pointer");
  }
  if (operator === "&") {
    const checked = check(syntax, context);
    if (checked.kind === "value" || checked.ref.op === "component") {
      refuse(place, "this has no address", "take that of a variable");
    }
    return value(addressOf(checked.ref));
  }
  return value(unary(operator, valueOf(syntax, context), place));
}

export function addressOf(ref: Ref): Expression {
  for (let at = ref;;) {
    if (at.op === "variable") {
      at.variable.isAddressed = true;
      break;
    }
    if (at.op === "deref") break;
    at = at.of;
  }
  const { type: of, space, access } = ref;
  return { op: "address", ref, type: { kind: "ptr", space, of, access } };
}

function twoSided(
  syntax: ExpressionSyntax & { kind: "binary" },
  context: Context,
): Expression {
  const { operator, place } = syntax;
  const left = valueOf(syntax.left, context);
  const right = valueOf(syntax.right, context);
  if (operator !== "&&" && operator !== "||") {
    return binary(
      operator,
      [left, syntax.left.place],
      [right, syntax.right.place],
      place,
    );
  }
  const [a, b] = [
    truth(left, syntax.left.place),
    truth(right, syntax.right.place),
  ];
  const known = knownOf(a);
  if (known === undefined) {
    return { op: "short", operator, left: a, right: b, type: BOOL };
  }
  return known === (operator === "&&") ? b : a;
}

const LANES: ReadonlyMap<string, number> = new Map(
  [..."xyzw", ..."rgba"].map((name, at) => [name, at % 4]),
);

function member(of: Checked, name: string, place: Place): Checked {
  const type = of.kind === "ref" ? of.ref.type : of.value.type;
  if (type.kind === "vec") return swizzle(of, name, place);
  const found = type.kind === "struct"
    ? type.members.find((one) => one.name === name)
    : undefined;
  if (found === undefined || type.kind !== "struct") {
    refuse(
      place,
      `${textOf(type)} has no member ${name}`,
      "name one that it has",
    );
  }
  const { offset } = found;
  if (of.kind === "ref") {
    const { space, access } = of.ref;
    return {
      kind: "ref",
      ref: {
        op: "member",
        of: of.ref,
        offset,
        type: found.type,
        space,
        access,
      },
    };
  }
  const known = knownOf(of.value);
  if (known !== undefined && isList(known)) {
    const part = known[type.members.indexOf(found)];
    if (part !== undefined) return value(constant(found.type, part));
  }
  return value({ op: "field", of: of.value, offset, type: found.type });
}

function swizzle(of: Checked, name: string, place: Place): Checked {
  const type = of.kind === "ref" ? of.ref.type : of.value.type;
  if (type.kind !== "vec") throw new Error("it is a vector");
  const lanes = [...name].map((letter) => LANES.get(letter) ?? 9);
  const isGood = lanes.length <= 4 && lanes.every((lane) => lane < type.size) &&
    (/^[xyzw]+$/.test(name) || /^[rgba]+$/.test(name));
  if (!isGood) {
    refuse(place, `${textOf(type)} has no ${name}`, "name components it has");
  }
  const [first] = lanes;
  const result: FlatType = lanes.length === 1
    ? scalar(type.of)
    : vector(lanes.length, type.of);
  if (of.kind === "ref" && lanes.length === 1) {
    const { space, access } = of.ref;
    const at = constant(U32, first ?? 0);
    const ref: Ref = {
      op: "component",
      of: of.ref,
      at,
      type: result,
      space,
      access,
    };
    return { kind: "ref", ref };
  }
  const whole = of.kind === "ref" ? load(of.ref, place) : of.value;
  const known = knownOf(whole);
  if (known === undefined) {
    return value({ op: "swizzle", of: whole, lanes, type: result });
  }
  const parts = partsOf(known);
  return value(packed(result, lanes.map((lane) => parts[lane] ?? 0)));
}

function element(of: Checked, at: Expression, place: Place): Checked {
  const type: Type = of.kind === "ref" ? of.ref.type : of.value.type;
  if (type.kind !== "vec" && type.kind !== "array") {
    refuse(
      place,
      `an index into ${textOf(type)}`,
      "index an array or a vector",
    );
  }
  const count = type.kind === "vec" ? type.size : type.count;
  const where = index(at, count, place);
  const part = type.kind === "vec" ? scalar(type.of) : type.of;
  if (of.kind === "ref") return elementRef(of.ref, where, part, place);
  const known = knownOf(of.value);
  const which = knownOf(where);
  if (known !== undefined && which !== undefined && isList(known)) {
    const found = known[Number(which)];
    if (found !== undefined) return value(constant(part, found));
  }
  const whole = as(of.value, settled(type), place);
  const { type: now } = whole;
  const result = now.kind === "vec"
    ? scalar(now.of)
    : now.kind === "array"
    ? now.of
    : part;
  return value({ op: "at", of: whole, at: where, type: result });
}

function settled(type: Type): Type {
  if (type.kind === "array") return { ...type, of: settled(type.of) };
  if (type.kind === "vec" || type.kind === "scalar") {
    const of = type.of === "int"
      ? "i32"
      : type.of === "float"
      ? "f32"
      : type.of;
    return { ...type, of };
  }
  return type;
}

function elementRef(
  of: Ref,
  at: Expression,
  part: Type,
  place: Place,
): Checked {
  const { type, space, access } = of;
  const common = { of, at, type: part, space, access };
  if (type.kind !== "array") {
    return { kind: "ref", ref: { op: "component", ...common } };
  }
  const { count } = type;
  if (isRuntimeSized(type) && bufferOf(addressLike(of)) === undefined) {
    refuse(
      place,
      "how long this array is, is not seen here",
      "index the buffer by its name",
    );
  }
  const stride = strideOf(type);
  return { kind: "ref", ref: { op: "element", ...common, stride, count } };
}

/** For looking only: nobody gets it. */
function addressLike(ref: Ref): Expression {
  const { type: of, space, access } = ref;
  return { op: "address", ref, type: { kind: "ptr", space, of, access } };
}
