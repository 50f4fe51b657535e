/** Does not type-check: time, chance and the event loop come from a platform. Provide `Platform.layer`. */
import { Effect, Layer } from "effect";
import { Engine } from "../../../kernel/engine/engine.ts";
import { Kernel, type KernelOptions } from "../../../kernel/kernel.ts";

export function run(options: KernelOptions, engine: Layer.Layer<Engine>) {
  const layer = Kernel.layer(options).pipe(Layer.provide(engine));
  const body = Effect.provide(Effect.asVoid(Kernel), layer);
  // @ts-expect-error: it still requires `Platform`
  return Effect.runPromise(body);
}
