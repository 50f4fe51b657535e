/** Cases of swaps of a cell that is in the midst of something. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { setImmediate } from "node:timers";
import { Effect, Fiber } from "effect";
import { EPOCH_MS, PROBATION_MS } from "../../../kernel/limits.ts";
import {
  ADD_ONE,
  ASK_ON,
  type Knobs,
  LONG,
  LONG_ADD,
  OFTEN,
  REFUSE,
  SPIN,
  TELL_ON,
  TRAP,
} from "./fixture.ts";
import {
  absenceOf,
  type Case,
  failureOf,
  LOG,
  SCHEDULING,
  until,
  type World,
} from "./world.ts";

const OVER_MS = PROBATION_MS + 100;
const ENTRIES = 100_000;
/** Swaps of one case under load; ten thousand are a task of their own. */
const STORM_SWAPS = 200;
const ROOM = { callMs: 60_000, startMs: 20_000, memoryMib: 32 } as const;
const DEVICE = new Map([[LOG, "driver:disk"], [SCHEDULING, "kernel"]]);

export function swapsUnderWay(test: Case): void {
  midCall(test);
  midPark(test);
  midSnapshot(test);
  versions(test);
  largeStates(test);
  drivers(test);
  storm(test);
}

const turn = Effect.promise(() =>
  new Promise<void>((done) => setImmediate(done))
);

const parked = (world: World, cell: string) =>
  until(world, () => world.slot(cell).meter.parks > 0, `${cell} is parked`);

/** Begins a call; goes on as soon as it is parked in `cell`. */
const begun = Effect.fnUntraced(
  function* <A, E>(world: World, cell: string, call: Effect.Effect<A, E>) {
    const { meter } = world.slot(cell);
    const before = meter.parks;
    const fiber = yield* Effect.forkChild(call);
    yield* until(world, () => meter.parks > before, `${cell} is parked`);
    return fiber;
  },
);

/** Calls of `cells` in turn until `isOver`; how many each was answered. */
const load = Effect.fnUntraced(function* (
  calls: ReadonlyArray<Effect.Effect<number, unknown>>,
  isOver: () => boolean,
) {
  let answered = 0;
  while (!isOver()) {
    for (const call of calls) {
      yield* call;
      answered += 1;
      yield* turn;
    }
  }
  return answered;
});

/** Load while `swapping` goes on; how many calls were answered. */
const under = Effect.fnUntraced(function* <E>(
  calls: ReadonlyArray<Effect.Effect<number, unknown>>,
  swapping: Effect.Effect<void, E>,
) {
  let isOver = false;
  const [answered] = yield* Effect.all([
    load(calls, () => isOver),
    Effect.ensuring(
      swapping,
      Effect.sync(() => {
        isOver = true;
      }),
    ),
  ], { concurrency: 2 });
  return answered;
});

/** Swaps `cell` so often under load; how many calls were answered. */
const swapUnder = Effect.fnUntraced(function* (
  world: World,
  calls: ReadonlyArray<Effect.Effect<number, unknown>>,
  cell: string,
  times: number,
  knobs: Knobs = {},
) {
  let answered = 0;
  for (let label = 1; label <= times; label += 1) {
    const swapping = world.swap(cell, "leaf", { ...knobs, label: label % 2 });
    answered += yield* under(calls, Effect.asVoid(swapping));
    yield* world.pass(OVER_MS);
  }
  return answered;
});

function midCall(test: Case): void {
  test("mid-call: the old one answers, the new one has what the call did", {
    a: ROOM,
  }, (world) =>
    Effect.gen(function* () {
      const call = yield* begun(world, "a", world.act("a", LONG_ADD));
      yield* world.swap("a", "leaf", { label: 1 });
      strictEqual(yield* Fiber.join(call), 1);
      strictEqual(yield* world.act("a", 0), 1);
      strictEqual(world.slot("a").image?.version, "swapped");
      strictEqual(world.slot("a").faults, 0);
    }));

  for (
    const [swapped, of] of [["back", "leaf"], ["front", "middle"]] as const
  ) {
    test(
      `mid-call of a chain: its ${swapped} is swapped, the call is answered`,
      {
        back: ROOM,
        front: { ...ROOM, world: "middle", behind: "back" },
      },
      (world) =>
        Effect.gen(function* () {
          const call = yield* Effect.forkChild(
            world.act("front", ASK_ON + LONG_ADD),
          );
          yield* parked(world, "front");
          yield* world.swap(swapped, of, { label: 1 });
          strictEqual(yield* Fiber.join(call), 1);
          strictEqual(yield* world.act("front", ASK_ON), 1);
          strictEqual(world.slot(swapped).state, "probation");
          deepStrictEqual(world.slot("back").epitaphs, []);
          deepStrictEqual(world.slot("front").epitaphs, []);
        }),
    );
  }

  test("mid-call that never ends: its caller learns gone, the swap is done", {
    a: { callMs: 60, checkpointS: 1 },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      yield* world.pass(1_100);
      const endless = absenceOf(world.act("a", SPIN));
      const call = yield* begun(world, "a", endless);
      yield* world.swap("a", "leaf", { label: 1 });
      strictEqual(yield* Fiber.join(call), "gone");
      strictEqual(yield* world.act("a", 0), 7);
      strictEqual(world.slot("a").image?.version, "swapped");
      strictEqual(world.slot("a").epitaphs[0]?.kind, "deadline");
    }));
}

