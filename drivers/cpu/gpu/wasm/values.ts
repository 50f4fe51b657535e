/** Expressions, as instructions. */
import type { Expression } from "../wgsl/ir.ts";
import {
  elementOf,
  isFlat,
  type ScalarName,
  sizeOf,
  sizeOfFlat,
  strideOf,
  type Type,
} from "../wgsl/types.ts";
import { type Constant, partsOf } from "../wgsl/constants.ts";
import { atomic } from "./atomics.ts";
import { OP } from "./body.ts";
import { builtinParts } from "./builtins.ts";
import { binary, bits, convert, unary } from "./operations.ts";
import {
  clamp,
  homeAddress,
  loadParts,
  pushAddress,
  pushComponent,
  pushLength,
  pushLoad,
} from "./places.ts";
import { wasmType, type Writer } from "./writer.ts";

const scalarOf = (type: Type): ScalarName => elementOf(type) ?? "u32";

/** A scalar, a pointer, or the address of a value of parts, on the stack. */
export function push(writer: Writer, of: Expression): void {
  const { body } = writer;
  switch (of.op) {
    case "const":
      return pushConstant(writer, of.type, of.value);
    case "load":
      return pushLoad(writer, of.ref);
    case "value": {
      const home = writer.homeOf(of.variable);
      if (home.kind === "locals") body.get(home.locals[0] ?? 0);
      else {
        const offset = homeAddress(writer, of.variable);
        if (isFlat(of.type) || of.type.kind === "ptr") {
          body.load(wasmType(of.type), offset);
        } else if (offset !== 0) body.i32(offset).op(OP.i32Add);
      }
      return;
    }
    case "unary":
      push(writer, of.of);
      return unary(body, of.operator, of.type.of);
    case "binary":
      push(writer, of.left);
      push(writer, of.right);
      return binary(writer, of.operator, scalarOf(of.left.type));
    case "short":
      push(writer, of.left);
      body.open(OP.if, "i32");
      if (of.operator === "&&") push(writer, of.right);
      else body.i32(1);
      body.op(OP.else);
      if (of.operator === "&&") body.i32(0);
      else push(writer, of.right);
      body.close();
      return;
    case "make":
      return make(writer, of);
    case "swizzle": {
      body.get(parts(writer, of.of)[of.lanes[0] ?? 0] ?? 0);
      return;
    }
    case "at":
      return pushAt(writer, of);
    case "field":
      push(writer, of.of);
      return loadAt(writer, of.type, of.offset);
    case "convert":
      push(writer, of.of);
      return convert(body, scalarOf(of.of.type), of.type.of);
    case "bits":
      push(writer, of.of);
      return bits(body, scalarOf(of.of.type), of.type.of);
    case "address":
      return pushAddress(writer, of.ref);
    case "length":
      return pushLength(writer, of.root);
    case "builtin":
      body.get(builtinParts(writer, of)[0] ?? 0);
      return;
    case "atomic":
      return atomic(writer, of);
    case "call":
      return called(writer, of);
    case "splat":
    case "compose":
    case "uniform":
      throw new Error(`${of.op} is not on the stack`);
  }
}

function pushConstant(writer: Writer, type: Type, value: Constant): void {
  const { body, shared } = writer;
  if (!isFlat(type)) body.i32(shared.memory.constant(type, value));
  else if (type.of === "f32") body.f32(Number(value));
  else body.i32(Number(value));
}

/** What an address on the stack leads to. */
function loadAt({ body }: Writer, type: Type, offset: number): void {
  if (type.kind === "scalar") body.load(wasmType(type), offset);
  else if (offset !== 0) body.i32(offset).op(OP.i32Add);
}

function pushAt(
  writer: Writer,
  { of, at, type }: Expression & { op: "at" },
): void {
  if (of.type.kind === "vec") {
    return pushComponent(writer, parts(writer, of), at);
  }
  if (of.type.kind !== "array") throw new Error("it has no elements");
  const { body } = writer;
  push(writer, of);
  clamp(writer, at, of.type.count ?? 1);
  body.i32(strideOf(of.type)).op(OP.i32Mul, OP.i32Add);
  loadAt(writer, type, 0);
}

/** Puts the parts where nobody else does. */
function make(
  writer: Writer,
  { type, parts: all }: Expression & { op: "make" },
): void {
  const { body, shared } = writer;
  const at = shared.memory.of(type);
  for (const [i, part] of all.entries()) {
    const offset = type.kind === "struct"
      ? type.members[i]?.offset ?? 0
      : type.kind === "array"
      ? strideOf(type) * i
      : 0;
    place(writer, at + offset, part);
  }
  body.i32(at);
}

