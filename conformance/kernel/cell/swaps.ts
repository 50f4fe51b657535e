/** Cases of swaps of a cell that serves. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect, Result } from "effect";
import { BACKOFF_MS_MIN, PROBATION_MS } from "../../../kernel/limits.ts";
import type { Generation } from "../../../kernel/cell/generation.ts";
import {
  type Knob,
  type Knobs,
  REFUSE,
  REFUSE_STATE,
  SPIN,
  TRAP,
  TRAP_ON_STATE,
} from "./fixture.ts";
import { type Case, failureOf, type World } from "./world.ts";

const OVER_MS = PROBATION_MS + 100;
const VERSION_1 = { a: { knobs: { version: 1 } } } as const;

/** What a new version does wrong, and the stage that refuses it. */
const BAD_ONES: ReadonlyArray<readonly [string, Knobs, RegExp]> = [
  [
    "refuses to migrate",
    { version: 2, migrate: REFUSE },
    /migrate refused: by order/,
  ],
  ["traps in migrate", { version: 2, migrate: TRAP }, /migrate refused: trap/],
  [
    "loops in migrate",
    { version: 2, migrate: SPIN },
    /migrate refused: deadline/,
  ],
  ["refuses the state", { start: REFUSE_STATE }, /start refused: state/],
  ["refuses to start", { start: REFUSE }, /start refused: config/],
  ["traps on start", { start: TRAP }, /start refused: trap/],
  ["traps on the state", { start: TRAP_ON_STATE }, /start refused: trap/],
  ["loops on start", { start: SPIN }, /start refused: deadline/],
];

/** The first generation serves as if nothing had been tried. */
const unchanged = Effect.fnUntraced(function* (world: World, total: number) {
  const slot = world.slot("a");
  strictEqual(slot.state, "running");
  strictEqual(slot.current?.number, 1);
  strictEqual(slot.image?.version, "1");
  strictEqual(slot.faults, 0);
  strictEqual(slot.standby, undefined);
  strictEqual(slot.changing, false);
  strictEqual(yield* world.act("a", 0), total);
  deepStrictEqual(world.eventsOf("a"), ["started"]);
});

export function swaps(test: Case): void {
  handingOver(test);
  refusing(test);
  repeating(test);
}

function handingOver(test: Case): void {
  test("control: the state is handed over, callers notice nothing", {
    a: {},
    front: { world: "middle", behind: "a" },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      const report = yield* world.swap("a", "leaf", { label: 1 });
      const slot = world.slot("a");
      strictEqual(report.generation, slot.current?.number);
      strictEqual(report.hash, slot.current?.image.hash);
      strictEqual(slot.state, "probation");
      strictEqual(slot.image?.version, "swapped");
      strictEqual(yield* world.act("front", 1_000), 7);
      strictEqual(yield* world.peek("a", "migratedFrom"), 0);
      yield* world.pass(OVER_MS);
      deepStrictEqual(world.states, ["a running", "front running"]);
      deepStrictEqual(world.eventsOf("a"), ["started", "kept"]);
      // The rehearsed copy, then the new one; at last the old one stops.
      deepStrictEqual(world.said("a"), [
        "start",
        "start",
        "stop",
        "start",
        "stop",
      ]);
      strictEqual(yield* world.act("front", 1_000), 7);
    }));

  test(
    "an older state is migrated",
    VERSION_1,
    (world) =>
      Effect.gen(function* () {
        yield* world.add("a", 7);
        yield* world.swap("a", "leaf", { version: 2 });
        strictEqual(yield* world.act("a", 0), 7_000);
        strictEqual(yield* world.peek("a", "migratedFrom"), 1);
      }),
  );
}

