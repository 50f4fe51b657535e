/**
 * Compiles an AssemblyScript file of this folder for a test, in memory.
 *
 * For tests of single modules below the cell's contracts. What a test calls is
 * exported by a small entry in `assembly/harness/`.
 */
import asc from "assemblyscript/asc";
import { dirname, join, normalize } from "node:path";

const ROOT = normalize(join(import.meta.dirname ?? ".", "../../.."));
const FLAGS = [
  "--runtime",
  "minimal",
  "-O3",
  "--enable",
  "simd",
  "--enable",
  "bulk-memory",
];

/** Instantiates the module that `entry` (from the root) compiles to. */
export async function compileHarness(
  entry: string,
): Promise<WebAssembly.Exports & { memory: WebAssembly.Memory }> {
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const faults: string[] = [];
  const { error } = await asc.main([entry, "-o", "out.wasm", ...FLAGS], {
    readFile: (name: string, base: string) => {
      try {
        return Deno.readTextFileSync(
          join(ROOT, dirname(base), base === "." ? name : name),
        );
      } catch {
        return null;
      }
    },
    writeFile: (name: string, contents: string | Uint8Array) => {
      if (name === "out.wasm") binary = new Uint8Array(contents as Uint8Array);
    },
    listFiles: () => [],
    stderr: { write: (text: string) => void faults.push(text) },
  });
  if (error || !binary) throw new Error(`${entry}: ${faults.join("")}`);
  const abort = (_text: number, _file: number, line: number) => {
    throw new Error(`abort at line ${line}`);
  };
  const { instance } = await WebAssembly.instantiate(binary, {
    env: { abort },
  });
  return instance.exports as WebAssembly.Exports & {
    memory: WebAssembly.Memory;
  };
}
