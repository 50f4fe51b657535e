/**
 * Saying that a thread can be waited for.
 *
 * A page's worker starts, and loads what it needs, only while the thread that made
 * it does not wait.
 */

/** A worker's scope; the window's types do not know it. */
const scope = globalThis as typeof globalThis & {
  postMessage(message: "ready"): void;
};

/** On the thread: says so when this is settled, whichever way. */
export function sayReady(loading: Promise<unknown>): void {
  const say = () => scope.postMessage("ready");
  loading.then(say, say);
}

/** On the other side: a thread that has said so. */
export async function readyThread(module: URL): Promise<Worker> {
  const worker = new Worker(module, { type: "module", name: "web-npu" });
  await new Promise<void>((resolve, reject) => {
    worker.onmessage = () => resolve();
    worker.onerror = ({ message }) =>
      reject(new Error(message || "the driver's thread did not start"));
  });
  return worker;
}
