/**
 * The NPU contract as an Effect service, for whoever runs on fibers.
 *
 * Same promises as wit/hal/npu/npu.wit. A request needs a deadline and ends by
 * it; who is interrupted meanwhile takes back what has not begun. The fiber's
 * thread is not blocked: completions are looked for between other fibers.
 *
 * Deliberately absent: batching of runs, and retries of what overran.
 */
import { Clock, Context, Effect, Layer, Schema } from "effect";
import { type Deadline, Deadline as DeadlineOf, inTime } from "./deadline.ts";
import type { TooLate } from "./deadline.ts";
import { Completions } from "./submission/completions.ts";
import type {
  Condition,
  Device,
  Launch,
  Model,
  Npu as NpuDriver,
  Outcome,
  Tensor,
  Work,
} from "./npu_contract.ts";

/** The device said no; `reason` is a case of `refusal` in npu.wit. */
export class NpuRefused extends Schema.TaggedError<NpuRefused>()("NpuRefused", {
  reason: Schema.String,
  /** Which limit, where it is over one. */
  detail: Schema.String,
}) {}

/** It was accepted and did not do it; `end` is a case of `outcome`. */
export class NpuFailed extends Schema.TaggedError<NpuFailed>()("NpuFailed", {
  end: Schema.String,
  detail: Schema.String,
}) {}

/** What every request is: it may be refused or fail, and it needs a deadline. */
export type NpuOperation<A> = Effect.Effect<
  A,
  NpuRefused | NpuFailed | TooLate,
  Deadline
>;

/** The right to use one NPU. */
export class Npu extends Context.Service<Npu, {
  readonly device: Effect.Effect<Device>;
  readonly health: Effect.Effect<Condition>;
  /** Gives the model's name. */
  load(octets: Uint8Array): NpuOperation<bigint>;
  /** Gives the outputs in the order in which they were asked for. */
  run(launch: Launch): NpuOperation<Tensor[]>;
  inspect(name: bigint): Effect.Effect<Model, NpuRefused>;
  unload(name: bigint): Effect.Effect<void, NpuRefused>;
}>()("karyon/hal/Npu") {}

/** The service over a driver that nobody else takes completions from. */
export function npuOver(driver: NpuDriver): Npu["Service"] {
  const completions = new Completions<Outcome>({
    take: (most) => driver.take(most),
    cancel: (ticket) => driver.cancel(ticket),
    drop: (outcome) => {
      if (outcome.tag === "made") driver.unload(outcome.val);
    },
  });
  const carryOut = (work: Work) =>
    Effect.gen(function* () {
      yield* inTime(`npu.${work.tag}`);
      const { atMs } = yield* DeadlineOf;
      const left = atMs - (yield* Clock.currentTimeMillis);
      const within = BigInt(Math.max(1, Math.ceil(left * 1000)));
      completions.look();
      const answer = driver.submit(work, within);
      if (answer.tag === "err") return yield* refusedBy(answer.val);
      return yield* completions.outcomeOf(answer.val);
    });
  return {
    device: Effect.sync(() => driver.describe()),
    health: Effect.sync(() => driver.health()),
    load: (octets) =>
      Effect.flatMap(
        carryOut({ tag: "load", val: octets }),
        (outcome) =>
          outcome.tag === "made"
            ? Effect.succeed(outcome.val)
            : failedBy(outcome),
      ),
    run: (launch) =>
      Effect.flatMap(
        carryOut({ tag: "run", val: launch }),
        (outcome) =>
          outcome.tag === "tensors"
            ? Effect.succeed(outcome.val)
            : failedBy(outcome),
      ),
    inspect: (name) =>
      Effect.suspend(() => {
        const answer = driver.inspect(name);
        return answer.tag === "ok"
          ? Effect.succeed(answer.val)
          : refusedBy(answer.val);
      }),
    unload: (name) =>
      Effect.suspend(() => {
        const answer = driver.unload(name);
        return answer.tag === "ok" ? Effect.void : refusedBy(answer.val);
      }),
  };
}

/** `npuOver` as a layer. */
export function npuLayer(driver: NpuDriver): Layer.Layer<Npu> {
  return Layer.succeed(Npu, npuOver(driver));
}

function refusedBy(
  { tag, val }: { readonly tag: string; readonly val?: string | undefined },
): Effect.Effect<never, NpuRefused> {
  return Effect.fail(new NpuRefused({ reason: tag, detail: val ?? "" }));
}

function failedBy(
  { tag, val }: { readonly tag: string; readonly val?: unknown },
): Effect.Effect<never, NpuFailed> {
  const detail = typeof val === "string" ? val : "";
  return Effect.fail(new NpuFailed({ end: tag, detail }));
}
