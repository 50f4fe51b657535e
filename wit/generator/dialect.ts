/**
 * What `emit.ts` writes with: source text, and a language's way to say things.
 */
import type { Type } from "../decode/model.ts";
import type { Core } from "../abi/layout.ts";

/** Source text under construction. */
export class Code {
  readonly lines: string[] = [];
  #indent = 0;
  #fresh = 0;

  line(text: string): void {
    this.lines.push("  ".repeat(this.#indent) + text);
  }

  /** Writes `head {`, what `inner` writes, and `tail`. */
  block(head: string, inner: () => void, tail = "}"): void {
    this.line(head + " {");
    this.#indent++;
    inner();
    this.#indent--;
    this.line(tail);
  }

  fresh(): string {
    return `v${this.#fresh++}`;
  }

  toString(): string {
    return this.lines.join("\n") + "\n";
  }
}

/** What a language does its own way. Expressions are text; `v` is always a name or a property path. */
export interface Dialect {
  typeText(type: Type): string;
  coreText(core: Core): string;
  coreZero(core: Core): string;
  /** Memory access; the size is in octets. */
  loadCore(prim: string, at: string, offset: number): string;
  storeCore(prim: string, at: string, offset: number, v: string): string;
  /** Between a primitive, enum, flags or handle and its number as memory and flat form have it. */
  fromNumber(type: Type, number: string): string;
  toNumber(type: Type, v: string): string;
  liftString(pointer: string, length: string): string;
  liftNumbers(prim: string, pointer: string, length: string): string;
  /** Writes code that checks a list's octets and gives the name of its start. */
  listStart(code: Code, pointer: string, length: string, element: Type): string;
  /** Writes code after the last element was read. */
  listEnd(code: Code, pointer: string, length: string): void;
  newArray(element: Type, length: string): string;
  setItem(array: string, index: string, v: string): string;
  getItem(array: string, index: string, element: Type): string;
  lengthOf(array: string): string;
  lowerString(code: Code, v: string): readonly [string, string];
  lowerNumbers(code: Code, prim: string, v: string): readonly [string, string];
  allocate(octets: string, align: number): string;
  field(v: string, type: Type, at: number): string;
  construct(type: Type, values: readonly string[]): string;
  /** Arms: what to switch on, the label of an arm, its payload, and a value of it. */
  scrutinee(type: Type, v: string): string;
  armLabel(type: Type, at: number): string;
  payload(type: Type, at: number, v: string): string;
  arm(type: Type, at: number, payload: string | undefined): string;
  /** A statement that ends the call because a discriminant is out of range. */
  badArm(type: Type, lifting: boolean): string;
  /** Converts between the core type of an arm and the joined one that carries it. */
  coerce(v: string, from: Core, to: Core): string;
  /** Declares a name. */
  constant(name: string, v: string): string;
  variable(name: string, type: string): string;
  /** Name of the function that loads or stores a type, made on first use; undefined to inline. */
  helper(way: "load" | "store", type: Type): string | undefined;
}
