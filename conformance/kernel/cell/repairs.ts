/** Cases of swaps of a cell that does not serve. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Effect, Fiber } from "effect";
import {
  BACKOFF_MS_MIN,
  FAULTS_MAX,
  PROBATION_MS,
} from "../../../kernel/limits.ts";
import { SPIN, TRAP } from "./fixture.ts";
import { absenceOf, type Case, failureOf } from "./world.ts";

const OVER_MS = PROBATION_MS + 100;

export function repairs(test: Case): void {
  test("a cell that was disabled is repaired from its last checkpoint", {
    a: { checkpointS: 1 },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      yield* world.pass(1_100);
      for (let fault = 1; fault <= FAULTS_MAX; fault += 1) {
        yield* absenceOf(world.act("a", TRAP));
        yield* world.pass(BACKOFF_MS_MIN * 2 ** fault);
      }
      deepStrictEqual(world.states, ["a disabled"]);
      yield* world.swap("a", "leaf", { label: 1 });
      strictEqual(yield* world.act("a", 0), 7);
      yield* world.pass(50);
      deepStrictEqual(world.states, ["a running"]);
      strictEqual(world.slot("a").detail, "");
      // The new one's faults are its own: one does not disable it.
      yield* absenceOf(world.act("a", TRAP));
      yield* world.pass(BACKOFF_MS_MIN + 10);
      deepStrictEqual(world.states, ["a running"]);
      strictEqual(world.slot("a").image?.version, "swapped");
    }));

  const neverStarted = [
    ["refused its start", { knobs: { start: TRAP } }],
    ["was not to be had", { bytes: new Uint8Array() }],
  ] as const;
  for (const [what, options] of neverStarted) {
    test(
      `a cell that ${what} is repaired`,
      { a: options },
      (world) =>
        Effect.gen(function* () {
          deepStrictEqual(world.states, ["a disabled"]);
          const failure = yield* failureOf(
            world.swap("a", "leaf", { start: SPIN }),
          );
          match(failure.message, /deadline/);
          deepStrictEqual(world.states, ["a disabled"]);
          yield* world.swap("a", "leaf", { label: 1 });
          yield* world.pass(50);
          deepStrictEqual(world.states, ["a running"]);
          strictEqual(yield* world.add("a", 1), 1);
          strictEqual(world.slot("a").standby, undefined);
          yield* world.pass(OVER_MS);
          deepStrictEqual(world.states, ["a running"]);
        }),
    );
  }

  test("a swap fills a slot that waits for its restart, once", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* absenceOf(world.act("a", TRAP));
      yield* world.swap("a", "leaf", { label: 1 });
      strictEqual(yield* world.add("a", 1), 1);
      const number = world.slot("a").current?.number;
      yield* world.pass(60_000);
      strictEqual(world.slot("a").current?.number, number);
      strictEqual(yield* world.act("a", 0), 1);
      deepStrictEqual(world.eventsOf("a"), ["started", "fault"]);
    }));

  test("a restart that falls due during a refused swap is not lost", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* absenceOf(world.act("a", TRAP));
      const swapping = yield* Effect.forkChild(
        failureOf(world.swap("a", "leaf", { start: SPIN, label: 92 })),
      );
      yield* world.pass(BACKOFF_MS_MIN + 10);
      match((yield* Fiber.join(swapping)).message, /deadline/);
      yield* world.pass(BACKOFF_MS_MIN + 10);
      deepStrictEqual(world.states, ["a running"]);
      strictEqual(yield* world.act("a", 0), 0);
    }));

  test("a fault while a swap compiles: the swap goes on from the checkpoint", {
    a: { checkpointS: 1 },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      yield* world.pass(1_100);
      const swapping = yield* Effect.forkChild(
        world.swap("a", "leaf", { label: 93 }),
      );
      yield* Effect.yieldNow;
      yield* absenceOf(world.act("a", TRAP));
      yield* Fiber.join(swapping);
      strictEqual(yield* world.act("a", 0), 7);
      yield* world.pass(OVER_MS);
      deepStrictEqual(world.states, ["a running"]);
      strictEqual(world.slot("a").image?.version, "swapped");
    }));
}
