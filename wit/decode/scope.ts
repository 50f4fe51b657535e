/**
 * The index spaces of one component, component type or instance type.
 *
 * Everything is evaluated once, when it is read: time and memory are linear in the octets, whatever they say.
 */
import { DEPTH_MAX, ITEMS_MAX, TYPE_DEPTH_MAX } from "./limits.ts";
import { type Owner, parts, type Resource, root, type Type } from "./model.ts";
import { Malformed, type Reader } from "./reader.ts";
import {
  definition,
  type Entry,
  type Extern,
  type Instance,
  label,
  type Shape,
  type Signature,
  type TypeSpace,
} from "./types.ts";

/** What one decoding has used of its limits; shared by all its scopes. */
export interface Spent {
  items: number;
  readonly depths: WeakMap<Type, number>;
}

/** Index spaces, with the enclosing scope for `alias outer`. */
export class Scope implements TypeSpace, Shape {
  readonly owner: Owner = { name: "" };
  readonly imports = new Map<string, Extern>();
  readonly exports = new Map<string, Extern>();
  readonly types: Entry[] = [];
  readonly funcs: Signature[] = [];
  readonly instances: Instance[] = [];
  readonly components: Shape[] = [];
  modules = 0;
  readonly #depth: number;

  constructor(readonly parent: Scope | undefined, readonly spent: Spent) {
    this.#depth = parent === undefined ? 0 : parent.#depth + 1;
    if (this.#depth > DEPTH_MAX) {
      throw new Malformed(`components nested over ${DEPTH_MAX} deep`);
    }
  }

  typeAt(index: number): Entry {
    return at(this.types, index, "type");
  }

  count(): void {
    if (++this.spent.items > ITEMS_MAX) {
      throw new Malformed(`over ${ITEMS_MAX} definitions`);
    }
  }

  addType(entry: Entry): void {
    this.count();
    if (entry.sort === "value") this.#checkDepth(entry.type);
    this.types.push(entry);
  }

  #checkDepth(type: Type): void {
    const { depths } = this.spent;
    let deepest = 0;
    for (const part of parts(type)) {
      this.count();
      deepest = Math.max(deepest, depths.get(part) ?? 0);
    }
    if (deepest >= TYPE_DEPTH_MAX) {
      throw new Malformed(`types nested over ${TYPE_DEPTH_MAX} deep`);
    }
    depths.set(type, deepest + 1);
  }

  /** Puts something into its index space. */
  add(extern: Extern): void {
    this.count();
    if (extern.sort === "func") this.funcs.push(extern.func);
    else if (extern.sort === "type") this.addType(extern.entry);
    else if (extern.sort === "instance") this.instances.push(extern.instance);
    else if (extern.sort === "component") {
      this.components.push(extern.component);
    } else this.modules++;
  }
}

/** The element at an index, or `Malformed`. */
export function at<T>(space: readonly T[], index: number, what: string): T {
  const found = space[index];
  if (found === undefined) throw new Malformed(`no ${what} ${index}`);
  return found;
}

/** Reads one definition of a type section or declarator. */
export function readType(reader: Reader, scope: Scope): void {
  const tag = reader.byte();
  if (tag === 0x41 || tag === 0x42) {
    const inner = new Scope(scope, scope.spent);
    for (let left = reader.count(); left > 0; left--) {
      declarator(reader, inner, tag === 0x41);
    }
    scope.addType(
      tag === 0x41
        ? { sort: "component", component: inner }
        : { sort: "instance", instance: inner },
    );
  } else if (tag === 0x3f) {
    if (reader.byte() !== 0x7f) reader.fail("resource that is not an i32");
    if (reader.byte() === 1) reader.u32();
    scope.addType({ sort: "resource", resource: newResource() });
  } else scope.addType(definition(reader, tag, scope));
}

function newResource(): Resource {
  return { owner: undefined, name: "", same: undefined };
}

function declarator(
  reader: Reader,
  scope: Scope,
  inComponent: boolean,
): void {
  const tag = reader.byte();
  if (tag === 0x01) readType(reader, scope);
  else if (tag === 0x02) readAlias(reader, scope);
  else if (tag === 0x04) {
    const name = externName(reader);
    exportAs(scope, name, externType(reader, scope));
  } else if (tag === 0x03 && inComponent) readImport(reader, scope);
  else reader.fail("unsupported declarator");
}

