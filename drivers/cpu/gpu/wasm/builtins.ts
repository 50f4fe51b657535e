/** The language's own functions, as instructions. */
import type { Expression } from "../wgsl/ir.ts";
import { type ScalarName, sizeOfFlat } from "../wgsl/types.ts";
import { OP } from "./body.ts";
import { wasmType, type Writer } from "./writer.ts";

type Call = Expression & { op: "builtin" };

const { fround } = Math;
const DEGREES = fround(180 / Math.PI);
const RADIANS = fround(Math.PI / 180);

/** Components of what it gives, in locals. */
export function builtinParts(writer: Writer, call: Call): number[] {
  const { name, args, type } = call;
  const lists = args.map((one) => writer.parts(one));
  switch (name) {
    case "all":
    case "any":
      return [gathered(writer, lists[0] ?? [], name === "all")];
    case "dot":
      return [dot(writer, lists, type.of)];
    case "length":
      return [root(writer, lists[0] ?? [])];
    case "distance":
      return [root(writer, differences(writer, lists))];
    case "normalize":
      return normalized(writer, lists[0] ?? []);
    case "cross":
      return cross(writer, lists);
    case "reflect":
      return reflected(writer, lists);
    case "faceForward":
      return faced(writer, lists);
  }
  const kind = wasmType(type);
  return Array.from({ length: sizeOfFlat(type) }, (_, at) => {
    const own = lists.map((list) => list[at] ?? list[0] ?? 0);
    scalar(writer, name, type.of, own);
    const local = writer.body.take(kind);
    writer.body.set(local);
    return local;
  });
}

/** One component on the stack. */
function scalar(
  writer: Writer,
  name: string,
  of: ScalarName,
  args: readonly number[],
): void {
  const { body, shared } = writer;
  const imported = shared.math.get(name);
  if (imported !== undefined) {
    for (const arg of args) body.get(arg);
    // A power of two is a whole number.
    if (name === "ldexp") body.op(OP.f32ConvertS);
    body.call(imported);
  } else if (name === "select") {
    const [no = 0, yes = 0, which = 0] = args;
    body.get(yes).get(no).get(which).op(OP.select);
  } else if (of === "f32") floating(writer, name, args);
  else whole(writer, name, of === "i32", args);
}

const PLAIN: Readonly<Record<string, readonly number[]>> = {
  abs: [OP.f32Abs],
  ceil: [OP.f32Ceil],
  floor: [OP.f32Floor],
  trunc: [OP.f32Trunc],
  round: [OP.f32Nearest],
  sqrt: [OP.f32Sqrt],
  max: [OP.f32Max],
  min: [OP.f32Min],
};

function floating(
  { body }: Writer,
  name: string,
  [a = 0, b = 0, c = 0]: readonly number[],
): void {
  const plain = PLAIN[name];
  if (plain !== undefined) {
    body.get(a);
    if (name === "max" || name === "min") body.get(b);
    body.op(...plain);
    return;
  }
  switch (name) {
    case "clamp":
      body.get(a).get(b).op(OP.f32Max).get(c).op(OP.f32Min);
      return;
    case "saturate":
      body.get(a).f32(0).op(OP.f32Max).f32(1).op(OP.f32Min);
      return;
    case "degrees":
    case "radians":
      body.get(a).f32(name === "degrees" ? DEGREES : RADIANS).op(OP.f32Mul);
      return;
    case "fract":
      body.get(a).get(a).op(OP.f32Floor, OP.f32Sub);
      return;
    case "inverseSqrt":
      body.f32(1).get(a).op(OP.f32Sqrt, OP.f32Div);
      return;
    case "sign":
      // Above zero less below it, as whole numbers.
      body.get(a).f32(0).op(OP.f32Gt).get(a).f32(0).op(OP.f32Lt, OP.i32Sub);
      body.op(OP.f32ConvertS);
      return;
    case "step":
      body.f32(1).f32(0).get(a).get(b).op(OP.f32Le, OP.select);
      return;
    case "fma":
      // A product of two f32 is exact in f64.
      body.get(a).op(OP.f64Promote).get(b).op(OP.f64Promote, OP.f64Mul);
      body.get(c).op(OP.f64Promote, OP.f64Add, OP.f32Demote);
      return;
    case "mix":
      body.get(a).f32(1).get(c).op(OP.f32Sub, OP.f32Mul);
      body.get(b).get(c).op(OP.f32Mul, OP.f32Add);
      return;
    case "smoothstep":
      return smooth(body, [a, b, c]);
  }
  throw new Error(`${name} is not made of instructions`);
}

