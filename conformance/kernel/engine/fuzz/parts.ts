/**
 * A core module taken apart for changes, and put together again.
 *
 * Bodies are lists of instructions, every other section is octets. What is
 * needed to call the module is read besides: signatures, imports, exports. The
 * module must be valid; on another one it throws what the readers throw.
 */
import type { Immediate } from "../../../../kernel/engine/rewriter/opcodes.ts";
import { readInstruction } from "../../../../kernel/engine/rewriter/instructions.ts";
import { Reader } from "../../../../kernel/engine/rewriter/reader.ts";
import {
  CORE_HEADER,
  SECTION,
  SECTION_ORDER,
  splitSections,
} from "../../../../kernel/engine/rewriter/sections.ts";
import { skipValueType } from "../../../../kernel/engine/rewriter/types.ts";
import { Writer } from "../../../../kernel/engine/rewriter/writer.ts";
import { readSurface, type Surface } from "./surface.ts";

export interface Instruction {
  readonly name: string;
  readonly immediate: Immediate;
  readonly octets: Uint8Array;
}

export interface Body {
  readonly type: number;
  /** The declarations, with their count. */
  readonly locals: Uint8Array;
  readonly code: readonly Instruction[];
}

export interface Parts {
  /** By id, without custom sections and without the code. */
  readonly sections: ReadonlyMap<number, Uint8Array>;
  readonly bodies: readonly Body[];
  readonly surface: Surface;
}

const ANYTHING = {
  functions: Infinity,
  memories: Infinity,
  globals: Infinity,
  memory64: [],
  table64: [],
  refuse: new Set<never>(),
  features: new Set<never>(),
};

export function instructionsOf(octets: Uint8Array): Instruction[] {
  const reader = new Reader(octets);
  const code: Instruction[] = [];
  while (!reader.isDone) {
    const from = reader.at;
    const { name, immediate } = readInstruction(reader, ANYTHING);
    code.push({ name, immediate, octets: octets.slice(from, reader.at) });
  }
  return code;
}

export function takeApart(octets: Uint8Array): Parts {
  const sections = new Map<number, Uint8Array>();
  for (const [id, reader] of splitSections(octets).sections) {
    sections.set(id, reader.slice(reader.at, reader.end));
  }
  const surface = readSurface(sections);
  const code = new Reader(sections.get(SECTION.code) ?? Uint8Array.of(0));
  sections.delete(SECTION.code);
  const bodies: Body[] = [];
  const count = code.u32();
  for (let index = 0; index < count; index++) {
    const body = code.range(code.u32());
    const from = body.at;
    for (let left = body.u32(); left > 0; left--) {
      body.u32();
      skipValueType(body);
    }
    bodies.push({
      type: surface.functions[index] ?? 0,
      locals: body.slice(from, body.at),
      code: instructionsOf(body.slice(body.at, body.end)),
    });
  }
  return { sections, bodies, surface };
}

export function putTogether(
  sections: ReadonlyMap<number, Uint8Array>,
  bodies: readonly Pick<Body, "locals" | "code">[],
): Uint8Array<ArrayBuffer> {
  const code = new Writer(1024);
  code.u32(bodies.length);
  for (const body of bodies) {
    const one = new Writer();
    one.octets(body.locals);
    for (const { octets } of body.code) one.octets(octets);
    code.u32(one.length);
    code.octets(one.done());
  }
  const writer = new Writer(1024);
  writer.octets(CORE_HEADER);
  for (const id of SECTION_ORDER) {
    const content = id !== SECTION.code
      ? sections.get(id)
      : bodies.length > 0
      ? code.done()
      : undefined;
    if (content !== undefined) writer.section(id, content);
  }
  return writer.done().slice();
}
