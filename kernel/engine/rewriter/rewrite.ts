/**
 * Makes a core module stoppable and bounded, and keeps its meaning.
 *
 * Every change is behind what was there, so no index of the module moves: each
 * memory that it defines becomes an import (the host makes it, no larger than
 * granted), the countdown memory is imported after them, one type and one
 * function are added last, and checks are put into the bodies. Tables get a
 * maximum. Custom sections are dropped, but for the names.
 *
 * The caller has had the platform validate the module. Whatever the octets are,
 * the answer is a module or a `ModuleRefusal`, in time and space linear in them.
 *
 * Deliberately absent: knowledge of components and of what an import means.
 */
import { IMPORTS_MAX, MEMORIES_MAX } from "../limits.ts";
import { checkCode, type CheckMode, stopBody } from "./checks.ts";
import { type CodeSection, rewriteCode } from "./code.ts";
import { clampLimits, writeLimits } from "./growth.ts";
import type { Scope } from "./instructions.ts";
import type { Feature } from "./opcodes.ts";
import type { Reader } from "./reader.ts";
import { ModuleRefusal } from "./refusal.ts";
import {
  checkData,
  checkElements,
  checkGlobals,
  checkStart,
  CORE_HEADER,
  finish,
  type ModuleExport,
  type ModuleImport,
  readExports,
  readFunctions,
  readImports,
  readMemories,
  rewriteTables,
  SECTION,
  SECTION_ORDER,
  type Split,
  splitSections,
} from "./sections.ts";
import { readTypes } from "./types.ts";
import { Writer } from "./writer.ts";

/** The module name of what the rewriter adds; no module may import it itself. */
export const ENGINE_MODULE = "karyon:engine";
export const COUNTDOWN_IMPORT = "countdown";
export const memoryImport = (index: number): string => `memory-${index}`;

export interface RewriteOptions {
  readonly mode: CheckMode;
  /** Largest size of each memory, in pages of 64 KiB. */
  readonly memoryPagesMax: number;
  readonly tableEntriesMax: number;
  readonly refuse: ReadonlySet<Feature>;
}

/** A memory that the host has to make, in pages. */
export interface MemoryNeed {
  readonly minimum: number;
  readonly maximum: number;
  readonly is64: boolean;
}

export interface Rewritten {
  readonly octets: Uint8Array<ArrayBuffer>;
  /** What the module imported before it was rewritten. */
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly ModuleExport[];
  /** Imported as `memory-0`, `memory-1`, … of `karyon:engine`. */
  readonly memories: readonly MemoryNeed[];
  /** Whether the countdown is imported too. */
  readonly hasCountdown: boolean;
  readonly checks: number;
  readonly features: ReadonlySet<Feature>;
}

export function rewrite(
  octets: Uint8Array,
  options: RewriteOptions,
): Rewritten {
  return new Rewriting(splitSections(octets), options).run();
}

class Rewriting {
  readonly #split: Split;
  readonly #options: RewriteOptions;
  readonly #scope: Scope;
  readonly #out = new Map<number, Uint8Array>();
  readonly #memories: MemoryNeed[] = [];
  #imports: readonly ModuleImport[] = [];
  #exports: readonly ModuleExport[] = [];
  #defined = 0;

