/** Cases of grants that are taken back. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { BACKOFF_MS_MIN } from "../../../kernel/limits.ts";
import { ABSENT, ASK_ON, BLUNT, CAREFUL, TELL_ON, TRAP } from "./fixture.ts";
import { absenceOf, type Case, failureOf, LOG } from "./world.ts";

const PAIR = {
  behind: {},
  front: { world: "middle", behind: "behind" },
  other: { world: "middle", behind: "behind" },
} as const;

export function authority(test: Case): void {
  test("a withdrawn grant is refused at once, to that cell only", PAIR, (
    world,
  ) =>
    Effect.gen(function* () {
      yield* world.add("behind", 7);
      strictEqual(yield* world.act("front", ASK_ON), 7);
      yield* world.kernel.withdraw("front", CAREFUL);
      strictEqual(yield* world.act("front", ASK_ON), ABSENT.refused);
      strictEqual(yield* world.act("other", ASK_ON), 7);
      strictEqual(yield* world.act("front", TELL_ON), 7);
      strictEqual(world.slot("front").current?.number, 1);
    }));

  test(
    "a withdrawn grant does not come back with a restart",
    PAIR,
    (world) =>
      Effect.gen(function* () {
        yield* world.kernel.withdraw("front", CAREFUL);
        yield* absenceOf(world.act("front", TRAP));
        yield* world.pass(BACKOFF_MS_MIN + 10);
        strictEqual(yield* world.act("front", ASK_ON), ABSENT.refused);
        const failure = yield* failureOf(
          world.swap("front", "middle", { label: 1 }),
        );
        match(
          failure.message,
          /imports .*careful@0\.1\.0, which is not granted/,
        );
        yield* world.swap("front", "leaf");
        strictEqual(yield* world.act("front", 0), 0);
      }),
  );

  test(
    "without a word for a refusal the caller is unwound",
    PAIR,
    (world) =>
      Effect.gen(function* () {
        yield* world.kernel.withdraw("front", BLUNT);
        strictEqual(yield* absenceOf(world.act("front", TELL_ON)), "gone");
        strictEqual(world.slot("front").faults, 0);
        strictEqual(world.slot("front").epitaphs[0]?.kind, "unwound");
      }),
  );

  test("what the kernel answers is withdrawn like anything else", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* world.kernel.withdraw("a", LOG);
      strictEqual(yield* absenceOf(world.act("a", 9_001)), "gone");
      deepStrictEqual(world.said("a"), ["start"]);
    }));

  test(
    "what was not granted cannot be withdrawn",
    PAIR,
    (world) =>
      Effect.gen(function* () {
        const failure = yield* failureOf(
          world.kernel.withdraw("behind", CAREFUL),
        );
        match(failure.message, /it is not granted .*careful/);
      }),
  );
}
