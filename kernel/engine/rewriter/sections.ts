/**
 * The sections of a core module: their order, and what is read of each.
 *
 * Contents that the rewriter does not change are still decoded, so a policy on
 * instructions also holds in constant expressions, which run too.
 */
import {
  DATA_SEGMENTS_MAX,
  EXPORTS_MAX,
  FUNCTIONS_MAX,
  GLOBALS_MAX,
  IMPORTS_MAX,
  MEMORIES_MAX,
  NAME_OCTETS_MAX,
  TABLES_MAX,
} from "../limits.ts";
import { clampLimits, type Limits, readLimits, writeLimits } from "./growth.ts";
import { type Scope, skipConstant } from "./instructions.ts";
import { Reader, type TypeUse } from "./reader.ts";
import { ModuleRefusal } from "./refusal.ts";
import { skipHeapType, skipValueType } from "./types.ts";
import { Writer } from "./writer.ts";

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** Sections in the order in which a module holds them. */
export const SECTION_ORDER: readonly number[] = [
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.tag,
  SECTION.global,
  SECTION.export,
  SECTION.start,
  SECTION.element,
  SECTION.dataCount,
  SECTION.code,
  SECTION.data,
];

const KINDS = ["function", "table", "memory", "global", "tag"] as const;
export type ExternKind = typeof KINDS[number];

export interface ModuleImport {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternKind;
  /** Of a function: its type; otherwise 0. */
  readonly type: number;
  /** Of a memory or table: whether its addresses have 64 bits. */
  readonly is64: boolean;
}

export interface ModuleExport {
  readonly name: string;
  readonly kind: ExternKind;
}

/** The sections of a module by id, and its name section if it has one. */
export interface Split {
  readonly sections: ReadonlyMap<number, Reader>;
  readonly names: Reader | undefined;
  /** Fills while the sections are read. */
  readonly typeUse: TypeUse;
}

const U32_MAX = 0xffff_ffff;
const MAGIC = [0x00, 0x61, 0x73, 0x6d];
const CORE_VERSION = [0x01, 0x00, 0x00, 0x00];
export const CORE_HEADER: readonly number[] = [...MAGIC, ...CORE_VERSION];

export function splitSections(octets: Uint8Array): Split {
  const reader = new Reader(octets);
  for (const [index, expected] of CORE_HEADER.entries()) {
    if (reader.byte() === expected) continue;
    throw reader.malformed("not a core WebAssembly module", index);
  }
  const sections = new Map<number, Reader>();
  let names: Reader | undefined;
  let last = -1;
  while (!reader.isDone) {
    const start = reader.at;
    const id = reader.byte();
    const content = reader.range(reader.u32());
    if (id === SECTION.custom) {
      const whole = new Reader(octets, content.at, content.end);
      const isName = content.name(NAME_OCTETS_MAX) === "name";
      if (isName && last === SECTION_ORDER.length - 1) names ??= whole;
      continue;
    }
    const place = SECTION_ORDER.indexOf(id);
    if (place < 0) throw reader.malformed(`unknown section ${id}`, start);
    if (place <= last) {
      throw reader.malformed(`section ${id} is out of order`, start);
    }
    last = place;
    sections.set(id, content);
  }
  return { sections, names, typeUse: reader.types };
}

/** Every octet of a section must belong to it. */
export function finish(reader: Reader): void {
  if (!reader.isDone) throw reader.malformed("octets behind a section");
}

function readKind(reader: Reader): ExternKind {
  const start = reader.at;
  const kind = KINDS[reader.byte()];
  if (kind === undefined) throw reader.malformed("unknown kind", start);
  return kind;
}

export function readImports(reader: Reader): {
  readonly imports: readonly ModuleImport[];
  readonly rest: Uint8Array;
} {
  const count = reader.count(IMPORTS_MAX, "imports");
  const from = reader.at;
  const imports: ModuleImport[] = [];
  for (let index = 0; index < count; index++) {
    const module = reader.name(NAME_OCTETS_MAX);
    const name = reader.name(NAME_OCTETS_MAX);
    const kind = readKind(reader);
    const from = reader.at;
    const is64 = skipExternType(reader, kind);
    const to = reader.at;
    reader.at = from;
    const type = kind === "function" ? reader.u32() : 0;
    reader.at = to;
    imports.push({ module, name, kind, type, is64 });
  }
  return { imports, rest: reader.slice(from, reader.at) };
}

/** Returns whether it is a memory or table of 64-bit addresses. */
function skipExternType(reader: Reader, kind: ExternKind): boolean {
  switch (kind) {
    case "function":
      reader.typeIndex();
      return false;
    case "table":
      skipReferenceType(reader);
      return readLimits(reader).is64;
    case "memory":
      return readLimits(reader).is64;
    case "global":
      skipValueType(reader);
      if (reader.byte() > 1) throw reader.malformed("mutability is not 0 or 1");
      return false;
    case "tag":
      if (reader.byte() !== 0) throw reader.malformed("unknown form of tag");
      reader.typeIndex();
      return false;
  }
}

function skipReferenceType(reader: Reader): void {
  const octet = reader.peek();
  if (octet === 0x63 || octet === 0x64) {
    reader.skip(1);
    skipHeapType(reader);
  } else {
    skipValueType(reader);
  }
}

