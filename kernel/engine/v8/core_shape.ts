/**
 * What the functions of a core module take and give, by the names they go by.
 *
 * For modules that the platform has validated. A number type is written as in
 * WebAssembly text; every other type as `?`, which no contract crosses with.
 */
import { TYPES_MAX } from "../limits.ts";
import type { Reader } from "../rewriter/reader.ts";
import {
  readFunctions,
  readImports,
  SECTION,
  splitSections,
} from "../rewriter/sections.ts";
import { skipValueType } from "../rewriter/types.ts";

export interface CoreImport {
  readonly module: string;
  readonly name: string;
  readonly type: string;
}

export interface CoreShape {
  /** Functions only. */
  readonly imports: readonly CoreImport[];
  /** Of exported functions: type by name. */
  readonly exports: ReadonlyMap<string, string>;
  /** Tables that the module defines. */
  readonly tables: number;
}

const NUMBERS: Readonly<Record<number, string>> = {
  0x7f: "i32",
  0x7e: "i64",
  0x7d: "f32",
  0x7c: "f64",
};

/** `i32 i64 -> i32`. */
export function coreType(
  params: readonly string[],
  results: readonly string[],
): string {
  return `${params.join(" ")} -> ${results.join(" ")}`;
}

export function coreShape(octets: Uint8Array): CoreShape {
  const { sections } = splitSections(octets);
  const read = <T>(
    id: number,
    reading: (reader: Reader) => T,
  ): T | undefined => {
    const reader = sections.get(id);
    return reader === undefined ? undefined : reading(reader);
  };
  const types = read(SECTION.type, typeTexts) ?? [];
  const textOf = (type: number) => types[type] ?? "?";
  const imports = (read(SECTION.import, readImports)?.imports ?? [])
    .filter(({ kind }) => kind === "function")
    .map(({ module, name, type }) => ({ module, name, type: textOf(type) }));
  const own = read(SECTION.function, readFunctions)?.types ?? [];
  const functions = [...imports.map(({ type }) => type), ...own.map(textOf)];
  return {
    imports,
    exports: read(SECTION.export, (reader) => exportTypes(reader, functions)) ??
      new Map(),
    tables: read(SECTION.table, (reader) => reader.u32()) ?? 0,
  };
}

function exportTypes(
  reader: Reader,
  functions: readonly string[],
): Map<string, string> {
  const found = new Map<string, string>();
  for (let left = reader.u32(); left > 0; left--) {
    const name = reader.name(Infinity);
    const isFunction = reader.byte() === 0;
    const index = reader.u32();
    if (isFunction) found.set(name, functions[index] ?? "?");
  }
  return found;
}

/** The text of each type; of what is no function's, `?`. */
function typeTexts(reader: Reader): string[] {
  const texts: string[] = [];
  const entries = reader.count(TYPES_MAX, "types");
  for (let index = 0; index < entries; index++) {
    let group = 1;
    if (reader.peek() === 0x4e) {
      reader.skip(1);
      group = reader.u32();
    }
    for (; group > 0; group--) texts.push(typeText(reader));
  }
  return texts;
}

function typeText(reader: Reader): string {
  if (reader.peek() === 0x50 || reader.peek() === 0x4f) {
    reader.skip(1);
    for (let left = reader.u32(); left > 0; left--) reader.u32();
  }
  const form = reader.byte();
  if (form === 0x60) return coreType(values(reader), values(reader));
  for (let left = form === 0x5f ? reader.u32() : 1; left > 0; left--) {
    const octet = reader.peek();
    if (octet === 0x78 || octet === 0x77) reader.skip(1);
    else skipValueType(reader);
    reader.skip(1);
  }
  return "?";
}

function values(reader: Reader): string[] {
  const texts: string[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    texts.push(NUMBERS[reader.peek()] ?? "?");
    skipValueType(reader);
  }
  return texts;
}
