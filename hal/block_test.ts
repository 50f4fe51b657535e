import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { TestClock } from "effect/testing";
import type { Block as BlockDriver } from "./block_contract.ts";
import { Block, blockLayer, BlockRefused } from "./block.ts";
import { TooLate, within } from "./deadline.ts";

/** Counts what reaches the device; refuses what does not begin a block. */
function counting(): { driver: BlockDriver; calls: string[] } {
  const calls: string[] = [];
  const done = (name: string) => {
    calls.push(name);
    return { tag: "ok" } as const;
  };
  return {
    calls,
    driver: {
      describe: () => ({
        blockSize: 512,
        capacity: 1024n,
        transferMax: 512,
        readOnly: false,
      }),
      read(offset, length) {
        if (offset !== 0n) return { tag: "err", val: { tag: "out-of-range" } };
        calls.push("read");
        return { tag: "ok", val: new Uint8Array(length).fill(7) };
      },
      write: () => done("write"),
      flush: () => ({ tag: "err", val: { tag: "failed", val: "no disk" } }),
      discard: () => done("discard"),
      health: () => ({ tag: "ok" }),
    },
  };
}

const run = <A, E>(body: Effect.Effect<A, E, Block>, driver: BlockDriver) =>
  Effect.runPromise(
    body.pipe(Effect.provide([blockLayer(driver), TestClock.layer()])),
  );

Deno.test("hal/block: control, answers and refusals come through", async () => {
  const { driver, calls } = counting();
  const body = Effect.gen(function* () {
    const block = yield* Block;
    strictEqual(block.geometry.capacity, 1024n);
    deepStrictEqual(yield* block.health, { tag: "ok" });
    const octets = yield* block.read(0n, 512);
    ok(octets.length === 512 && octets[0] === 7);
    yield* block.write(0n, octets);
    yield* block.discard(0n, 512n);
    const range = yield* Effect.flip(block.read(512n, 512));
    ok(range instanceof BlockRefused && range.reason === "out-of-range");
    const flush = yield* Effect.flip(block.flush);
    ok(flush instanceof BlockRefused && flush.detail === "no disk");
  });
  await run(within(100)(body), driver);
  deepStrictEqual(calls, ["read", "write", "discard"]);
});

Deno.test("hal/block: past the deadline nothing happens", async () => {
  const { driver, calls } = counting();
  const body = Effect.gen(function* () {
    const block = yield* Block;
    yield* block.write(0n, new Uint8Array(512));
    yield* TestClock.adjust("100 millis");
    const late = yield* Effect.flip(block.write(0n, new Uint8Array(512)));
    ok(late instanceof TooLate && late.operation === "block.write");
  });
  await run(within(100)(body), driver);
  deepStrictEqual(calls, ["write"]);
});

Deno.test("hal/block: a nested deadline is never later than its caller's", async () => {
  const { driver, calls } = counting();
  const body = Effect.gen(function* () {
    const block = yield* Block;
    yield* TestClock.adjust("50 millis");
    const nested = within(1000)(block.discard(0n, 512n));
    yield* nested;
    yield* TestClock.adjust("50 millis");
    ok((yield* Effect.flip(nested)) instanceof TooLate);
  });
  await run(within(100)(body), driver);
  deepStrictEqual(calls, ["discard"]);
});

Deno.test("hal/block: without a deadline it does not type-check", async () => {
  const { driver, calls } = counting();
  const bare = Effect.gen(function* () {
    const block = yield* Block;
    return yield* block.read(0n, 512);
  });
  // @ts-expect-error: Deadline is missing. This line is the test: it stops
  // compiling once an operation no longer asks for one.
  const missing: Promise<Uint8Array> = run(bare, driver);
  strictEqual(await missing.then(() => "ran", () => "refused"), "refused");
  deepStrictEqual(calls, []);
  await run(within(1)(bare), driver);
  deepStrictEqual(calls, ["read"]);
});
