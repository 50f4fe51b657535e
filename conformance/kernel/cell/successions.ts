/** Cases of swaps in which the new generation reads a device beside the old. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { setImmediate } from "node:timers";
import { Effect, Fiber } from "effect";
import { type Knobs, REFUSE, SPIN, TRAP } from "./fixture.ts";
import {
  absenceOf,
  type Case,
  failureOf,
  LOG,
  SCHEDULING,
  type World,
} from "./world.ts";

const DEVICE = new Map([[LOG, "driver:disk"], [SCHEDULING, "kernel"]]);
const OLD = { a: { grants: DEVICE } } as const;
const PIECES = 400;
const TURN_MS = 0.001;

/** What an heir does wrong, and what the swap is refused with. */
const BAD_ONES: ReadonlyArray<readonly [string, Knobs, RegExp]> = [
  ["refuses to start", { start: REFUSE }, /start refused: config/],
  ["traps while it follows", { follow: TRAP }, /succession refused: trap/],
  ["loops while it follows", { follow: SPIN }, /succession refused: deadline/],
  [
    "refuses to succeed",
    { succeed: REFUSE },
    /succession refused: by order/,
  ],
  ["traps as it succeeds", { succeed: TRAP }, /succession refused: trap/],
  ["loops as it succeeds", { succeed: SPIN }, /succession refused: deadline/],
];

const turn = Effect.promise(() =>
  new Promise<void>((done) => setImmediate(done))
);

/** Begins a swap for an heir and waits until it has been started. */
const following = Effect.fnUntraced(function* (world: World, knobs: Knobs) {
  // Turns of the event loop are real: others run between two slices.
  world.platform.crowdMs = TURN_MS;
  const before = world.device.length;
  const swapping = yield* Effect.forkChild(world.swap("a", "heir", knobs));
  while (world.device.length === before) yield* turn;
  return swapping;
});

export function successions(test: Case): void {
  test(
    "control: an heir follows while the old one serves, then it serves",
    OLD,
    (
      world,
    ) =>
      Effect.gen(function* () {
        yield* world.add("a", 7);
        const swapping = yield* following(world, { more: PIECES });
        let asked = 0;
        while (swapping.pollUnsafe() === undefined) {
          strictEqual(yield* world.act("a", 0), 7);
          strictEqual(yield* world.peek("a", "follows"), 0);
          asked += 1;
          yield* turn;
        }
        ok(asked > 1, `${asked} calls meanwhile`);
        yield* Fiber.join(swapping);
        strictEqual(yield* world.peek("a", "follows"), PIECES + 1);
        strictEqual(yield* world.peek("a", "successions"), 1);
        strictEqual(yield* world.act("a", 0), 7);
        strictEqual(world.slot("a").state, "probation");
      }),
  );

  for (const [what, knobs, reason] of BAD_ONES) {
    test(
      `refused: an heir that ${what}; the old one serves`,
      OLD,
      (world) =>
        Effect.gen(function* () {
          yield* world.add("a", 7);
          const failure = yield* failureOf(world.swap("a", "heir", knobs));
          match(failure.message, reason);
          const slot = world.slot("a");
          strictEqual(slot.current?.number, 1);
          strictEqual(slot.faults, 0);
          strictEqual(slot.changing, false);
          strictEqual(yield* world.act("a", 0), 7);
          deepStrictEqual(world.eventsOf("a"), ["started"]);
          // Another one may try.
          yield* world.swap("a", "heir", { label: 1 });
          strictEqual(yield* world.peek("a", "successions"), 1);
        }),
    );
  }

  test("refused: the state that an heir was started on has changed", OLD, (
    world,
  ) =>
    Effect.gen(function* () {
      const swapping = yield* following(world, { more: PIECES });
      yield* world.add("a", 7);
      const failure = yield* failureOf(Fiber.join(swapping));
      match(failure.message, /succession refused: the state changed/);
      strictEqual(yield* world.act("a", 0), 7);
      strictEqual(world.slot("a").current?.number, 1);
    }));

  test(
    "the old one faults while an heir follows: the heir takes its place",
    OLD,
    (
      world,
    ) =>
      Effect.gen(function* () {
        const swapping = yield* following(world, { more: PIECES });
        strictEqual(yield* absenceOf(world.act("a", TRAP)), "gone");
        yield* Fiber.join(swapping);
        strictEqual(world.slot("a").standby, undefined);
        strictEqual(yield* world.peek("a", "successions"), 1);
        yield* world.pass(1_000);
        strictEqual(world.slot("a").current?.number, 2);
      }),
  );

  test("an heir that is restarted does not follow: nobody is before it", {
    a: { grants: DEVICE, world: "heir" },
  }, (world) =>
    Effect.gen(function* () {
      yield* absenceOf(world.act("a", TRAP));
      yield* world.pass(1_000);
      strictEqual(world.slot("a").state, "running");
      strictEqual(yield* world.peek("a", "follows"), 0);
      strictEqual(yield* world.peek("a", "successions"), 0);
    }));
}
