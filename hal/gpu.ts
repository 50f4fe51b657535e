/**
 * The GPU contract as an Effect service, for whoever runs on fibers.
 *
 * Same promises as wit/hal/gpu/gpu.wit. A request needs a deadline and ends by
 * it; who is interrupted meanwhile takes back what has not begun. The fiber's
 * thread is not blocked: completions are looked for between other fibers.
 *
 * Deliberately absent: choosing the device, and retries of what overran.
 */
import { Clock, Context, Effect, Layer, Schema } from "effect";
import { type Deadline, Deadline as DeadlineOf, inTime } from "./deadline.ts";
import type { TooLate } from "./deadline.ts";
import { Completions } from "./submission/completions.ts";
import type {
  Condition,
  Device,
  Gpu as GpuDriver,
  Outcome,
  Work,
} from "./gpu_contract.ts";

/** The device said no; `reason` is a case of `refusal` in gpu.wit. */
export class GpuRefused extends Schema.TaggedError<GpuRefused>()("GpuRefused", {
  reason: Schema.String,
  /** Which limit, where it is over one. */
  detail: Schema.String,
}) {}

/** It was accepted and did not do it; `end` is a case of `outcome`. */
export class GpuFailed extends Schema.TaggedError<GpuFailed>()("GpuFailed", {
  end: Schema.String,
  detail: Schema.String,
}) {}

/** What is left of outcomes when the rest are errors. */
export type Good = Extract<Outcome, { tag: "done" | "made" | "octets" }>;

/** The right to use one GPU. */
export class Gpu extends Context.Service<Gpu, {
  readonly device: Effect.Effect<Device>;
  readonly health: Effect.Effect<Condition>;
  /** Ends when the request has ended. */
  carryOut(
    work: Work,
  ): Effect.Effect<Good, GpuRefused | GpuFailed | TooLate, Deadline>;
  release(name: bigint): Effect.Effect<void, GpuRefused>;
}>()("karyon/hal/Gpu") {}

/** The service over a driver that nobody else takes completions from. */
export function gpuOver(driver: GpuDriver): Gpu["Service"] {
  const completions = new Completions<Outcome>({
    take: (most) => driver.take(most),
    cancel: (ticket) => driver.cancel(ticket),
    drop: (outcome) => {
      if (outcome.tag === "made") driver.release(outcome.val);
    },
  });
  return {
    device: Effect.sync(() => driver.describe()),
    health: Effect.sync(() => driver.health()),
    carryOut: (work) =>
      Effect.gen(function* () {
        yield* inTime("gpu.submit");
        const { atMs } = yield* DeadlineOf;
        const left = atMs - (yield* Clock.currentTimeMillis);
        const within = BigInt(Math.max(1, Math.ceil(left * 1000)));
        completions.look();
        const answer = driver.submit(work, within);
        if (answer.tag === "err") return yield* refusedBy(answer.val);
        const outcome = yield* completions.outcomeOf(answer.val);
        if (isGood(outcome)) return outcome;
        const detail = outcome.val ?? "";
        return yield* new GpuFailed({ end: outcome.tag, detail });
      }),
    release: (name) =>
      Effect.suspend(() => {
        const answer = driver.release(name);
        return answer.tag === "ok" ? Effect.void : refusedBy(answer.val);
      }),
  };
}

/** `gpuOver` as a layer. */
export function gpuLayer(driver: GpuDriver): Layer.Layer<Gpu> {
  return Layer.succeed(Gpu, gpuOver(driver));
}

function refusedBy(
  { tag, val }: { readonly tag: string; readonly val?: string | undefined },
): Effect.Effect<never, GpuRefused> {
  return Effect.fail(new GpuRefused({ reason: tag, detail: val ?? "" }));
}

function isGood(outcome: Outcome): outcome is Good {
  return ["done", "made", "octets"].includes(outcome.tag);
}
