/**
 * Cases of cells that call each other again and again.
 *
 * After the first call an engine may have found a shorter way; whatever happens
 * then must come out as on the first call.
 */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { BACKOFF_MS_MIN, PROBATION_MS } from "../../../kernel/limits.ts";
import {
  ABSENT,
  ASK_ON,
  CAREFUL,
  RECURSE,
  SPIN,
  TELL_ON,
  TRAP,
} from "./fixture.ts";
import { absenceOf, type Case, type World } from "./world.ts";

const SOON_MS = BACKOFF_MS_MIN + 10;
const CALLS = 200;

const PAIR = {
  behind: {},
  front: { world: "middle", behind: "behind" },
} as const;

/** Calls of soft cells may be parked, those of hard ones are plain. */
const KINDS = {
  soft: { class: "soft", budgetMs: 0 },
  hard: { class: "hard", budgetMs: 1 },
} as const;

/** Both ways have been gone several times. */
const acquaint = Effect.fnUntraced(function* (world: World, from = "front") {
  for (let at = 0; at < 3; at += 1) {
    yield* world.act(from, ASK_ON);
    yield* world.act(from, TELL_ON);
  }
});

export function neighbours(test: Case): void {
  for (const [kind, own] of Object.entries(KINDS)) {
    const each: Case = (claim, cells, body) => {
      const named = Object.entries(cells)
        .map(([name, options]) => [name, { ...own, ...options }]);
      test(`${claim}, ${kind} cells`, Object.fromEntries(named), body);
    };
    serving(each);
    ending(each);
    limiting(each);
  }
}

function serving(test: Case): void {
  test("control: every one of many calls is answered and counted", PAIR, (
    world,
  ) =>
    Effect.gen(function* () {
      const { calls } = world.slot("behind");
      for (let at = 0; at < CALLS; at += 1) {
        yield* world.add("behind", 1);
        strictEqual(yield* world.act("front", ASK_ON), at + 1);
        strictEqual(yield* world.act("front", TELL_ON), at + 1);
      }
      strictEqual(world.slot("behind").calls - calls, 3 * CALLS);
      strictEqual(world.slot("behind").current?.busy, false);
    }));

  test(
    "neighbours notice no swap, rollback or restart",
    PAIR,
    (world) =>
      Effect.gen(function* () {
        yield* world.add("behind", 7);
        yield* acquaint(world);
        yield* world.swap("behind", "leaf", { label: 1 });
        strictEqual(yield* world.act("front", ASK_ON), 7);
        yield* world.add("behind", 1);
        strictEqual(yield* world.act("front", ASK_ON), 8);
        strictEqual(yield* world.act("front", TELL_ON), 8);
        // On probation a fault brings the old memory back.
        strictEqual(yield* world.act("front", ASK_ON + TRAP), ABSENT.gone);
        strictEqual(yield* world.act("front", ASK_ON), 7);
        strictEqual(yield* world.act("front", TELL_ON), 7);
        yield* world.pass(PROBATION_MS + 100);
        strictEqual(yield* world.act("front", ASK_ON + TRAP), ABSENT.gone);
        strictEqual(yield* world.act("front", ASK_ON), ABSENT.refused);
        yield* world.pass(SOON_MS);
        strictEqual(yield* world.act("front", ASK_ON), 0);
        strictEqual(yield* world.act("front", TELL_ON), 0);
        deepStrictEqual(world.eventsOf("front"), ["started"]);
      }),
  );

  test(
    "a swapped caller finds its neighbour",
    PAIR,
    (world) =>
      Effect.gen(function* () {
        yield* world.add("behind", 5);
        yield* acquaint(world);
        yield* world.swap("front", "middle", { label: 1 });
        yield* acquaint(world);
        strictEqual(yield* world.act("front", ASK_ON), 5);
        strictEqual(yield* absenceOf(world.act("front", TRAP)), "gone");
        yield* world.pass(SOON_MS);
        strictEqual(yield* world.act("front", ASK_ON), 5);
        strictEqual(world.slot("behind").current?.number, 1);
      }),
  );
}

