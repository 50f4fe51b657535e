/**
 * Decodes type definitions: one table per tag of the component binary format.
 */
import { NAME_CHARS_MAX } from "./limits.ts";
import type { Field, Func, Owner, Prim, Resource, Type } from "./model.ts";
import { Malformed, type Reader } from "./reader.ts";

/** What a type index may stand for. */
export type Entry =
  | { readonly sort: "value"; readonly type: Type }
  | { readonly sort: "func"; readonly func: Signature }
  | { readonly sort: "resource"; readonly resource: Resource }
  | { readonly sort: "instance"; readonly instance: Instance }
  | { readonly sort: "component"; readonly component: Shape };

/** A function type before it has a name. */
export type Signature = Omit<Func, "name">;

/** What an instance offers, by name, in order. */
export interface Instance {
  readonly owner: Owner;
  readonly exports: Map<string, Extern>;
}

/** What a component asks for and offers, by name, in order. */
export interface Shape extends Instance {
  readonly imports: Map<string, Extern>;
}

/** Something that is imported or exported. */
export type Extern =
  | { readonly sort: "func"; readonly func: Signature }
  | { readonly sort: "type"; readonly entry: Entry }
  | { readonly sort: "instance"; readonly instance: Instance }
  | { readonly sort: "component"; readonly component: Shape }
  | { readonly sort: "module" };

const PRIMS: Readonly<Record<number, Prim>> = {
  0x7f: "bool",
  0x7e: "s8",
  0x7d: "u8",
  0x7c: "s16",
  0x7b: "u16",
  0x7a: "s32",
  0x79: "u32",
  0x78: "s64",
  0x77: "u64",
  0x76: "f32",
  0x75: "f64",
  0x74: "char",
  0x73: "string",
};

const REFUSED: Readonly<Record<number, string>> = {
  0x67: "lists of fixed length",
  0x66: "streams",
  0x65: "futures",
  0x64: "error contexts",
  0x63: "maps",
  0x43: "async functions",
  0x3e: "async destructors",
};

/** Where indices are looked up. */
export interface TypeSpace {
  typeAt(index: number): Entry;
}

/** A name with a sane length. */
export function label(reader: Reader): string {
  const name = reader.text();
  if (name.length > NAME_CHARS_MAX) reader.fail("name too long");
  return name;
}

/** Decodes a value type: a primitive or an index of one. */
export function valueType(reader: Reader, space: TypeSpace): Type {
  const tag = reader.peek();
  if (tag >= 0x40 && tag < 0x80) {
    reader.byte();
    const prim = PRIMS[tag];
    if (prim === undefined) refuse(reader, tag);
    return { kind: "prim", prim };
  }
  const index = signedIndex(reader);
  const entry = space.typeAt(index);
  if (entry.sort !== "value") reader.fail(`type ${index} is not a value type`);
  return entry.type;
}

/** A type index written as a 33-bit signed number. */
function signedIndex(reader: Reader): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const octet = reader.byte();
    value += (octet & 0x7f) * 2 ** shift;
    if (octet < 0x80) {
      if (octet & 0x40 || value > 0xffff_ffff) reader.fail("bad type index");
      return value;
    }
  }
  reader.fail("bad type index");
}

function refuse(reader: Reader, tag: number): never {
  const what = REFUSED[tag];
  if (what !== undefined) {
    throw new Malformed(`${what} are not part of Karyon's contracts`);
  }
  reader.fail(`unknown type 0x${tag.toString(16)}`);
}

function fields(reader: Reader, space: TypeSpace): Field[] {
  const out: Field[] = [];
  for (let left = reader.count(); left > 0; left--) {
    const name = label(reader);
    out.push({ name, type: valueType(reader, space) });
  }
  return out;
}

function optional(reader: Reader, space: TypeSpace): Type | undefined {
  const there = reader.byte();
  if (there > 1) reader.fail("bad option");
  return there === 1 ? valueType(reader, space) : undefined;
}

function labels(reader: Reader): string[] {
  const out: string[] = [];
  for (let left = reader.count(); left > 0; left--) out.push(label(reader));
  return out;
}

function resourceAt(reader: Reader, space: TypeSpace): Resource {
  const index = reader.u32();
  const entry = space.typeAt(index);
  if (entry.sort !== "resource") reader.fail(`type ${index} is no resource`);
  return entry.resource;
}

function variant(reader: Reader, space: TypeSpace): Type {
  const cases: { name: string; type: Type | undefined }[] = [];
  for (let left = reader.count(); left > 0; left--) {
    const name = label(reader);
    cases.push({ name, type: optional(reader, space) });
    if (reader.byte() !== 0) reader.fail("bad variant case");
  }
  if (cases.length === 0) reader.fail("variant without cases");
  return { kind: "variant", cases };
}

function tuple(reader: Reader, space: TypeSpace): Type {
  const items: Type[] = [];
  for (let left = reader.count(); left > 0; left--) {
    items.push(valueType(reader, space));
  }
  return { kind: "tuple", items };
}

function func(reader: Reader, space: TypeSpace): Signature {
  const params = fields(reader, space);
  const tag = reader.byte();
  if (tag === 0) return { params, result: valueType(reader, space) };
  if (tag !== 1 || reader.byte() !== 0) reader.fail("bad function result");
  return { params, result: undefined };
}

/** Decodes a definition that is not an instance or component type; `tag` has been read. */
export function definition(
  reader: Reader,
  tag: number,
  space: TypeSpace,
): Entry {
  if (tag === 0x40) return { sort: "func", func: func(reader, space) };
  return { sort: "value", type: valueDefinition(reader, tag, space) };
}

function valueDefinition(
  reader: Reader,
  tag: number,
  space: TypeSpace,
): Type {
  const prim = PRIMS[tag];
  if (prim !== undefined) return { kind: "prim", prim };
  switch (tag) {
    case 0x72:
      return { kind: "record", fields: fields(reader, space) };
    case 0x71:
      return variant(reader, space);
    case 0x70:
      return { kind: "list", element: valueType(reader, space) };
    case 0x6f:
      return tuple(reader, space);
    case 0x6e:
      return { kind: "flags", names: labels(reader) };
    case 0x6d:
      return { kind: "enum", names: labels(reader) };
    case 0x6b:
      return { kind: "option", some: valueType(reader, space) };
    case 0x6a: {
      const ok = optional(reader, space);
      return { kind: "result", ok, err: optional(reader, space) };
    }
    case 0x69:
      return { kind: "own", resource: resourceAt(reader, space) };
    case 0x68:
      return { kind: "borrow", resource: resourceAt(reader, space) };
  }
  refuse(reader, tag);
}
