/**
 * Tells a component's own core module from those that the linker added.
 *
 * wit-component links a component with a shim (functions that jump through a
 * table, so that the module can be made before what it imports) and a fixup
 * (which fills that table). The engine gives a module its imports directly and
 * needs neither. Both are known by their form, not by a name that anybody could
 * give.
 */
import { ModuleRefusal } from "../rewriter/refusal.ts";
import {
  type ModuleExport,
  type ModuleImport,
  readExports,
  readImports,
  SECTION,
  splitSections,
} from "../rewriter/sections.ts";
import { ComponentRefusal } from "./refusal.ts";

interface Outline {
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly ModuleExport[];
}

const SHIM_TABLE = "$imports";
const FORWARDER = /^\d+$/;

/** Names only: indices are the rewriter's to check. */
function outline(octets: Uint8Array): Outline {
  const { sections } = splitSections(octets);
  const imports = sections.get(SECTION.import);
  const exports = sections.get(SECTION.export);
  const scope = {
    functions: Infinity,
    memories: Infinity,
    globals: Infinity,
    table64: [],
    memory64: [],
    refuse: new Set<never>(),
    features: new Set<never>(),
  };
  return {
    imports: imports === undefined ? [] : readImports(imports).imports,
    exports: exports === undefined ? [] : readExports(exports, scope).exports,
  };
}

/** Exports nothing but forwarders and their table. */
function isShim({ imports, exports }: Outline): boolean {
  return imports.length === 0 &&
    exports.some(({ name, kind }) => name === SHIM_TABLE && kind === "table") &&
    exports.every(({ name }) => name === SHIM_TABLE || FORWARDER.test(name));
}

/** Exports nothing and imports from the linker only: a fixup, or a starter. */
function isFixup({ imports, exports }: Outline): boolean {
  return exports.length === 0 && imports.length > 0 &&
    imports.every(({ module, name }) =>
      module === "" &&
      (name === "" || name === SHIM_TABLE || FORWARDER.test(name))
    );
}

/** The one module of a component that is not the linker's. */
export function mainModule(modules: readonly Uint8Array[]): Uint8Array {
  const own = modules.filter((octets, index) => {
    try {
      const shape = outline(octets);
      return !isShim(shape) && !isFixup(shape);
    } catch (error) {
      if (!(error instanceof ModuleRefusal)) throw error;
      throw new ComponentRefusal(
        error.kind,
        `core module ${index}: ${error.message}`,
      );
    }
  });
  const [main] = own;
  if (main === undefined || own.length !== 1) {
    throw new ComponentRefusal(
      "unsupported",
      `unsupported structure: ${own.length} core modules beside the ` +
        "linker's own, where exactly one is expected",
    );
  }
  return main;
}