/** The type of each defined function, and the octets that say so. */
export function readFunctions(reader: Reader): {
  readonly types: readonly number[];
  readonly rest: Uint8Array;
} {
  const count = reader.count(FUNCTIONS_MAX, "functions");
  const from = reader.at;
  const types: number[] = [];
  for (let left = count; left > 0; left--) types.push(reader.typeIndex());
  return { types, rest: reader.slice(from, reader.at) };
}

/** Rewrites each table's maximum to at most `granted` entries. */
export function rewriteTables(
  reader: Reader,
  scope: Scope,
  granted: number,
): Uint8Array {
  const writer = new Writer();
  const count = reader.count(TABLES_MAX, "tables");
  writer.u32(count);
  for (let index = 0; index < count; index++) {
    const start = reader.at;
    const hasInitial = reader.peek() === 0x40;
    if (hasInitial) {
      reader.skip(1);
      if (reader.byte() !== 0) throw reader.malformed("unknown form of table");
    }
    skipReferenceType(reader);
    writer.octets(reader.slice(start, reader.at));
    const limits = readLimits(reader);
    scope.table64.push(limits.is64);
    const most = limits.is64 ? Infinity : U32_MAX;
    writeLimits(
      writer,
      clampLimits(limits, granted, "table entries", most, start),
    );
    if (hasInitial) {
      const from = reader.at;
      skipConstant(reader, scope);
      writer.octets(reader.slice(from, reader.at));
    }
  }
  return writer.done();
}

export function readMemories(reader: Reader): readonly Limits[] {
  const memories: Limits[] = [];
  const count = reader.count(MEMORIES_MAX, "memories");
  for (let index = 0; index < count; index++) {
    const start = reader.at;
    const limits = readLimits(reader);
    if (limits.isShared) {
      throw new ModuleRefusal("unsupported", start, "it defines shared memory");
    }
    memories.push(limits);
  }
  return memories;
}

/** How many globals the section defines; the reader stays where it is. */
export function countGlobals(reader: Reader): number {
  const from = reader.at;
  const count = reader.count(GLOBALS_MAX, "globals");
  reader.at = from;
  return count;
}

/** Checks the globals; returns their octets without the leading count. */
export function checkGlobals(reader: Reader, scope: Scope): Uint8Array {
  const count = reader.count(GLOBALS_MAX, "globals");
  const from = reader.at;
  for (let left = count; left > 0; left--) {
    skipValueType(reader);
    if (reader.byte() > 1) throw reader.malformed("mutability is not 0 or 1");
    skipConstant(reader, scope);
  }
  return reader.slice(from, reader.at);
}

export function readExports(
  reader: Reader,
  scope: Scope,
): { readonly exports: readonly ModuleExport[]; readonly rest: Uint8Array } {
  const exports: ModuleExport[] = [];
  const count = reader.count(EXPORTS_MAX, "exports");
  const from = reader.at;
  for (let index = 0; index < count; index++) {
    const name = reader.name(NAME_OCTETS_MAX);
    const kind = readKind(reader);
    const start = reader.at;
    const target = reader.u32();
    const known = kind === "memory"
      ? scope.memories
      : kind === "function"
      ? scope.functions
      : kind === "global"
      ? scope.globals
      : Infinity;
    if (target >= known) throw reader.malformed(`no ${kind} ${target}`, start);
    exports.push({ name, kind });
  }
  return { exports, rest: reader.slice(from, reader.at) };
}

/** Returns the index of the start function. */
export function checkStart(reader: Reader, scope: Scope): number {
  const start = reader.at;
  const index = reader.u32();
  if (index >= scope.functions) {
    throw reader.malformed(`no function ${index}`, start);
  }
  return index;
}

/** Active segments place references; the constants in them are checked. */
export function checkElements(reader: Reader, scope: Scope): void {
  const count = reader.count(DATA_SEGMENTS_MAX, "element segments");
  for (let left = count; left > 0; left--) {
    const start = reader.at;
    const flags = reader.u32();
    if (flags > 7) throw reader.malformed("unknown form of segment", start);
    const isActive = (flags & 1) === 0;
    const isIndexed = (flags & 2) !== 0;
    const hasExpressions = (flags & 4) !== 0;
    if (isActive && isIndexed) reader.u32();
    if (isActive) skipConstant(reader, scope);
    if (isIndexed || !isActive) {
      if (hasExpressions) skipReferenceType(reader);
      else if (reader.byte() !== 0) throw reader.malformed("unknown kind");
    }
    const items = reader.count(FUNCTIONS_MAX * 10, "references");
    for (let item = 0; item < items; item++) {
      if (hasExpressions) skipConstant(reader, scope);
      else checkStart(reader, scope);
    }
  }
}

export function checkData(reader: Reader, scope: Scope): void {
  const count = reader.count(DATA_SEGMENTS_MAX, "data segments");
  for (let left = count; left > 0; left--) {
    const start = reader.at;
    const flags = reader.u32();
    if (flags > 2) throw reader.malformed("unknown form of segment", start);
    const memory = flags === 2 ? reader.u32() : 0;
    if (flags !== 1) {
      if (memory >= scope.memories) {
        throw reader.malformed(`no memory ${memory}`, start);
      }
      skipConstant(reader, scope);
    }
    reader.skip(reader.u32());
  }
}
