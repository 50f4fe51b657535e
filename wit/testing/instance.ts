/**
 * Runs a component without the engine: its main core module with our bindings, or the whole with jco's glue.
 */
import { Buffer } from "node:buffer";
import { $init, generate } from "@bytecodealliance/jco-transpile/component";
import type { CoreInstance, InterfaceBinding } from "../abi/binding.ts";
import { ResourceTables } from "../abi/resources.ts";

/** Core modules and glue of a component. */
export interface Taken {
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Takes a component apart. */
export async function takeApart(component: Uint8Array): Promise<Taken> {
  await $init;
  const { files } = generate(component, {
    name: "cell",
    noTypescript: true,
    instantiation: { tag: "sync" },
    noNodejsCompat: true,
    base64Cutoff: 0,
  });
  return { files: new Map(files) };
}

/** The octets of the component's own core module. */
export function mainModule(taken: Taken): Uint8Array {
  const found = taken.files.get("cell.core.wasm");
  if (found === undefined) throw new Error("no core module");
  return found;
}

/** Instantiates the main module with core functions by module name. */
export function instantiateCore(
  taken: Taken,
  imports: (core: () => CoreInstance) => WebAssembly.Imports,
): CoreInstance {
  const octets = mainModule(taken);
  const module = new WebAssembly.Module(octets as BufferSource);
  const live: { core: CoreInstance | undefined } = { core: undefined };
  const core = () => {
    if (live.core === undefined) throw new Error("called before it exists");
    return live.core;
  };
  const { exports } = new WebAssembly.Instance(module, imports(core));
  live.core = {
    memory: exports["memory"] as WebAssembly.Memory,
    exports,
    realloc: exports["cabi_realloc"] as CoreInstance["realloc"],
    resources: new ResourceTables(exportedInterfaces(exports)),
  };
  return live.core;
}

/** The interfaces that core exports name. */
function exportedInterfaces(exports: WebAssembly.Exports): Set<string> {
  const names = Object.keys(exports).filter((name) => name.includes("#"));
  return new Set(names.map((name) => name.slice(0, name.indexOf("#"))));
}

/** Instantiates a component with jco's glue. */
export async function instantiateGlue(
  taken: Taken,
  imports: Record<string, unknown>,
): Promise<Record<string, Record<string, unknown>>> {
  const glue = taken.files.get("cell.js");
  if (glue === undefined) throw new Error("no glue");
  const url = `data:text/javascript;base64,${
    Buffer.from(glue).toString("base64")
  }`;
  const { instantiate } = await import(url) as {
    instantiate: (
      get: (name: string) => WebAssembly.Module,
      imports: Record<string, unknown>,
    ) => Record<string, Record<string, unknown>>;
  };
  return instantiate(
    (name) =>
      new WebAssembly.Module(taken.files.get(name) as unknown as BufferSource),
    imports,
  );
}

/** Loads a generated binding from its text. */
export async function loadBinding(
  text: string,
  constant: string,
): Promise<InterfaceBinding<Record<string, (...args: unknown[]) => unknown>>> {
  const module = await loadModule(text);
  return module[constant] as InterfaceBinding<
    Record<string, (...args: unknown[]) => unknown>
  >;
}

/** Loads any generated module from its text. */
export async function loadModule(
  text: string,
): Promise<Record<string, unknown>> {
  const home = new URL("../abi/", import.meta.url).href;
  const absolute = text.replaceAll('"../abi/', `"${home}`);
  const url = `data:application/typescript;base64,${
    Buffer.from(absolute).toString("base64")
  }`;
  return await import(url) as Record<string, unknown>;
}

/** A source file of the SDK, as the compiler asks for it. */
export function sdkSource(path: string): string | null {
  if (!path.startsWith("cells/sdk/")) return null;
  const url = new URL(`../../${path}`, import.meta.url);
  try {
    return Deno.readTextFileSync(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Instantiates the main module of a built cell. */
export async function runBuilt(
  name: string,
  imports: (core: () => CoreInstance) => WebAssembly.Imports,
): Promise<CoreInstance> {
  const url = new URL(`../../build/cells/${name}.wasm`, import.meta.url);
  let component: Uint8Array;
  try {
    component = await Deno.readFile(url);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`"${name}" is not built: deno task build --cell ${name}`);
  }
  return instantiateCore(await takeApart(component), imports);
}