function smooth(
  body: Writer["body"],
  [low, high, x]: readonly [number, number, number],
): void {
  const t = body.take("f32");
  body.get(x).get(low).op(OP.f32Sub).get(high).get(low).op(OP.f32Sub, OP.f32Div)
    .f32(0).op(OP.f32Max).f32(1).op(OP.f32Min).set(t);
  body.get(t).get(t).op(OP.f32Mul);
  body.f32(3).f32(2).get(t).op(OP.f32Mul, OP.f32Sub, OP.f32Mul);
}

function whole(
  { body }: Writer,
  name: string,
  isSigned: boolean,
  [a = 0, b = 0, c = 0, d = 0]: readonly number[],
): void {
  const less = isSigned ? OP.i32LtS : OP.i32LtU;
  const lesser = (x: number, y: number) =>
    body.get(x).get(y).get(x).get(y).op(less, OP.select);
  const greater = (x: number, y: number) =>
    body.get(y).get(x).get(x).get(y).op(less, OP.select);
  switch (name) {
    case "abs":
      if (!isSigned) body.get(a);
      else {body.i32(0).get(a).op(OP.i32Sub).get(a).get(a).i32(0).op(
          less,
          OP.select,
        );}
      return;
    case "sign":
      body.get(a).i32(0).op(OP.i32GtS).get(a).i32(0).op(OP.i32LtS, OP.i32Sub);
      return;
    case "min":
      lesser(a, b);
      return;
    case "max":
      greater(a, b);
      return;
    case "clamp": {
      const raised = body.take("i32");
      greater(a, b);
      body.set(raised);
      lesser(raised, c);
      return;
    }
    case "countOneBits":
      body.get(a).op(OP.i32Popcnt);
      return;
    case "countLeadingZeros":
      body.get(a).op(OP.i32Clz);
      return;
    case "countTrailingZeros":
      body.get(a).op(OP.i32Ctz);
      return;
    case "firstTrailingBit":
      body.i32(-1).get(a).op(OP.i32Ctz).get(a).op(OP.i32Eqz, OP.select);
      return;
    case "firstLeadingBit":
      body.i32(31).get(a);
      // Of a negative number it is the first bit that is not the sign.
      if (isSigned) body.get(a).i32(31).op(OP.i32ShrS, OP.i32Xor);
      body.op(OP.i32Clz, OP.i32Sub);
      return;
    case "reverseBits":
      return reversed(body, a);
    case "extractBits":
      return extracted(body, [a, b, c], isSigned);
    case "insertBits":
      return inserted(body, [a, b, c, d]);
  }
  throw new Error(`${name} is not made of instructions`);
}

function reversed(body: Writer["body"], value: number): void {
  const now = body.take("i32");
  body.get(value).set(now);
  for (const [by, mask] of SWAPS) {
    body.get(now).i32(by).op(OP.i32ShrU).i32(mask).op(OP.i32And);
    body.get(now).i32(mask).op(OP.i32And).i32(by).op(OP.i32Shl, OP.i32Or);
    body.set(now);
  }
  body.get(now).i32(16).op(OP.i32ShrU).get(now).i32(16).op(OP.i32Shl, OP.i32Or);
}

const SWAPS = [
  [1, 0x5555_5555],
  [2, 0x3333_3333],
  [4, 0x0f0f_0f0f],
  [8, 0x00ff_00ff],
] as const;

/** The lesser of a number and 32 less another; in a local. */
function inside(
  body: Writer["body"],
  value: number,
  used: number | undefined,
): number {
  const most = body.take("i32");
  const least = body.take("i32");
  body.i32(32);
  if (used !== undefined) body.get(used).op(OP.i32Sub);
  body.set(most);
  body.get(value).get(most).get(value).get(most).op(OP.i32LtU, OP.select)
    .set(least);
  return least;
}

