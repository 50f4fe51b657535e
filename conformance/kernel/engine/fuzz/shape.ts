/**
 * Makes a valid module comparable, and keeps it valid.
 *
 * Memories and tables get a small maximum, because how far they can grow depends
 * on the platform. Behind each operation that makes a NaN of unspecified bits the
 * NaN is made the canonical one. Memories, tables, globals and some functions are
 * exported under names of their own, so that their ends can be compared.
 */
import {
  type Limits,
  readLimits,
  writeLimits,
} from "../../../../kernel/engine/rewriter/growth.ts";
import { skipConstant } from "../../../../kernel/engine/rewriter/instructions.ts";
import { Reader } from "../../../../kernel/engine/rewriter/reader.ts";
import { SECTION } from "../../../../kernel/engine/rewriter/sections.ts";
import { skipValueType } from "../../../../kernel/engine/rewriter/types.ts";
import { Writer } from "../../../../kernel/engine/rewriter/writer.ts";
import {
  type Body,
  type Instruction,
  instructionsOf,
  type Parts,
  putTogether,
  takeApart,
} from "./parts.ts";

export const PAGES_MAX = 24;
export const ENTRIES_MAX = 2_000;
const FUNCTIONS_MAX = 16;
export const SHOWN = "fuzz:";

/** It starts larger than anything here may become. */
export class TooLarge extends Error {}

const ANYTHING = {
  functions: Infinity,
  memories: Infinity,
  globals: Infinity,
  memory64: [],
  table64: [],
  refuse: new Set<never>(),
  features: new Set<never>(),
};

function bounded(limits: Limits, most: number) {
  if (limits.minimum > most) throw new TooLarge();
  return { ...limits, maximum: Math.min(limits.maximum ?? most, most) };
}

function boundedMemories(octets: Uint8Array): Uint8Array {
  const reader = new Reader(octets);
  const writer = new Writer();
  const count = reader.u32();
  writer.u32(count);
  for (let left = count; left > 0; left--) {
    writeLimits(writer, bounded(readLimits(reader), PAGES_MAX));
  }
  return writer.done();
}

function boundedTables(octets: Uint8Array): Uint8Array {
  const reader = new Reader(octets);
  const writer = new Writer();
  const count = reader.u32();
  writer.u32(count);
  for (let left = count; left > 0; left--) {
    const from = reader.at;
    const hasInitial = reader.peek() === 0x40;
    if (hasInitial) reader.skip(2);
    skipValueType(reader);
    writer.octets(reader.slice(from, reader.at));
    writeLimits(writer, bounded(readLimits(reader), ENTRIES_MAX));
    const constant = reader.at;
    if (hasInitial) skipConstant(reader, ANYTHING);
    writer.octets(reader.slice(constant, reader.at));
  }
  return writer.done();
}

const SCALAR =
  /^(f32|f64)\.(add|sub|mul|div|min|max|sqrt|ceil|floor|trunc|nearest|demote|promote)/;
const VECTOR =
  /^(f32x4|f64x2)\.(add|sub|mul|div|p?min|p?max|sqrt|ceil|floor|trunc|nearest|demote|promote)/;

/** Each takes a value and gives it back with a canonical NaN. */
const CANONICAL: readonly {
  readonly shape: string;
  readonly type: number;
  readonly code: readonly number[];
}[] = [
  {
    shape: "f32",
    type: 0x7d,
    code: [0x43, 0, 0, 0xc0, 0x7f, 0x20, 0, 0x20, 0, 0x5b, 0x1b],
  },
  {
    shape: "f64",
    type: 0x7c,
    code: [
      ...[0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f, 0x20, 0, 0x20, 0, 0x61, 0x1b],
    ],
  },
  {
    shape: "f32x4",
    type: 0x7b,
    code: [
      ...[0xfd, 12, ...[0, 1, 2, 3].flatMap(() => [0, 0, 0xc0, 0x7f])],
      ...[0x20, 0, 0x20, 0, 0xfd, 0x41, 0xfd, 0x52],
    ],
  },
  {
    shape: "f64x2",
    type: 0x7b,
    code: [
      ...[0xfd, 12, ...[0, 1].flatMap(() => [0, 0, 0, 0, 0, 0, 0xf8, 0x7f])],
      ...[0x20, 0, 0x20, 0, 0xfd, 0x47, 0xfd, 0x52],
    ],
  },
];