  constructor(split: Split, options: RewriteOptions) {
    this.#split = split;
    this.#options = options;
    this.#scope = {
      functions: 0,
      memories: 0,
      refuse: options.refuse,
      features: new Set(),
    };
  }

  run(): Rewritten {
    const importsRest = this.#readImports();
    const functionsRest = this.#readFunctions();
    this.#readMemories();
    const hasCountdown = this.#options.mode === "trap" && this.#defined > 0;
    this.#writeTypes(hasCountdown, functionsRest);
    this.#writeImports(hasCountdown, importsRest);
    this.#copyRest();
    const code = this.#writeCode(hasCountdown);
    return {
      octets: this.#assemble(),
      imports: this.#imports,
      exports: this.#exports,
      memories: this.#memories,
      hasCountdown,
      checks: code?.checks ?? 0,
      features: this.#scope.features,
    };
  }

  #section<T>(id: number, read: (reader: Reader) => T): T | undefined {
    const reader = this.#split.sections.get(id);
    if (reader === undefined) return undefined;
    const value = read(reader);
    finish(reader);
    return value;
  }

  #readImports(): Uint8Array {
    const section = this.#section(SECTION.import, readImports);
    this.#imports = section?.imports ?? [];
    for (const { module, kind } of this.#imports) {
      if (module === ENGINE_MODULE) {
        throw new ModuleRefusal(
          "unsupported",
          0,
          `it imports "${ENGINE_MODULE}", which is the engine's own`,
        );
      }
      if (kind === "function") this.#scope.functions += 1;
      if (kind === "memory") this.#scope.memories += 1;
    }
    return section?.rest ?? new Uint8Array();
  }

  #readFunctions(): Uint8Array {
    const section = this.#section(SECTION.function, readFunctions);
    this.#defined = section?.count ?? 0;
    this.#scope.functions += this.#defined;
    return section?.rest ?? new Uint8Array();
  }

  #readMemories(): void {
    const offset = this.#split.sections.get(SECTION.memory)?.at ?? 0;
    for (const limits of this.#section(SECTION.memory, readMemories) ?? []) {
      const granted = this.#options.memoryPagesMax;
      this.#memories.push(
        clampLimits(limits, granted, "pages of memory", offset),
      );
    }
    this.#scope.memories += this.#memories.length;
    if (this.#scope.memories >= MEMORIES_MAX) {
      throw new ModuleRefusal("too-large", offset, "too many memories");
    }
  }

  #writeTypes(hasCountdown: boolean, functionsRest: Uint8Array): void {
    const section = this.#section(SECTION.type, readTypes);
    const types = new Writer();
    types.u32((section?.entries ?? 0) + (hasCountdown ? 1 : 0));
    types.octets(section?.rest ?? []);
    if (hasCountdown) types.octets([0x60, 0, 0]);
    this.#out.set(SECTION.type, types.done());

    const functions = new Writer();
    functions.u32(this.#defined + (hasCountdown ? 1 : 0));
    functions.octets(functionsRest);
    if (hasCountdown) functions.u32(section?.types ?? 0);
    this.#out.set(SECTION.function, functions.done());
  }

  #writeImports(hasCountdown: boolean, rest: Uint8Array): void {
    const writer = new Writer();
    const added = this.#memories.length + (hasCountdown ? 1 : 0);
    if (this.#imports.length + added > IMPORTS_MAX) {
      throw new ModuleRefusal("too-large", 0, "too many imports");
    }
    writer.u32(this.#imports.length + added);
    writer.octets(rest);
    this.#memories.forEach((memory, index) => {
      writer.name(ENGINE_MODULE);
      writer.name(memoryImport(index));
      writer.byte(2);
      writeLimits(writer, { ...memory, isShared: false });
    });
    if (hasCountdown) {
      writer.name(ENGINE_MODULE);
      writer.name(COUNTDOWN_IMPORT);
      writer.byte(2);
      writeLimits(writer, {
        minimum: 1,
        maximum: 1,
        isShared: true,
        is64: false,
      });
    }
    this.#out.set(SECTION.import, writer.done());
  }

  /** What is checked but not changed, and tables. */
  #copyRest(): void {
    const scope = this.#scope;
    const copy = (id: number, check: (reader: Reader) => void) => {
      const from = this.#split.sections.get(id)?.at ?? 0;
      this.#section(id, (reader) => {
        check(reader);
        this.#out.set(id, reader.slice(from, reader.end));
      });
    };
    const granted = this.#options.tableEntriesMax;
    const tables = this.#section(
      SECTION.table,
      (reader) => rewriteTables(reader, scope, granted),
    );
    if (tables !== undefined) this.#out.set(SECTION.table, tables);
    copy(SECTION.tag, (reader) => reader.skip(reader.end - reader.at));
    copy(SECTION.global, (reader) => checkGlobals(reader, scope));
    copy(SECTION.export, (reader) => {
      this.#exports = readExports(reader, scope);
    });
    copy(SECTION.start, (reader) => checkStart(reader, scope));
    copy(SECTION.element, (reader) => checkElements(reader, scope));
    copy(SECTION.dataCount, (reader) => reader.u32());
    copy(SECTION.data, (reader) => checkData(reader, scope));
  }

  #writeCode(hasCountdown: boolean): CodeSection | undefined {
    const memory = this.#scope.memories;
    const check = hasCountdown
      ? checkCode(memory, this.#scope.functions)
      : undefined;
    const added = hasCountdown ? [stopBody(memory)] : [];
    const code = this.#section(
      SECTION.code,
      (reader) => rewriteCode(reader, this.#scope, this.#defined, check, added),
    );
    if (code === undefined && this.#defined > 0) {
      throw new ModuleRefusal("malformed", 0, "functions without bodies");
    }
    if (code !== undefined) this.#out.set(SECTION.code, code.content);
    return code;
  }

  #assemble(): Uint8Array<ArrayBuffer> {
    const writer = new Writer(1024);
    writer.octets(CORE_HEADER);
    for (const id of SECTION_ORDER) {
      const content = this.#out.get(id);
      if (content !== undefined) writer.section(id, content);
    }
    const names = this.#split.names;
    if (names !== undefined) {
      writer.section(SECTION.custom, names.slice(names.at, names.end));
    }
    return writer.done();
  }
}
