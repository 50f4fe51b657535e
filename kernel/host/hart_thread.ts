/**
 * Starts a hart's thread as a worker without any permission.
 *
 * Everything that its cells may reach comes from the first hart. A worker that
 * fails ends, and its end is told.
 */
import type { HartThread, StartHart } from "../hart/thread.ts";

/** Deno's own worker options; other platforms ignore them. */
interface PermissionOptions extends WorkerOptions {
  readonly deno: { readonly permissions: "none" };
}

/** Harts whose thread runs `program`, a module that calls `serveHart`. */
export function hartThreads(program: URL): StartHart {
  return (hart): HartThread => {
    const options: PermissionOptions = {
      type: "module",
      name: `hart-${hart}`,
      deno: { permissions: "none" },
    };
    const worker = new Worker(program, options);
    const thread: HartThread = {
      port: worker,
      onended: null,
      stop: () => worker.terminate(),
    };
    worker.onerror = (event) => {
      event.preventDefault();
      thread.onended?.(event.message);
    };
    worker.onmessageerror = () => thread.onended?.("a message was unreadable");
    return thread;
  };
}

/** Harts over the contracts of this build (hart_worker.ts). */
export const startHartThread: StartHart = hartThreads(
  new URL("./hart_worker.ts", import.meta.url),
);
