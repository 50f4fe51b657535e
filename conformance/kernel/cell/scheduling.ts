/** Cases of steps, budgets and the hart. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect, Fiber } from "effect";
import { EPOCH_MS, QUIET_MS } from "../../../kernel/limits.ts";
import { LONG, OFTEN, SAY, SPIN, TRAP, UNTIL_YIELD } from "./fixture.ts";
import { absenceOf, type Case, until, type World } from "./world.ts";

export function scheduling(test: Case): void {
  test("hard before soft, then the shorter budget first", {
    wide: { budgetMs: 3, knobs: { step: OFTEN } },
    narrow: { budgetMs: 2, knobs: { step: OFTEN } },
    hard: { budgetMs: 4, class: "hard", knobs: { step: OFTEN } },
  }, (world) =>
    Effect.sync(() => {
      const steps = world.said().filter((line) => line.endsWith(" step"));
      deepStrictEqual(steps.slice(0, 3), [
        "hard step",
        "narrow step",
        "wide step",
      ]);
    }));

  test("an idle cell is stepped again when it asked to be", {
    a: { budgetMs: 1, knobs: { step: OFTEN } },
  }, (world) =>
    Effect.gen(function* () {
      const before = yield* world.peek("a", "steps");
      yield* world.pass(500);
      const steps = (yield* world.peek("a", "steps")) - before;
      // Idle for 5 ms, in epochs of 10: on time or in the next epoch.
      ok(steps >= 500 / EPOCH_MS - 1 && steps <= 500 / 5, `${steps} steps`);
    }));

  test("a step is told to yield after its budget, and neighbours run", {
    greedy: { budgetMs: 2, knobs: { step: UNTIL_YIELD, more: 4 } },
    small: { budgetMs: 1, knobs: { step: OFTEN } },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.pass(100);
      const asks = yield* world.peek("greedy", "asks");
      const yields = yield* world.peek("greedy", "yields");
      strictEqual(yields, 5);
      // A look at the simulated clock costs a microsecond; a slice is real time,
      // and after a park the budget begins anew.
      const slices = yields + world.slot("greedy").meter.parks;
      ok(asks <= slices * 2_010, `${asks} asks in ${slices} slices`);
      const said = world.said().filter((line) => line.endsWith(" step"));
      const first = said.indexOf("greedy step");
      ok(
        said.slice(first, said.lastIndexOf("greedy step"))
          .includes("small step"),
      );
      deepStrictEqual(world.states, ["greedy running", "small running"]);
    }));

  test("slack goes to soft cells only, one that reserved nothing included", {
    // Its deadline is real: one that a busy machine does not miss.
    hard: { budgetMs: 8, class: "hard", knobs: { more: 3 } },
    soft: { budgetMs: 1, knobs: { more: 20 } },
    spare: { budgetMs: 0, knobs: { more: 20 } },
  }, (world) =>
    Effect.gen(function* () {
      strictEqual(yield* world.peek("soft", "steps"), 21);
      strictEqual(yield* world.peek("spare", "steps"), 21);
      strictEqual(yield* world.peek("hard", "steps"), 1);
      yield* world.pass(10 * EPOCH_MS);
      strictEqual(yield* world.peek("hard", "steps"), 4);
    }));

  test("no slack while somebody else wants the thread", {
    soft: { budgetMs: 1 },
  }, (world) =>
    Effect.gen(function* () {
      world.platform.crowdMs = 2;
      yield* world.pass(100);
      const before = yield* world.peek("soft", "steps");
      yield* world.turn("soft", "more", 8);
      yield* workComes(world.slot("soft"));
      world.kernel.poke();
      yield* world.pass(3 * EPOCH_MS);
      const steps = (yield* world.peek("soft", "steps")) - before;
      ok(steps >= 1 && steps <= 4, `${steps} steps in 3 epochs`);
    }));

  test("little slack between the parts of somebody's request", {
    reserved: { budgetMs: 1 },
    spare: { budgetMs: 0, knobs: { step: UNTIL_YIELD } },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.pass(100);
      yield* world.turn("spare", "more", 40);
      const before = yield* world.peek("spare", "steps");
      yield* workComes(world.slot("spare"));
      world.kernel.poke();
      // Somebody calls in every epoch.
      for (let epoch = 0; epoch < 5; epoch += 1) {
        yield* world.pass(EPOCH_MS);
        yield* world.act("reserved", 0);
      }
      const steps = (yield* world.peek("spare", "steps")) - before;
      // A slice and its cut-off rest in each; all slack would be four and more.
      ok(steps >= 4 && steps <= 3 * 5, `${steps} steps in 5 epochs`);
      yield* world.pass(QUIET_MS + 20 * EPOCH_MS);
      strictEqual(yield* world.peek("spare", "steps"), before + 41);
    }));

  test("a hard cell that is due goes before a call from outside", {
    hard: { budgetMs: 8, class: "hard", knobs: { step: OFTEN } },
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* rested(world, "hard");
      const before = world.said().length;
      yield* world.act("a", SAY + 1);
      deepStrictEqual(world.said().slice(before), ["a said"], "control");
      yield* workComes(world.slot("hard"));
      yield* world.act("a", SAY + 1);
      // Once in an epoch, however often it is due and others call.
      yield* workComes(world.slot("hard"));
      yield* world.act("a", SAY + 1);
      deepStrictEqual(world.said().slice(before), [
        "a said",
        "hard step",
        "a said",
        "a said",
      ]);
      yield* world.pass(1_000);
      strictEqual(world.said().at(-1), "hard step");
    }));

  test("a hard cell that is due goes between the parts of a swap", {
    hard: { budgetMs: 8, class: "hard", knobs: { step: OFTEN } },
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* rested(world, "hard");
      const before = world.said().length;
      yield* workComes(world.slot("hard"));
      yield* world.swap("a", "leaf", { label: 1 });
      const said = world.said().slice(before);
      // The copy that is rehearsed, its stop, and the new generation.
      deepStrictEqual(said.slice(0, 4), [
        "hard step",
        "a start",
        "a stop",
        "a start",
      ]);
    }));

  test("a hard cell that is due goes before the next slice of others", {
    hard: { budgetMs: 8, class: "hard", knobs: { step: OFTEN } },
    a: { callMs: 60_000 },
  }, (world) =>
    Effect.gen(function* () {
      yield* rested(world, "hard");
      const { meter } = world.slot("a");
      const parks = meter.parks;
      const steps = yield* world.peek("hard", "steps");
      const long = yield* Effect.forkChild(world.act("a", LONG));
      yield* until(world, () => meter.parks > parks, "it is parked");
      yield* workComes(world.slot("hard"));
      yield* Fiber.join(long);
      strictEqual(yield* world.peek("hard", "steps"), steps + 1);
    }));

  test("a hard step past its budget is stopped", {
    bad: { budgetMs: 2, class: "hard", knobs: { step: SPIN } },
    good: {},
  }, (world) =>
    Effect.gen(function* () {
      strictEqual(world.slot("bad").epitaphs[0]?.kind, "deadline");
      strictEqual(world.slot("bad").epitaphs[0]?.during, "background.step");
      strictEqual(yield* world.add("good", 1), 1);
    }));

  test("a soft step without an end is stopped after its grace", {
    bad: { budgetMs: 2, knobs: { step: SPIN } },
    good: {},
  }, (world) =>
    Effect.gen(function* () {
      strictEqual(world.slot("bad").epitaphs[0]?.kind, "deadline");
      strictEqual(world.slot("bad").state, "restarting");
      strictEqual(yield* world.add("good", 1), 1);
    }));

  test("a cell without work does not keep the hart busy", {
    a: { budgetMs: 1 },
  }, (world) =>
    Effect.gen(function* () {
      const before = world.slot("a").calls;
      yield* world.pass(10_000);
      // A heartbeat a second, and a step or two.
      ok(world.slot("a").calls - before <= 13);
    }));

  test("a poke between two rests is not lost", {
    a: { budgetMs: 1 },
  }, (world) =>
    Effect.gen(function* () {
      const before = yield* world.peek("a", "steps");
      yield* workComes(world.slot("a"));
      world.kernel.poke();
      yield* world.pass(EPOCH_MS);
      strictEqual(yield* world.peek("a", "steps"), before + 1);
    }));

  test(
    "the hart does not die in silence",
    { a: {} },
    (world) =>
      Effect.gen(function* () {
        world.platform.broken = new Error("the event loop is broken");
        yield* workComes(world.slot("a"));
        yield* world.pass(2_000);
        world.platform.broken = undefined;
        const [panic, ...more] = world.platform.panics.splice(0);
        match(String(panic), /the event loop is broken/);
        deepStrictEqual(more, []);
      }),
  );

  test(
    "an event that cannot be recorded ends the node",
    { a: {} },
    (world) =>
      Effect.gen(function* () {
        world.broken = new Error("the audit log is broken");
        yield* absenceOf(world.act("a", TRAP));
        world.broken = undefined;
        match(String(world.platform.panics.splice(0)), /audit log is broken/);
        yield* world.pass(200);
        deepStrictEqual(world.states, ["a running"]);
      }),
  );
}

/** Work has come for a cell that said that it is idle. */
function workComes(slot: { wakeAtMs: number }): Effect.Effect<void> {
  return Effect.sync(() => {
    slot.wakeAtMs = 0;
  });
}

/** Nothing is due, and the cell has had no step in this epoch. */
function rested(world: World, cell: string): Effect.Effect<void> {
  return Effect.andThen(
    Effect.sync(() => {
      world.slot(cell).wakeAtMs = Infinity;
    }),
    world.pass(100),
  );
}