/** An import or export name, with or without a version suffix. */
export function externName(reader: Reader): string {
  const tag = reader.byte();
  if (tag > 1) reader.fail("unsupported name form");
  const name = label(reader);
  if (tag === 1) label(reader);
  return name;
}

/** The type that an import or an export ascribes. */
export function externType(reader: Reader, scope: Scope): Extern {
  const tag = reader.byte();
  if (tag === 0x00) {
    if (reader.byte() !== 0x11) reader.fail("bad module type");
    reader.u32();
    return { sort: "module" };
  }
  if (tag === 0x03) return typeBound(reader, scope);
  const entry = scope.typeAt(reader.u32());
  if (tag === 0x01 && entry.sort === "func") {
    return { sort: "func", func: entry.func };
  }
  if (tag === 0x05 && entry.sort === "instance") {
    return { sort: "instance", instance: entry.instance };
  }
  if (tag === 0x04 && entry.sort === "component") {
    return { sort: "component", component: entry.component };
  }
  reader.fail("unsupported import or export type");
}

function typeBound(reader: Reader, scope: Scope): Extern {
  const bound = reader.byte();
  if (bound === 0) {
    return { sort: "type", entry: scope.typeAt(reader.u32()) };
  }
  if (bound !== 1) reader.fail("bad type bound");
  return { sort: "type", entry: { sort: "resource", resource: newResource() } };
}

/** Reads one import: it joins its index space under its name. */
export function readImport(reader: Reader, scope: Scope): void {
  const name = externName(reader);
  const extern = externType(reader, scope);
  if (scope.imports.has(name)) reader.fail(`second import of "${name}"`);
  if (extern.sort === "instance") extern.instance.owner.name ||= name;
  scope.imports.set(name, extern);
  scope.add(extern);
}

/** Exports under a name; a type's new index carries the name. */
export function exportAs(scope: Scope, name: string, extern: Extern): void {
  if (scope.exports.has(name)) {
    throw new Malformed(`second export of "${name}"`);
  }
  const named = extern.sort === "type"
    ? nameType(scope, name, extern.entry)
    : extern;
  if (named.sort === "instance") named.instance.owner.name ||= name;
  scope.exports.set(name, named);
  scope.add(named);
}

function nameType(scope: Scope, name: string, entry: Entry): Extern {
  if (entry.sort === "resource") {
    const resource = root(entry.resource);
    if (resource.owner === undefined) {
      resource.owner = scope.owner;
      resource.name = name;
    }
  }
  if (entry.sort !== "value") return { sort: "type", entry };
  const { owner } = scope;
  const type: Type = { kind: "alias", owner, name, target: entry.type };
  return { sort: "type", entry: { sort: "value", type } };
}

/** Reads one alias; aliases of core things change no index space that matters here. */
export function readAlias(reader: Reader, scope: Scope): void {
  const sort = reader.byte();
  if (sort === 0x00) reader.byte();
  const target = reader.byte();
  if (target === 0x02) return outer(reader, scope, sort);
  const instance = reader.u32();
  const name = label(reader);
  if (target === 0x01) return;
  if (target !== 0x00) reader.fail("bad alias");
  const found = at(scope.instances, instance, "instance").exports.get(name);
  if (found === undefined) reader.fail(`alias of missing "${name}"`);
  scope.add(found);
}

function outer(reader: Reader, scope: Scope, sort: number): void {
  const levels = reader.u32();
  const index = reader.u32();
  let from: Scope | undefined = scope;
  for (let left = Math.min(levels, DEPTH_MAX + 1); left > 0; left--) {
    from = from?.parent;
  }
  if (from === undefined) reader.fail("alias past the outermost scope");
  if (sort === 0x03) scope.addType(from.typeAt(index));
  else if (sort === 0x04) {
    const component = at(from.components, index, "component");
    scope.add({ sort: "component", component });
  } else if (sort === 0x00) scope.modules++;
  else reader.fail("unsupported outer alias");
}