function extracted(
  body: Writer["body"],
  [value, from, many]: readonly [number, number, number],
  isSigned: boolean,
): void {
  const offset = inside(body, from, undefined);
  const count = inside(body, many, offset);
  // Zero bits are zero; a shift by 32 would be one by nothing.
  body.i32(0);
  body.get(value).i32(32).get(count).op(OP.i32Sub).get(offset)
    .op(OP.i32Sub, OP.i32Shl);
  body.i32(32).get(count).op(OP.i32Sub);
  body.op(isSigned ? OP.i32ShrS : OP.i32ShrU);
  body.get(count).op(OP.i32Eqz, OP.select);
}

function inserted(
  body: Writer["body"],
  [value, next, from, many]: readonly [number, number, number, number],
): void {
  const offset = inside(body, from, undefined);
  const count = inside(body, many, offset);
  const mask = body.take("i32");
  body.i32(0);
  body.i32(-1).i32(32).get(count).op(OP.i32Sub, OP.i32ShrU);
  body.get(offset).op(OP.i32Shl);
  body.get(count).op(OP.i32Eqz, OP.select).set(mask);
  body.get(value).get(mask).i32(-1).op(OP.i32Xor, OP.i32And);
  body.get(next).get(offset).op(OP.i32Shl).get(mask).op(OP.i32And, OP.i32Or);
}

function gathered(
  writer: Writer,
  of: readonly number[],
  isAll: boolean,
): number {
  const { body } = writer;
  body.i32(isAll ? 1 : 0);
  for (const one of of) body.get(one).op(isAll ? OP.i32And : OP.i32Or);
  const local = body.take("i32");
  body.set(local);
  return local;
}

/** Products, added up from the first to the last. */
function dot(
  { body }: Writer,
  [a = [], b = []]: ReadonlyArray<readonly number[]>,
  of: ScalarName,
): number {
  const isFloat = of === "f32";
  for (const [at, one] of a.entries()) {
    body.get(one).get(b[at] ?? one).op(isFloat ? OP.f32Mul : OP.i32Mul);
    if (at > 0) body.op(isFloat ? OP.f32Add : OP.i32Add);
  }
  const local = body.take(isFloat ? "f32" : "i32");
  body.set(local);
  return local;
}

function root(writer: Writer, of: readonly number[]): number {
  const { body } = writer;
  const local = body.take("f32");
  const [only] = of;
  if (of.length === 1 && only !== undefined) {
    body.get(only).op(OP.f32Abs).set(local);
  } else body.get(dot(writer, [of, of], "f32")).op(OP.f32Sqrt).set(local);
  return local;
}

function differences(
  { body }: Writer,
  [a = [], b = []]: ReadonlyArray<readonly number[]>,
): number[] {
  return a.map((one, at) => {
    const local = body.take("f32");
    body.get(one).get(b[at] ?? one).op(OP.f32Sub).set(local);
    return local;
  });
}

function normalized(writer: Writer, of: readonly number[]): number[] {
  const { body } = writer;
  const length = root(writer, of);
  return of.map((one) => {
    const local = body.take("f32");
    body.get(one).get(length).op(OP.f32Div).set(local);
    return local;
  });
}

function cross(
  { body }: Writer,
  [a = [], b = []]: ReadonlyArray<readonly number[]>,
): number[] {
  return [0, 1, 2].map((at) => {
    const [i, j] = [(at + 1) % 3, (at + 2) % 3];
    const local = body.take("f32");
    body.get(a[i] ?? 0).get(b[j] ?? 0).op(OP.f32Mul);
    body.get(a[j] ?? 0).get(b[i] ?? 0).op(OP.f32Mul, OP.f32Sub).set(local);
    return local;
  });
}

function reflected(
  writer: Writer,
  [e = [], n = []]: ReadonlyArray<readonly number[]>,
): number[] {
  const { body } = writer;
  const along = dot(writer, [n, e], "f32");
  return e.map((one, at) => {
    const local = body.take("f32");
    body.get(one).f32(2).get(along).op(OP.f32Mul).get(n[at] ?? 0)
      .op(OP.f32Mul, OP.f32Sub).set(local);
    return local;
  });
}

function faced(
  writer: Writer,
  [e1 = [], e2 = [], e3 = []]: ReadonlyArray<readonly number[]>,
): number[] {
  const { body } = writer;
  const along = dot(writer, [e2, e3], "f32");
  return e1.map((one) => {
    const local = body.take("f32");
    body.get(one).get(one).op(OP.f32Neg).get(along).f32(0)
      .op(OP.f32Lt, OP.select).set(local);
    return local;
  });
}
