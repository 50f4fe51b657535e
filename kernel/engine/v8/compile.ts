/**
 * From component bytes to a record: taken apart, checked, made stoppable.
 */
import type { World } from "../../../wit/decode/model.ts";
import {
  type Contracts,
  contractsOf,
  decodeModel,
} from "../../../wit/decode/world.ts";
import { Malformed } from "../../../wit/decode/reader.ts";
import {
  CELL_TABLE_ENTRIES_MAX,
  MEMORY_PAGES_MAX,
  MESSAGE_CHARS_MAX,
  STACK_OCTETS_MAX,
} from "../limits.ts";
import type { CheckMode } from "../rewriter/checks.ts";
import type { Feature } from "../rewriter/opcodes.ts";
import { ModuleRefusal } from "../rewriter/refusal.ts";
import { rewrite, type Rewritten } from "../rewriter/rewrite.ts";
import { checkShape } from "./check_shape.ts";
import { coreShape } from "./core_shape.ts";
import { keyOf } from "./key.ts";
import { mainModule } from "./outline.ts";
import type { CellRecord } from "./cell_record.ts";
import { ComponentRefusal } from "./refusal.ts";
import { checkForm, takeApart } from "./take_apart.ts";

/**
 * Relaxed SIMD is not deterministic (invariant 6). Objects and exceptions live on
 * V8's own heap, which nothing bounds per cell; and a cell that could catch would
 * go on after a fault that its host raised.
 */
const REFUSED: ReadonlySet<Feature> = new Set([
  "relaxed-simd",
  "gc",
  "exceptions",
  "legacy-exceptions",
]);

/** Rejects with a `ComponentRefusal`. */
export async function compileComponent(
  component: Uint8Array,
  hash: string,
  mode: CheckMode,
): Promise<CellRecord> {
  // The decoder first: what it refuses, jco need not see.
  checkForm(component);
  const { world, imports, exports } = worldOf(component);
  const main = mainModule(await takeApart(component));
  validate(main);
  const shape = coreShape(main);
  const rewritten = rewriteModule(main, mode, shape.tables);
  const [memory, ...others] = rewritten.memories;
  if (others.length > 0 || memory?.is64) {
    throw unsupported("a cell has one 32-bit memory");
  }
  checkShape(shape, world);
  const core = coreImports(rewritten);
  const isUsed = (name: string) => core.some(([module]) => module === name);
  return {
    header: {
      key: keyOf(hash, mode),
      hash,
      size: component.length,
      // An interface without functions only lends its types: no authority,
      // unless the module drops its resources.
      imports: [...imports].filter(([name, signature]) =>
        signature !== "" || isUsed(name)
      ),
      exports: [...exports].filter(([, signature]) => signature !== ""),
      coreImports: core,
      memory: memory === undefined
        ? null
        : { minimum: memory.minimum, maximum: memory.maximum },
      hasCountdown: rewritten.hasCountdown,
    },
    module: rewritten.octets,
  };
}

function worldOf(component: Uint8Array): Contracts & { readonly world: World } {
  try {
    const world = decodeModel(component);
    return { world, ...contractsOf(world) };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new ComponentRefusal("malformed", error.message);
  }
}

/** What the rewriter adds must not make a module valid that was not. */
function validate(main: Uint8Array): void {
  try {
    new WebAssembly.Module(new Uint8Array(main));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const reason = text.slice(0, MESSAGE_CHARS_MAX);
    throw new ComponentRefusal("malformed", reason);
  }
}

function rewriteModule(
  main: Uint8Array,
  mode: CheckMode,
  tables: number,
): Rewritten {
  try {
    return rewrite(main, {
      mode,
      memoryPagesMax: MEMORY_PAGES_MAX,
      // Tables lie outside the memory that is granted: they share what there is.
      tableEntriesMax: Math.floor(CELL_TABLE_ENTRIES_MAX / Math.max(1, tables)),
      refuse: REFUSED,
      // With a deadline the platform's own bound does; counting would double
      // the cost of calls. With fuel the depth must be the same everywhere.
      ...(mode === "fuel" ? { stackOctetsMax: STACK_OCTETS_MAX } : {}),
    });
  } catch (error) {
    if (!(error instanceof ModuleRefusal)) throw error;
    throw new ComponentRefusal(error.kind, error.message);
  }
}

function coreImports({ imports }: Rewritten): readonly [string, string][] {
  return imports.map(({ module, name, kind }): [string, string] => {
    if (kind !== "function") {
      throw unsupported(`its core module imports the ${kind} "${name}"`);
    }
    return [module, name];
  });
}

function unsupported(reason: string): ComponentRefusal {
  return new ComponentRefusal("unsupported", reason);
}
