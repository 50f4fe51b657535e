import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { TestClock } from "effect/testing";
import { within } from "./deadline.ts";
import { Entropy, entropyLayer, EntropyRefused } from "./entropy.ts";
import type { Entropy as EntropyDriver } from "./entropy_contract.ts";

/** Counts the octets that it gave; refuses what is not one to four. */
function counting(): { driver: EntropyDriver; drawn: number[] } {
  const drawn: number[] = [];
  return {
    drawn,
    driver: {
      describe: () => ({ quality: "seeded", drawMax: 4 }),
      draw(length) {
        if (length === 0) return { tag: "err", val: { tag: "wrong-size" } };
        if (length > 4) {
          return { tag: "err", val: { tag: "failed", val: "no" } };
        }
        drawn.push(length);
        return { tag: "ok", val: new Uint8Array(length).fill(9) };
      },
      health: () => ({ tag: "ok" }),
    },
  };
}

const run = <A, E>(body: Effect.Effect<A, E, Entropy>, driver: EntropyDriver) =>
  Effect.runPromise(
    body.pipe(Effect.provide([entropyLayer(driver), TestClock.layer()])),
  );

Deno.test("hal/entropy: control, octets and refusals come through", async () => {
  const { driver, drawn } = counting();
  const body = Effect.gen(function* () {
    const entropy = yield* Entropy;
    strictEqual(entropy.source.quality, "seeded");
    deepStrictEqual(yield* entropy.health, { tag: "ok" });
    deepStrictEqual([...(yield* entropy.draw(3))], [9, 9, 9]);
    const none = yield* Effect.flip(entropy.draw(0));
    ok(none instanceof EntropyRefused && none.reason === "wrong-size");
    const failed = yield* Effect.flip(entropy.draw(5));
    ok(failed instanceof EntropyRefused && failed.detail === "no");
  });
  await run(within(100)(body), driver);
  deepStrictEqual(drawn, [3]);
});

Deno.test("hal/entropy: past the deadline nothing is taken", async () => {
  const { driver, drawn } = counting();
  const body = Effect.gen(function* () {
    const entropy = yield* Entropy;
    yield* entropy.draw(1);
    yield* TestClock.adjust("100 millis");
    strictEqual((yield* Effect.flip(entropy.draw(1)))._tag, "TooLate");
  });
  await run(within(100)(body), driver);
  deepStrictEqual(drawn, [1]);
});
