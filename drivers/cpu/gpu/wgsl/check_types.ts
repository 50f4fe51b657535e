/** Types that are written in a source. */
import type { ConstantScalar } from "./constants.ts";
import { absent, type Place, refuse } from "./refused.ts";
import type { Context } from "./scope.ts";
import type { ExpressionSyntax, NameSyntax } from "./syntax.ts";
import {
  type Access,
  alignOf,
  depthOf,
  isAbstract,
  isConstructible,
  isFlat,
  isRuntimeSized,
  isShareable,
  type Member,
  roundUp,
  scalar,
  type ScalarName,
  sizeOf,
  type Space,
  strideOf,
  type StructType,
  textOf,
  type Type,
  vector,
} from "./types.ts";

/** Octets of anything that is declared. */
const SIZE_MAX = 2 ** 31 - 1;
const TYPE_DEPTH_MAX = 15;
const MEMBERS_MAX = 1023;

const SCALARS: ReadonlyMap<string, ScalarName> = new Map([
  ["bool", "bool"],
  ["i32", "i32"],
  ["u32", "u32"],
  ["f32", "f32"],
]);
const SHORT: ReadonlyMap<string, ScalarName> = new Map([
  ["i", "i32"],
  ["u", "u32"],
  ["f", "f32"],
]);

/** A type that the language declares; undefined if it has none of that name. */
export function predeclared(
  { name, args, place }: NameSyntax,
  context: Context,
): Type | "vec" | "array" | undefined {
  const plain = SCALARS.get(name);
  if (plain !== undefined) return noList(args, place, scalar(plain));
  const short = /^vec([234])([iufh]?)$/.exec(name);
  if (short !== null) {
    const size = Number(short[1]);
    const of = SHORT.get(short[2] ?? "");
    if (of !== undefined) return noList(args, place, vector(size, of));
    if (short[2] === "h") absent(place, "f16", "use f32");
    if (args === undefined) return "vec";
    const type = typeOf(single(args, place), context);
    if (type.kind === "scalar") return vector(size, type.of);
    refuse(place, `a vector of ${textOf(type)}`, "make it of a scalar");
  }
  if (name === "array") {
    return args === undefined ? "array" : arrayOf(args, place, context);
  }
  if (name === "atomic") {
    const type = typeOf(single(args, place), context);
    if (type.kind === "scalar" && (type.of === "i32" || type.of === "u32")) {
      return { kind: "atomic", of: type.of };
    }
    refuse(place, `an atomic ${textOf(type)}`, "make it of i32 or u32");
  }
  if (name === "ptr") return pointerOf(args ?? [], place, context);
  if (/^mat[234]x[234][fh]?$/.test(name)) {
    absent(place, "a matrix", "use an array of vectors");
  }
  if (name === "f16") absent(place, "f16", "use f32");
  if (/^(texture_|sampler)/.test(name)) {
    absent(place, `${name}`, "bind a buffer");
  }
  return undefined;
}

function noList(
  args: readonly ExpressionSyntax[] | undefined,
  place: Place,
  type: Type,
): Type {
  if (args === undefined) return type;
  refuse(place, `${textOf(type)} takes no list`, "remove it");
}

function single(
  args: readonly ExpressionSyntax[] | undefined,
  place: Place,
): NameSyntax {
  const [first, ...others] = args ?? [];
  if (first?.kind === "name" && others.length === 0) return first;
  refuse(place, "the list does not name one type", "name one type in it");
}

function arrayOf(
  args: readonly ExpressionSyntax[],
  place: Place,
  context: Context,
): Type {
  const [element, size, ...others] = args;
  if (element?.kind !== "name" || others.length > 0) {
    refuse(place, "an array is of a type and a count", "write both");
  }
  const of = typeOf(element, context);
  if (of.kind === "ptr" || isRuntimeSized(of)) {
    refuse(element.place, `an array of ${textOf(of)}`, "make it of values");
  }
  const count = size === undefined ? undefined : countOf(size, context);
  const type = { kind: "array", of, count } as const;
  bounded(type, place);
  return type;
}

function bounded(type: Type, place: Place): void {
  if (sizeOf(type) > SIZE_MAX) {
    refuse(place, `${textOf(type)} is too large`, "make it smaller");
  }
  if (depthOf(type) > TYPE_DEPTH_MAX) {
    refuse(place, `the type is more than ${TYPE_DEPTH_MAX} deep`, "flatten it");
  }
}

function countOf(syntax: ExpressionSyntax, context: Context): number {
  const count = Number(wholeOf(syntax, context));
  if (count > 0) return count;
  refuse(syntax.place, `an array of ${count}`, "make it of one or more");
}

/** A whole number that is known now. */
export function wholeOf(
  syntax: ExpressionSyntax,
  context: Context,
): ConstantScalar {
  const checked = context.globals.check(syntax, context);
  const value = checked.kind === "value" ? checked.value : undefined;
  if (value?.op === "const" && value.type.kind === "scalar") {
    const { value: constant, type } = value;
    const isWhole = type.of === "int" || type.of === "i32" || type.of === "u32";
    if (isWhole && typeof constant !== "object") return constant;
  }
  refuse(syntax.place, "this is no constant whole number", "write one");
}

