/**
 * The page's scripts, each bundled into one file by `deno bundle`.
 *
 * The workers of `kernel/host` are found relative to the script that starts
 * them, so their bundles are served under their own names beside it. The same
 * holds for the core modules of jco's library.
 */
import { FILES } from "../../drivers/web/npu/library.ts";
import { Unfinished } from "./report.ts";

/** What the page asks for, and what it is made from. */
const ENTRIES: Readonly<Record<string, string>> = {
  "page.js": "scripts/suite_browser/page/page.ts",
  "assert.js": "scripts/suite_browser/page/assert.ts",
  "drivers_worker.js": "scripts/suite_browser/page/drivers_worker.ts",
  "gpu_held_worker.js": "drivers/web/gpu/testing/held_worker.ts",
  "npu_held_worker.js": "drivers/web/npu/testing/held_worker.ts",
  "ticker_worker.ts": "kernel/host/ticker_worker.ts",
  "compiler_worker.ts": "kernel/host/compiler_worker.ts",
};
const MODULES = [
  "wasm-tools.core.wasm",
  "wasm-tools.core2.wasm",
  "js-component-bindgen-component.core.wasm",
  "js-component-bindgen-component.core2.wasm",
];
/** Where `deno task install:onnxruntime` puts it. */
const ONNXRUNTIME = new URL(
  "../../drivers/web/npu/library/node_modules/onnxruntime-web/dist/",
  import.meta.url,
);
const ROOT = new URL("../../", import.meta.url);

/** Names as the page asks for them, and where each file is. */
export type Files = ReadonlyMap<string, string | URL>;

/** Writes the bundles into `folder`, which has to be there. */
export async function bundle(folder: string): Promise<Files> {
  const files = new Map<string, string | URL>();
  await Promise.all(
    Object.entries(ENTRIES).map(async ([name, entry]) => {
      const path = `${folder}/${name}.js`;
      await bundleOne(entry, path);
      files.set(name, path);
    }),
  );
  const library = import.meta.resolve(
    "@bytecodealliance/jco-transpile/component",
  );
  for (const name of MODULES) files.set(name, new URL(name, library));
  for (const name of FILES) {
    files.set(`onnxruntime/${name}`, new URL(name, ONNXRUNTIME));
  }
  files.set(
    "onnx_cases.json",
    new URL("conformance/vectors/onnx/cases.json", ROOT),
  );
  for (const name of ["index.html", "page.css", "view.js"]) {
    files.set(name, new URL(`page/${name}`, import.meta.url));
  }
  for (const cell of ["rank", "graph"]) {
    files.set(`${cell}.wasm`, new URL(`build/cells/${cell}.wasm`, ROOT));
  }
  return files;
}

async function bundleOne(entry: string, path: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("deno", {
    args: [
      "bundle",
      "--quiet",
      "--platform=browser",
      // The page's import map leads it to assert.js.
      "--external=node:assert/strict",
      `--output=${path}`,
      entry,
    ],
    cwd: ROOT,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).output();
  if (success) return await forWorkers(path);
  const said = new TextDecoder().decode(stderr).trim();
  throw new Unfinished(`deno bundle ${entry} failed: ${said}`);
}

/** Import maps are a page's; in a worker the same name leads nowhere. */
async function forWorkers(path: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  const led = text.replaceAll('"node:assert/strict"', '"/assert.js"');
  if (led !== text) await Deno.writeTextFile(path, led);
}
