/** Cases of cells that read back, after a fault, what they had known. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import {
  BACKOFF_MS_MIN,
  FAULTS_MAX,
  STARTING_HEARTBEAT_MS,
} from "../../../kernel/limits.ts";
import { ABSENT, ASK_ON, TELL_ON, TRAP } from "./fixture.ts";
import {
  absenceOf,
  type Case,
  failureOf,
  LOG,
  SCHEDULING,
  type World,
} from "./world.ts";

/** Its health is asked so often before it is whole. */
const RESTORES = 5;
const REST_MS = RESTORES * STARTING_HEARTBEAT_MS + 20;
const SOON_MS = BACKOFF_MS_MIN + 10;
const SLOW = { knobs: { restores: RESTORES } } as const;
const DEVICE = new Map([[LOG, "driver:disk"], [SCHEDULING, "kernel"]]);

/** A fault, and the new generation has begun to restore. */
const fallen = Effect.fnUntraced(function* (world: World, cell: string) {
  strictEqual(yield* absenceOf(world.act(cell, TRAP)), "gone");
  yield* world.pass(SOON_MS);
  strictEqual(world.slot(cell).state, "starting");
  strictEqual(world.slot(cell).serves, true);
});

export function restoring(test: Case): void {
  test("who restores after a fault answers nobody until it has", {
    slow: SLOW,
    quick: {},
  }, (world) =>
    Effect.gen(function* () {
      // Control: at the first start nobody had known more.
      strictEqual(yield* world.add("slow", 7), 7);
      yield* world.pass(REST_MS);
      yield* fallen(world, "slow");
      const failure = yield* failureOf(world.act("slow", 0));
      match(
        failure.message,
        /slow was not called: it is restoring its state: by order/,
      );
      strictEqual(yield* world.add("quick", 1), 1, "others go on");
      yield* world.pass(REST_MS);
      deepStrictEqual(world.states, ["slow running", "quick running"]);
      strictEqual(yield* world.act("slow", 0), 0);
      strictEqual(world.slot("slow").faults, 1);
    }));

  test("a neighbour is refused meanwhile, however it came to it before", {
    behind: SLOW,
    front: { world: "middle", behind: "behind" },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.pass(REST_MS);
      yield* world.add("behind", 7);
      // The engine may have found a shorter way by then.
      for (let call = 0; call < 300; call += 1) {
        strictEqual(yield* world.act("front", ASK_ON), 7);
      }
      yield* fallen(world, "behind");
      for (let call = 0; call < 300; call += 1) {
        strictEqual(yield* world.act("front", ASK_ON), ABSENT.refused);
      }
      strictEqual(world.slot("front").current?.number, 1);
      strictEqual(yield* absenceOf(world.act("front", TELL_ON)), "gone");
      strictEqual(world.slot("front").faults, 0, "unwound, without blame");
      yield* world.pass(REST_MS + SOON_MS);
      deepStrictEqual(world.states, ["behind running", "front running"]);
      strictEqual(yield* world.act("front", ASK_ON), 0);
    }));

  test("an heir is whole when it serves, and says `starting` as it likes", {
    a: { grants: DEVICE },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      yield* world.swap("a", "heir", { restores: RESTORES });
      strictEqual(yield* world.act("a", 0), 7);
      yield* world.pass(STARTING_HEARTBEAT_MS);
      strictEqual(yield* world.act("a", 0), 7);
    }));

  test("what is swapped in where nobody serves restores alone", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      for (let fault = 0; fault < FAULTS_MAX; fault += 1) {
        yield* absenceOf(world.act("a", TRAP));
        yield* world.pass(BACKOFF_MS_MIN * 2 ** (fault + 1));
      }
      deepStrictEqual(world.states, ["a disabled"]);
      yield* world.swap("a", "leaf", SLOW.knobs);
      strictEqual(yield* absenceOf(world.act("a", 0)), "refused");
      yield* world.pass(REST_MS);
      deepStrictEqual(world.states, ["a running"]);
      strictEqual(yield* world.act("a", 0), 0);
    }));
}
