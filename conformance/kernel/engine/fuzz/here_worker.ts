/**
 * The peer in this process: a thread of its own, so that a module that does not
 * end can be told from one that does. It has a timer, which is one more thread.
 */
import { execute, type Timer } from "./execute.ts";
import type { Job } from "./job.ts";

const scope = self as unknown as {
  onmessage: ((event: { data: readonly Job[] }) => void) | null;
  postMessage(answer: unknown): void;
};

const ARMED = 3;
const PERIOD_MS = 10;

const TIMER = `onmessage = ({ data: { buffer, armed, periodMs } }) => {
  const words = new Int32Array(buffer);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    Atomics.wait(pause, 0, 0, periodMs);
    if (Atomics.load(words, armed) === 1) Atomics.store(words, 0, -1);
  }
};`;

function started(): Timer {
  const memory = new WebAssembly.Memory({
    initial: 1,
    maximum: 1,
    shared: true,
  });
  const url = `data:text/javascript,${encodeURIComponent(TIMER)}`;
  const worker = new Worker(url, { type: "module" });
  worker.postMessage({
    buffer: memory.buffer,
    armed: ARMED,
    periodMs: PERIOD_MS,
  });
  return { memory, armed: ARMED };
}

const timer = started();

scope.onmessage = ({ data }) => {
  scope.postMessage(data.map((job) => execute(job, timer)));
};
