/**
 * Decodes a whole component into the shape of what it imports and exports.
 *
 * Reads only what decides that: core modules, core instances and core types are skipped, functions keep their type.
 * Deliberately absent: validation of what runs inside; the engine's own compiler does that.
 */
import type { Resource } from "./model.ts";
import { root } from "./model.ts";
import { Malformed, Reader } from "./reader.ts";
import {
  at,
  exportAs,
  externName,
  externType,
  readAlias,
  readImport,
  readType,
  Scope,
  type Spent,
} from "./scope.ts";
import { type Extern, type Instance, label, type Shape } from "./types.ts";

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];

/** Decodes a component binary; throws `Malformed`. */
export function decodeComponent(octets: Uint8Array): Shape {
  const spent: Spent = { items: 0, depths: new WeakMap() };
  return body(new Reader(octets), undefined, spent);
}

function body(
  reader: Reader,
  parent: Scope | undefined,
  spent: Spent,
): Scope {
  for (const octet of MAGIC) {
    if (reader.byte() !== octet) {
      throw new Malformed("the octets are not a WebAssembly component");
    }
  }
  const scope = new Scope(parent, spent);
  while (!reader.done) {
    const id = reader.byte();
    const part = reader.part(reader.u32());
    if (id === 4) {
      scope.add({ sort: "component", component: body(part, scope, spent) });
    } else section(id, part, scope);
  }
  return scope;
}

type Item = (reader: Reader, scope: Scope) => void;

const SECTIONS: Readonly<Record<number, Item>> = {
  5: readInstance,
  6: readAlias,
  7: readType,
  8: readCanon,
  10: readImport,
  11: readExport,
};

function section(id: number, reader: Reader, scope: Scope): void {
  if (id <= 3) {
    if (id === 1) scope.modules++;
    return;
  }
  const item = SECTIONS[id];
  if (item === undefined) reader.fail(`unsupported section ${id}`);
  for (let left = reader.count(); left > 0; left--) item(reader, scope);
  if (!reader.done) reader.fail(`octets after section ${id}`);
}

/** Reads a sort and an index, and gives what is there; undefined for core things. */
function sorted(reader: Reader, scope: Scope): Extern | undefined {
  const sort = reader.byte();
  if (sort === 0x00) {
    reader.byte();
    reader.u32();
    return undefined;
  }
  const index = reader.u32();
  switch (sort) {
    case 0x01:
      return { sort: "func", func: at(scope.funcs, index, "function") };
    case 0x03:
      return { sort: "type", entry: scope.typeAt(index) };
    case 0x04: {
      const component = at(scope.components, index, "component");
      return { sort: "component", component };
    }
    case 0x05: {
      const instance = at(scope.instances, index, "instance");
      return { sort: "instance", instance };
    }
  }
  reader.fail("unsupported sort");
}

function readInstance(reader: Reader, scope: Scope): void {
  const tag = reader.byte();
  if (tag === 0x00) {
    const shape = at(scope.components, reader.u32(), "component");
    for (let left = reader.count(); left > 0; left--) {
      const name = label(reader);
      const given = sorted(reader, scope);
      const wanted = shape.imports.get(name);
      if (given !== undefined && wanted !== undefined) unify(wanted, given);
    }
    scope.add({ sort: "instance", instance: shape });
  } else if (tag === 0x01) {
    const exports = new Map<string, Extern>();
    for (let left = reader.count(); left > 0; left--) {
      const name = externName(reader);
      const given = sorted(reader, scope);
      if (given !== undefined) exports.set(name, given);
    }
    const instance: Instance = { owner: { name: "" }, exports };
    scope.add({ sort: "instance", instance });
  } else reader.fail("bad instance");
}

/** A component's resource parameter becomes the resource that it is given. */
function unify(wanted: Extern, given: Extern): void {
  if (wanted.sort !== "type" || given.sort !== "type") return;
  if (wanted.entry.sort !== "resource" || given.entry.sort !== "resource") {
    return;
  }
  const inner: Resource = root(wanted.entry.resource);
  const outer: Resource = root(given.entry.resource);
  if (inner === outer) return;
  if (outer.owner === undefined) outer.same = inner;
  else inner.same = outer;
}

function readExport(reader: Reader, scope: Scope): void {
  const name = externName(reader);
  const given = sorted(reader, scope);
  const there = reader.byte();
  if (there > 1) reader.fail("bad export");
  const ascribed = there === 1 ? externType(reader, scope) : undefined;
  const extern = ascribed?.sort === "func" ? ascribed : given;
  if (extern === undefined) reader.fail(`export "${name}" of a core thing`);
  exportAs(scope, name, extern);
}

/** Only `canon lift` makes something that can be exported. */
function readCanon(reader: Reader, scope: Scope): void {
  const tag = reader.byte();
  if (tag === 0x00) {
    if (reader.byte() !== 0x00) reader.fail("bad canon lift");
    reader.u32();
    canonOptions(reader);
    const entry = scope.typeAt(reader.u32());
    if (entry.sort !== "func") reader.fail("canon lift to no function type");
    scope.add({ sort: "func", func: entry.func });
  } else if (tag === 0x01) {
    if (reader.byte() !== 0x00) reader.fail("bad canon lower");
    reader.u32();
    canonOptions(reader);
  } else if (tag === 0x02 || tag === 0x03 || tag === 0x04) reader.u32();
  else reader.fail(`unsupported canonical function 0x${tag.toString(16)}`);
}

function canonOptions(reader: Reader): void {
  for (let left = reader.count(); left > 0; left--) {
    const tag = reader.byte();
    if (tag >= 0x03 && tag <= 0x05) reader.u32();
    else if (tag !== 0x00) reader.fail("unsupported canonical option");
  }
}
