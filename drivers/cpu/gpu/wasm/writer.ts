/** What the parts of the code generator share while they write one function. */
import type { Expression, FunctionIr, Variable } from "../wgsl/ir.ts";
import { isFlat, type Type } from "../wgsl/types.ts";
import type { Body } from "./body.ts";
import type { ModuleEncoder, ValueType } from "./encoder.ts";
import type { ProgramMemory } from "./memory.ts";

/** Where the value of a variable is. */
export type Home =
  | { readonly kind: "locals"; readonly locals: readonly number[] }
  /** The same for all invocations: one of them uses it at a time. */
  | { readonly kind: "fixed"; readonly address: number }
  /** In the frame of the invocation. */
  | { readonly kind: "frame"; readonly offset: number };

/** A buffer of the program: globals that say where it is now. */
export interface Bound {
  readonly variable: Variable;
  readonly binding: number;
  readonly address: number;
  /** Index of the last element of its array without a size. */
  readonly last: number;
}

export interface GeneratedFunction {
  readonly index: number;
  /** Of one with a barrier, in frames. */
  readonly parameters: readonly Home[];
  readonly result: Home | undefined;
}

/** One program while it is written. */
export interface Shared {
  readonly encoder: ModuleEncoder;
  readonly memory: ProgramMemory;
  readonly bound: ReadonlyMap<Variable, Bound>;
  readonly functions: ReadonlyMap<FunctionIr, GeneratedFunction>;
  /** Module variables outside of buffers. */
  readonly homes: ReadonlyMap<Variable, Home>;
  readonly globals: {
    /** The frame of the invocation that runs. */
    readonly frame: number;
    readonly frames: number;
    readonly framesEnd: number;
    /** How large one is, which is known when all is written. */
    readonly frameOctets: number;
    readonly fuel: number;
    readonly group: readonly [number, number, number];
    readonly groups: readonly [number, number, number];
  };
  /** Invocations of a group. */
  readonly lanes: number;
  /** Functions of numbers, by name. */
  readonly math: ReadonlyMap<string, number>;
  /** More fuel, or no return. */
  readonly tick: number;
  /** A barrier that not all reach: line, column. */
  readonly stop: number;
}

export interface Writer {
  readonly body: Body;
  readonly shared: Shared;
  homeOf(variable: Variable): Home;
  /** A scalar, a pointer, or the address of a value of parts, on the stack. */
  push(expression: Expression): void;
  /** A scalar or vector, in locals that nobody writes. */
  parts(expression: Expression): number[];
}

export const wasmType = (type: Type): ValueType =>
  isFlat(type) && type.of === "f32" ? "f32" : "i32";
