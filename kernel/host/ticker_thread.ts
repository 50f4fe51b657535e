/**
 * Starts the ticker's thread as a worker without any permission.
 *
 * The worker has answered when this resolves. If it does not start in time, or
 * fails, the promise rejects and nothing is left running.
 *
 * Deliberately absent: what the thread does (ticker_worker.ts) and when it
 * sleeps (kernel/engine/ticker.ts).
 */
import type { StartTicker } from "../engine/ticker.ts";
import { TICKER_START_MS_MAX } from "../engine/limits.ts";

/** Deno's own worker options; other platforms ignore them. */
interface PermissionOptions extends WorkerOptions {
  readonly deno: { readonly permissions: "none" };
}

export const startTickerThread: StartTicker = async (setup) => {
  const options: PermissionOptions = {
    type: "module",
    name: "ticker",
    deno: { permissions: "none" },
  };
  const worker = new Worker(
    new URL("./ticker_worker.ts", import.meta.url),
    options,
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer in ${TICKER_START_MS_MAX} ms`)),
        TICKER_START_MS_MAX,
      );
      worker.onmessage = () => resolve();
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      worker.postMessage(setup);
    });
  } catch (error) {
    worker.terminate();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return {
    stop: () => {
      worker.terminate();
      return Promise.resolve();
    },
  };
};
