/**
 * Starts the compiler's thread: here, or on a thread that does nothing else, so
 * that who asks is not held until it is up.
 */
import type { CompileAnswer, StartCompiler } from "../engine/v8/compiler.ts";
import type { ReadyCompiler } from "../engine/v8/engine.ts";
import { digestHere } from "../engine/v8/key.ts";
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

/** Of a question to the starter. */
interface Asked {
  readonly resolve: (news: StarterNews) => void;
  readonly reject: (error: Error) => void;
}

/**
 * What it starts ends with it. Requests wait until it is up; without it, if it
 * fails, everything is done here.
 */
export const readyCompilerThreads: ReadyCompiler = () => {
  const starter = new Worker(
    new URL("./compiler_starter.ts", import.meta.url),
    { ...COMPILER_OPTIONS, name: "compiler-starter" },
  );
  const asked = new Map<number, Asked>();
  let count = 0;
  let hasFailed = false;
  starter.onmessage = ({ data }: { data: StarterNews }) => {
    asked.get(data.thread)?.resolve(data);
    asked.delete(data.thread);
  };
  starter.onerror = (event) => {
    event.preventDefault();
    hasFailed = true;
    for (const { reject } of asked.values()) reject(new Error(event.message));
    asked.clear();
  };
  const tell = (order: StarterOrder) => starter.postMessage(order);
  const ask = (order: StarterOrder) =>
    new Promise<StarterNews>((resolve, reject) => {
      asked.set(order.thread, { resolve, reject });
      tell(order);
    });
  return {
    start: () => {
      if (hasFailed) return startCompilerThread();
      const thread = ++count;
      return {
        ask: async (request) => {
          const news = await ask({ thread, request });
          if ("answer" in news) return news.answer;
          throw new Error("failed" in news ? news.failed : "no answer");
        },
        stop: () => {
          asked.delete(thread);
          tell({ thread, request: undefined });
        },
      };
    },
    digest: async (octets) => {
      if (hasFailed) return digestHere(octets);
      const news = await ask({ thread: ++count, digest: octets })
        .catch(() => undefined);
      return news !== undefined && "digest" in news
        ? news.digest
        : digestHere(octets);
    },
    stop: () => starter.terminate(),
  };
};
