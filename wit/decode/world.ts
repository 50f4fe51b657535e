/**
 * From component octets to contracts: which interfaces a component imports and exports, and their canonical texts.
 *
 * Both entry points take untrusted octets and either answer or throw `Malformed`, in time linear in the octets.
 */
import { decodeComponent } from "./component.ts";
import {
  type Alias,
  type Func,
  type Interface,
  root,
  type World,
} from "./model.ts";
import { Malformed, Reader } from "./reader.ts";
import { interfaceText, type Written } from "./text.ts";
import type { Extern, Instance, Shape } from "./types.ts";

/** Interface name to canonical text. */
export interface Contracts {
  readonly imports: ReadonlyMap<string, string>;
  readonly exports: ReadonlyMap<string, string>;
}

/** The contracts of a finished component. */
export function decodeWorld(component: Uint8Array): Contracts {
  return contractsOf(decodeModel(component));
}

/** The same before it is written as text. */
export function decodeModel(component: Uint8Array): World {
  return worldOf(decodeComponent(component));
}

/** Writes the contracts of a world; throws `Malformed` past the text limit. */
export function contractsOf(world: World): Contracts {
  const written: Written = new Map();
  const texts = (from: readonly Interface[]) =>
    new Map(from.map((one) => [one.name, interfaceText(one, written)]));
  return { imports: texts(world.imports), exports: texts(world.exports) };
}

/**
 * Whether a component's side of a contract fits the known one; undefined if so, else what differs.
 * An importer may use fewer functions than the contract has; an exporter must offer all of them and no others.
 */
export function difference(
  role: "import" | "export",
  cell: string,
  contract: string,
): string | undefined {
  if (cell === contract) return undefined;
  const known = new Set(contract.split("\n"));
  const has = new Set(cell === "" ? [] : cell.split("\n"));
  for (const line of has) {
    if (!known.has(line)) return `the cell has "${line}"`;
  }
  if (role === "import") return undefined;
  for (const line of known) {
    if (!has.has(line)) return `the cell lacks "${line}"`;
  }
  return undefined;
}

/** The world inside the `component-type` custom section of a core module. */
export function decodeEmbedded(section: Uint8Array): World {
  const outer = decodeComponent(section);
  for (const extern of outer.exports.values()) {
    const shape = componentIn(extern);
    if (shape === undefined) continue;
    // The tool wraps the world's component type in one more component type.
    for (const inner of shape.exports.values()) {
      if (inner.sort === "component") return worldOf(inner.component);
    }
    return worldOf(shape);
  }
  throw new Malformed("the section holds no world");
}

function componentIn(extern: Extern): Shape | undefined {
  if (extern.sort === "component") return extern.component;
  if (extern.sort === "type" && extern.entry.sort === "component") {
    return extern.entry.component;
  }
  return undefined;
}

/** The `component-type…` section of a core module, or undefined. */
export function embeddedSection(core: Uint8Array): Uint8Array | undefined {
  const reader = new Reader(core, 8);
  while (!reader.done) {
    const id = reader.byte();
    const part = reader.part(reader.u32());
    if (id !== 0) continue;
    const name = part.text();
    if (name === "component-type" || name.startsWith("component-type:")) {
      return core.subarray(part.at, part.end);
    }
  }
  return undefined;
}

function worldOf(shape: Shape): World {
  return {
    imports: interfaces("import", shape.imports),
    exports: interfaces("export", shape.exports),
  };
}

function interfaces(
  role: string,
  externs: ReadonlyMap<string, Extern>,
): Interface[] {
  const out: Interface[] = [];
  for (const [name, extern] of externs) {
    if (extern.sort === "instance") {
      out.push(interfaceOf(name, extern.instance));
    } else if (extern.sort !== "type") {
      throw new Malformed(
        `${role} "${name}" is a ${extern.sort}; Karyon's contracts are interfaces`,
      );
    }
  }
  return out;
}

function interfaceOf(name: string, instance: Instance): Interface {
  const types: Alias[] = [];
  const functions: Func[] = [];
  for (const [inner, extern] of instance.exports) {
    if (extern.sort === "func") functions.push({ name: inner, ...extern.func });
    else if (extern.sort === "type") {
      const { entry } = extern;
      if (entry.sort === "value" && entry.type.kind === "alias") {
        types.push(entry.type);
      } else if (entry.sort === "resource") {
        types.push({
          kind: "alias",
          owner: instance.owner,
          name: inner,
          target: { kind: "resource", resource: root(entry.resource) },
        });
      }
    } else {
      throw new Malformed(`"${name}" holds a ${extern.sort} "${inner}"`);
    }
  }
  return { name, types, functions };
}
