/** The code of one function while it is written. */
import { type Code, signed, unsigned, type ValueType } from "./encoder.ts";

/** The instructions that programs are made of. */
export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  return: 0x0f,
  call: 0x10,
  drop: 0x1a,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Load: 0x28,
  f32Load: 0x2a,
  i32Store: 0x36,
  f32Store: 0x38,
  i32Const: 0x41,
  f32Const: 0x43,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32Ne: 0x47,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtS: 0x4a,
  i32GtU: 0x4b,
  i32LeS: 0x4c,
  i32LeU: 0x4d,
  i32GeS: 0x4e,
  i32GeU: 0x4f,
  f32Eq: 0x5b,
  f32Ne: 0x5c,
  f32Lt: 0x5d,
  f32Gt: 0x5e,
  f32Le: 0x5f,
  f32Ge: 0x60,
  i32Clz: 0x67,
  i32Ctz: 0x68,
  i32Popcnt: 0x69,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32DivS: 0x6d,
  i32DivU: 0x6e,
  i32RemS: 0x6f,
  i32RemU: 0x70,
  i32And: 0x71,
  i32Or: 0x72,
  i32Xor: 0x73,
  i32Shl: 0x74,
  i32ShrS: 0x75,
  i32ShrU: 0x76,
  f32Abs: 0x8b,
  f32Neg: 0x8c,
  f32Ceil: 0x8d,
  f32Floor: 0x8e,
  f32Trunc: 0x8f,
  f32Nearest: 0x90,
  f32Sqrt: 0x91,
  f32Add: 0x92,
  f32Sub: 0x93,
  f32Mul: 0x94,
  f32Div: 0x95,
  f32Min: 0x96,
  f32Max: 0x97,
  f64Add: 0xa0,
  f64Mul: 0xa2,
  f32ConvertS: 0xb2,
  f32ConvertU: 0xb3,
  f32Demote: 0xb6,
  f64Promote: 0xbb,
  i32Bits: 0xbc,
  f32Bits: 0xbe,
  extended: 0xfc,
} as const;

/** Behind `extended`. */
const SATURATE_S = 0;
const SATURATE_U = 1;
const COPY = 10;
const FILL = 11;
const VOID = 0x40;
const TYPES: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d };

/** Engines take some 50,000. */
const LOCALS_MAX = 40_000;

/** There is no room for another local. */
export class TooManyLocals extends Error {}

/** The bits of the only NaN that is written. */
const ONE_NAN = 0x7fc0_0000;

const view = new DataView(new ArrayBuffer(4));

export class Body {
  readonly #octets: number[] = [];
  readonly #params: number;
  readonly #locals: ValueType[] = [];
  /** Locals that nobody has now. */
  readonly #free: Record<ValueType, number[]> = { i32: [], f32: [] };
  readonly #taken: number[] = [];
  /** How many blocks are open. */
  depth = 0;

  constructor(params: number) {
    this.#params = params;
  }

  get length(): number {
    return this.#octets.length;
  }

  code(): Code {
    return { locals: this.#locals, octets: this.#octets };
  }

  op(...codes: number[]): this {
    for (const code of codes) this.#octets.push(code);
    return this;
  }

  i32(value: number): this {
    this.#octets.push(OP.i32Const);
    signed(value, this.#octets);
    return this;
  }

  f32(value: number): this {
    if (Number.isNaN(value)) view.setUint32(0, ONE_NAN, true);
    else view.setFloat32(0, value, true);
    this.#octets.push(OP.f32Const);
    for (let at = 0; at < 4; at++) this.#octets.push(view.getUint8(at));
    return this;
  }

  get(local: number): this {
    return this.#indexed(OP.localGet, local);
  }

  set(local: number): this {
    return this.#indexed(OP.localSet, local);
  }

  tee(local: number): this {
    return this.#indexed(OP.localTee, local);
  }

  getGlobal(index: number): this {
    return this.#indexed(OP.globalGet, index);
  }

  setGlobal(index: number): this {
    return this.#indexed(OP.globalSet, index);
  }

  call(index: number): this {
    return this.#indexed(OP.call, index);
  }

  #indexed(code: number, index: number): this {
    this.#octets.push(code);
    unsigned(index, this.#octets);
    return this;
  }

  load(type: ValueType, offset: number): this {
    this.#octets.push(type === "f32" ? OP.f32Load : OP.i32Load, 2);
    unsigned(offset, this.#octets);
    return this;
  }

  /** Every NaN is written as the same one. */
  store(type: ValueType, offset: number): this {
    if (type === "f32") this.canonical();
    this.#octets.push(type === "f32" ? OP.f32Store : OP.i32Store, 2);
    unsigned(offset, this.#octets);
    return this;
  }

  canonical(): this {
    const value = this.take("f32");
    this.tee(value).f32(NaN).get(value).get(value).op(OP.f32Eq, OP.select);
    this.give([value]);
    return this;
  }

  saturate(isSigned: boolean): this {
    return this.op(OP.extended, isSigned ? SATURATE_S : SATURATE_U);
  }

  /** To, from, octets are on the stack. */
  copy(): this {
    return this.op(OP.extended, COPY, 0, 0);
  }

  /** To, value, octets are on the stack. */
  fill(): this {
    return this.op(OP.extended, FILL, 0);
  }

  /** Opens a block; gives its depth, for `br`. */
  open(code: number, result?: ValueType): number {
    this.op(code, result === undefined ? VOID : TYPES[result]);
    this.depth += 1;
    return this.depth;
  }

  close(): this {
    this.depth -= 1;
    return this.op(OP.end);
  }

  /** To the end of a block, or the start of a loop. */
  br(block: number): this {
    return this.#indexed(OP.br, this.depth - block);
  }

  brIf(block: number): this {
    return this.#indexed(OP.brIf, this.depth - block);
  }

  /** A local that nobody has. */
  take(type: ValueType): number {
    const free = this.#free[type].pop();
    const index = free ?? this.#params + this.#locals.push(type) - 1;
    if (this.#locals.length > LOCALS_MAX) throw new TooManyLocals();
    this.#taken.push(index);
    return index;
  }

  give(locals: readonly number[]): void {
    for (const local of locals) {
      const at = this.#taken.lastIndexOf(local);
      if (at < 0) continue;
      this.#taken.splice(at, 1);
      this.#free[this.#typeOf(local)].push(local);
    }
  }

  mark(): number {
    return this.#taken.length;
  }

  /** Gives back what was taken since. */
  release(mark: number): void {
    for (const local of this.#taken.splice(mark)) {
      this.#free[this.#typeOf(local)].push(local);
    }
  }

  #typeOf(local: number): ValueType {
    return this.#locals[local - this.#params] ?? "i32";
  }
}
