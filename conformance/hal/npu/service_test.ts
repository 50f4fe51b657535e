/**
 * The NPU as an Effect service, over this project's own evaluator.
 *
 * Plan: a model is loaded, looked at, run and unloaded; what is rejected and what is
 * refused are errors with their words; a passed deadline does not reach the driver;
 * an interrupted load is taken back, and what it made is unloaded; two fibers get
 * their own answers. The driver is real; a wrapper notes what it is asked.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Effect, Fiber } from "effect";
import { ADD, f32, floats } from "./case.ts";
import { REFERENCE } from "./reference.ts";
import { within } from "../../../hal/deadline.ts";
import { Npu, NpuFailed, npuLayer, NpuRefused } from "../../../hal/npu.ts";
import type { Npu as NpuDriver } from "../../../hal/npu_contract.ts";

const PATIENT_MS = 60_000;

/** A sound NPU, and what it was asked. */
async function noted() {
  const { npu } = await REFERENCE.make();
  const said: string[] = [];
  const driver: NpuDriver = {
    ...npu,
    submit(work, us) {
      said.push(work.tag);
      return npu.submit(work, us);
    },
    cancel(ticket) {
      said.push("cancel");
      return npu.cancel(ticket);
    },
    unload(name) {
      said.push("unload");
      return npu.unload(name);
    },
  };
  return { said, driver };
}

const run = <A, E>(body: Effect.Effect<A, E, Npu>, driver: NpuDriver) =>
  Effect.runPromise(Effect.provide(body, npuLayer(driver)));

const patient = within(PATIENT_MS);

const sum = (model: bigint, a: number) => ({
  model,
  inputs: [f32("a", [1], [a]), f32("b", [1], [1])],
  outputs: ["y"],
});

Deno.test("hal/npu: a model is loaded, looked at, run by two fibers, and unloaded", async () => {
  const { driver } = await noted();
  const body = Effect.gen(function* () {
    const npu = yield* Npu;
    const model = yield* patient(npu.load(ADD));
    const { inputs } = yield* npu.inspect(model);
    deepStrictEqual(inputs.map(({ name }) => name), ["a", "b"]);
    const fibers = [
      yield* Effect.forkChild(patient(npu.run(sum(model, 1)))),
      yield* Effect.forkChild(patient(npu.run(sum(model, 5)))),
    ];
    const seen: number[] = [];
    for (const fiber of fibers) {
      const [y] = yield* Fiber.join(fiber);
      seen.push(...floats(y));
    }
    deepStrictEqual(seen, [2, 6]);
    yield* npu.unload(model);
    const error = yield* Effect.flip(npu.unload(model));
    strictEqual(error.reason, "unknown");
    return (yield* npu.health).tag;
  });
  strictEqual(await run(body, driver), "ok");
});

Deno.test("hal/npu: what is rejected and what is refused are errors with words", async () => {
  const { driver } = await noted();
  const body = Effect.gen(function* () {
    const npu = yield* Npu;
    const rejected = yield* Effect.flip(patient(npu.load(new Uint8Array())));
    ok(rejected instanceof NpuFailed);
    deepStrictEqual([rejected.end, rejected.detail !== ""], ["rejected", true]);
    const unknown = yield* Effect.flip(patient(npu.run(sum(99n, 1))));
    ok(unknown instanceof NpuRefused);
    strictEqual(unknown.reason, "unknown");
    const model = yield* patient(npu.load(ADD));
    const launch = { ...sum(model, 1), outputs: ["z"] };
    const wrong = yield* Effect.flip(patient(npu.run(launch)));
    ok(wrong instanceof NpuRefused);
    deepStrictEqual([wrong.reason, wrong.detail], ["wrong-output", "z"]);
  });
  await run(body, driver);
});

Deno.test("hal/npu: past the deadline the driver is not asked", async () => {
  const { driver, said } = await noted();
  const body = Effect.gen(function* () {
    const npu = yield* Npu;
    return yield* Effect.flip(within(0)(npu.load(ADD)));
  });
  strictEqual((await run(body, driver))._tag, "TooLate");
  deepStrictEqual(said, []);
});

Deno.test("hal/npu: who is interrupted takes it back, and what it made is unloaded", async () => {
  const { driver, said } = await noted();
  // Nothing is told until the test says so: the load has begun, and has not ended.
  let isHeld = true;
  const held = {
    ...driver,
    take: (most: number) => isHeld ? [] : driver.take(most),
    cancel: () => {
      said.push("cancel");
      return { tag: "err", val: "begun" } as const;
    },
  };
  const body = Effect.gen(function* () {
    const npu = yield* Npu;
    const fiber = yield* Effect.forkChild(patient(npu.load(ADD)));
    while (said.length === 0) yield* Effect.sleep(1);
    yield* Fiber.interrupt(fiber);
    isHeld = false;
    return yield* patient(npu.load(ADD));
  });
  ok(await run(body, held) > 0n);
  deepStrictEqual(said, ["load", "cancel", "unload", "load"]);
});
