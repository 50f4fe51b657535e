/**
 * The deadline that every HAL operation needs.
 *
 * It stands in an operation's type as a requirement, so an operation that was
 * given none does not type-check. A nested `within` can only make it sooner.
 */
import { Clock, Context, Effect, Option, Schema } from "effect";

/** When the caller stops caring, in milliseconds of the `Clock` service. */
export class Deadline extends Context.Service<Deadline, {
  readonly atMs: number;
}>()("karyon/hal/Deadline") {}

/** The deadline has passed. The device was not asked; nothing happened. */
export class TooLate extends Schema.TaggedError<TooLate>()("TooLate", {
  operation: Schema.String,
  lateMs: Schema.Number,
}) {}

/** Gives `effect` a deadline `ms` from now, or the caller's if that is sooner. */
export function within(ms: number) {
  return <A, E, R>(
    effect: Effect.Effect<A, E, R>,
  ): Effect.Effect<A, E, Exclude<R, Deadline>> =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis;
      const outer = yield* Effect.serviceOption(Deadline);
      const limit = Option.match(outer, {
        onNone: () => Infinity,
        onSome: (deadline) => deadline.atMs,
      });
      const atMs = Math.min(now + ms, limit);
      return yield* Effect.provideService(effect, Deadline, { atMs });
    });
}

/** Fails with `TooLate` once the deadline has passed. */
export const inTime = Effect.fnUntraced(function* (operation: string) {
  const { atMs } = yield* Deadline;
  const now = yield* Clock.currentTimeMillis;
  if (now >= atMs) {
    return yield* new TooLate({ operation, lateMs: now - atMs });
  }
});
