/**
 * onnxruntime-web, from files that the page's server offers beside the script.
 *
 * They are not bundled: 14 MB of WebAssembly are loaded when a thread needs them.
 * `library/` says which package they are of; its README which files.
 */
import type { Library } from "../../../hal/npu/onnxruntime/library.ts";

/** Names of the files, below the folder `onnxruntime/`. */
export const FILES = [
  "ort.wasm.bundle.min.mjs",
  "ort-wasm-simd-threaded.wasm",
] as const;

interface WebLibrary extends Library {
  readonly env: Library["env"] & {
    readonly wasm: {
      numThreads: number;
      proxy: boolean;
      wasmPaths: { readonly wasm: string };
    };
  };
}

/** Loads it, and compiles what it is made of, so that nothing is left to wait for. */
export async function loadLibrary(): Promise<Library> {
  const folder = new URL("onnxruntime/", location.href);
  const library: WebLibrary = await import(new URL(FILES[0], folder).href);
  Object.assign(library.env.wasm, {
    numThreads: 1,
    proxy: false,
    wasmPaths: { wasm: new URL(FILES[1], folder).href },
  });
  // No model: it is refused once everything else is there.
  const options = {
    executionProviders: ["wasm"],
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  } as const;
  await library.InferenceSession.create(new Uint8Array(8), options).then(
    (session) => session.release(),
    (error: unknown) => {
      if (/backend|fetch|wasm/i.test(String(error))) throw error;
    },
  );
  return library;
}
