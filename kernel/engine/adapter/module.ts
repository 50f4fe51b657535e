/**
 * A core module under construction.
 *
 * Imports first: the index of a function that is imported is final only until
 * the first function of the module's own is made.
 */
import type { Core } from "../../../wit/abi/layout.ts";
import { must } from "../../limits.ts";
import { ADAPTER_OCTETS_MAX } from "../limits.ts";
import { Writer } from "../rewriter/writer.ts";
import { Body } from "./body.ts";
import { VALUE_TYPE } from "./opcodes.ts";

const HEADER = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const SECTION = {
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  global: 6,
  export: 7,
  element: 9,
  code: 10,
};
const FUNCTION_TYPE = 0x60;
const FUNCREF = 0x70;
const MUTABLE = 1;
const KIND = { function: 0, table: 1, memory: 2, global: 3 } as const;
const ONE_SHARED_PAGE = [3, 1, 1];
const ANY_MEMORY = [0, 0];

/** All imports are of one module of this name. */
export const IMPORTS = "karyon";

/** The contract is too large to be worth a module. */
export class TooLarge extends Error {}

function encoded(write: (writer: Writer) => void): Uint8Array {
  const writer = new Writer();
  write(writer);
  return writer.done();
}

export class ModuleParts {
  readonly #types: string[] = [];
  readonly #typeOctets: Uint8Array[] = [];
  readonly #imports: Uint8Array[] = [];
  readonly #functions: number[] = [];
  readonly #bodies: (Uint8Array | undefined)[] = [];
  readonly #globals: Uint8Array[] = [];
  readonly #exports: Uint8Array[] = [];
  #imported = 0;
  #memories = 0;
  #octets = 0;
  #table: readonly number[] = [];

  type(params: readonly Core[], results: readonly Core[]): number {
    const key = `${params} ${results}`;
    const known = this.#types.indexOf(key);
    if (known >= 0) return known;
    this.#typeOctets.push(encoded((writer) => {
      writer.byte(FUNCTION_TYPE);
      for (const cores of [params, results]) {
        writer.u32(cores.length);
        writer.octets(cores.map((core) => VALUE_TYPE[core]));
      }
    }));
    return this.#types.push(key) - 1;
  }

  importFunction(
    name: string,
    params: readonly Core[],
    results: readonly Core[],
  ): number {
    must(this.#functions.length === 0, "imports come before functions");
    const type = this.type(params, results);
    this.#import(name, KIND.function, (writer) => writer.u32(type));
    return this.#imported++;
  }

  importMemory(name: string, isShared: boolean): number {
    const limits = isShared ? ONE_SHARED_PAGE : ANY_MEMORY;
    this.#import(name, KIND.memory, (writer) => writer.octets(limits));
    return this.#memories++;
  }

  #import(
    name: string,
    kind: number,
    rest: (writer: Writer) => void,
  ): void {
    this.#imports.push(encoded((writer) => {
      writer.name(IMPORTS);
      writer.name(name);
      writer.byte(kind);
      rest(writer);
    }));
  }

  /** A mutable global that begins with zero. */
  global(type: Core, name?: string): number {
    const init = new Body([]).zero(type).done();
    // A body is its size, no locals, code and end: the code and end are the init.
    this.#globals.push(encoded((writer) => {
      writer.octets([VALUE_TYPE[type], MUTABLE]);
      writer.octets(init.subarray(2));
    }));
    const index = this.#globals.length - 1;
    if (name !== undefined) this.#export(name, KIND.global, index);
    return index;
  }

  /** Makes a function; its index is known to `write` already. */
  function(
    params: readonly Core[],
    results: readonly Core[],
    write: (body: Body, self: number) => void,
  ): number {
    const at = this.#functions.push(this.type(params, results)) - 1;
    const self = this.#imported + at;
    const body = new Body(params);
    write(body, self);
    const octets = body.done();
    this.#bodies[at] = octets;
    this.#octets += octets.length;
    if (this.#octets > ADAPTER_OCTETS_MAX) throw new TooLarge();
    return self;
  }

  exportFunction(name: string, index: number): void {
    this.#export(name, KIND.function, index);
  }

  /** The one table, with these functions in it. */
  exportTable(name: string, functions: readonly number[]): void {
    this.#table = functions;
    this.#export(name, KIND.table, 0);
  }

  #export(name: string, kind: number, index: number): void {
    this.#exports.push(encoded((writer) => {
      writer.name(name);
      writer.byte(kind);
      writer.u32(index);
    }));
  }

  done(): Uint8Array<ArrayBuffer> {
    const writer = new Writer(this.#octets + 1_024);
    writer.octets(HEADER);
    const section = (id: number, items: readonly Uint8Array[]) => {
      if (items.length === 0) return;
      writer.section(
        id,
        encoded((inner) => {
          inner.u32(items.length);
          for (const item of items) inner.octets(item);
        }),
      );
    };
    const numbers = (values: readonly number[]) =>
      values.map((value) => encoded((inner) => inner.u32(value)));
    section(SECTION.type, this.#typeOctets);
    section(SECTION.import, this.#imports);
    section(SECTION.function, numbers(this.#functions));
    const table = this.#table;
    if (table.length > 0) {
      section(SECTION.table, [encoded((inner) => {
        inner.octets([FUNCREF, 1]);
        inner.u32(table.length);
        inner.u32(table.length);
      })]);
    }
    section(SECTION.global, this.#globals);
    section(SECTION.export, this.#exports);
    if (table.length > 0) {
      section(SECTION.element, [encoded((inner) => {
        // Active, at 0 of table 0.
        inner.octets([0, 0x41, 0, 0x0b]);
        inner.u32(table.length);
        for (const index of table) inner.u32(index);
      })]);
    }
    section(
      SECTION.code,
      this.#bodies.map((body) => {
        must(body !== undefined, "every function has a body");
        return body;
      }),
    );
    return writer.done();
  }
}
