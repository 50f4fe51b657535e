/** The cells' suite on the kernel with the v8 engine. */
import { Layer } from "effect";
import { cellSuite } from "../conformance/kernel/cell_suite.ts";
import { type CompileCache, v8Engine } from "./engine/v8/engine.ts";
import { v8Threads } from "./host/v8_threads.ts";
import { Kernel } from "./kernel.ts";

/** Cases share what is compiled; each has its own engine and ticker. */
const compiled = new Map<string, Uint8Array>();
const cache: CompileCache = {
  get: (key) => Promise.resolve(compiled.get(key)),
  put: (key, octets) => {
    compiled.set(key, octets);
    return Promise.resolve();
  },
};

cellSuite("kernel on v8", (options) =>
  Kernel.layer(options).pipe(
    Layer.provide(v8Engine({ ...v8Threads, cache })),
  ));