const SPACES: ReadonlySet<string> = new Set([
  "function",
  "private",
  "workgroup",
  "storage",
]);

export function spaceOf(syntax: ExpressionSyntax | undefined): Space {
  const name = syntax?.kind === "name" ? syntax.name : "";
  if (name === "uniform") {
    absent(
      syntax?.place ?? { line: 1, column: 1 },
      "a uniform buffer",
      "use var<storage, read>",
    );
  }
  if (isSpace(name)) return name;
  refuse(
    syntax?.place ?? { line: 1, column: 1 },
    "this is no address space",
    `use one of ${[...SPACES].join(", ")}`,
  );
}

const isSpace = (name: string): name is Space => SPACES.has(name);

export function accessOf(
  syntax: ExpressionSyntax | undefined,
  space: Space,
): Access {
  const usual = space === "storage" ? "read" : "read_write";
  if (syntax === undefined) return usual;
  const name = syntax.kind === "name" ? syntax.name : "";
  if (name === "read" || name === "read_write") {
    if (space === "storage" || name === usual) return name;
  }
  refuse(
    syntax.place,
    "this is no access that the space has",
    "use read or read_write, on storage",
  );
}

function pointerOf(
  [space, of, access]: readonly ExpressionSyntax[],
  place: Place,
  context: Context,
): Type {
  const where = spaceOf(space);
  if (of?.kind !== "name") {
    refuse(place, "a pointer leads to a type", "write ptr<SPACE, TYPE>");
  }
  const type = typeOf(of, context);
  if (type.kind === "ptr") refuse(place, "a pointer to a pointer", "use one");
  return {
    kind: "ptr",
    space: where,
    of: type,
    access: accessOf(access, where),
  };
}

/** The type of that name. */
export function typeOf(syntax: NameSyntax, context: Context): Type {
  const { name, place, args } = syntax;
  const entity = context.scope.find(name, place);
  if (entity?.kind === "type") return noList(args, place, entity.type);
  if (entity !== undefined) {
    refuse(place, `${name} is no type`, "name a type");
  }
  const type = predeclared(syntax, context);
  if (type === "vec" || type === "array") {
    refuse(place, `${name} is of something`, `write ${name}<TYPE>`);
  }
  if (type !== undefined) return type;
  refuse(place, `${name} is not declared`, "declare it, or name a type");
}

/** A struct, laid out. */
export function structOf(
  syntax: { name: string; place: Place; members: readonly MemberLike[] },
  context: Context,
): StructType {
  const { name, place, members: written } = syntax;
  if (written.length === 0 || written.length > MEMBERS_MAX) {
    refuse(place, `${name} has ${written.length} members`, "give it some");
  }
  const members: Member[] = [];
  let end = 0;
  let most = 1;
  for (const [at, member] of written.entries()) {
    if (members.some((other) => other.name === member.name)) {
      refuse(member.place, `${member.name} is declared twice`, "rename it");
    }
    const type = typeOf(member.type, context);
    memberType(type, member.place, at === written.length - 1);
    const { align, size } = laidOut(type, member, context);
    const offset = roundUp(end, align);
    members.push({ name: member.name, type, offset });
    end = offset + size;
    most = Math.max(most, align);
  }
  const depth = 1 + Math.max(...members.map((one) => depthOf(one.type)));
  const size = roundUp(end, most);
  const type = {
    kind: "struct",
    name,
    members,
    size,
    align: most,
    depth,
  } as const;
  bounded(type, place);
  return type;
}

export interface MemberLike {
  readonly name: string;
  readonly place: Place;
  readonly type: NameSyntax;
  readonly attributes: ReadonlyArray<{
    readonly name: string;
    readonly place: Place;
    readonly args: readonly ExpressionSyntax[];
  }>;
}

function memberType(type: Type, place: Place, isLast: boolean): void {
  if (isRuntimeSized(type) && (type.kind === "struct" || !isLast)) {
    refuse(place, "only a last member has no size", "move it, or size it");
  }
  const isGood = isFlat(type) || isConstructible(type) || isShareable(type);
  if (!isGood || isAbstract(type)) {
    refuse(place, `a member of type ${textOf(type)}`, "make it a value");
  }
}

function laidOut(type: Type, member: MemberLike, context: Context) {
  let align = alignOf(type);
  let size = type.kind === "array" && type.count === undefined
    ? strideOf(type)
    : sizeOf(type);
  for (const { name, args: [value], place } of member.attributes) {
    if (name !== "align" && name !== "size") continue;
    const asked = value === undefined ? 0 : Number(wholeOf(value, context));
    const isGood = name === "size"
      ? asked >= size && asked <= SIZE_MAX
      : asked >= align && asked <= 2 ** 16 &&
        Number.isInteger(Math.log2(asked));
    if (!isGood) {
      refuse(place, `@${name}(${asked}) does not fit`, "give it what it needs");
    }
    if (name === "size") size = asked;
    else align = asked;
  }
  return { align, size };
}
