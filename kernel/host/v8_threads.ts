/** The threads that the engine on V8 needs, as workers of this platform. */
import type { V8Options } from "../engine/v8/engine.ts";
import {
  readyCompilerThreads,
  startCompilerThread,
} from "./compiler_thread.ts";
import { startTickerThread } from "./ticker_thread.ts";

export const v8Threads: Pick<V8Options, "startTicker" | "startCompiler"> = {
  startTicker: startTickerThread,
  startCompiler: startCompilerThread,
};

/** The same for a node that runs: no thread is started by a hart any more. */
export const v8NodeThreads:
  & typeof v8Threads
  & Pick<V8Options, "readyCompiler"> = {
    ...v8Threads,
    readyCompiler: readyCompilerThreads,
  };
