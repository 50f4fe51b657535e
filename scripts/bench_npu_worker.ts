/** Answers each change of one word with the same in the next, for bench:npu. */

/** A worker's scope; the window's types do not know it. */
const scope = globalThis as typeof globalThis & {
  postMessage(message: "ready"): void;
};

addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  const words = new Int32Array(event.data);
  scope.postMessage("ready");
  for (let seen = 0;;) {
    while (Atomics.load(words, 0) === seen) Atomics.wait(words, 0, seen);
    seen = Atomics.load(words, 0);
    Atomics.store(words, 1, seen);
    Atomics.notify(words, 1);
  }
}, { once: true });
