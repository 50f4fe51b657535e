/** Calls of the language's own functions. */
import { finite, partsOf } from "./constants.ts";
import type { Expression, Variable } from "./ir.ts";
import { FOLDED } from "./math.ts";
import { agreed, as, concrete, knownOf, packed, splat } from "./operators.ts";
import { absent, type Place, refuse } from "./refused.ts";
import {
  type AtomicType,
  BOOL,
  elementOf,
  F32,
  type FlatType,
  isConstructible,
  isFlat,
  isFloat,
  isInteger,
  isRuntimeSized,
  isSame,
  scalar,
  shaped,
  sizeOfFlat,
  type StructType,
  textOf,
  type Type,
  U32,
} from "./types.ts";

export interface BuiltinCall {
  readonly name: string;
  readonly place: Place;
  readonly args: ReadonlyArray<readonly [Expression, Place]>;
}

const words = (text: string) => new Set(text.trim().split(/\s+/));

/** By what they take: so many of one type, scalars or vectors. */
const FLOATS = new Map([
  ...[...words(`acos acosh asin asinh atan atanh ceil cos cosh degrees exp exp2
    floor fract inverseSqrt log log2 radians round saturate sin sinh sqrt tan
    tanh trunc`)].map((name) => [name, 1] as const),
  ...[...words("atan2 pow step")].map((name) => [name, 2] as const),
  ...[...words("fma smoothstep")].map((name) => [name, 3] as const),
]);
const NUMBERS = new Map([["abs", 1], ["sign", 1], ["max", 2], ["min", 2], [
  "clamp",
  3,
]]);
const INTEGERS = new Map(
  [...words(`countLeadingZeros countOneBits countTrailingZeros firstLeadingBit
    firstTrailingBit reverseBits`)].map((name) => [name, 1]),
);
const OTHERS = words(`all any arrayLength cross distance dot extractBits
  faceForward insertBits ldexp length mix normalize reflect select
  workgroupUniformLoad`);
const ATOMICS = new Map([
  ["atomicLoad", 0],
  ["atomicStore", 1],
  ["atomicAdd", 1],
  ["atomicSub", 1],
  ["atomicMax", 1],
  ["atomicMin", 1],
  ["atomicAnd", 1],
  ["atomicOr", 1],
  ["atomicXor", 1],
  ["atomicExchange", 1],
  ["atomicCompareExchangeWeak", 2],
]);
export const BARRIERS = words("workgroupBarrier storageBarrier");
const ABSENT = words(`determinant transpose outerProduct refract frexp modf
  quantizeToF16 pack4x8snorm pack4x8unorm pack2x16snorm pack2x16unorm
  pack2x16float unpack4x8snorm unpack4x8unorm unpack2x16snorm unpack2x16unorm
  unpack2x16float pack4xI8 pack4xU8 unpack4xI8 unpack4xU8 pack4xI8Clamp
  pack4xU8Clamp dot4U8Packed dot4I8Packed textureBarrier subgroupAdd
  subgroupBroadcast subgroupBallot textureLoad textureStore textureSample
  textureDimensions dpdx dpdy fwidth`);

export function isBuiltin(name: string, place: Place): boolean {
  if (ABSENT.has(name)) absent(place, name, "make it of other functions");
  return FLOATS.has(name) || NUMBERS.has(name) || INTEGERS.has(name) ||
    OTHERS.has(name) || ATOMICS.has(name) || BARRIERS.has(name);
}

/** Whether its result may be left alone. */
export const isStatement = (name: string) =>
  ATOMICS.has(name) && name !== "atomicLoad" || name === "workgroupUniformLoad";

/** Nothing, if the function gives nothing. */
export function builtin(call: BuiltinCall): Expression | undefined {
  const { name } = call;
  const plain = FLOATS.get(name) ?? NUMBERS.get(name) ?? INTEGERS.get(name);
  if (plain !== undefined) return elementwise(call, plain);
  const values = ATOMICS.get(name);
  if (values !== undefined) return atomic(call, values);
  return special(call);
}

function counted(call: BuiltinCall, count: number): void {
  if (call.args.length === count) return;
  refuse(
    call.place,
    `${call.name} has ${count} arguments, here are ${call.args.length}`,
    "give it as many",
  );
}

