/** The engine's suite on V8, and what only this engine promises. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect, Result } from "effect";
import { engineSuite } from "../../../conformance/kernel/engine/engine_suite.ts";
import { fuelSuite } from "../../../conformance/kernel/engine/fuel_suite.ts";
import {
  componentOf,
  probeText,
  work,
} from "../../../conformance/kernel/engine/probe.ts";
import { v8Threads } from "../../host/v8_threads.ts";
import { Engine } from "../engine.ts";
import { type CompileCache, v8Engine, type V8Options } from "./engine.ts";

const LIMITS = { memoryMib: 2, startMs: 500 };

/** A cache in memory that counts, and may damage what it gives back. */
class MemoryCache implements CompileCache {
  readonly entries = new Map<string, Uint8Array>();
  hits = 0;
  puts = 0;
  spoil: (octets: Uint8Array) => Uint8Array = (octets) => octets;

  get(key: string): Promise<Uint8Array | undefined> {
    const found = this.entries.get(key);
    this.hits += found === undefined ? 0 : 1;
    return Promise.resolve(found && this.spoil(found.slice()));
  }

  put(key: string, octets: Uint8Array): Promise<void> {
    this.puts += 1;
    this.entries.set(key, octets.slice());
    return Promise.resolve();
  }
}

// Cases share what is compiled; each still has its own engine and threads.
const cache = new MemoryCache();
const metered = v8Engine({ ...v8Threads, cache, mode: "fuel" });
engineSuite("v8", v8Engine({ ...v8Threads, cache }));
engineSuite("v8 with fuel", metered, "fuel");
fuelSuite("v8 with fuel", {
  metered: v8Engine({ ...v8Threads, mode: "fuel" }),
  unmetered: v8Engine(v8Threads),
});

/** Sums 1 to 100 in a component that imports nothing. */
function sumWith(options: Partial<V8Options>, bytes: Uint8Array) {
  return Effect.runPromise(
    Effect.gen(function* () {
      const engine = yield* Engine;
      const cell = yield* engine.compile(bytes, LIMITS);
      const instance = yield* engine.instantiate(cell, new Map(), LIMITS);
      const bound = instance.bind(work);
      const answer = instance.guard(1_000, () => bound.sum(100));
      return answer.ok ? answer.value : answer.trap.kind;
    }).pipe(
      Effect.provide(v8Engine({ ...v8Threads, ...options })),
    ),
  );
}

const quiet = () => componentOf(probeText({ hasEar: false }), "quiet");

Deno.test("v8: control: without checks the same code computes the same", async () => {
  const bytes = await quiet();
  strictEqual(await sumWith({ mode: "none" }, bytes), 5_050);
  strictEqual(await sumWith({ mode: "trap" }, bytes), 5_050);
});

Deno.test("v8: without a ticker there is no engine", async () => {
  const failing = v8Engine({
    ...v8Threads,
    startTicker: () => Promise.reject(new Error("no threads left")),
  });
  const result = await Effect.runPromise(
    Effect.result(Effect.provide(Effect.asVoid(Engine), failing)),
  );
  ok(Result.isFailure(result));
  match(result.failure.message, /ticker's thread did not start.*no threads/);
});

Deno.test("v8: a cached component is not compiled again", async () => {
  const cache = new MemoryCache();
  const bytes = await quiet();
  strictEqual(await sumWith({ cache }, bytes), 5_050);
  strictEqual(await sumWith({ cache }, bytes), 5_050);
  deepStrictEqual([cache.hits, cache.puts], [1, 1]);
});

Deno.test("v8: a damaged cache entry is compiled anew", async () => {
  const spoilers: ((octets: Uint8Array) => Uint8Array)[] = [
    (octets) => octets.slice(0, octets.length - 1),
    (octets) => octets.slice(0, 20),
    (octets) => octets.map((octet, at) => at === 60 ? octet ^ 1 : octet),
    (octets) => octets.map((octet, at) => at === 0 ? octet ^ 1 : octet),
    () => new Uint8Array(),
  ];
  const bytes = await quiet();
  const cache = new MemoryCache();
  strictEqual(await sumWith({ cache }, bytes), 5_050);
  for (const [index, spoil] of spoilers.entries()) {
    cache.spoil = spoil;
    strictEqual(await sumWith({ cache }, bytes), 5_050);
    strictEqual(cache.puts, index + 2);
  }
});

Deno.test("v8: an entry of another component is not taken", async () => {
  const cache = new MemoryCache();
  const [bytes, other] = [
    await quiet(),
    await componentOf(
      probeText({ hasEar: false, more: "(func (drop (i32.const 1)))" }),
      "quiet",
    ),
  ];
  strictEqual(await sumWith({ cache }, other), 5_050);
  const [foreign] = cache.entries.values();
  cache.spoil = () => (foreign ?? new Uint8Array()).slice();
  strictEqual(await sumWith({ cache }, bytes), 5_050);
  strictEqual(cache.puts, 2);
});
