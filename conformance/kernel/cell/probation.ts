/** Cases of what follows a swap. */
import { deepEqual, equal, match } from "node:assert/strict";
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
      equal(yield* absenceOf(world.act("a", TRAP)), "gone");
      const slot = world.slot("a");
      equal(slot.current?.number, 1);
      equal(slot.state, "running");
      equal(yield* world.act("a", 0), 7);
      deepEqual(world.eventsOf("a"), ["started", "fault", "rolled-back"]);
      equal(slot.faults, 1);
      yield* world.pass(OVER_MS);
      deepEqual(world.states, ["a running"]);
      match(slot.detail, /^rolled back: trap in/);
      yield* world.swap("a", "leaf", { label: 2 });
      yield* world.pass(OVER_MS);
      equal(slot.detail, "");
      equal(yield* world.act("a", 0), 7);
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
      equal(world.slot("a").checkpoint?.version, 2);
      yield* absenceOf(world.act("a", TRAP));
      equal(yield* world.act("a", 0), 7);
      yield* absenceOf(world.act("a", TRAP));
      yield* world.pass(BACKOFF_MS_MIN + 10);
      equal(world.slot("a").current?.image.hash, first);
      equal(world.slot("a").image?.version, "1");
      equal(yield* world.act("a", 0), 7);
    }));

  test("a rollback during a call: its caller learns gone, and lives", {
    a: {},
    front: { world: "middle", behind: "a" },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      yield* world.swap("a", "leaf", { label: 1 });
      equal(yield* world.act("front", ASK_ON + TRAP), ABSENT.gone);
      // At once: nothing is refused in between.
      equal(yield* world.act("front", ASK_ON), 7);
      equal(world.slot("front").current?.number, 1);
    }));

  test("a new one that says it failed is stopped, the old one is back", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      yield* world.swap("a", "leaf", { health: FAILED });
      yield* world.pass(HEARTBEAT_MS);
      equal(world.slot("a").current?.number, 1);
      equal(yield* world.act("a", 0), 7);
      deepEqual(world.eventsOf("a"), ["started", "fault", "rolled-back"]);
      deepEqual(world.said("a"), ["start", "start", "stop", "start", "stop"]);
    }));

  test(
    "a new one whose step traps is rolled back",
    { a: {} },
    (world) =>
      Effect.gen(function* () {
        yield* world.swap("a", "leaf", { step: TRAP });
        yield* world.pass(100);
        equal(world.slot("a").current?.number, 1);
        equal(world.slot("a").epitaphs[0]?.during, "background.step");
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
        equal(world.slot("a").state, "probation");
        yield* world.pass(200);
        equal(world.slot("a").state, "running");
        yield* absenceOf(world.act("a", TRAP));
        yield* world.pass(BACKOFF_MS_MIN + 10);
        equal(world.slot("a").image?.version, "swapped");
        deepEqual(world.eventsOf("a"), [
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
      equal(world.slot("a").current?.number, 1);
      match(world.slot("a").detail, /rolled back: it is degraded/);
      deepEqual(world.eventsOf("a"), ["started", "rolled-back"]);
    }));

  test("one that is degraded like the old one is kept", {
    a: { knobs: { health: DEGRADED } },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.swap("a", "leaf", { health: DEGRADED, label: 1 });
      yield* world.pass(OVER_MS);
      deepEqual(world.states, ["a degraded"]);
      deepEqual(world.eventsOf("a"), ["started", "kept"]);
    }));

  test("one that is still starting stays on probation until it has", {
    a: {},
  }, (world) =>
    Effect.gen(function* () {
      yield* world.swap("a", "leaf", { health: STARTING });
      yield* world.pass(4 * PROBATION_MS);
      equal(world.slot("a").state, "probation");
      yield* world.turn("a", "health", 0);
      yield* world.pass(100);
      deepEqual(world.states, ["a running"]);
      deepEqual(world.eventsOf("a"), ["started", "kept"]);
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
      equal(world.slot("a").current?.number, 2);
      equal(yield* world.act("a", 0), 7);
      yield* world.pass(OVER_MS);
      deepEqual(world.device, ["start", "start"]);
      equal(old?.alive, false);
    }));

  test("a cell that owns a device is rolled back by starting it anew", {
    a: { grants: DEVICE },
  }, (world) =>
    Effect.gen(function* () {
      yield* world.add("a", 7);
      yield* world.swap("a", "leaf", { label: 1 });
      yield* absenceOf(world.act("a", TRAP));
      yield* world.pass(20);
      deepEqual(world.states, ["a running"]);
      equal(world.slot("a").current?.number, 3);
      equal(world.slot("a").image?.version, "1");
      // Its memory is not the old one's: that may contradict the device.
      equal(yield* world.act("a", 0), 0);
      deepEqual(world.device, ["start", "start", "start"]);
    }));
}
