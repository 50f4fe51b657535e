/**
 * Starts the compiler's thread: here, or on a thread that does nothing else, so
 * that who asks is not held until it is up.
 */
import type { CompileAnswer, StartCompiler } from "../engine/v8/compiler.ts";
import type { ReadyCompiler } from "../engine/v8/engine.ts";
import { COMPILER_OPTIONS, newCompilerWorker } from "./compiler_options.ts";
import type { StarterNews, StarterOrder } from "./compiler_starter.ts";

export const startCompilerThread: StartCompiler = () => {
  const worker = newCompilerWorker();
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

interface Asked {
  readonly resolve: (answer: CompileAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** What it starts ends with it. Requests wait until it is up. */
export const readyCompilerThreads: ReadyCompiler = () => {
  const starter = new Worker(
    new URL("./compiler_starter.ts", import.meta.url),
    { ...COMPILER_OPTIONS, name: "compiler-starter" },
  );
  const asked = new Map<number, Asked>();
  starter.onmessage = ({ data }: { data: StarterNews }) => {
    const waits = asked.get(data.thread);
    asked.delete(data.thread);
    if ("answer" in data) waits?.resolve(data.answer);
    else waits?.reject(new Error(data.failed));
  };
  starter.onerror = (event) => {
    event.preventDefault();
    for (const { reject } of asked.values()) reject(new Error(event.message));
    asked.clear();
  };
  const tell = (order: StarterOrder) => starter.postMessage(order);
  let count = 0;
  return {
    start: () => {
      const thread = ++count;
      return {
        ask: (request) =>
          new Promise<CompileAnswer>((resolve, reject) => {
            asked.set(thread, { resolve, reject });
            tell({ thread, request });
          }),
        stop: () => {
          asked.delete(thread);
          tell({ thread, request: undefined });
        },
      };
    },
    stop: () => starter.terminate(),
  };
};
