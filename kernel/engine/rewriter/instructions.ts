/**
 * Decodes one instruction at a time and holds it to the module's own indices.
 *
 * The rewriter adds memories, functions and globals. An index that reaches them
 * is refused here, so no code can name what the rewriter added, whoever
 * validated the module before.
 */
import { FUNCTIONS_MAX, LOCALS_MAX } from "../limits.ts";
import {
  type Feature,
  findOpcode,
  type Opcode,
  PREFIX_FACTOR,
  PREFIXES,
} from "./opcodes.ts";
import type { Reader } from "./reader.ts";
import { ModuleRefusal } from "./refusal.ts";
import { skipBlockType, skipHeapType, skipValueTypes } from "./types.ts";

/** What the sections before the code said. */
export interface Scope {
  /** Imported and defined functions of the module as it came. */
  functions: number;
  /** Imported and defined memories of the module as it came. */
  memories: number;
  /** Imported and defined globals of the module as it came. */
  globals: number;
  /** Of each memory and table: whether its addresses have 64 bits. */
  readonly memory64: boolean[];
  readonly table64: boolean[];
  /** Refused by policy. */
  readonly refuse: ReadonlySet<Feature>;
  /** Features met so far. */
  readonly features: Set<Feature>;
}

const MEMARG_HAS_MEMORY = 0x40;

/** Reads one instruction; the reader stands behind its immediates. */
export function readInstruction(reader: Reader, scope: Scope): Opcode {
  const start = reader.at;
  const first = reader.byte();
  const hasPrefix = PREFIXES.has(first);
  const second = hasPrefix ? reader.u32() : 0;
  const opcode = second < PREFIX_FACTOR
    ? findOpcode(hasPrefix ? first * PREFIX_FACTOR + second : first)
    : undefined;
  if (opcode === undefined) {
    const name = `0x${first.toString(16)}` +
      (hasPrefix ? ` 0x${second.toString(16)}` : "");
    throw new ModuleRefusal("unsupported", start, `unknown opcode ${name}`);
  }
  if (opcode.feature !== "core") {
    if (scope.refuse.has(opcode.feature)) {
      throw new ModuleRefusal(
        "unsupported",
        start,
        `${opcode.name} is refused by policy (${opcode.feature})`,
      );
    }
    scope.features.add(opcode.feature);
  }
  skipImmediate(reader, scope, opcode);
  return opcode;
}

function skipImmediate(reader: Reader, scope: Scope, opcode: Opcode): void {
  switch (opcode.immediate) {
    case "none":
      return;
    case "block":
      return skipBlockType(reader);
    case "label":
    case "index":
      reader.u32();
      return;
    case "type":
      reader.typeIndex();
      return;
    case "type-index":
      reader.typeIndex();
      reader.u32();
      return;
    case "index2":
      reader.u32();
      reader.u32();
      return;
    case "labels":
      for (
        let left = reader.count(FUNCTIONS_MAX, "labels");
        left >= 0;
        left--
      ) {
        reader.u32();
      }
      return;
    case "function":
      return skipFunction(reader, scope);
    case "global":
      return skipGlobal(reader, scope);
    case "memory":
      return skipMemory(reader, scope);
    case "memory2":
      skipMemory(reader, scope);
      return skipMemory(reader, scope);
    case "data-memory":
      reader.u32();
      return skipMemory(reader, scope);
    case "memarg":
      return skipMemarg(reader, scope);
    case "memarg-lane":
      skipMemarg(reader, scope);
      return reader.skip(1);
    case "lane":
      return reader.skip(1);
    case "octets16":
      return reader.skip(16);
    case "s32":
      return reader.skipSigned(32);
    case "s64":
      return reader.skipSigned(64);
    case "f32":
      return reader.skip(4);
    case "f64":
      return reader.skip(8);
    case "heap":
      return skipHeapType(reader);
    case "select":
      skipValueTypes(reader);
      return;
    case "cast":
      return skipCast(reader);
    case "try-table":
      return skipTryTable(reader);
    case "fence":
      if (reader.byte() !== 0) throw reader.malformed("fence is not 0");
  }
}

function skipFunction(reader: Reader, scope: Scope): void {
  const start = reader.at;
  const index = reader.u32();
  if (index >= scope.functions) {
    throw reader.malformed(`no function ${index}`, start);
  }
}

function skipGlobal(reader: Reader, scope: Scope): void {
  const start = reader.at;
  const index = reader.u32();
  if (index >= scope.globals) {
    throw reader.malformed(`no global ${index}`, start);
  }
}

function skipMemory(reader: Reader, scope: Scope): void {
  const start = reader.at;
  const index = reader.u32();
  if (index >= scope.memories) {
    throw reader.malformed(`no memory ${index}`, start);
  }
}

function skipMemarg(reader: Reader, scope: Scope): void {
  const start = reader.at;
  const flags = reader.u32();
  if (flags >= 2 * MEMARG_HAS_MEMORY) {
    throw reader.malformed("unknown flags of a memory operand", start);
  }
  if ((flags & MEMARG_HAS_MEMORY) !== 0) skipMemory(reader, scope);
  else if (scope.memories === 0) throw reader.malformed("no memory 0", start);
  reader.u64();
}

function skipCast(reader: Reader): void {
  if (reader.byte() > 3) throw reader.malformed("unknown flags of a cast");
  reader.u32();
  skipHeapType(reader);
  skipHeapType(reader);
}

function skipTryTable(reader: Reader): void {
  skipBlockType(reader);
  for (let left = reader.count(LOCALS_MAX, "catches"); left > 0; left--) {
    const kind = reader.byte();
    if (kind > 3) throw reader.malformed("unknown form of catch");
    if (kind < 2) reader.u32();
    reader.u32();
  }
}

/** A constant expression with its `end`. */
export function skipConstant(reader: Reader, scope: Scope): void {
  while (readInstruction(reader, scope).name !== "end") {
    // A constant has no blocks: its first `end` is its last instruction.
  }
}
