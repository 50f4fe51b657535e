/** Places in memory and in locals: their addresses, what is read and written. */
import type { Expression, Ref, Variable } from "../wgsl/ir.ts";
import {
  isFlat,
  isRuntimeSized,
  sizeOf,
  sizeOfFlat,
  type Type,
} from "../wgsl/types.ts";
import { OP } from "./body.ts";
import { type Bound, wasmType, type Writer } from "./writer.ts";

/** The locals of a variable that lies in some. */
function localsOf(writer: Writer, ref: Ref): readonly number[] | undefined {
  if (ref.op !== "variable" || ref.variable.binding !== undefined) {
    return undefined;
  }
  const home = writer.homeOf(ref.variable);
  return home.kind === "locals" ? home.locals : undefined;
}

/** Puts an address on the stack; what is given is to be added to it. */
export function address(writer: Writer, ref: Ref): number {
  const { body, shared } = writer;
  switch (ref.op) {
    case "variable": {
      const bound = shared.bound.get(ref.variable);
      if (bound !== undefined) {
        body.getGlobal(bound.address);
        return 0;
      }
      return homeAddress(writer, ref.variable);
    }
    case "deref":
      writer.push(ref.pointer);
      return 0;
    case "member":
      return address(writer, ref.of) + ref.offset;
    case "element": {
      const offset = address(writer, ref.of);
      const { at, count, stride } = ref;
      if (count !== undefined && at.op === "const") {
        return offset + Number(at.value) * stride;
      }
      if (count === undefined) {
        clampToBuffer(writer, at, boundOf(writer, ref.of));
      } else clamp(writer, at, count);
      body.i32(stride).op(OP.i32Mul, OP.i32Add);
      return offset;
    }
    case "component": {
      const offset = address(writer, ref.of);
      if (ref.at.op === "const") return offset + 4 * Number(ref.at.value);
      clamp(writer, ref.at, vectorSize(ref.of.type));
      body.i32(4).op(OP.i32Mul, OP.i32Add);
      return offset;
    }
  }
}

export function homeAddress(writer: Writer, variable: Variable): number {
  const { body, shared } = writer;
  const home = writer.homeOf(variable);
  if (home.kind === "locals") throw new Error("a local has no address");
  if (home.kind === "fixed") {
    body.i32(home.address);
    return 0;
  }
  body.getGlobal(shared.globals.frame);
  return home.offset;
}

/** The address alone. */
export function pushAddress(writer: Writer, ref: Ref): void {
  const offset = address(writer, ref);
  if (offset !== 0) writer.body.i32(offset).op(OP.i32Add);
}

function vectorSize(type: Type): number {
  return isFlat(type) ? sizeOfFlat(type) : 1;
}

/** The index, or the last one there is. */
export function clamp(writer: Writer, at: Expression, count: number): void {
  const { body } = writer;
  const index = body.take("i32");
  writer.push(at);
  body.tee(index).i32(count - 1).get(index).i32(count - 1)
    .op(OP.i32LtU, OP.select);
}

function clampToBuffer(writer: Writer, at: Expression, bound: Bound): void {
  const { body } = writer;
  const index = body.take("i32");
  writer.push(at);
  body.tee(index).getGlobal(bound.last).get(index).getGlobal(bound.last)
    .op(OP.i32LtU, OP.select);
}

/** The buffer that a place without a size lies in. */
function boundOf(writer: Writer, ref: Ref): Bound {
  let at = ref;
  for (;;) {
    if (at.op === "variable") return known(writer, at.variable);
    if (at.op === "deref") {
      const { pointer } = at;
      if (pointer.op === "value" && pointer.variable.root !== undefined) {
        return known(writer, pointer.variable.root);
      }
      if (pointer.op !== "address") throw new Error("its buffer is not known");
      at = pointer.ref;
    } else at = at.of;
  }
}

export function known(writer: Writer, variable: Variable): Bound {
  const bound = writer.shared.bound.get(variable);
  if (bound === undefined) throw new Error(`${variable.name} is not bound`);
  return bound;
}

