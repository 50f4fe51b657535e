/** Atomics: one invocation runs at a time, so they are reads and writes. */
import type { Expression } from "../wgsl/ir.ts";
import { sizeOf } from "../wgsl/types.ts";
import { OP } from "./body.ts";
import type { Writer } from "./writer.ts";

const CODES: Readonly<Record<string, number>> = {
  atomicAdd: OP.i32Add,
  atomicSub: OP.i32Sub,
  atomicAnd: OP.i32And,
  atomicOr: OP.i32Or,
  atomicXor: OP.i32Xor,
};

/** What was there before is left on the stack; nothing by a store. */
export function atomic(
  writer: Writer,
  of: Expression & { op: "atomic" },
): void {
  const { body, shared } = writer;
  const { name, pointer, args } = of;
  const at = body.take("i32");
  const old = body.take("i32");
  writer.push(pointer);
  body.set(at);
  const values = args.map((one) => writer.parts(one)[0] ?? 0);
  const [value = 0, next = 0] = values;
  body.get(at).load("i32", 0).set(old);
  if (name === "atomicCompareExchangeWeak") {
    const result = shared.memory.allocate(sizeOf(of.type));
    const isSame = body.take("i32");
    body.get(old).get(value).op(OP.i32Eq).set(isSame);
    body.get(at).get(next).get(old).get(isSame).op(OP.select).store("i32", 0);
    body.i32(result).get(old).store("i32", 0);
    body.i32(result).get(isSame).store("i32", 4);
    body.i32(result);
    return;
  }
  if (name !== "atomicLoad") {
    const isSigned = of.type.kind === "scalar" && of.type.of === "i32";
    body.get(at);
    changed(writer, name, isSigned, [old, value]);
    body.store("i32", 0);
  }
  if (name !== "atomicStore") body.get(old);
}

/** What is there afterwards. */
function changed(
  { body }: Writer,
  name: string,
  isSigned: boolean,
  [old, value]: readonly [number, number],
): void {
  const code = CODES[name];
  if (code !== undefined) body.get(old).get(value).op(code);
  else if (name === "atomicMax" || name === "atomicMin") {
    const less = isSigned ? OP.i32LtS : OP.i32LtU;
    const [first, second] = name === "atomicMin" ? [old, value] : [value, old];
    body.get(first).get(second).get(old).get(value).op(less, OP.select);
  } else body.get(value);
}
