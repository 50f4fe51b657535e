/** Cases of the first start. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
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
      deepStrictEqual(world.states, [
        "first running",
        "second running",
        "third running",
      ]);
      deepStrictEqual(world.said(), [
        "first start",
        "first 1",
        "first zwei",
        "second start",
        "third start",
      ]);
      deepStrictEqual(world.eventsOf("first"), ["started"]);
      strictEqual(yield* world.add("first", 4), 4);
      strictEqual(yield* world.act("second", 1_000), 4);
    }));

  for (const [what, options, reason] of BAD_STARTS) {
    test(`a cell that ${what} is disabled, others run`, {
      bad: options,
      good: {},
    }, (world) =>
      Effect.gen(function* () {
        deepStrictEqual(world.states, ["bad disabled", "good running"]);
        match(world.slot("bad").detail, reason);
        deepStrictEqual(world.eventsOf("bad"), ["disabled"]);
        strictEqual(yield* absenceOf(world.add("bad", 1)), "refused");
        strictEqual(yield* world.add("good", 1), 1);
        yield* world.pass(60_000);
        deepStrictEqual(world.eventsOf("bad"), ["disabled"]);
        strictEqual(yield* world.add("good", 1), 2);
      }));
  }

  test("what is only unavailable is tried again, later each time", {
    patient: { knobs: { start: UNAVAILABLE } },
  }, (world) =>
    Effect.gen(function* () {
      const attempts = () => world.said().length;
      strictEqual(world.slot("patient").state, "restarting");
      match(world.slot("patient").detail, /unavailable: by order/);
      strictEqual(attempts(), 1);
      for (const [pass, total] of [[1, 2], [2, 3], [4, 4]] as const) {
        yield* world.pass(pass * BACKOFF_MS_MIN + 10);
        strictEqual(attempts(), total);
      }
      yield* world.pass(120_000);
      strictEqual(world.slot("patient").state, "restarting");
      strictEqual(world.slot("patient").faults, 0);
    }));

  test("a cell that starts by calling one that is not there waits for it", {
    behind: { knobs: { start: TRAP } },
    front: { world: "middle", behind: "behind", knobs: { start: CALL_ON } },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.pass(60_000);
      deepStrictEqual(world.states, ["behind disabled", "front restarting"]);
      yield* world.swap("behind", "leaf");
      yield* world.pass(11_000);
      deepStrictEqual(world.states, ["behind running", "front running"]);
      strictEqual(world.slot("front").faults, 0);
    }));

  const slow: Knobs = { health: STARTING };
  test("starting becomes running when the cell says so", {
    slow: { knobs: slow },
  }, (world) =>
    Effect.gen(function* () {
      deepStrictEqual(world.states, ["slow starting"]);
      strictEqual(world.slot("slow").detail, "by order");
      yield* world.pass(5_000);
      deepStrictEqual(world.states, ["slow starting"]);
      yield* world.turn("slow", "health", 0);
      yield* world.pass(50);
      deepStrictEqual(world.states, ["slow running"]);
      strictEqual(world.slot("slow").detail, "");
    }));

  test("a cell that is starting for ever is restarted", {
    slow: { knobs: slow },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.pass(STARTING_MS_MAX - 1_000);
      deepStrictEqual(world.eventsOf("slow"), ["started"]);
      yield* world.pass(1_500);
      deepStrictEqual(world.eventsOf("slow"), [
        "started",
        "fault",
        "restarted",
      ]);
      match(world.slot("slow").epitaphs[0]?.reason ?? "", /still starting/);
    }));
}
