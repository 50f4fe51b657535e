/** One operation on scalars that are on the stack. */
import type { ScalarName } from "../wgsl/types.ts";
import { type Body, OP } from "./body.ts";
import type { Writer } from "./writer.ts";

const SIGNED: Readonly<Record<string, number>> = {
  "+": OP.i32Add,
  "-": OP.i32Sub,
  "*": OP.i32Mul,
  "&": OP.i32And,
  "|": OP.i32Or,
  "^": OP.i32Xor,
  "<<": OP.i32Shl,
  ">>": OP.i32ShrS,
  "==": OP.i32Eq,
  "!=": OP.i32Ne,
  "<": OP.i32LtS,
  "<=": OP.i32LeS,
  ">": OP.i32GtS,
  ">=": OP.i32GeS,
};
const UNSIGNED: Readonly<Record<string, number>> = {
  ...SIGNED,
  ">>": OP.i32ShrU,
  "<": OP.i32LtU,
  "<=": OP.i32LeU,
  ">": OP.i32GtU,
  ">=": OP.i32GeU,
};
const FLOAT: Readonly<Record<string, number>> = {
  "+": OP.f32Add,
  "-": OP.f32Sub,
  "*": OP.f32Mul,
  "/": OP.f32Div,
  "==": OP.f32Eq,
  "!=": OP.f32Ne,
  "<": OP.f32Lt,
  "<=": OP.f32Le,
  ">": OP.f32Gt,
  ">=": OP.f32Ge,
};

/** Both are there; the result takes their place. */
export function binary(
  { body }: Writer,
  operator: string,
  of: ScalarName,
): void {
  const table = of === "f32" ? FLOAT : of === "i32" ? SIGNED : UNSIGNED;
  const code = table[operator];
  if (code !== undefined) body.op(code);
  else if (of === "f32") remainder(body);
  else divide(body, operator, of === "i32");
}

/** `x - y * trunc(x / y)`. */
function remainder(body: Body): void {
  const [x, y] = [body.take("f32"), body.take("f32")];
  body.set(y).set(x);
  body.get(x).get(y).get(x).get(y)
    .op(OP.f32Div, OP.f32Trunc, OP.f32Mul, OP.f32Sub);
}

/** By zero, or where it overflows: as if by one. */
function divide(body: Body, operator: string, isSigned: boolean): void {
  const by = body.take("i32");
  const of = body.take("i32");
  body.set(by).set(of);
  body.get(of);
  body.i32(1).get(by);
  body.get(by).op(OP.i32Eqz);
  if (isSigned) {
    body.get(of).i32(-(2 ** 31)).op(OP.i32Eq);
    body.get(by).i32(-1).op(OP.i32Eq, OP.i32And, OP.i32Or);
  }
  body.op(OP.select);
  if (operator === "/") body.op(isSigned ? OP.i32DivS : OP.i32DivU);
  else body.op(isSigned ? OP.i32RemS : OP.i32RemU);
}

export function unary(body: Body, operator: string, of: ScalarName): void {
  if (operator === "!") body.op(OP.i32Eqz);
  else if (operator === "~") body.i32(-1).op(OP.i32Xor);
  else if (of === "f32") body.op(OP.f32Neg);
  else body.i32(-1).op(OP.i32Mul);
}

export function convert(body: Body, from: ScalarName, to: ScalarName): void {
  if (from === to) return;
  if (to === "bool") {
    if (from === "f32") body.f32(0).op(OP.f32Ne);
    else body.op(OP.i32Eqz, OP.i32Eqz);
  } else if (to === "f32") {
    body.op(from === "i32" ? OP.f32ConvertS : OP.f32ConvertU);
  } else if (from === "f32") body.saturate(to === "i32");
}

/** Of the same bits; every NaN becomes one. */
export function bits(body: Body, from: ScalarName, to: ScalarName): void {
  if (from === "f32" && to !== "f32") body.canonical().op(OP.i32Bits);
  else if (from !== "f32" && to === "f32") body.op(OP.f32Bits);
}
