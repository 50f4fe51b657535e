/** Cases of jobs that are parked and go on. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect, Fiber } from "effect";
import { EPOCH_MS } from "../../../kernel/limits.ts";
import type { Slot } from "../../../kernel/cell/slot.ts";
import {
  ASK_ON,
  LONG,
  LONG_UNTIL_YIELD,
  OFTEN,
  SPIN,
  UNTIL_YIELD,
} from "./fixture.ts";
import { absenceOf, type Case, until } from "./world.ts";

export function parking(test: Case): void {
  steps(test);
  callers(test);
  changes(test);
}

const parks = (slot: Slot) => slot.meter.parks;

function steps(test: Case): void {
  test("a step past its budget is parked, and comes to its end", {
    a: { budgetMs: 2, knobs: { step: LONG } },
    b: { budgetMs: 1, knobs: { step: OFTEN } },
  }, (world) =>
    Effect.gen(function* () {
      const slot = world.slot("a");
      yield* until(
        world,
        () => parks(slot) > 0 && slot.current?.busy === false,
        "its step did not end",
      );
      ok(parks(slot) > 0, "it was not parked");
      strictEqual(yield* world.peek("a", "steps"), 1);
      deepStrictEqual(world.states, ["a running", "b running"]);
    }));

  test("two that never end and one that must not be late", {
    one: { budgetMs: 3, stepMs: 60_000, knobs: { step: OFTEN } },
    two: { budgetMs: 3, stepMs: 60_000, knobs: { step: OFTEN } },
    hard: { budgetMs: 4, class: "hard", knobs: { step: OFTEN } },
  }, (world) =>
    Effect.gen(function* () {
      const [one, two] = [world.slot("one"), world.slot("two")];
      // No slack: simulated time would not pass while it is used.
      world.platform.crowdMs = 1;
      yield* world.turn("one", "step", SPIN);
      yield* world.turn("two", "step", SPIN);
      yield* until(
        world,
        () => parks(one) > 20 && parks(two) > 20,
        "both spinners progress",
      );
      const before = yield* world.peek("hard", "steps");
      yield* world.pass(20 * EPOCH_MS);
      ok((yield* world.peek("hard", "steps")) - before >= 19);
      deepStrictEqual(world.states, [
        "one running",
        "two running",
        "hard running",
      ]);
      deepStrictEqual(world.slot("hard").epitaphs, []);
    }));

  test("a step without an end ends by its own limit", {
    a: { budgetMs: 2, stepMs: 60, knobs: { step: SPIN } },
    b: {},
  }, (world) =>
    Effect.gen(function* () {
      const slot = world.slot("a");
      yield* until(world, () => slot.epitaphs.length > 0, "it did not end");
      strictEqual(slot.epitaphs[0]?.kind, "deadline");
      strictEqual(slot.epitaphs[0]?.during, "background.step");
      strictEqual(slot.faults, 1);
      strictEqual(yield* world.peek("b", "total"), 0);
    }));
}

function callers(test: Case): void {
  test("who calls a parked cell waits for its step, and is answered", {
    a: { budgetMs: 2, knobs: { step: LONG } },
  }, (world) =>
    Effect.gen(function* () {
      const slot = world.slot("a");
      yield* until(world, () => parks(slot) > 0, "it is parked");
      strictEqual(yield* world.add("a", 5), 5);
      strictEqual(yield* world.peek("a", "steps"), 1);
    }));

  test(
    "who waits for a parked step asks it to yield, and it does at its next look",
    {
      a: { budgetMs: 2, stepMs: 60_000 },
    },
    (world) =>
      Effect.gen(function* () {
        // No slack: with it the step would go on before anybody comes.
        world.platform.crowdMs = 1;
        const slot = world.slot("a");
        yield* world.turn("a", "step", LONG_UNTIL_YIELD);
        slot.wakeAtMs = 0;
        yield* until(world, () => parks(slot) > 0, "it is not parked");
        strictEqual(slot.current?.busy, true);
        strictEqual(yield* world.add("a", 5), 5);
        strictEqual(yield* world.peek("a", "yields"), 1);
        strictEqual(yield* world.peek("a", "asks"), 1);
        // Control: nobody waits for the next one, so it uses its budget.
        yield* world.turn("a", "step", UNTIL_YIELD);
        slot.wakeAtMs = 0;
        const isOver = () => !slot.current?.busy && slot.wakeAtMs > 0;
        yield* until(world, isOver, "the step does not end");
        strictEqual(yield* world.peek("a", "yields"), 2);
        const asks = yield* world.peek("a", "asks");
        ok(asks > 1_000, `${asks} asks`);
        deepStrictEqual(slot.epitaphs, []);
      }),
  );

  test("a long call is parked; its neighbour is called meanwhile", {
    a: { callMs: 10_000 },
    b: {},
  }, (world) =>
    Effect.gen(function* () {
      const order: string[] = [];
      const long = yield* Effect.forkChild(
        Effect.tap(world.act("a", LONG), () =>
          Effect.sync(() => order.push("a"))),
      );
      yield* Effect.promise(() =>
        Promise.resolve()
      );
      strictEqual(yield* world.add("b", 1), 1);
      order.push("b");
      yield* Fiber.join(long);
      deepStrictEqual(order, ["b", "a"]);
      ok(parks(world.slot("a")) > 0);
    }));

  test("a caller is parked with the cell behind", {
    back: { callMs: 10_000 },
    front: { world: "middle", behind: "back", callMs: 10_000 },
    other: {},
  }, (world) =>
    Effect.gen(function* () {
      const long = yield* Effect.forkChild(world.act("front", ASK_ON + LONG));
      yield* Effect.promise(() => Promise.resolve());
      strictEqual(yield* world.add("other", 1), 1);
      strictEqual(yield* Fiber.join(long), 0);
      ok(parks(world.slot("front")) > 0);
      strictEqual(yield* world.add("back", 2), 2);
    }));

  test("the cell behind does not end in time: only it has faulted", {
    back: { callMs: 30 },
    front: { world: "middle", behind: "back", callMs: 10_000 },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.act("front", ASK_ON + SPIN);
      strictEqual(world.slot("back").epitaphs[0]?.kind, "deadline");
      strictEqual(world.slot("back").faults, 1);
      deepStrictEqual(world.slot("front").epitaphs, []);
    }));

  test("the caller does not end in time: it has faulted, not the cell behind", {
    back: { callMs: 10_000 },
    front: { world: "middle", behind: "back", callMs: 30 },
  }, (world) =>
    Effect.gen(function* () {
      strictEqual(yield* absenceOf(world.act("front", ASK_ON + SPIN)), "gone");
      strictEqual(world.slot("front").epitaphs[0]?.kind, "deadline");
      strictEqual(world.slot("front").faults, 1);
      strictEqual(world.slot("back").faults, 0);
    }));
}

function changes(test: Case): void {
  test("a swap waits for the end of a parked step", {
    a: { budgetMs: 2, knobs: { step: LONG } },
  }, (world) =>
    Effect.gen(function* () {
      const slot = world.slot("a");
      yield* until(world, () => parks(slot) > 0, "it is parked");
      yield* world.swap("a", "leaf");
      strictEqual(slot.current?.number, slot.generations);
      match(slot.state, /probation/);
      strictEqual(yield* world.add("a", 1), 1);
      deepStrictEqual(slot.epitaphs, []);
    }));
}
