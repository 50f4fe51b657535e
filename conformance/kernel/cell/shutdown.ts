/** Cases of the end: the kernel's scope closes. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect, Exit, Fiber, Scope } from "effect";
import { TestClock } from "effect/testing";
import { ASK_ON, SPIN, TRAP } from "./fixture.ts";
import {
  absenceOf,
  boot,
  type Cells,
  failureOf,
  type KernelFactory,
  type World,
} from "./world.ts";

const CHAIN: Cells = {
  first: {},
  second: { world: "middle", behind: "first" },
  third: { world: "middle", behind: "second" },
};

export function shutdown(name: string, factory: KernelFactory): void {
  const test = (
    claim: string,
    cells: Cells,
    body: (
      world: World,
      close: Effect.Effect<void>,
    ) => Effect.Effect<void, unknown, Scope.Scope>,
  ) =>
    Deno.test(`${name}: ${claim}`, () =>
      Effect.runPromise(
        Effect.scoped(Effect.gen(function* () {
          const scope = yield* Scope.make();
          const world = yield* Scope.provide(boot(factory, cells), scope);
          yield* world.pass(0);
          yield* body(world, Scope.close(scope, Exit.void));
          yield* Scope.close(scope, Exit.void);
          deepStrictEqual(world.platform.panics, []);
          ok(
            world.kernel.slots.every(({ state, serves }) =>
              state === "stopped" && !serves
            ),
          );
        })).pipe(
          Effect.provide(TestClock.layer({ warningDelay: "1 minute" })),
        ),
      ));

  test("cells stop before those whom they call, who still answer", CHAIN, (
    world,
    close,
  ) =>
    Effect.gen(function* () {
      yield* close;
      deepStrictEqual(
        world.said().filter((line) => line.endsWith("stop")),
        ["third stop", "second stop", "first stop"],
      );
      deepStrictEqual(world.slot("second").epitaphs, []);
      // The third one's question of the second, and so on, was answered.
      strictEqual(
        world.events.filter(({ kind }) => kind === "fault").length,
        0,
      );
    }));

  test("a stop that traps or never ends keeps no other from stopping", {
    ...CHAIN,
    third: { ...CHAIN.third, knobs: { stop: TRAP } },
    second: { ...CHAIN.second, knobs: { stop: SPIN } },
  }, (world, close) =>
    Effect.gen(function* () {
      yield* close;
      strictEqual(world.said().at(-1), "first stop");
      deepStrictEqual(world.eventsOf("third"), ["started", "fault"]);
      deepStrictEqual(world.eventsOf("second"), ["started", "fault"]);
    }));

  test("a trap in stop during a probation rolls nothing back", {
    a: {},
  }, (world, close) =>
    Effect.gen(function* () {
      yield* world.swap("a", "leaf", { label: 1 });
      yield* world.turn("a", "stop", TRAP);
      yield* close;
      deepStrictEqual(world.eventsOf("a"), ["started", "fault"]);
      // Both generations were stopped.
      strictEqual(world.said().filter((line) => line === "a stop").length, 3);
    }));

  test("what is parked and does not end is ended, with whom it called", {
    back: { callMs: 60_000 },
    front: { world: "middle", behind: "back", callMs: 60_000 },
  }, (world, close) =>
    Effect.gen(function* () {
      // Turns take simulated time, or the stop would wait for ever.
      world.platform.crowdMs = 20;
      const waiting = yield* Effect.forkChild(
        absenceOf(world.act("front", ASK_ON + SPIN)),
      );
      const { meter } = world.slot("front");
      while (meter.parks === 0) yield* Effect.yieldNow;
      yield* close;
      world.platform.crowdMs = 0;
      strictEqual(yield* Fiber.join(waiting), "gone");
      // The end of the node is nobody's fault.
      for (const name of ["back", "front"]) {
        deepStrictEqual(world.slot(name).epitaphs, [], name);
        deepStrictEqual(world.eventsOf(name), ["started"]);
      }
    }));

  test("afterwards calls are refused and nothing is restarted", {
    a: {},
    b: {},
  }, (world, close) =>
    Effect.gen(function* () {
      yield* absenceOf(world.act("b", TRAP));
      yield* close;
      strictEqual(yield* absenceOf(world.act("a", 0)), "refused");
      yield* world.pass(60_000);
      deepStrictEqual(world.states, ["a stopped", "b stopped"]);
      strictEqual(world.eventsOf("b").at(-1), "fault");
    }));

  test("a swap under way is refused when the kernel stops", {
    a: {},
  }, (world, close) =>
    Effect.gen(function* () {
      const swapping = yield* Effect.forkChild(
        failureOf(world.swap("a", "leaf", { label: 94 })),
      );
      yield* Effect.yieldNow;
      yield* close;
      match((yield* Fiber.join(swapping)).message, /the node is stopping/);
      deepStrictEqual(world.said("a"), ["start", "stop"]);
      strictEqual(world.slot("a").changing, false);
    }));
}
