/** Cases of the first start. */
import { deepEqual, equal, match } from "node:assert/strict";
import { Effect } from "effect";
import { BACKOFF_MS_MIN, STARTING_MS_MAX } from "../../../kernel/limits.ts";
import {
  CALL_ON,
  type Knobs,
  REFUSE,
  SPIN,
  STARTING,
  TRAP,
  UNAVAILABLE,
} from "./fixture.ts";
import { absenceOf, type Case, type CellOptions } from "./world.ts";

const GARBAGE = new Uint8Array([0, 0x61, 0x73, 0x6d, 13, 0, 1, 0, 7]);

/** What keeps a cell from starting, and what its slot says then. */
const BAD_STARTS: ReadonlyArray<readonly [string, CellOptions, RegExp]> = [
  ["refuses its settings", { knobs: { start: REFUSE } }, /config: by order/],
  ["traps", { knobs: { start: TRAP } }, /start refused: trap/],
  ["never ends", { knobs: { start: SPIN } }, /start refused: deadline/],
  ["is not there", { bytes: new Uint8Array() }, /read refused: lost/],
  ["is no component", { bytes: GARBAGE }, /compile refused/],
  [
    "imports what it was not granted",
    { world: "middle" },
    /karyon:fixture\/careful@0\.1\.0, which is not granted/,
  ],
  [
    "is hard, steps and reserved nothing",
    { class: "hard", budgetMs: 0 },
    /reserves no budget_ms/,
  ],
];

export function starting(test: Case): void {
  test("control: cells start in order with their settings", {
    first: { config: [["one", "1"], ["two", "zwei"]] },
    second: { world: "middle", behind: "first" },
    third: {},
  }, (world) =>
    Effect.gen(function* () {
      deepEqual(world.states, [
        "first running",
        "second running",
        "third running",
      ]);
      deepEqual(world.said(), [
        "first start",
        "first 1",
        "first zwei",
        "second start",
        "third start",
      ]);
      deepEqual(world.eventsOf("first"), ["started"]);
      equal(yield* world.add("first", 4), 4);
      equal(yield* world.act("second", 1_000), 4);
    }));

  for (const [what, options, reason] of BAD_STARTS) {
    test(`a cell that ${what} is disabled, others run`, {
      bad: options,
      good: {},
    }, (world) =>
      Effect.gen(function* () {
        deepEqual(world.states, ["bad disabled", "good running"]);
        match(world.slot("bad").detail, reason);
        deepEqual(world.eventsOf("bad"), ["disabled"]);
        equal(yield* absenceOf(world.add("bad", 1)), "refused");
        equal(yield* world.add("good", 1), 1);
        yield* world.pass(60_000);
        deepEqual(world.eventsOf("bad"), ["disabled"]);
        equal(yield* world.add("good", 1), 2);
      }));
  }

  test("what is only unavailable is tried again, later each time", {
    patient: { knobs: { start: UNAVAILABLE } },
  }, (world) =>
    Effect.gen(function* () {
      const attempts = () => world.said().length;
      equal(world.slot("patient").state, "restarting");
      match(world.slot("patient").detail, /unavailable: by order/);
      equal(attempts(), 1);
      for (const [pass, total] of [[1, 2], [2, 3], [4, 4]] as const) {
        yield* world.pass(pass * BACKOFF_MS_MIN + 10);
        equal(attempts(), total);
      }
      yield* world.pass(120_000);
      equal(world.slot("patient").state, "restarting");
      equal(world.slot("patient").faults, 0);
    }));

  test("a cell that starts by calling one that is not there waits for it", {
    behind: { knobs: { start: TRAP } },
    front: { world: "middle", behind: "behind", knobs: { start: CALL_ON } },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.pass(60_000);
      deepEqual(world.states, ["behind disabled", "front restarting"]);
      yield* world.swap("behind", "leaf");
      yield* world.pass(11_000);
      deepEqual(world.states, ["behind running", "front running"]);
      equal(world.slot("front").faults, 0);
    }));

  const slow: Knobs = { health: STARTING };
  test("starting becomes running when the cell says so", {
    slow: { knobs: slow },
  }, (world) =>
    Effect.gen(function* () {
      deepEqual(world.states, ["slow starting"]);
      equal(world.slot("slow").detail, "by order");
      yield* world.pass(5_000);
      deepEqual(world.states, ["slow starting"]);
      yield* world.turn("slow", "health", 0);
      yield* world.pass(50);
      deepEqual(world.states, ["slow running"]);
      equal(world.slot("slow").detail, "");
    }));

  test("a cell that is starting for ever is restarted", {
    slow: { knobs: slow },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.pass(STARTING_MS_MAX - 1_000);
      deepEqual(world.eventsOf("slow"), ["started"]);
      yield* world.pass(1_500);
      deepEqual(world.eventsOf("slow"), ["started", "fault", "restarted"]);
      match(world.slot("slow").epitaphs[0]?.reason ?? "", /still starting/);
    }));
}
