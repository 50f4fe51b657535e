/** How the compiler's thread is started: with the permission to read only. */

/** Deno's own worker options; other platforms ignore them. */
interface PermissionOptions extends WorkerOptions {
  readonly deno: {
    readonly permissions: Readonly<Record<string, "inherit" | false>>;
  };
}

export const COMPILER_OPTIONS: PermissionOptions = {
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

export function newCompilerWorker(): Worker {
  return new Worker(
    new URL("./compiler_worker.ts", import.meta.url),
    COMPILER_OPTIONS,
  );
}
