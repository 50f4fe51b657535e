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
  type Immediate,
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
  for (const skip of IMMEDIATES[opcode.immediate]) skip(reader, scope);
  return opcode;
}

type Skip = (reader: Reader, scope: Scope) => void;

const index: Skip = (reader) => reader.u32();
const octets = (count: number): Skip => (reader) => reader.skip(count);
const within = (what: string, countOf: (scope: Scope) => number): Skip =>
(
  reader,
  scope,
) => {
  const start = reader.at;
  const index = reader.u32();
  if (index < countOf(scope)) return;
  throw reader.malformed(`no ${what} ${index}`, start);
};
const typeIndex: Skip = (reader) => reader.typeIndex();
const memory = within("memory", ({ memories }) => memories);
const aFunction = within("function", ({ functions }) => functions);

/** What follows an opcode, in its order. */
const IMMEDIATES: Readonly<Record<Immediate, readonly Skip[]>> = {
  "none": [],
  "block": [skipBlockType],
  "label": [index],
  "labels": [skipLabels],
  "function": [aFunction],
  "global": [within("global", ({ globals }) => globals)],
  "type": [typeIndex],
  "type-index": [typeIndex, index],
  "index": [index],
  "index2": [index, index],
  "select": [skipValueTypes],
  "memory": [memory],
  "memory2": [memory, memory],
  "data-memory": [index, memory],
  "memarg": [skipMemarg],
  "memarg-lane": [skipMemarg, octets(1)],
  "lane": [octets(1)],
  "octets16": [octets(16)],
  "s32": [(reader) => reader.skipSigned(32)],
  "s64": [(reader) => reader.skipSigned(64)],
  "f32": [octets(4)],
  "f64": [octets(8)],
  "heap": [skipHeapType],
  "cast": [skipCast],
  "try-table": [skipTryTable],
  "fence": [skipFence],
};

function skipFence(reader: Reader): void {
  if (reader.byte() !== 0) throw reader.malformed("fence is not 0");
}

function skipLabels(reader: Reader): void {
  let left = reader.count(FUNCTIONS_MAX, "labels");
  for (; left >= 0; left--) reader.u32();
}

function skipMemarg(reader: Reader, scope: Scope): void {
  const start = reader.at;
  const flags = reader.u32();
  if (flags >= 2 * MEMARG_HAS_MEMORY) {
    throw reader.malformed("unknown flags of a memory operand", start);
  }
  if ((flags & MEMARG_HAS_MEMORY) !== 0) memory(reader, scope);
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
