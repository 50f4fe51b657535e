/** The cells' suite on the kernel with the v8 engine. */
import { strictEqual } from "node:assert/strict";
import { Effect, Layer } from "effect";
import { ASK_ON } from "../conformance/kernel/cell/fixture.ts";
import {
  casesOf,
  type KernelFactory,
} from "../conformance/kernel/cell/world.ts";
import { cellSuite } from "../conformance/kernel/cell_suite.ts";
import { compileComponent } from "./engine/v8/compile.ts";
import type { StartCompiler } from "./engine/v8/compiler.ts";
import { type CompileCache, v8Engine } from "./engine/v8/engine.ts";
import { ComponentRefusal } from "./engine/v8/refusal.ts";
import { startTickerThread } from "./host/ticker_thread.ts";
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

/** On this thread: a thread for each case would load the library each time. */
const startCompiler: StartCompiler = () => ({
  ask: async ({ component, hash, mode }) => {
    try {
      const record = await compileComponent(component, hash, mode);
      return { ok: true, record };
    } catch (error) {
      if (!(error instanceof ComponentRefusal)) throw error;
      const { kind, message: reason } = error;
      return { ok: false, kind, reason, isBroken: false };
    }
  },
  stop: () => {},
});

const factory: KernelFactory = (options) =>
  Kernel.layer(options).pipe(
    Layer.provide(
      v8Engine({ startTicker: startTickerThread, startCompiler, cache }),
    ),
  );

cellSuite("kernel on v8", factory);

casesOf("kernel on v8", factory)("calls between cells are direct", {
  behind: {},
  front: { world: "middle", behind: "behind", class: "hard", budgetMs: 1 },
}, (world) =>
  Effect.gen(function* () {
    const { meter } = world.slot("behind");
    const before = meter.jobs.total;
    for (let at = 0; at < 10; at += 1) {
      strictEqual(yield* world.act("front", ASK_ON), 0);
    }
    // A call through the door is timed; the first one goes that way.
    strictEqual(meter.jobs.total - before, 1);
  }));