/** A scalar on the stack, or the address of a value of parts. */
export function pushLoad(writer: Writer, ref: Ref): void {
  const { body } = writer;
  const { type } = ref;
  const own = localsOf(writer, ref);
  if (own !== undefined) {
    body.get(own[0] ?? 0);
    return;
  }
  if (ref.op === "component") {
    const whole = localsOf(writer, ref.of);
    if (whole !== undefined) return pushComponent(writer, whole, ref.at);
  }
  if (!isFlat(type)) return pushAddress(writer, ref);
  const offset = address(writer, ref);
  body.load(wasmType(type), offset);
}

/** One of some locals, by its index. */
export function pushComponent(
  writer: Writer,
  locals: readonly number[],
  at: Expression,
): void {
  const { body } = writer;
  const [first = 0] = locals;
  if (at.op === "const") {
    body.get(locals[Number(at.value)] ?? first);
    return;
  }
  const index = body.take("i32");
  clamp(writer, at, locals.length);
  body.set(index);
  body.get(first);
  for (const [i, local] of locals.entries()) {
    if (i === 0) continue;
    // So far, or this one: `select` gives the first where it is not equal.
    body.get(local).get(index).i32(i).op(OP.i32Ne, OP.select);
  }
}

/** The components of a scalar or vector, in locals of their own. */
export function loadParts(writer: Writer, ref: Ref): number[] {
  const { body } = writer;
  const { type } = ref;
  if (!isFlat(type)) throw new Error("it has no components");
  const kind = wasmType(type);
  const size = sizeOfFlat(type);
  if (size === 1) {
    const local = body.take(kind);
    pushLoad(writer, ref);
    body.set(local);
    return [local];
  }
  const own = localsOf(writer, ref);
  if (own !== undefined) {
    return own.map((local) => {
      const copy = body.take(kind);
      body.get(local).set(copy);
      return copy;
    });
  }
  const base = body.take("i32");
  const offset = address(writer, ref);
  body.set(base);
  return Array.from({ length: size }, (_, i) => {
    const local = body.take(kind);
    body.get(base).load(kind, offset + 4 * i).set(local);
    return local;
  });
}

export function store(writer: Writer, to: Ref, value: Expression): void {
  const { body } = writer;
  const { type } = to;
  if (!isFlat(type)) {
    pushAddress(writer, to);
    writer.push(value);
    body.i32(sizeOf(type)).copy();
    return;
  }
  const kind = wasmType(type);
  const own = localsOf(writer, to);
  if (own !== undefined) return setLocals(writer, own, value);
  if (to.op === "component") {
    const whole = localsOf(writer, to.of);
    if (whole !== undefined) return setComponent(writer, whole, to, value);
  }
  if (type.kind === "scalar") {
    const offset = address(writer, to);
    writer.push(value);
    body.store(kind, offset);
    return;
  }
  const base = body.take("i32");
  const offset = address(writer, to);
  body.set(base);
  for (const [i, local] of writer.parts(value).entries()) {
    body.get(base).get(local).store(kind, offset + 4 * i);
  }
}

export function setLocals(
  writer: Writer,
  locals: readonly number[],
  value: Expression,
): void {
  const { body } = writer;
  const [only = 0] = locals;
  if (locals.length === 1) {
    writer.push(value);
    body.set(only);
    return;
  }
  const parts = writer.parts(value);
  for (const [i, local] of locals.entries()) body.get(parts[i] ?? 0).set(local);
}

function setComponent(
  writer: Writer,
  whole: readonly number[],
  { at, type }: Ref & { op: "component" },
  value: Expression,
): void {
  const { body } = writer;
  if (at.op === "const") {
    writer.push(value);
    body.set(whole[Number(at.value)] ?? 0);
    return;
  }
  const index = body.take("i32");
  const next = body.take(wasmType(type));
  clamp(writer, at, whole.length);
  body.set(index);
  writer.push(value);
  body.set(next);
  for (const [i, local] of whole.entries()) {
    body.get(next).get(local).get(index).i32(i).op(OP.i32Eq, OP.select).set(
      local,
    );
  }
}

/** Octets of the array without a size, counted in elements. */
export function pushLength(writer: Writer, root: Variable): void {
  if (!isRuntimeSized(root.type)) throw new Error("it has a size");
  writer.body.getGlobal(known(writer, root).last).i32(1).op(OP.i32Add);
}