function midPark(test: Case): void {
  test("mid-park: the step is ended first, the new one steps on", {
    a: { budgetMs: 2, stepMs: 60_000, knobs: { step: LONG } },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      yield* parked(world, "a");
      yield* world.swap("a", "leaf", { step: LONG, label: 1 });
      strictEqual(yield* world.act("a", 0), 7);
      const { meter } = world.slot("a");
      const before = meter.parks;
      yield* until(world, () => meter.parks > before, "the new one is parked");
      deepStrictEqual(world.slot("a").epitaphs, []);
    }));

  test("refused: mid-park of a step that never ends; it goes on", {
    a: { budgetMs: 2, stepMs: 600_000, knobs: { step: OFTEN } },
    b: {},
  }, (world) =>
    Effect.gen(function* () {
      const { meter } = world.slot("a");
      // Time passes while the swap waits, and there is no slack.
      world.platform.crowdMs = EPOCH_MS / 3;
      yield* world.turn("a", "step", SPIN);
      yield* parked(world, "a");
      const failure = yield* failureOf(world.swap("a", "leaf", { label: 1 }));
      match(failure.message, /no step boundary in 5000 ms/);
      strictEqual(world.slot("a").current?.number, 1);
      const before = meter.parks;
      yield* until(world, () => meter.parks > before, "it goes on");
      strictEqual(yield* world.add("b", 1), 1);
    }));
}

function midSnapshot(test: Case): void {
  test("mid-snapshot: calls wait for its end, none fails", {
    a: { ...ROOM, checkpointS: 1, knobs: { snapshot: LONG } },
    front: { ...ROOM, world: "middle", behind: "a" },
  }, (world) =>
    Effect.gen(function* () {
      const calls = [world.add("a", 1), world.act("front", TELL_ON + LONG_ADD)];
      const knobs = { snapshot: LONG };
      const answered = yield* swapUnder(world, calls, "a", 3, knobs);
      strictEqual(yield* world.act("a", 0), answered);
      deepStrictEqual(world.slot("a").epitaphs, []);
      strictEqual(world.slot("front").current?.number, 1);
    }));

  test("mid-snapshot: the old one's never ends, and it is restarted", {
    a: { checkpointS: 1, knobs: { snapshot: 0 } },
    front: { world: "middle", behind: "a" },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      yield* world.pass(1_100);
      yield* world.turn("a", "snapshot", SPIN);
      const swapping = yield* Effect.forkChild(
        failureOf(world.swap("a", "leaf", { label: 1 })),
      );
      match((yield* Fiber.join(swapping)).message, /snapshot refused/);
      yield* until(world, () => world.slot("a").serves, "it is back");
      strictEqual(yield* world.act("front", ASK_ON), 7);
      strictEqual(world.slot("front").current?.number, 1);
    }));
}

function versions(test: Case): void {
  test("swap back over a migration: refused, unless the old one can", {
    a: { knobs: { version: 1 } },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      yield* world.swap("a", "leaf", { version: 2 });
      yield* world.pass(OVER_MS);
      const older = { version: 1, migrate: REFUSE, label: 1 };
      const failure = yield* failureOf(world.swap("a", "leaf", older));
      match(failure.message, /migrate refused: by order/);
      strictEqual(yield* world.act("a", 0), 7_000);
      strictEqual(world.slot("a").state, "running");
      yield* world.swap("a", "leaf", { version: 1 });
      strictEqual(yield* world.peek("a", "migratedFrom"), 2);
    }));

  test("two swaps at once of two cells that call each other are both done", {
    back: ROOM,
    front: { ...ROOM, world: "middle", behind: "back" },
  }, (world) =>
    Effect.gen(function* () {
      const answered = yield* under(
        [world.act("front", TELL_ON + LONG_ADD)],
        Effect.asVoid(Effect.all([
          world.swap("back", "leaf", { label: 1 }),
          world.swap("front", "middle", { label: 1 }),
        ], { concurrency: 2 })),
      );
      strictEqual(yield* world.act("front", TELL_ON), answered);
      deepStrictEqual(world.states, ["back probation", "front probation"]);
    }));
}