/** Stores a value at an address that is known. */
export function place(writer: Writer, at: number, value: Expression): void {
  const { body } = writer;
  const { type } = value;
  if (!isFlat(type)) {
    body.i32(at);
    push(writer, value);
    if (type.kind === "ptr") body.store("i32", 0);
    else body.i32(sizeOf(type)).copy();
    return;
  }
  const mark = body.mark();
  for (const [i, local] of parts(writer, value).entries()) {
    body.i32(at).get(local).store(wasmType(type), 4 * i);
  }
  body.release(mark);
}

/** The arguments go as components; values of parts by the address of a copy. */
function called(
  writer: Writer,
  { to, args }: Expression & { op: "call" },
): void {
  const { body, shared } = writer;
  for (const argument of args) {
    const { type } = argument;
    if (type.kind === "vec") {
      for (const local of parts(writer, argument)) body.get(local);
    } else if (isFlat(type) || type.kind === "ptr") push(writer, argument);
    else {
      const at = shared.memory.of(type);
      place(writer, at, argument);
      body.i32(at);
    }
  }
  const index = shared.functions.get(to)?.index;
  if (index === undefined) throw new Error(`${to.name} is not there`);
  body.call(index);
}

/** A scalar or vector, in locals that nobody writes. */
export function parts(writer: Writer, of: Expression): number[] {
  const { body } = writer;
  const { type } = of;
  if (!isFlat(type)) throw new Error("it has no components");
  const kind = wasmType(type);
  if (of.op === "builtin") return builtinParts(writer, of);
  if (type.kind === "scalar") {
    push(writer, of);
    const local = body.take(kind);
    body.set(local);
    return [local];
  }
  const each = (lists: number[][], act: (own: number[]) => void) =>
    Array.from({ length: type.size }, (_, at) => {
      act(lists.map((list) => list[at] ?? 0));
      const local = body.take(kind);
      body.set(local);
      return local;
    });
  const get = (own: number[]) => {
    for (const local of own) body.get(local);
  };
  switch (of.op) {
    case "const": {
      const values = partsOf(of.value);
      return values.map((value) => {
        pushConstant(writer, { kind: "scalar", of: type.of }, value);
        const local = body.take(kind);
        body.set(local);
        return local;
      });
    }
    case "load":
      return loadParts(writer, of.ref);
    case "value":
      return valueParts(writer, of);
    case "unary":
      return each([parts(writer, of.of)], (own) => {
        get(own);
        unary(body, of.operator, type.of);
      });
    case "binary":
      return each([parts(writer, of.left), parts(writer, of.right)], (own) => {
        get(own);
        binary(writer, of.operator, scalarOf(of.left.type));
      });
    case "convert":
    case "bits":
      return each([parts(writer, of.of)], (own) => {
        get(own);
        const act = of.op === "bits" ? bits : convert;
        act(body, scalarOf(of.of.type), type.of);
      });
    case "splat": {
      const [local = 0] = parts(writer, of.of);
      return Array.from({ length: type.size }, () => local);
    }
    case "compose":
      return of.parts.flatMap((part) => parts(writer, part));
    case "swizzle": {
      const whole = parts(writer, of.of);
      return of.lanes.map((lane) => whole[lane] ?? 0);
    }
    case "at":
    case "field":
      return partsAt(writer, of);
    case "call":
      return callParts(writer, of, sizeOfFlat(type));
  }
  throw new Error(`${of.op} is no vector`);
}

function valueParts(
  writer: Writer,
  of: Expression & { op: "value" },
): number[] {
  const home = writer.homeOf(of.variable);
  if (home.kind === "locals") return [...home.locals];
  const { variable, type } = of;
  const { space, access } = variable;
  return loadParts(writer, { op: "variable", variable, type, space, access });
}

/** A vector that a value of parts has. */
function partsAt(
  writer: Writer,
  of: Expression & { op: "at" | "field" },
): number[] {
  const { body } = writer;
  const base = body.take("i32");
  push(writer, of);
  body.set(base);
  const { type } = of;
  const size = isFlat(type) ? sizeOfFlat(type) : 1;
  return Array.from({ length: size }, (_, i) => {
    const local = body.take(wasmType(type));
    body.get(base).load(wasmType(type), 4 * i).set(local);
    return local;
  });
}

function callParts(
  writer: Writer,
  of: Expression & { op: "call" },
  size: number,
): number[] {
  const { body } = writer;
  called(writer, of);
  const locals = Array.from(
    { length: size },
    () => body.take(wasmType(of.type)),
  );
  for (const local of locals.toReversed()) body.set(local);
  return locals;
}