function elementwise(call: BuiltinCall, count: number): Expression {
  const { name, place } = call;
  counted(call, count);
  const isOfFloats = FLOATS.has(name);
  const isOfIntegers = INTEGERS.has(name);
  const args = agreed(
    isOfFloats ? call.args.map((one) => floated(one)) : call.args,
    name,
    place,
  );
  const type = args[0]?.type;
  const element = type === undefined ? undefined : elementOf(type);
  const isGood = element !== undefined && element !== "bool" &&
    (!isOfFloats || isFloat(element)) &&
    (!isOfIntegers || isInteger(element)) &&
    (name !== "sign" || element !== "u32");
  if (type === undefined || !isFlat(type) || !isGood) {
    const text = type === undefined ? "nothing" : textOf(type);
    refuse(place, `${name} of ${text}`, "convert what it is given");
  }
  return folded(name, args, type, place) ?? run(name, args, place);
}

/** A number without a suffix is a float here. */
function floated(
  [one, place]: readonly [Expression, Place],
): readonly [Expression, Place] {
  const { type } = one;
  return isFlat(type) && type.of === "int"
    ? [as(one, shaped(type, "float"), place), place]
    : [one, place];
}

/** What is reckoned when the program runs. */
function run(
  name: string,
  args: readonly Expression[],
  place: Place,
): Expression {
  const all = args.map((one) => concrete(one, place));
  const type = all[0]?.type;
  if (type === undefined || !isFlat(type)) throw new Error("it is flat");
  return { op: "builtin", name, args: all, type };
}

function folded(
  name: string,
  args: readonly Expression[],
  type: FlatType,
  place: Place,
): Expression | undefined {
  const of = FOLDED[name];
  const values = args.map((one) => knownOf(one));
  if (of === undefined) return undefined;
  const lists: Array<ReturnType<typeof partsOf>> = [];
  for (const value of values) {
    if (value === undefined) return undefined;
    lists.push(partsOf(value));
  }
  const parts = Array.from({ length: sizeOfFlat(type) }, (_, at) => {
    const value = of(...lists.map((list) => Number(list[at] ?? 0)));
    if (type.of === "int") {
      return BigInt(Math.trunc(finite(value, "float", place)));
    }
    if (isFloat(type.of)) return finite(value, type.of, place);
    return type.of === "i32" ? value | 0 : value >>> 0;
  });
  return packed(type, parts);
}

function special(call: BuiltinCall): Expression | undefined {
  const { name, place, args } = call;
  switch (name) {
    case "all":
    case "any": {
      counted(call, 1);
      const of = needs(call, 0, (type) => elementOf(type) === "bool");
      return { op: "builtin", name, args: [of], type: BOOL };
    }
    case "select":
      return select(call);
    case "arrayLength":
      counted(call, 1);
      return { op: "length", root: rootOf(call), type: U32 };
    case "workgroupUniformLoad":
      return uniform(call);
    case "extractBits":
      return bits(call, 1);
    case "insertBits":
      return bits(call, 2);
    case "ldexp": {
      counted(call, 2);
      const of = concrete(...floated(args[0] ?? never()));
      const [power, at] = args[1] ?? never();
      if (!isFlat(of.type) || of.type.of !== "f32") wrong(call, of.type);
      return {
        op: "builtin",
        name,
        args: [of, as(power, shaped(of.type, "i32"), at)],
        type: of.type,
      };
    }
  }
  if (BARRIERS.has(name)) {
    refuse(place, `${name} is no value`, "call it as a statement");
  }
  return geometric(call);
}

function never(): never {
  throw new Error("as many arguments were counted");
}

function wrong(call: BuiltinCall, type: Type): never {
  refuse(
    call.place,
    `${call.name} of ${textOf(type)}`,
    "convert what it is given",
  );
}

function needs(
  call: BuiltinCall,
  at: number,
  isGood: (type: Type) => boolean,
): Expression {
  const [one] = call.args[at] ?? never();
  return isGood(one.type) ? one : wrong(call, one.type);
}

function select(call: BuiltinCall): Expression {
  counted(call, 3);
  const [no, yes] = agreed(call.args.slice(0, 2), "select", call.place)
    .map((one) => concrete(one, call.place));
  const which = needs(call, 2, (type) => elementOf(type) === "bool");
  if (no === undefined || yes === undefined) never();
  const { type } = no;
  if (!isFlat(type)) return wrong(call, type);
  const isOne = which.type.kind === "scalar";
  if (!isOne && !isSame(which.type, shaped(type, "bool"))) {
    wrong(call, which.type);
  }
  const each = isOne && type.kind === "vec" ? splat(which, type.size) : which;
  return { op: "builtin", name: "select", args: [no, yes, each], type };
}

