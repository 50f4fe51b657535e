/**
 * One function under construction: its locals and its code.
 *
 * Branches count from the innermost `if` or `loop`, as in the instruction.
 */
import type { Core } from "../../../wit/abi/layout.ts";
import { Writer } from "../rewriter/writer.ts";
import { EMPTY, MEMORY_COPY, OP, VALUE_TYPE } from "./opcodes.ts";

const HAS_MEMORY = 0x40;

export class Body {
  readonly #code = new Writer(128);
  readonly #locals: Core[] = [];

  constructor(readonly params: readonly Core[]) {}

  /** A fresh local; zero when the function begins. */
  local(type: Core): number {
    this.#locals.push(type);
    return this.params.length + this.#locals.length - 1;
  }

  op(...octets: readonly number[]): this {
    this.#code.octets(octets);
    return this;
  }

  #indexed(op: number, index: number): this {
    this.#code.byte(op);
    this.#code.u32(index);
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

  global(index: number): this {
    return this.#indexed(OP.globalGet, index);
  }

  setGlobal(index: number): this {
    return this.#indexed(OP.globalSet, index);
  }

  call(index: number): this {
    return this.#indexed(OP.call, index);
  }

  /** Through entry `entry` of table 0. */
  callThrough(entry: number, type: number): this {
    this.i32(entry);
    this.#indexed(OP.callIndirect, type);
    return this.op(0);
  }

  i32(value: number): this {
    this.#code.byte(OP.i32Const);
    this.#code.s64(value | 0);
    return this;
  }

  /** A number that JavaScript has exactly. */
  i64(value: number): this {
    this.#code.byte(OP.i64Const);
    this.#code.s64(value);
    return this;
  }

  zero(type: Core): this {
    if (type === "i32") return this.i32(0);
    if (type === "i64") return this.i64(0);
    return type === "f32"
      ? this.op(OP.f32Const, 0, 0, 0, 0)
      : this.op(OP.f64Const, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  /** A load or store of memory `memory`. */
  memory(
    op: readonly number[],
    memory: number,
    offset: number,
    align = 0,
  ): this {
    this.#code.octets(op);
    this.#code.byte(align | HAS_MEMORY);
    this.#code.u32(memory);
    this.#code.u32(offset);
    return this;
  }

  /** To, from and length are on the stack. */
  copy(to: number, from: number): this {
    this.#code.octets(MEMORY_COPY);
    this.#code.u32(to);
    this.#code.u32(from);
    return this;
  }

  size(memory: number): this {
    return this.#indexed(OP.memorySize, memory);
  }

  when(then: () => void, otherwise?: () => void): this {
    this.op(OP.if, EMPTY);
    then();
    if (otherwise !== undefined) {
      this.op(OP.else);
      otherwise();
    }
    return this.op(OP.end);
  }

  loop(round: () => void): this {
    this.op(OP.loop, EMPTY);
    round();
    return this.op(OP.end);
  }

  branch(depth: number): this {
    return this.#indexed(OP.br, depth);
  }

  /** Sized, as the code section has it. */
  done(): Uint8Array {
    const whole = new Writer(this.#code.length + 16);
    whole.u32(this.#locals.length);
    for (const type of this.#locals) whole.octets([1, VALUE_TYPE[type]]);
    whole.octets(this.#code.done());
    whole.byte(OP.end);
    const sized = new Writer(whole.length + 5);
    sized.u32(whole.length);
    sized.octets(whole.done());
    return sized.done();
  }
}
