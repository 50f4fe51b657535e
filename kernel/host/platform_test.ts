import { deepStrictEqual, ok } from "node:assert/strict";
import { Context, Effect, Exit, Layer, Scope } from "effect";
import { Platform } from "./platform.ts";

const withPlatform = (body: (platform: Platform["Service"]) => Promise<void>) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const platform = yield* Platform;
      yield* Effect.promise(() => body(platform));
    }).pipe(Effect.provide(Platform.layer)),
  );

Deno.test("a turn ends after what waited in the event loop", () =>
  withPlatform(async ({ turn }) => {
    const order: string[] = [];
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      order.push("waiting");
      channel.port1.close();
    };
    channel.port2.postMessage(0);
    const turned = turn().then(() => order.push("turn"));
    await turned;
    deepStrictEqual(order, ["waiting", "turn"]);
  }));

Deno.test("turns that overlap end in order, and many do not pile up", () =>
  withPlatform(async ({ turn }) => {
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => turn().then(() => order.push(i))),
    );
    deepStrictEqual(order, Array.from({ length: 100 }, (_, i) => i));
    for (let i = 0; i < 1_000; i += 1) await turn();
  }));

Deno.test("a turn ends when the platform does, and at once afterwards", async () => {
  const scope = Effect.runSync(Scope.make());
  const context = await Effect.runPromise(
    Layer.buildWithScope(Platform.layer, scope),
  );
  const { turn } = Context.get(context, Platform);
  const waiting = turn();
  await Effect.runPromise(Scope.close(scope, Exit.void));
  await waiting;
  await turn();
});

Deno.test("the two clocks and chance are the platform's", () =>
  withPlatform(({ monotonicMs, wallMs, entropy }) => {
    const before = monotonicMs();
    ok(monotonicMs() >= before);
    ok(wallMs() > Date.UTC(2024, 0));
    const octets = new Uint8Array(32);
    entropy(octets);
    ok(octets.some((octet) => octet !== 0));
    return Promise.resolve();
  }));