/** Appends functions to sections and bodies. */
class Appended {
  readonly #added: typeof CANONICAL[number][] = [];
  readonly #base: number;

  constructor({ surface }: Parts) {
    this.#base = surface.functions.length +
      surface.imports.filter(({ kind }) => kind === "function").length;
  }

  callOf(shape: string): Instruction {
    let at = this.#added.findIndex((one) => one.shape === shape);
    if (at < 0) {
      const known = CANONICAL.find((one) => one.shape === shape);
      if (known === undefined) throw new Error(`no shape ${shape}`);
      at = this.#added.push(known) - 1;
    }
    const writer = new Writer();
    writer.byte(0x10);
    writer.u32(this.#base + at);
    return { name: "call", immediate: "function", octets: writer.done() };
  }

  bodies(): Pick<Body, "locals" | "code">[] {
    return this.#added.map(({ code }) => ({
      locals: Uint8Array.of(0),
      code: instructionsOf(Uint8Array.of(0x20, 0, ...code, 0x0b)),
    }));
  }

  write(sections: Map<number, Uint8Array>, types: number): void {
    append(
      sections,
      SECTION.type,
      this.#added.map(({ type }) => [0x60, 1, type, 1, type]),
    );
    append(
      sections,
      SECTION.function,
      this.#added.map((_, index) => {
        const writer = new Writer();
        writer.u32(types + index);
        return writer.done();
      }),
    );
  }
}

function append(
  sections: Map<number, Uint8Array>,
  id: number,
  items: readonly ArrayLike<number>[],
): void {
  if (items.length === 0) return;
  const octets = sections.get(id) ?? Uint8Array.of(0);
  const reader = new Reader(octets);
  const writer = new Writer(octets.length + 64);
  writer.u32(reader.u32() + items.length);
  writer.octets(octets.subarray(reader.at));
  for (const item of items) writer.octets(item);
  sections.set(id, writer.done());
}

function shownExports({ surface }: Parts): Uint8Array[] {
  const items: Uint8Array[] = [];
  const show = (name: string, kind: number, index: number) => {
    const writer = new Writer();
    writer.name(SHOWN + name);
    writer.byte(kind);
    writer.u32(index);
    items.push(writer.done());
  };
  const imported = (kind: string) =>
    surface.imports.filter((one) => one.kind === kind).length;
  (["table", "memory", "global"] as const).forEach((kind, place) => {
    const count = imported(kind) + surface.defined[kind];
    for (let index = 0; index < count; index++) {
      show(`${kind}${index}`, place + 1, index);
    }
  });
  const known = new Set(
    surface.exports.filter(({ kind }) => kind === "function")
      .map(({ index }) => index),
  );
  const base = imported("function");
  for (
    let index = base;
    index < base + surface.functions.length && known.size < FUNCTIONS_MAX;
    index++
  ) {
    if (known.has(index)) continue;
    known.add(index);
    show(`function${index}`, 0, index);
  }
  return items;
}

/** Throws `TooLarge`. */
export function shaped(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts = takeApart(octets);
  const sections = new Map(parts.sections);
  const memories = sections.get(SECTION.memory);
  if (memories) sections.set(SECTION.memory, boundedMemories(memories));
  const tables = sections.get(SECTION.table);
  if (tables) sections.set(SECTION.table, boundedTables(tables));
  append(sections, SECTION.export, shownExports(parts));
  const appended = new Appended(parts);
  const bodies = parts.bodies.map(({ locals, code }) => ({
    locals,
    code: code.flatMap((instruction) => {
      const shape = (SCALAR.exec(instruction.name) ??
        VECTOR.exec(instruction.name))?.[1];
      return shape === undefined
        ? [instruction]
        : [instruction, appended.callOf(shape)];
    }),
  }));
  appended.write(sections, parts.surface.signatures.length);
  return putTogether(sections, [...bodies, ...appended.bodies()]);
}
