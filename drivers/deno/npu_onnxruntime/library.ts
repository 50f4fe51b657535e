/**
 * onnxruntime-node, from an installation of its own.
 *
 * The package has 291 MB, of all platforms: it is installed by a command, beside the
 * program's own dependencies, and pinned in its own lock file (`library/`).
 */
import { createRequire } from "node:module";
import type { Library } from "../../../hal/npu/onnxruntime/library.ts";

/** Where the package is, once it is installed. */
export const LIBRARY = new URL("library/node_modules", import.meta.url);

const FOLDER = new URL("library/", import.meta.url);
const INSTALL = "to install it: deno task install:onnxruntime";

/** It is not installed; the message says how it gets there. */
export class LibraryAbsent extends Error {
  override readonly name = "LibraryAbsent";
}

/** Loads it. Throws `LibraryAbsent`. */
export function loadLibrary(folder: URL = FOLDER): Library {
  try {
    Deno.statSync(new URL("node_modules/onnxruntime-node", folder));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new LibraryAbsent(`onnxruntime-node is not installed; ${INSTALL}`);
  }
  return createRequire(folder)("onnxruntime-node");
}
