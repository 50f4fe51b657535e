/**
 * The entropy contract as an Effect service, for whoever runs on fibers.
 *
 * Same promises as wit/hal/entropy/entropy.wit, plus a deadline: a draw that
 * starts too late is refused and takes nothing from the source.
 *
 * Deliberately absent: numbers, ranges, shuffles; retries of a dry source.
 */
import { Context, Effect, Layer, Schema } from "effect";
import { type Deadline, inTime, type TooLate } from "./deadline.ts";
import type {
  Condition,
  Entropy as EntropyDriver,
  Source,
} from "./entropy_contract.ts";

/** The source said no; `reason` is a case of `refusal` in entropy.wit. */
export class EntropyRefused
  extends Schema.TaggedError<EntropyRefused>()("EntropyRefused", {
    reason: Schema.Literals(["wrong-size", "dry", "failed"]),
    /** The platform's reason, where the source failed. */
    detail: Schema.String,
  }) {}

/** The right to draw from one source. */
export class Entropy extends Context.Service<Entropy, {
  readonly source: Source;
  readonly health: Effect.Effect<Condition>;
  draw(
    length: number,
  ): Effect.Effect<Uint8Array, EntropyRefused | TooLate, Deadline>;
}>()("karyon/hal/Entropy") {}

/** The service over a driver that stays the caller's. */
export function entropyOver(driver: EntropyDriver): Entropy["Service"] {
  return {
    source: driver.describe(),
    health: Effect.sync(() => driver.health()),
    draw: (length) =>
      Effect.gen(function* () {
        yield* inTime("entropy.draw");
        const answer = driver.draw(length);
        if (answer.tag === "ok") return answer.val;
        const { val } = answer;
        const detail = val.tag === "failed" ? val.val : "";
        return yield* new EntropyRefused({ reason: val.tag, detail });
      }),
  };
}

/** `entropyOver` as a layer. */
export function entropyLayer(driver: EntropyDriver): Layer.Layer<Entropy> {
  return Layer.succeed(Entropy, entropyOver(driver));
}
