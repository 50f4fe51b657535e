/**
 * Makes a core module stoppable and bounded, and keeps its meaning.
 *
 * Every change is behind what was there, so no index of the module moves: each
 * memory that it defines becomes an import (the host makes it, no larger than
 * granted), the countdown memory is imported after them, types, functions and
 * globals are added last, and checks are put into the bodies. Tables get a
 * maximum. Custom sections are dropped, but for the names. With fuel the start
 * function is exported for the host to call, once it has given fuel.
 *
 * The caller has had the platform validate the module. Whatever the octets are,
 * the answer is a module or a `ModuleRefusal`, in time and space linear in them.
 *
 * Deliberately absent: knowledge of components and of what an import means.
 */
import {
  EXPORTS_MAX,
  FUNCTIONS_MAX,
  GLOBALS_MAX,
  IMPORTS_MAX,
  MEMORIES_MAX,
  MEMORY64_PAGES_MAX,
  MEMORY_PAGES_MAX,
  TYPES_MAX,
} from "../limits.ts";
import { Additions } from "./additions.ts";
import type { CheckMode, Instruments } from "./checks.ts";
import { type CodeSection, rewriteCode } from "./code.ts";
import {
  COUNTDOWN_IMPORT,
  ENGINE_MODULE,
  instrumentsFor,
  memoryImport,
  START_EXPORT,
} from "./instruments.ts";
import { clampLimits, writeLimits } from "./growth.ts";
import type { Scope } from "./instructions.ts";
import { OP, TYPE } from "./opcode_octets.ts";
import type { Feature } from "./opcodes.ts";
import type { Reader } from "./reader.ts";
import { ModuleRefusal } from "./refusal.ts";
import {
  checkData,
  checkElements,
  checkGlobals,
  checkStart,
  CORE_HEADER,
  countGlobals,
  type ExternKind,
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
import { readTypes, type TypeSection } from "./types.ts";
import { Writer } from "./writer.ts";

export * from "./instruments.ts";

export interface RewriteOptions {
  readonly mode: CheckMode;
  /** Largest size of each memory, in pages of 64 KiB. */
  readonly memoryPagesMax: number;
  readonly tableEntriesMax: number;
  /** Octets of stack for calls (depth.ts); without it the platform's bound. */
  readonly stackOctetsMax?: number;
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

const NOTHING: Uint8Array = new Uint8Array();

export function rewrite(
  octets: Uint8Array,
  options: RewriteOptions,
): Rewritten {
  return new Rewriting(splitSections(octets), options).run();
}

/** Types of the module, and which its functions have. */
interface Types {
  readonly types: Pick<TypeSection, "entries" | "words" | "rest">;
  readonly functions: ReturnType<typeof readFunctions>;
}

class Rewriting {
  readonly #split: Split;
  readonly #options: RewriteOptions;
  readonly #scope: Scope;
  readonly #out = new Map<number, Uint8Array>();
  readonly #memories: MemoryNeed[] = [];
  #imports: readonly ModuleImport[] = [];
  #exports: readonly ModuleExport[] = [];
  #exportsRest = NOTHING;
  #globals = NOTHING;

  constructor(split: Split, options: RewriteOptions) {
    this.#split = split;
    this.#options = options;
    this.#scope = {
      functions: 0,
      memories: 0,
      globals: 0,
      memory64: [],
      table64: [],
      refuse: options.refuse,
      features: new Set(),
    };
  }

  run(): Rewritten {
    const importsRest = this.#readImports();
    const types = this.#section(SECTION.type, readTypes) ??
      { entries: 0, words: [], rest: NOTHING };
    const functions = this.#section(SECTION.function, readFunctions) ??
      { types: [], rest: NOTHING };
    this.#scope.functions += functions.types.length;
    this.#readMemories();
    const globals = this.#split.sections.get(SECTION.global);
    if (globals !== undefined) this.#scope.globals += countGlobals(globals);
    const isStopped = this.#options.mode !== "none" &&
      functions.types.length > 0;
    const hasCountdown = isStopped && this.#options.mode !== "fuel";
    const additions = new Additions(this.#scope, types.words.length);
    const instruments = isStopped
      ? instrumentsFor(this.#options, this.#scope.memories, additions)
      : {};
    this.#writeImports(hasCountdown, importsRest);
    const isMetered = isStopped && this.#options.mode === "fuel";
    this.#copyRest(additions, isMetered, { types, functions });
    const code = this.#writeCode(
      instruments,
      functions.types.map((type) => types.words[type] ?? 0),
      additions.bodies,
    );
    // Last: reading the bodies may add functions.
    this.#writeLists(additions, { types, functions });
    const { highest, at } = this.#split.typeUse;
    if (highest >= types.words.length) {
      throw new ModuleRefusal("malformed", at, `no type ${highest}`);
    }
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
    for (const { module, kind, is64 } of this.#imports) {
      if (module === ENGINE_MODULE) {
        throw new ModuleRefusal(
          "unsupported",
          0,
          `it imports "${ENGINE_MODULE}", which is the engine's own`,
        );
      }
      if (kind === "function") this.#scope.functions += 1;
      if (kind === "global") this.#scope.globals += 1;
      if (kind === "table") this.#scope.table64.push(is64);
      if (kind !== "memory") continue;
      this.#scope.memories += 1;
      this.#scope.memory64.push(is64);
    }
    return section?.rest ?? NOTHING;
  }

  #readMemories(): void {
    const offset = this.#split.sections.get(SECTION.memory)?.at ?? 0;
    for (const limits of this.#section(SECTION.memory, readMemories) ?? []) {
      const granted = this.#options.memoryPagesMax;
      this.#scope.memory64.push(limits.is64);
      this.#memories.push(
        clampLimits(
          limits,
          granted,
          "pages of memory",
          limits.is64 ? MEMORY64_PAGES_MAX : MEMORY_PAGES_MAX,
          offset,
        ),
      );
    }
    this.#scope.memories += this.#memories.length;
    if (this.#scope.memories >= MEMORIES_MAX) {
      throw new ModuleRefusal("too-large", offset, "too many memories");
    }
  }

  #imported(wanted: ExternKind): number {
    return this.#imports.filter(({ kind }) => kind === wanted).length;
  }

  /** Types, functions, globals and exports, with what is added to them. */
  #writeLists(
    additions: Additions,
    { types, functions }: Types,
  ): void {
    const list = (
      id: number,
      count: number,
      rest: Uint8Array,
      added: readonly ArrayLike<number>[],
      max: number,
    ) => {
      if (!this.#split.sections.has(id) && added.length === 0) return;
      if (count + added.length > max) {
        throw new ModuleRefusal("too-large", 0, `section ${id} is full`);
      }
      const writer = new Writer();
      writer.u32(count + added.length);
      writer.octets(rest);
      for (const octets of added) writer.octets(octets);
      this.#out.set(id, writer.done());
    };
    const added = additions.functions.map((type) => {
      const writer = new Writer();
      writer.u32(type);
      return writer.done();
    });
    const { global, export: exported, type, function: defined } = SECTION;
    list(type, types.entries, types.rest, additions.types, TYPES_MAX);
    const { rest } = functions;
    list(defined, functions.types.length, rest, added, FUNCTIONS_MAX);
    const own = this.#scope.globals - this.#imported("global");
    list(global, own, this.#globals, additions.globals, GLOBALS_MAX);
    const { length } = this.#exports;
    list(exported, length, this.#exportsRest, additions.exports, EXPORTS_MAX);
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
  #copyRest(
    additions: Additions,
    isStartExported: boolean,
    types: Types,
  ): void {
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
    this.#globals = this.#section(
      SECTION.global,
      (reader) => checkGlobals(reader, scope),
    ) ?? NOTHING;
    this.#readExports();
    copy(SECTION.start, (reader) => {
      const start = checkStart(reader, scope);
      if (isStartExported) this.#exportStart(start, additions, types);
    });
    if (isStartExported) this.#out.delete(SECTION.start);
    copy(SECTION.element, (reader) => checkElements(reader, scope));
    copy(SECTION.dataCount, (reader) => reader.u32());
    copy(SECTION.data, (reader) => checkData(reader, scope));
  }

  /** By a function of its own: an export would declare the module's one. */
  #exportStart(start: number, additions: Additions, known: Types): void {
    const imported = this.#imports.filter(({ kind }) => kind === "function");
    const type = imported[start]?.type ??
      known.functions.types[start - imported.length] ?? 0;
    if (known.types.words[type] !== 0) {
      throw new ModuleRefusal("malformed", 0, "start takes or gives values");
    }
    const body = new Writer();
    body.octets([0, OP.call]);
    body.u32(start);
    body.byte(OP.end);
    const added = additions.function([TYPE.function, 0, 0], body.done());
    additions.export(START_EXPORT, 0, added);
  }

  #readExports(): void {
    const section = this.#section(
      SECTION.export,
      (reader) => readExports(reader, this.#scope),
    );
    this.#exports = section?.exports ?? [];
    this.#exportsRest = section?.rest ?? NOTHING;
    for (const { name } of this.#exports) {
      if (!name.startsWith(`${ENGINE_MODULE}/`)) continue;
      throw new ModuleRefusal(
        "unsupported",
        0,
        `it exports "${name}", which is the engine's own`,
      );
    }
  }

  #writeCode(
    instruments: Instruments,
    words: readonly number[],
    added: readonly Uint8Array[],
  ): CodeSection | undefined {
    const code = this.#section(
      SECTION.code,
      (reader) =>
        rewriteCode(reader, this.#scope, { instruments, words, added }),
    );
    if (code === undefined && words.length > 0) {
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