function ending(test: Case): void {
  test("a neighbour's end is a value, and its fault is told once", PAIR, (
    world,
  ) =>
    Effect.gen(function* () {
      yield* acquaint(world);
      strictEqual(yield* world.act("front", ASK_ON + TRAP), ABSENT.gone);
      strictEqual(yield* world.act("front", ASK_ON), ABSENT.refused);
      strictEqual(world.slot("behind").faults, 1);
      const [epitaph, ...others] = world.slot("behind").epitaphs;
      deepStrictEqual(others, []);
      strictEqual(epitaph?.kind, "trap");
      match(epitaph?.during ?? "", /careful@0\.1\.0 ask$/);
      yield* world.pass(0);
      deepStrictEqual(world.eventsOf("behind"), ["started", "fault"]);
      strictEqual(world.slot("front").current?.number, 1);
    }));

  test(
    "without a word for it the neighbour is unwound",
    PAIR,
    (world) =>
      Effect.gen(function* () {
        yield* acquaint(world);
        strictEqual(
          yield* absenceOf(world.act("front", TELL_ON + TRAP)),
          "gone",
        );
        deepStrictEqual(world.states, [
          "behind restarting",
          "front restarting",
        ]);
        const [epitaph] = world.slot("front").epitaphs;
        strictEqual(epitaph?.kind, "unwound");
        match(epitaph?.reason ?? "", /behind brought no answer: gone/);
        strictEqual(world.slot("front").faults, 0);
        strictEqual(world.slot("behind").faults, 1);
      }),
  );

  test("a fault behind two neighbours stops at a word for it", {
    last: {},
    middle: { world: "middle", behind: "last" },
    front: { world: "middle", behind: "middle" },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("last", 3);
      yield* acquaint(world, "middle");
      for (let at = 0; at < 3; at += 1) {
        strictEqual(yield* world.act("front", TELL_ON + TELL_ON), 3);
        strictEqual(yield* world.act("front", TELL_ON + ASK_ON), 3);
      }
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
      strictEqual(world.slot("middle").epitaphs[0]?.kind, "unwound");
      strictEqual(world.slot("front").epitaphs[0]?.kind, "unwound");
    }));

  test(
    "a withdrawn grant is refused to a neighbour, too",
    PAIR,
    (world) =>
      Effect.gen(function* () {
        yield* acquaint(world);
        yield* world.kernel.withdraw("front", CAREFUL);
        strictEqual(yield* world.act("front", ASK_ON), ABSENT.refused);
        strictEqual(yield* world.act("front", TELL_ON), 0);
        strictEqual(world.slot("behind").faults, 0);
      }),
  );
}

/** It ended at the deadline of who called it, or with who was parked with it. */
function stoppedWithCaller(world: World, name: string): void {
  const { epitaphs, faults } = world.slot(name);
  match(epitaphs[0]?.kind ?? "", /^(deadline|cancelled)$/);
  strictEqual(faults, 0);
}

function limiting(test: Case): void {
  test("who is in a call is refused, also to a neighbour", {
    one: { world: "middle", behind: "other" },
    other: { world: "middle", behind: "one" },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("one", 4);
      for (let at = 0; at < 3; at += 1) {
        strictEqual(yield* world.act("other", ASK_ON), 4);
        strictEqual(yield* world.act("one", ASK_ON), 0);
        strictEqual(yield* world.act("one", TELL_ON + ASK_ON), ABSENT.refused);
      }
      deepStrictEqual(world.states, ["one running", "other running"]);
    }));

  test("a neighbour is stopped at its own deadline, and to blame", {
    behind: { callMs: 30 },
    front: { world: "middle", behind: "behind", callMs: 5_000 },
  }, (world) =>
    Effect.gen(function* () {
      yield* acquaint(world);
      strictEqual(yield* world.act("front", ASK_ON + SPIN), ABSENT.gone);
      strictEqual(world.slot("behind").faults, 1);
      strictEqual(world.slot("behind").epitaphs[0]?.kind, "deadline");
      // The time is the caller's again.
      yield* world.pass(SOON_MS);
      strictEqual(yield* world.act("front", ASK_ON), 0);
      strictEqual(world.slot("front").current?.number, 1);
    }));

  test("a neighbour is stopped at its caller's deadline, without blame", {
    behind: { callMs: 5_000 },
    front: { world: "middle", behind: "behind", callMs: 50 },
  }, (world) =>
    Effect.gen(function* () {
      yield* acquaint(world);
      yield* Effect.exit(world.act("front", ASK_ON + SPIN));
      stoppedWithCaller(world, "behind");
      yield* world.pass(SOON_MS);
      deepStrictEqual(world.states, ["behind running", "front running"]);
    }));

  test("the deadline in the middle bounds who is behind it", {
    last: { callMs: 5_000 },
    middle: { world: "middle", behind: "last", callMs: 40 },
    front: { world: "middle", behind: "middle", callMs: 5_000 },
  }, (world) =>
    Effect.gen(function* () {
      yield* acquaint(world, "middle");
      yield* acquaint(world);
      // In the middle it may be stopped as well, or get that far and answer.
      yield* Effect.exit(world.act("front", TELL_ON + ASK_ON + SPIN));
      stoppedWithCaller(world, "last");
      strictEqual(world.slot("front").faults, 0);
      yield* world.pass(SOON_MS);
      strictEqual(yield* world.act("front", TELL_ON + ASK_ON), 0);
    }));

  test(
    "endless recursion ends the neighbour that recurses",
    PAIR,
    (world) =>
      Effect.gen(function* () {
        yield* acquaint(world);
        strictEqual(yield* world.act("front", ASK_ON + RECURSE), ABSENT.gone);
        strictEqual(world.slot("behind").epitaphs[0]?.kind, "stack");
        strictEqual(world.slot("front").current?.number, 1);
      }),
  );
}
