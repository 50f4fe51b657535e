/**
 * Gives a core module exactly what its component was granted.
 *
 * Names follow the canonical ABI: an interface is a module, a function keeps its
 * name, and `[export]` marks the intrinsics of resources that the component
 * itself exports. Whatever the core module asks for must also be in the
 * component's world, so what a component shows is all that it can reach.
 */
import type {
  CoreFunction,
  CoreInstance,
  InterfaceBinding,
} from "../../../wit/abi/binding.ts";
import { difference } from "../../../wit/decode/world.ts";
import { EngineRefusal, type Grant, type Grants } from "../engine.ts";
import type { CellHeader } from "./cell_record.ts";

/** Marks the intrinsics of what a component exports. */
export const EXPORT_MARK = "[export]";
const INTRINSIC = /^\[resource-(new|rep|drop)\]/;

/** Every import is granted, and with the contract that the cell was built for. */
export function checkGrants(header: CellHeader, grants: Grants): void {
  for (const [name, signature] of header.imports) {
    const grant = grants.get(name);
    if (grant === undefined) {
      throw new EngineRefusal({
        kind: "ungranted-import",
        reason: `it imports ${name}, which is not granted`,
      });
    }
    const differs = difference("import", signature, grant.binding.signature);
    if (differs !== undefined) {
      throw new EngineRefusal({
        kind: "contract-differs",
        reason: `it imports another ${name} than the granted one: ${differs}`,
      });
    }
  }
}

/** Core functions for an importer, by name; `undefined`: the grant's own way. */
export type Shortcut = (
  grant: Grant,
  lowered: Record<string, CoreFunction>,
) => Record<string, CoreFunction> | undefined;

/** Import object for the core module, without the engine's own part. */
export function linkImports(
  header: CellHeader,
  grants: Grants,
  exported: ReadonlyMap<string, InterfaceBinding<unknown>>,
  core: () => CoreInstance,
  shortcut: Shortcut,
): WebAssembly.Imports {
  const modules: Record<string, Record<string, CoreFunction>> = {};
  const worlds = new Map(header.imports.map(([name, signature]) => [
    name,
    new Set(signature.split("\n").map((line) => line.split(": func(")[0])),
  ]));
  const offers = new Map<string, Record<string, CoreFunction>>();
  const offersOf = (module: string): Record<string, CoreFunction> => {
    const known = offers.get(module);
    if (known !== undefined) return known;
    const made = module.startsWith(EXPORT_MARK)
      ? exported.get(module.slice(EXPORT_MARK.length))?.exportIntrinsics(core)
      : worlds.has(module)
      ? lowered(grants, module, core, shortcut)
      : undefined;
    offers.set(module, made ?? {});
    return made ?? {};
  };
  for (const [module, name] of header.coreImports) {
    const isInWorld = INTRINSIC.test(name) || worlds.get(module)?.has(name);
    const offer = offersOf(module);
    if (!isInWorld || !Object.hasOwn(offer, name)) {
      throw new EngineRefusal({
        kind: "ungranted-import",
        reason: `its core module imports "${name}" of "${module}", which its ` +
          "world does not grant",
      });
    }
    (modules[module] ??= {})[name] = offer[name] as CoreFunction;
  }
  return modules;
}

function lowered(
  grants: Grants,
  module: string,
  core: () => CoreInstance,
  shortcut: Shortcut,
): Record<string, CoreFunction> | undefined {
  const grant = grants.get(module);
  if (grant === undefined) return undefined;
  const offer = grant.binding.lower(core, grant.host);
  return shortcut(grant, offer) ?? offer;
}