function bits(call: BuiltinCall, values: number): Expression {
  counted(call, values + 2);
  const { place, args } = call;
  const of = agreed(args.slice(0, values), call.name, place)
    .map((one) => concrete(one, place));
  const type = of[0]?.type;
  if (type === undefined || !isFlat(type) || !isInteger(type.of)) {
    return wrong(call, type ?? U32);
  }
  const [offset, count] = args.slice(values).map(([one, at]) =>
    as(one, U32, at)
  );
  if (offset === undefined || count === undefined) never();
  const isSmall = [offset, count].map(knownOf).reduce<number>(
    (sum, value) => sum + (value === undefined ? 0 : Number(value)),
    0,
  ) <= 32;
  if (!isSmall) refuse(place, "the bits are not in 32", "ask for fewer");
  return { op: "builtin", name: call.name, args: [...of, offset, count], type };
}

/** Functions of whole vectors. */
function geometric(call: BuiltinCall): Expression {
  const { name, place } = call;
  const count = COUNTS[name] ?? never();
  counted(call, count);
  const isDot = name === "dot";
  const args = isDot ? call.args : call.args.map((one) => floated(one));
  const vectors = name === "mix" && args[2]?.[0].type.kind === "scalar" &&
      args[0]?.[0].type.kind === "vec"
    ? [
      ...args.slice(0, 2),
      [
        splat(args[2][0], args[0][0].type.size),
        args[2][1],
      ] as const,
    ]
    : args;
  const all = agreed(vectors, name, place).map((one) => concrete(one, place));
  const type = all[0]?.type;
  const isVector = type?.kind === "vec";
  const isLength = name === "length" || name === "distance" || name === "mix";
  if (
    type === undefined || !isFlat(type) || (!isVector && !isLength) ||
    type.of === "bool" || (!isDot && type.of !== "f32") ||
    (name === "cross" && sizeOfFlat(type) !== 3)
  ) return wrong(call, type ?? F32);
  const isScalar = isDot || name === "length" || name === "distance";
  return {
    op: "builtin",
    name,
    args: all,
    type: isScalar ? scalar(type.of) : type,
  };
}

const COUNTS: Readonly<Record<string, number>> = {
  cross: 2,
  distance: 2,
  dot: 2,
  faceForward: 3,
  length: 1,
  mix: 3,
  normalize: 1,
  reflect: 2,
};

function rootOf(call: BuiltinCall): Variable {
  const [pointer] = call.args[0] ?? never();
  const root = bufferOf(pointer);
  const { type } = pointer;
  if (
    root === undefined || type.kind !== "ptr" ||
    type.of.kind !== "array" || !isRuntimeSized(type.of)
  ) {
    refuse(
      call.place,
      "arrayLength of what has a size, or is not seen to be a buffer",
      "give it the address of a buffer's array: &name or &name.member",
    );
  }
  return root;
}

/** The buffer that a pointer leads into, where that is seen here. */
export function bufferOf(pointer: Expression): Variable | undefined {
  if (pointer.op === "value") return pointer.variable.root;
  if (pointer.op !== "address") return undefined;
  let { ref } = pointer;
  while (
    ref.op === "member" || ref.op === "element" || ref.op === "component"
  ) {
    ref = ref.of;
  }
  if (ref.op === "deref") return bufferOf(ref.pointer);
  return ref.variable.binding === undefined ? undefined : ref.variable;
}

function uniform(call: BuiltinCall): Expression {
  counted(call, 1);
  const [pointer] = call.args[0] ?? never();
  const { type } = pointer;
  if (
    type.kind !== "ptr" || type.space !== "workgroup" ||
    !(isConstructible(type.of) || type.of.kind === "atomic")
  ) return wrong(call, type);
  const of = type.of.kind === "atomic" ? scalar(type.of.of) : type.of;
  return { op: "uniform", pointer, type: of, place: call.place };
}

const EXCHANGED: ReadonlyMap<string, StructType> = new Map(
  (["i32", "u32"] as const).map((of) => [of, {
    kind: "struct",
    name: `__atomic_compare_exchange_result<${of}>`,
    members: [
      { name: "old_value", type: scalar(of), offset: 0 },
      { name: "exchanged", type: BOOL, offset: 4 },
    ],
    size: 8,
    align: 4,
    depth: 2,
  }]),
);

function atomic(call: BuiltinCall, values: number): Expression {
  counted(call, values + 1);
  const { name, args } = call;
  const [pointer] = args[0] ?? never();
  const { type } = pointer;
  if (type.kind !== "ptr" || !isAtomic(type.of)) return wrong(call, type);
  if (type.access === "read") {
    refuse(call.place, `${name} of what is only read`, "bind it as read_write");
  }
  const of = scalar(type.of.of);
  const rest = args.slice(1).map(([one, at]) => as(one, of, at));
  const result = name === "atomicCompareExchangeWeak"
    ? EXCHANGED.get(type.of.of) ?? of
    : of;
  return { op: "atomic", name, pointer, args: rest, type: result };
}

const isAtomic = (type: Type): type is AtomicType => type.kind === "atomic";
