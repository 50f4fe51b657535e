/** The threads that the engine on V8 needs, as workers of this platform. */
import type { V8Options } from "../engine/v8/engine.ts";
import { startCompilerThread } from "./compiler_thread.ts";
import { startTickerThread } from "./ticker_thread.ts";

export const v8Threads: Pick<V8Options, "startTicker" | "startCompiler"> = {
  startTicker: startTickerThread,
  startCompiler: startCompilerThread,
};
