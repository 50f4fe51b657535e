/** Cases of faults, restarts and health. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import {
  BACKOFF_MS_MIN,
  FAULTS_MAX,
  HEARTBEAT_MS,
} from "../../../kernel/limits.ts";
import {
  DEGRADED,
  FAILED,
  RECURSE,
  REFUSE,
  SAY,
  SPIN,
  TRAP,
  TRAP_ON_STATE,
} from "./fixture.ts";
import { absenceOf, type Case, type World } from "./world.ts";

const SOON_MS = BACKOFF_MS_MIN + 10;

const KINDS = [
  ["a trap", TRAP, "trap"],
  ["an endless loop", SPIN, "deadline"],
  ["endless recursion", RECURSE, "stack"],
] as const;

export function faults(test: Case): void {
  for (const [what, act, kind] of KINDS) {
    test(`${what} ends the generation; it is back, neighbours go on`, {
      bad: {},
      good: {},
    }, (world) =>
      Effect.gen(function* () {
        yield* world.act("bad", SAY + 2);
        strictEqual(yield* absenceOf(world.act("bad", act)), "gone");
        deepStrictEqual(world.states, ["bad restarting", "good running"]);
        strictEqual(yield* absenceOf(world.act("bad", 0)), "refused");
        strictEqual(yield* world.add("good", 1), 1);
        yield* world.pass(BACKOFF_MS_MIN - 1);
        deepStrictEqual(world.states, ["bad restarting", "good running"]);
        yield* world.pass(2);
        deepStrictEqual(world.states, ["bad running", "good running"]);
        strictEqual(yield* world.act("bad", 0), 0);
        const slot = world.slot("bad");
        strictEqual(slot.faults, 1);
        strictEqual(slot.current?.number, 2);
        deepStrictEqual(world.eventsOf("bad"), [
          "started",
          "fault",
          "restarted",
        ]);
        const epitaph = slot.epitaphs[0];
        deepStrictEqual(
          [epitaph?.cell, epitaph?.generation, epitaph?.kind],
          ["bad", 1, kind],
        );
        match(epitaph?.during ?? "", /tally@0\.1\.0 act/);
        deepStrictEqual(epitaph?.lastLines, [
          "info: start",
          "info: said",
          "info: said",
        ]);
      }));
  }

  checkpoints(test);
  disabling(test);
  health(test);
}

function checkpoints(test: Case): void {
  test("a restart begins from the last checkpoint", {
    kept: { checkpointS: 1 },
    lost: {},
  }, (world) =>
    Effect.gen(function* () {
      for (const name of ["kept", "lost"]) yield* world.add(name, 40);
      yield* world.pass(1_100);
      for (const name of ["kept", "lost"]) {
        yield* world.add(name, 2);
        yield* absenceOf(world.act(name, TRAP));
      }
      yield* world.pass(SOON_MS);
      strictEqual(yield* world.act("kept", 0), 40);
      strictEqual(yield* world.act("lost", 0), 0);
    }));

  test("a checkpoint that the cell traps on is given up", {
    poisoned: { checkpointS: 1, knobs: { start: TRAP_ON_STATE } },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("poisoned", 40);
      yield* world.pass(1_100);
      yield* absenceOf(world.act("poisoned", TRAP));
      yield* world.pass(SOON_MS);
      deepStrictEqual(world.states, ["poisoned running"]);
      strictEqual(yield* world.act("poisoned", 0), 0);
      const slot = world.slot("poisoned");
      deepStrictEqual(
        slot.epitaphs.map(({ generation, during }) => [generation, during]),
        [
          [1, "karyon:fixture/tally@0.1.0 act"],
          [2, "lifecycle.start"],
        ],
      );
      strictEqual(slot.current?.number, 3);
      match(world.said().join("\n"), /the checkpoint is given up/);
    }));

  test("a refused snapshot keeps the checkpoint before and is told", {
    a: { checkpointS: 1 },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 1);
      yield* world.pass(1_100);
      yield* world.add("a", 1);
      yield* world.turn("a", "snapshot", REFUSE);
      yield* world.pass(1_100);
      match(world.said().join("\n"), /no checkpoint: .*by order/);
      yield* absenceOf(world.act("a", TRAP));
      yield* world.pass(SOON_MS);
      strictEqual(yield* world.act("a", 0), 1);
    }));

  test("a trap in a checkpoint's snapshot is a fault like any other", {
    a: { checkpointS: 1 },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.turn("a", "snapshot", TRAP);
      yield* world.pass(1_500);
      deepStrictEqual(world.eventsOf("a"), ["started", "fault", "restarted"]);
      strictEqual(world.slot("a").epitaphs[0]?.during, "lifecycle.snapshot");
      deepStrictEqual(world.states, ["a running"]);
    }));
}

function disabling(test: Case): void {
  const faultOften = Effect.fnUntraced(function* (world: World, count: number) {
    for (let fault = 1; fault <= count; fault += 1) {
      strictEqual(yield* absenceOf(world.act("bad", TRAP)), "gone");
      strictEqual(yield* world.act("good", 0), 0);
      if (fault < count) yield* world.pass(BACKOFF_MS_MIN * 2 ** fault);
    }
  });

  test(`${FAULTS_MAX} faults in a minute disable the cell, only that one`, {
    bad: {},
    good: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* faultOften(world, FAULTS_MAX);
      deepStrictEqual(world.states, ["bad disabled", "good running"]);
      strictEqual(world.slot("bad").faults, FAULTS_MAX);
      strictEqual(world.eventsOf("bad").at(-1), "disabled");
      match(world.slot("bad").detail, /5 faults: trap in/);
      yield* world.pass(600_000);
      deepStrictEqual(world.states, ["bad disabled", "good running"]);
      strictEqual(yield* absenceOf(world.act("bad", 0)), "refused");
      strictEqual(yield* world.act("good", 0), 0);
    }));

  test("control: as many faults over a longer time do not", {
    bad: {},
    good: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* faultOften(world, FAULTS_MAX - 1);
      yield* world.pass(60_000);
      yield* faultOften(world, FAULTS_MAX - 1);
      yield* world.pass(10_000);
      deepStrictEqual(world.states, ["bad running", "good running"]);
    }));
}

function health(test: Case): void {
  test("a cell that says it failed is stopped and restarted", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* world.turn("a", "health", FAILED);
      yield* world.pass(HEARTBEAT_MS + SOON_MS);
      deepStrictEqual(world.states, ["a running"]);
      deepStrictEqual(world.said(), ["a start", "a stop", "a start"]);
      deepStrictEqual(world.eventsOf("a"), ["started", "fault", "restarted"]);
      strictEqual(world.slot("a").epitaphs[0]?.kind, "failed");
      strictEqual(world.slot("a").faults, 1);
    }));

  for (const [what, knob, kind] of KINDS.slice(0, 2)) {
    test(
      `${what} in a heartbeat ends the generation`,
      { a: {} },
      (world) =>
        Effect.gen(function* () {
          yield* world.turn("a", "health", knob);
          yield* world.pass(HEARTBEAT_MS + SOON_MS);
          deepStrictEqual(world.states, ["a running"]);
          deepStrictEqual(
            world.slot("a").epitaphs.map(({ kind, during }) => [kind, during]),
            [[kind, "lifecycle.health"]],
          );
        }),
    );
  }

  test(
    "a degraded cell serves, says why, and recovers",
    { a: {} },
    (world) =>
      Effect.gen(function* () {
        yield* world.turn("a", "health", DEGRADED);
        yield* world.pass(HEARTBEAT_MS + 1);
        deepStrictEqual(world.states, ["a degraded"]);
        strictEqual(world.slot("a").detail, "by order");
        strictEqual(yield* world.add("a", 1), 1);
        yield* world.turn("a", "health", 0);
        yield* world.pass(HEARTBEAT_MS + 1);
        deepStrictEqual(world.states, ["a running"]);
        strictEqual(world.slot("a").detail, "");
        deepStrictEqual(world.eventsOf("a"), ["started"]);
      }),
  );
}
