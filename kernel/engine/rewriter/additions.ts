/**
 * What the rewriter appends to a module: types, functions, globals, exports.
 *
 * Each comes behind the module's own of its kind, so no index of the module
 * moves, and none of the module's can name it (instructions.ts).
 */
import type { Scope } from "./instructions.ts";
import { OP, TYPE } from "./opcode_octets.ts";
import { Writer } from "./writer.ts";

/** Indices of what is appended, and its octets. */
export class Additions {
  readonly types: Uint8Array[] = [];
  /** The type of each appended function. */
  readonly functions: number[] = [];
  readonly bodies: Uint8Array[] = [];
  readonly globals: Uint8Array[] = [];
  readonly exports: Uint8Array[] = [];
  readonly #scope: Scope;
  readonly #typesBase: number;

  /** `types` is how many the module has; `scope` must be complete. */
  constructor(scope: Scope, types: number) {
    this.#scope = scope;
    this.#typesBase = types;
  }

  /** Returns its index. */
  type(octets: readonly number[]): number {
    this.types.push(Uint8Array.from(octets));
    return this.#typesBase + this.types.length - 1;
  }

  /** `body` is without its size: locals, code, end. Returns its index. */
  function(type: readonly number[], body: Uint8Array): number {
    this.functions.push(this.type(type));
    const sized = new Writer();
    sized.u32(body.length);
    sized.octets(body);
    this.bodies.push(sized.done());
    return this.#scope.functions + this.functions.length - 1;
  }

  /** A mutable global with its first value as code. Returns its index. */
  global(type: number, value: readonly number[], name: string): number {
    return this.#global([type], value, name);
  }

  /** A mutable global that holds a function of that type, at first none. */
  reference(type: number, name: string): number {
    // Of heap types an index is a signed number.
    const index = new Writer();
    index.s64(type);
    const octets = index.done();
    return this.#global(
      [TYPE.refNull, ...octets],
      [OP.refNull, ...octets],
      name,
    );
  }

  #global(
    type: readonly number[],
    value: readonly number[],
    name: string,
  ): number {
    this.globals.push(Uint8Array.from([...type, 1, ...value, OP.end]));
    const index = this.#scope.globals + this.globals.length - 1;
    this.export(name, 3, index);
    return index;
  }

  export(name: string, kind: number, index: number): void {
    const writer = new Writer();
    writer.name(name);
    writer.byte(kind);
    writer.u32(index);
    this.exports.push(writer.done());
  }
}
