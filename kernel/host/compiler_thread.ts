/**
 * Starts the compiler's thread as a worker with the permission to read only.
 */
import type { CompileAnswer, StartCompiler } from "../engine/v8/compiler.ts";

/** Deno's own worker options; other platforms ignore them. */
interface PermissionOptions extends WorkerOptions {
  readonly deno: {
    readonly permissions: Readonly<Record<string, "inherit" | false>>;
  };
}

const OPTIONS: PermissionOptions = {
  type: "module",
  name: "compiler",
  deno: {
    permissions: {
      read: "inherit",
      // jco's library reads variables that choose its diagnostics.
      env: "inherit",
      sys: "inherit",
      write: false,
      net: false,
      run: false,
      ffi: false,
      import: false,
    },
  },
};

export const startCompilerThread: StartCompiler = () => {
  const worker = new Worker(
    new URL("./compiler_worker.ts", import.meta.url),
    OPTIONS,
  );
  return {
    ask: (request) =>
      new Promise<CompileAnswer>((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = (event) => {
          event.preventDefault();
          reject(new Error(event.message));
        };
        worker.postMessage(request);
      }),
    stop: () => worker.terminate(),
  };
};