function refusing(test: Case): void {
  for (const [what, knobs, reason] of BAD_ONES) {
    test(`refused: a new one that ${what}; the old one serves`, VERSION_1, (
      world,
    ) =>
      Effect.gen(function* () {
        yield* world.add("a", 7);
        const failure = yield* failureOf(
          world.swap("a", "leaf", { version: 1, label: 1, ...knobs }),
        );
        match(failure.message, reason);
        yield* unchanged(world, 7);
        yield* world.pass(OVER_MS);
        yield* unchanged(world, 7);
        yield* world.swap("a", "leaf", { version: 1, label: 2 });
        strictEqual(yield* world.act("a", 0), 7);
      }));
  }

  test("refused: bytes that are no component, and unknown names", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      const bytes = new Uint8Array([1, 2, 3]);
      const component = { bytes, version: "x" };
      match(
        (yield* failureOf(world.kernel.swap("a", component))).message,
        /compile refused/,
      );
      match(
        (yield* failureOf(world.kernel.swap("nobody", component))).message,
        /no such cell; there is a/,
      );
      yield* unchanged(world, 0);
    }));

  test("refused: a new one that imports what was not granted", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      const failure = yield* failureOf(world.swap("a", "middle"));
      match(failure.message, /imports karyon:fixture\/blunt@0\.1\.0, which is/);
      yield* unchanged(world, 0);
    }));

  test("refused: the old one will not hand over its state", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      yield* world.turn("a", "snapshot", REFUSE);
      const failure = yield* failureOf(world.swap("a", "leaf", { label: 1 }));
      match(failure.message, /snapshot refused: by order/);
      yield* unchanged(world, 7);
    }));

  const dying: ReadonlyArray<readonly [string, Knob, number]> = [
    ["traps", "snapshot", TRAP],
    ["loops", "snapshot", SPIN],
  ];
  for (const [what, knob, value] of dying) {
    test(`refused: the old one ${what} in its snapshot, and is restarted`, {
      a: { checkpointS: 1 },
    }, (world) =>
      Effect.gen(function* () {
        yield* world.add("a", 7);
        yield* world.pass(1_100);
        yield* world.turn("a", knob, value);
        const failure = yield* failureOf(world.swap("a", "leaf", { label: 1 }));
        match(failure.message, /snapshot refused/);
        strictEqual(world.slot("a").state, "restarting");
        yield* world.pass(BACKOFF_MS_MIN + 10);
        strictEqual(yield* world.act("a", 0), 7);
        strictEqual(world.slot("a").image?.version, "1");
        yield* world.swap("a", "leaf", { label: 1 });
        strictEqual(yield* world.act("a", 0), 7);
      }));
  }
}

function repeating(test: Case): void {
  test("two swaps at once: one is done, the other refused", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      const both = yield* Effect.all(
        [1, 2].map((label) =>
          Effect.result(world.swap("a", "leaf", { label }))
        ),
        { concurrency: 2 },
      );
      deepStrictEqual(both.map(Result.isSuccess).sort(), [false, true]);
      const refused = both.find(Result.isFailure);
      match(refused?.failure.message ?? "", /another swap .* is under way/);
      strictEqual(world.slot("a").changing, false);
    }));

  test("a swap during probation is refused, after it is not; and back", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 1);
      const first = world.slot("a").current?.image.hash;
      yield* world.swap("a", "leaf", { label: 1 });
      yield* world.pass(1_000);
      const failure = yield* failureOf(world.swap("a", "leaf", { label: 2 }));
      match(failure.message, /on probation for [12]\d{3} ms more/);
      yield* world.pass(OVER_MS);
      yield* world.add("a", 1);
      yield* world.swap("a", "leaf");
      yield* world.pass(OVER_MS);
      strictEqual(world.slot("a").current?.image.hash, first);
      strictEqual(yield* world.act("a", 0), 2);
      deepStrictEqual(world.eventsOf("a"), ["started", "kept", "kept"]);
    }));

  test("a swap that is interrupted leaves the slot free", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* Effect.raceFirst(
        Effect.ignore(world.swap("a", "leaf", { label: 91 })),
        Effect.yieldNow,
      );
      strictEqual(world.slot("a").changing, false);
      // Where the first one was quicker than its interruption, it is on probation.
      yield* world.pass(OVER_MS);
      yield* world.swap("a", "leaf", { label: 1 });
      strictEqual(yield* world.act("a", 0), 0);
    }));

  test("calls around swaps never fail, and count every one", {
    a: {},
    front: { world: "middle", behind: "a" },
  }, (world) =>
    Effect.gen(function* () {
      const calls = Effect.forEach(
        Array.from({ length: 400 }),
        () =>
          world.add("a", 1).pipe(
            Effect.andThen(world.act("front", 2_000)),
            Effect.tap(Effect.promise(() => new Promise<void>(setImmediate))),
          ),
      );
      const swapping = Effect.gen(function* () {
        for (let label = 1; label <= 4; label += 1) {
          yield* world.swap("a", "leaf", { label });
          yield* world.pass(OVER_MS);
        }
      });
      yield* Effect.all([calls, swapping], { concurrency: 2 });
      strictEqual(yield* world.act("a", 0), 400);
      strictEqual(world.slot("front").current?.number, 1);
    }));

  test("a hundred swaps in a row leave one generation alive", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      const slot = world.slot("a");
      const lived: Generation[] = [];
      for (let round = 1; round <= 100; round += 1) {
        yield* world.add("a", 1);
        if (slot.current !== undefined) lived.push(slot.current);
        yield* world.swap("a", "leaf", { label: round % 2 });
        yield* world.pass(OVER_MS);
        strictEqual(slot.standby, undefined);
      }
      strictEqual(yield* world.act("a", 0), 100);
      ok(lived.every(({ alive, instance }) =>
        !alive && instance.ended !== undefined
      ));
      strictEqual(slot.current?.alive, true);
      strictEqual(slot.generations, 201);
      strictEqual(world.eventsOf("a").length, 101);
    }));
}