function largeStates(test: Case): void {
  const big = { ...ROOM, knobs: { version: 1, entries: ENTRIES } };
  test("a state of 100,000 entries is handed over under load, every one", {
    a: big,
    front: { ...ROOM, world: "middle", behind: "a" },
  }, (world) =>
    Effect.gen(function* () {
      const calls = [world.add("a", 1), world.act("front", TELL_ON + LONG_ADD)];
      const answered = yield* swapUnder(world, calls, "a", 3, big.knobs);
      strictEqual(yield* world.act("a", 0), answered);
      strictEqual(world.slot("a").checkpoint?.octets.length, 8 * ENTRIES + 8);
    }));

  test("a state of 100,000 entries is migrated, and a new one checks it", {
    a: big,
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      const less = { version: 1, entries: ENTRIES - 1 };
      const failure = yield* failureOf(world.swap("a", "leaf", less));
      match(failure.message, /start refused: trap/);
      strictEqual(yield* world.act("a", 0), 7);
      yield* world.swap("a", "leaf", { version: 2, entries: ENTRIES });
      strictEqual(yield* world.act("a", 0), 7_000);
    }));
}

function drivers(test: Case): void {
  const clients = {
    driver: { ...ROOM, grants: DEVICE },
    one: { ...ROOM, world: "middle", behind: "driver" },
    two: { ...ROOM, world: "middle", behind: "driver", class: "hard" },
  } as const;
  test("a driver is swapped under its clients: no call of theirs fails", {
    ...clients,
    two: { ...clients.two, budgetMs: 1 },
  }, (world) =>
    Effect.gen(function* () {
      const asked = [
        world.act("one", TELL_ON + LONG_ADD),
        world.act("two", ASK_ON + LONG_ADD),
      ];
      const answered = yield* swapUnder(world, asked, "driver", 4);
      strictEqual(yield* world.act("one", ASK_ON), answered);
      for (const client of ["one", "two"]) {
        strictEqual(world.slot(client).current?.number, 1);
        strictEqual(world.slot(client).faults, 0);
      }
      // No rehearsal, and no stop: a device has one owner at a time.
      deepStrictEqual(world.device, Array(5).fill("start"));
    }));

  test("a driver that fails under its clients is gone back on; they live", {
    ...clients,
    two: { ...clients.two, budgetMs: 1 },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.swap("driver", "leaf", { label: 1 });
      const [first] = yield* Effect.all([
        world.act("one", ASK_ON + TRAP),
        world.act("two", ASK_ON),
      ]);
      ok(first > 1_000_000, "gone or refused, as a value");
      yield* world.pass(2 * EPOCH_MS);
      strictEqual(world.slot("driver").image?.version, "1");
      strictEqual(yield* world.act("one", ASK_ON), 0);
      strictEqual(yield* world.act("two", ASK_ON), 0);
      for (const client of ["one", "two"]) {
        strictEqual(world.slot(client).current?.number, 1);
      }
    }));
}

function storm(test: Case): void {
  test(`no call is lost in ${STORM_SWAPS} swaps under load`, {
    a: ROOM,
    soft: { ...ROOM, world: "middle", behind: "a" },
    hard: {
      ...ROOM,
      world: "middle",
      behind: "a",
      class: "hard",
      budgetMs: 1,
    },
  }, (world) =>
    Effect.gen(function* () {
      const calls = [
        world.add("a", 1),
        world.act("soft", TELL_ON + ADD_ONE),
        world.act("hard", ASK_ON + ADD_ONE),
      ];
      const answered = yield* swapUnder(world, calls, "a", STORM_SWAPS);
      strictEqual(yield* world.act("a", 0), answered);
      ok(answered >= STORM_SWAPS, `${answered} calls`);
      strictEqual(world.slot("a").faults, 0);
      for (const client of ["soft", "hard"]) {
        strictEqual(world.slot(client).current?.number, 1);
      }
    }));
}
