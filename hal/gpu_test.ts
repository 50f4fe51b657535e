/**
 * The GPU as an Effect service, over a scripted driver.
 *
 * Plan: outcomes become values and errors; a refusal and a passed deadline do not
 * reach the device; an interrupted request is cancelled, and what it made is
 * released.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Effect, Fiber } from "effect";
import { within } from "./deadline.ts";
import { Gpu, GpuFailed, gpuLayer, GpuRefused } from "./gpu.ts";
import type {
  Completion,
  Gpu as GpuDriver,
  Outcome,
  Work,
} from "./gpu_contract.ts";

const PATIENT_MS = 60_000;

/** Ends requests when a test says so. */
class Scripted implements GpuDriver {
  readonly asked: Array<readonly [bigint, Work, bigint]> = [];
  readonly said: string[] = [];
  readonly ends: Completion[] = [];
  /** How requests end at once; undefined: a test ends them. */
  outcome: Outcome | undefined = { tag: "done" };

  describe(): never {
    throw new Error("nobody asks");
  }

  submit(work: Work, within: bigint): ReturnType<GpuDriver["submit"]> {
    if (work.tag === "allocate" && work.val === 0n) {
      return { tag: "err", val: { tag: "over-limit", val: "buffer-max" } };
    }
    const ticket = BigInt(this.asked.length + 1);
    this.asked.push([ticket, work, within]);
    const { outcome } = this;
    if (outcome !== undefined) this.ends.push({ ticket, outcome });
    return { tag: "ok", val: ticket };
  }

  cancel(ticket: bigint): ReturnType<GpuDriver["cancel"]> {
    this.said.push(`cancel ${ticket}`);
    return { tag: "err", val: "begun" };
  }

  take(most: number): Completion[] {
    return this.ends.splice(0, most);
  }

  wait(most: number): Completion[] {
    return this.take(most);
  }

  release(name: bigint): ReturnType<GpuDriver["release"]> {
    this.said.push(`release ${name}`);
    return { tag: "ok" };
  }

  health(): ReturnType<GpuDriver["health"]> {
    return { tag: "ok" };
  }
}

const run = <A, E>(body: Effect.Effect<A, E, Gpu>, driver: GpuDriver) =>
  Effect.runPromise(Effect.provide(body, gpuLayer(driver)));

const allocate = (octets: bigint) =>
  Effect.gen(function* () {
    const gpu = yield* Gpu;
    return yield* gpu.carryOut({ tag: "allocate", val: octets });
  });

Deno.test("hal/gpu: outcomes become values and errors", async () => {
  const driver = new Scripted();
  driver.outcome = { tag: "made", val: 7n };
  const made = await run(within(PATIENT_MS)(allocate(4n)), driver);
  deepStrictEqual(made, { tag: "made", val: 7n });
  for (
    const outcome of [
      { tag: "rejected", val: "why" },
      { tag: "overrun" },
    ] as const
  ) {
    driver.outcome = outcome;
    const error = await run(
      Effect.flip(within(PATIENT_MS)(allocate(4n))),
      driver,
    );
    ok(error instanceof GpuFailed);
    strictEqual(error.end, outcome.tag);
  }
});

Deno.test("hal/gpu: a refusal and a passed deadline do not reach the device", async () => {
  const driver = new Scripted();
  const refused = await run(
    Effect.flip(within(PATIENT_MS)(allocate(0n))),
    driver,
  );
  ok(refused instanceof GpuRefused);
  deepStrictEqual([refused.reason, refused.detail], [
    "over-limit",
    "buffer-max",
  ]);
  const late = await run(Effect.flip(within(0)(allocate(4n))), driver);
  strictEqual(late._tag, "TooLate");
  deepStrictEqual(driver.asked, []);
});

Deno.test("hal/gpu: who is interrupted takes it back, and what it made is released", async () => {
  const driver = new Scripted();
  driver.outcome = undefined;
  const body = Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(within(PATIENT_MS)(allocate(4n)));
    while (driver.asked.length === 0) yield* Effect.sleep(1);
    yield* Fiber.interrupt(fiber);
    driver.ends.push({ ticket: 1n, outcome: { tag: "made", val: 1n } });
    driver.outcome = { tag: "done" };
    return yield* within(PATIENT_MS)(allocate(8n));
  });
  deepStrictEqual(await run(body, driver), { tag: "done" });
  deepStrictEqual(driver.said, ["cancel 1", "release 1"]);
});
