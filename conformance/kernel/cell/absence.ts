/** Cases of calls between cells when one does not answer. */
import { deepEqual, equal, match } from "node:assert/strict";
import { Effect } from "effect";
import { BACKOFF_MS_MIN } from "../../../kernel/limits.ts";
import { ABSENT, ASK_ON, SPIN, TELL_ON, TRAP } from "./fixture.ts";
import { absenceOf, type Case } from "./world.ts";

const SOON_MS = BACKOFF_MS_MIN + 10;

const PAIR = {
  behind: {},
  front: { world: "middle", behind: "behind" },
} as const;

export function absence(test: Case): void {
  test("absence is a value where the contract has a word for it", PAIR, (
    world,
  ) =>
    Effect.gen(function* () {
      yield* world.add("behind", 7);
      equal(yield* world.act("front", ASK_ON), 7);
      equal(yield* world.act("front", ASK_ON + TRAP), ABSENT.gone);
      equal(yield* world.act("front", ASK_ON), ABSENT.refused);
      yield* world.pass(SOON_MS);
      equal(yield* world.act("front", ASK_ON), 0);
      equal(world.slot("front").current?.number, 1);
      deepEqual(world.eventsOf("front"), ["started"]);
    }));

  test("without a word for it the caller is unwound, without blame", PAIR, (
    world,
  ) =>
    Effect.gen(function* () {
      equal(yield* world.act("front", TELL_ON), 0);
      equal(yield* absenceOf(world.act("front", TELL_ON + TRAP)), "gone");
      deepEqual(world.states, ["behind restarting", "front restarting"]);
      const [epitaph] = world.slot("front").epitaphs;
      equal(epitaph?.kind, "unwound");
      match(epitaph?.reason ?? "", /behind brought no answer: gone/);
      yield* world.pass(SOON_MS);
      deepEqual(world.states, ["behind running", "front running"]);
      equal(world.slot("front").faults, 0);
      equal(world.slot("behind").faults, 1);
    }));

  test("who is unwound again and again is never disabled", {
    behind: { knobs: { start: TRAP } },
    front: PAIR.front,
  }, (world) =>
    Effect.gen(function* () {
      for (let fall = 0; fall < 12; fall += 1) {
        equal(yield* absenceOf(world.act("front", TELL_ON)), "gone");
        yield* world.pass(10_001);
      }
      deepEqual(world.states, ["behind disabled", "front running"]);
      equal(world.slot("front").faults, 0);
    }));

  test("a fault behind two cells stops at the first with a word for it", {
    last: {},
    middle: { world: "middle", behind: "last" },
    front: { world: "middle", behind: "middle" },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("last", 3);
      equal(yield* world.act("front", TELL_ON + TELL_ON), 3);
      // The one in the middle asks, and answers what that came to.
      const told = yield* world.act("front", TELL_ON + ASK_ON + TRAP);
      equal(told, ABSENT.gone);
      deepEqual(world.states, [
        "last restarting",
        "middle running",
        "front running",
      ]);
      yield* world.pass(SOON_MS);
      const unwound = world.act("front", TELL_ON + TELL_ON + TRAP);
      equal(yield* absenceOf(unwound), "gone");
      deepEqual(
        ["last", "middle", "front"].map((name) => world.slot(name).faults),
        [2, 0, 0],
      );
      yield* world.pass(1_000);
      equal(yield* world.act("front", TELL_ON + TELL_ON), 0);
    }));

  test("who is slow within its own deadline leaves its caller time", {
    behind: { callMs: 30 },
    front: { world: "middle", behind: "behind", callMs: 5_000 },
  }, (world) =>
    Effect.gen(function* () {
      equal(yield* world.act("front", ASK_ON + SPIN), ABSENT.gone);
      equal(world.slot("behind").faults, 1);
      equal(world.slot("behind").epitaphs[0]?.kind, "deadline");
      equal(world.slot("front").current?.number, 1);
    }));

  test("who is stopped at its caller's deadline is not to blame", {
    behind: { callMs: 5_000 },
    front: { world: "middle", behind: "behind", callMs: 50 },
  }, (world) =>
    Effect.gen(function* () {
      // Its caller may be stopped as well, or get that far and answer.
      yield* Effect.exit(world.act("front", ASK_ON + SPIN));
      // It was stopped itself, or parked and unwound with its caller.
      match(world.slot("behind").epitaphs[0]?.kind ?? "", /deadline|cancelled/);
      equal(world.slot("behind").faults, 0);
      yield* world.pass(SOON_MS);
      deepEqual(world.states, ["behind running", "front running"]);
    }));

  test("a cell that the system file does not have is refused", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      equal(yield* absenceOf(world.act("nobody", 0)), "refused");
      equal(yield* world.act("a", 0), 0);
    }));
}
