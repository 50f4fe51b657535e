/** Cases of what follows a swap. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import {
  BACKOFF_MS_MIN,
  HEARTBEAT_MS,
  PROBATION_MS,
} from "../../../kernel/limits.ts";
import { ABSENT, ASK_ON, DEGRADED, FAILED, STARTING, TRAP } from "./fixture.ts";
import { absenceOf, type Case, LOG, SCHEDULING } from "./world.ts";

const OVER_MS = PROBATION_MS + 100;
const DEVICE = new Map([[LOG, "driver:disk"], [SCHEDULING, "kernel"]]);

export function probation(test: Case): void {
  rollingBack(test);
  judging(test);
  devices(test);
}

function rollingBack(test: Case): void {
  test("a fault brings back the old one, with its memory", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      yield* world.swap("a", "leaf", { label: 1 });
      yield* world.add("a", 100);
      strictEqual(yield* absenceOf(world.act("a", TRAP)), "gone");
      const slot = world.slot("a");
      strictEqual(slot.current?.number, 1);
      strictEqual(slot.state, "running");
      strictEqual(yield* world.act("a", 0), 7);
      deepStrictEqual(world.eventsOf("a"), ["started", "fault", "rolled-back"]);
      strictEqual(slot.faults, 1);
      yield* world.pass(OVER_MS);
      deepStrictEqual(world.states, ["a running"]);
      match(slot.detail, /^rolled back: trap in/);
      yield* world.swap("a", "leaf", { label: 2 });
      yield* world.pass(OVER_MS);
      strictEqual(slot.detail, "");
      strictEqual(yield* world.act("a", 0), 7);
    }));

  test("after a rollback the old component and checkpoint are restarted", {
    a: { checkpointS: 1, knobs: { version: 1 } },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      yield* world.pass(1_100);
      const first = world.slot("a").image?.compiled.hash;
      yield* world.swap("a", "leaf", { version: 2 });
      // The new one's checkpoints are not the old one's.
      yield* world.pass(1_500);
      strictEqual(world.slot("a").checkpoint?.version, 2);
      yield* absenceOf(world.act("a", TRAP));
      strictEqual(yield* world.act("a", 0), 7);
      yield* absenceOf(world.act("a", TRAP));
      yield* world.pass(BACKOFF_MS_MIN + 10);
      strictEqual(world.slot("a").current?.image.hash, first);
      strictEqual(world.slot("a").image?.version, "1");
      strictEqual(yield* world.act("a", 0), 7);
    }));

  test("a rollback during a call: its caller learns gone, and lives", {
    a: {},
    front: { world: "middle", behind: "a" },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      yield* world.swap("a", "leaf", { label: 1 });
      strictEqual(yield* world.act("front", ASK_ON + TRAP), ABSENT.gone);
      // At once: nothing is refused in between.
      strictEqual(yield* world.act("front", ASK_ON), 7);
      strictEqual(world.slot("front").current?.number, 1);
    }));

  test("a new one that says it failed is stopped, the old one is back", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      yield* world.swap("a", "leaf", { health: FAILED });
      yield* world.pass(HEARTBEAT_MS);
      strictEqual(world.slot("a").current?.number, 1);
      strictEqual(yield* world.act("a", 0), 7);
      deepStrictEqual(world.eventsOf("a"), ["started", "fault", "rolled-back"]);
      deepStrictEqual(world.said("a"), [
        "start",
        "start",
        "stop",
        "start",
        "stop",
      ]);
    }));

  test(
    "a new one whose step traps is rolled back",
    { a: {} },
    (world) =>
      Effect.gen(function* () {
        yield* world.swap("a", "leaf", { step: TRAP });
        yield* world.pass(100);
        strictEqual(world.slot("a").current?.number, 1);
        strictEqual(world.slot("a").epitaphs[0]?.during, "background.step");
      }),
  );
}

function judging(test: Case): void {
  test(
    "control: a new one that stays well is kept",
    { a: {} },
    (world) =>
      Effect.gen(function* () {
        yield* world.swap("a", "leaf", { label: 1 });
        yield* world.pass(PROBATION_MS - 100);
        strictEqual(world.slot("a").state, "probation");
        yield* world.pass(200);
        strictEqual(world.slot("a").state, "running");
        yield* absenceOf(world.act("a", TRAP));
        yield* world.pass(BACKOFF_MS_MIN + 10);
        strictEqual(world.slot("a").image?.version, "swapped");
        deepStrictEqual(world.eventsOf("a"), [
          "started",
          "kept",
          "fault",
          "restarted",
        ]);
      }),
  );

  test("a new one that is degraded where the old was not is rolled back", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* world.swap("a", "leaf", { health: DEGRADED });
      yield* world.pass(OVER_MS);
      strictEqual(world.slot("a").current?.number, 1);
      match(world.slot("a").detail, /rolled back: it is degraded/);
      deepStrictEqual(world.eventsOf("a"), ["started", "rolled-back"]);
    }));

  test("one that is degraded like the old one is kept", {
    a: { knobs: { health: DEGRADED } },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.swap("a", "leaf", { health: DEGRADED, label: 1 });
      yield* world.pass(OVER_MS);
      deepStrictEqual(world.states, ["a degraded"]);
      deepStrictEqual(world.eventsOf("a"), ["started", "kept"]);
    }));

  test("one that is still starting stays on probation until it has", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* world.swap("a", "leaf", { health: STARTING });
      yield* world.pass(4 * PROBATION_MS);
      strictEqual(world.slot("a").state, "probation");
      yield* world.turn("a", "health", 0);
      yield* world.pass(100);
      deepStrictEqual(world.states, ["a running"]);
      deepStrictEqual(world.eventsOf("a"), ["started", "kept"]);
    }));
}

function devices(test: Case): void {
  test("a cell that owns a device: no rehearsal, the old one does not stop", {
    a: { grants: DEVICE },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      const old = world.slot("a").current;
      yield* world.swap("a", "leaf", { label: 1 });
      strictEqual(world.slot("a").current?.number, 2);
      strictEqual(yield* world.act("a", 0), 7);
      yield* world.pass(OVER_MS);
      deepStrictEqual(world.device, ["start", "start"]);
      strictEqual(old?.alive, false);
    }));

  test("a cell that owns a device is rolled back by starting it anew", {
    a: { grants: DEVICE },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      yield* world.swap("a", "leaf", { label: 1 });
      yield* absenceOf(world.act("a", TRAP));
      yield* world.pass(20);
      deepStrictEqual(world.states, ["a running"]);
      strictEqual(world.slot("a").current?.number, 3);
      strictEqual(world.slot("a").image?.version, "1");
      // Its memory is not the old one's: that may contradict the device.
      strictEqual(yield* world.act("a", 0), 0);
      deepStrictEqual(world.device, ["start", "start", "start"]);
    }));
}
