/**
 * A loop without an end whose passes are fibers of their own.
 *
 * One fiber that never ends keeps a link of asynchronous context for each of its
 * waits (Effect 4.1.0 on Deno 2.9.6): some 150 KB a second while cells spin.
 */
import { Effect, Exit } from "effect";

/** Runs `pass` again and again, until it fails or is interrupted. */
export function passes<E, R>(
  pass: Effect.Effect<unknown, E, R>,
): Effect.Effect<never, E, R> {
  return Effect.flatMap(
    Effect.context<R>(),
    (context) =>
      Effect.callback<never, E>((resume) => {
        const over = new AbortController();
        const { signal } = over;
        const loop = (async () => {
          while (!signal.aborted) {
            const run = Effect.runPromiseExitWith(context);
            const exit = await run(pass, { signal });
            if (Exit.isSuccess(exit) || signal.aborted) continue;
            return resume(Effect.failCause(exit.cause));
          }
        })();
        return Effect.promise(() => {
          over.abort();
          return loop;
        });
      }),
  );
}
