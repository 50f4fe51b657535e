/** Cases of calls between cells when one does not answer. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
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
      strictEqual(yield* world.act("front", ASK_ON), 7);
      strictEqual(yield* world.act("front", ASK_ON + TRAP), ABSENT.gone);
      strictEqual(yield* world.act("front", ASK_ON), ABSENT.refused);
      yield* world.pass(SOON_MS);
      strictEqual(yield* world.act("front", ASK_ON), 0);
      strictEqual(world.slot("front").current?.number, 1);
      deepStrictEqual(world.eventsOf("front"), ["started"]);
    }));

  test("without a word for it the caller is unwound, without blame", PAIR, (
    world,
  ) =>
    Effect.gen(function* () {
      strictEqual(yield* world.act("front", TELL_ON), 0);
      strictEqual(yield* absenceOf(world.act("front", TELL_ON + TRAP)), "gone");
      deepStrictEqual(world.states, ["behind restarting", "front restarting"]);
      const [epitaph] = world.slot("front").epitaphs;
      strictEqual(epitaph?.kind, "unwound");
      match(epitaph?.reason ?? "", /behind brought no answer: gone/);
      yield* world.pass(SOON_MS);
      deepStrictEqual(world.states, ["behind running", "front running"]);
      strictEqual(world.slot("front").faults, 0);
      strictEqual(world.slot("behind").faults, 1);
    }));

  test("who is unwound again and again is never disabled", {
    behind: { knobs: { start: TRAP } },
    front: PAIR.front,
  }, (world) =>
    Effect.gen(function* () {
      for (let fall = 0; fall < 12; fall += 1) {
        strictEqual(yield* absenceOf(world.act("front", TELL_ON)), "gone");
        yield* world.pass(10_001);
      }
      deepStrictEqual(world.states, ["behind disabled", "front running"]);
      strictEqual(world.slot("front").faults, 0);
    }));

  test("a fault behind two cells stops at the first with a word for it", {
    last: {},
    middle: { world: "middle", behind: "last" },
    front: { world: "middle", behind: "middle" },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("last", 3);
      strictEqual(yield* world.act("front", TELL_ON + TELL_ON), 3);
      // The one in the middle asks, and answers what that came to.
      const told = yield* world.act("front", TELL_ON + ASK_ON + TRAP);
      strictEqual(told, ABSENT.gone);
      deepStrictEqual(world.states, [
        "last restarting",
        "middle running",
        "front running",
      ]);
      yield* world.pass(SOON_MS);
      const unwound = world.act("front", TELL_ON + TELL_ON + TRAP);
      strictEqual(yield* absenceOf(unwound), "gone");
      deepStrictEqual(
        ["last", "middle", "front"].map((name) => world.slot(name).faults),
        [2, 0, 0],
      );
      yield* world.pass(1_000);
      strictEqual(yield* world.act("front", TELL_ON + TELL_ON), 0);
    }));

  test("who is slow within its own deadline leaves its caller time", {
    behind: { callMs: 30 },
    front: { world: "middle", behind: "behind", callMs: 5_000 },
  }, (world) =>
    Effect.gen(function* () {
      strictEqual(yield* world.act("front", ASK_ON + SPIN), ABSENT.gone);
      strictEqual(world.slot("behind").faults, 1);
      strictEqual(world.slot("behind").epitaphs[0]?.kind, "deadline");
      strictEqual(world.slot("front").current?.number, 1);
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
      strictEqual(world.slot("behind").faults, 0);
      yield* world.pass(SOON_MS);
      deepStrictEqual(world.states, ["behind running", "front running"]);
    }));

  test("a cell that the system file does not have is refused", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      strictEqual(yield* absenceOf(world.act("nobody", 0)), "refused");
      strictEqual(yield* world.act("a", 0), 0);
    }));
}
