/**
 * The door's rules without the door.
 *
 * Plan: control, a call is let through, counted and nested; each rule refuses in
 * silence, so that the door gives the reason; an end is told like any other; time
 * is booked when no call is left, to the slot that used it.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { InterfaceBinding } from "../../wit/abi/binding.ts";
import { CapTable } from "../cap/table.ts";
import type { Generation } from "../cell/generation.ts";
import { Slot } from "../cell/slot.ts";
import { type CellInstance, CellTrap } from "../engine/engine.ts";
import { CALL_DEPTH_MAX, CALL_MS_MIN, TIMED_CALLS_EVERY } from "../limits.ts";
import { Calls } from "./calls.ts";
import { DirectLink } from "./direct.ts";
import { Unwound } from "./errors.ts";

const SAY = { name: "say", method: "say", absence: true };
const binding: InterfaceBinding<unknown> = {
  name: "karyon:echo/echo@0.1.0",
  signature: "say: func()",
  functions: [SAY],
  bind: () => ({}),
  lower: () => ({}),
  exportIntrinsics: () => ({}),
};

const LEFT_MS = 500;

/** What a link needs of a generation. */
class SimulatedGeneration {
  alive = true;
  busy = false;
  hasDirectTime = false;
  offered = true;
  readonly instance = {
    leftMs: () => LEFT_MS,
    takeDirectMs: () => 3,
  } as CellInstance;

  offers(): boolean {
    return this.offered;
  }

  fell(trap: CellTrap) {
    this.alive = false;
    return { kind: trap.kind, reason: trap.message, blameless: false };
  }

  guard(_: number, job: (generation: this) => unknown) {
    return { ok: true, value: job(this) };
  }
}

function world() {
  const told: string[] = [];
  const calls = new Calls(
    () => 1_000,
    (slot, _, fault, { during, forMs }) =>
      told.push(
        `${slot.name} ${during} ${forMs} ${fault.kind} ${fault.blameless}`,
      ),
  );
  const slot = new Slot({
    name: "echo",
    component: "",
    class: "soft",
    budgetMs: 0,
    callMs: 100,
    stepMs: 1_000,
    startMs: 0,
    memoryMib: 0,
    checkpointS: undefined,
    config: [],
    grants: new Map(),
  });
  const simulated = new SimulatedGeneration();
  const generation = simulated as unknown as Generation;
  slot.current = generation;
  const caps = new CapTable();
  const cap = caps.mint("echo", binding.name);
  const link = new DirectLink({ calls, caps, slot, cap }, binding);
  const { instance } = simulated;
  return {
    told,
    calls,
    slot,
    simulated,
    generation,
    caps,
    cap,
    link,
    instance,
  };
}

Deno.test("control: a call is let through, counted and nested", () => {
  const { link, slot, simulated, calls, instance } = world();
  strictEqual(link.callee(), instance);
  strictEqual(link.limitMs, 100);
  ok(link.enter(instance, CALL_MS_MIN));
  strictEqual(simulated.busy, true);
  strictEqual(calls.depth, 1);
  strictEqual(slot.calls, 1);
  link.leave();
  strictEqual(simulated.busy, false);
  strictEqual(calls.depth, 0);
  strictEqual(slot.meter.jobs.total, 0);
});

const RULES: Record<string, (at: ReturnType<typeof world>) => number> = {
  "little of the deadline is left": () => CALL_MS_MIN - 1,
  "it is in a call": ({ simulated }) => {
    simulated.busy = true;
    return LEFT_MS;
  },
  "its generation has ended": ({ simulated }) => {
    simulated.alive = false;
    return LEFT_MS;
  },
  "another generation fills the slot": ({ slot }) => {
    slot.current = new SimulatedGeneration() as unknown as Generation;
    return LEFT_MS;
  },
  "nobody fills the slot": ({ slot }) => {
    slot.current = undefined;
    return LEFT_MS;
  },
  "the capability was revoked": ({ caps, cap }) => {
    caps.revoke(cap);
    return LEFT_MS;
  },
  "calls nest too deep": ({ calls, slot, generation }) => {
    for (let at = 0; at < CALL_DEPTH_MAX; at += 1) {
      calls.direct.enter(slot, generation);
    }
    return LEFT_MS;
  },
  "it is the turn of a call that is timed": ({ slot }) => {
    slot.calls = 2 * TIMED_CALLS_EVERY - 1;
    return LEFT_MS;
  },
};

for (const [what, rule] of Object.entries(RULES)) {
  Deno.test(`the door is asked where ${what}`, () => {
    const at = world();
    const { slot, link, instance } = at;
    const leftMs = rule(at);
    const { calls } = slot;
    strictEqual(link.enter(instance, leftMs), false);
    strictEqual(slot.calls, calls);
  });
}

Deno.test("who is in a direct call is in a call for the door, too", () => {
  const { link, instance, slot, calls, generation } = world();
  const reasons = () => {
    const what = { binding, method: "say" as never };
    const how = { during: "say", limitMs: 10 };
    const ran = calls.run(slot, generation, "say", 10, () => "ran");
    const begun = calls.begin(slot, what, [] as never, how);
    return [ran, begun].map((outcome) =>
      outcome !== undefined && "reason" in outcome ? outcome.reason : "none"
    );
  };
  ok(link.enter(instance, LEFT_MS));
  const reason = "it is in a call already";
  deepStrictEqual(reasons(), [reason, reason]);
  link.leave();
  ok(calls.run(slot, generation, "say", 10, () => "ran").ok, "control");
});

Deno.test("who is gone or offers nothing is no callee", () => {
  const { link, simulated, slot } = world();
  simulated.offered = false;
  strictEqual(link.callee(), undefined);
  simulated.offered = true;
  simulated.alive = false;
  strictEqual(link.callee(), undefined);
  slot.current = undefined;
  strictEqual(link.callee(), undefined);
});

Deno.test("an end is told like any other", () => {
  const { link, instance, told, simulated, calls } = world();
  for (const isCallers of [false, true]) {
    simulated.alive = true;
    ok(link.enter(instance, LEFT_MS));
    const trap = new CellTrap("deadline", "late", undefined);
    const call = { info: SAY, trap, isCallers, forMs: 7 };
    ok(link.failed(instance, call) instanceof Unwound);
    strictEqual(simulated.busy, false);
    strictEqual(simulated.alive, false);
    strictEqual(calls.depth, 0);
  }
  const during = `echo ${binding.name} say 7 deadline`;
  deepStrictEqual(told, [`${during} false`, `${during} true`]);
});

Deno.test("the door sees what direct calls take, and books their time", () => {
  const { link, instance, slot, calls, generation } = world();
  const job = () => {
    ok(link.enter(instance, LEFT_MS));
    ok(calls.direct.leftMs === LEFT_MS);
    link.leave();
    strictEqual(calls.direct.leftMs, Infinity);
    strictEqual(slot.meter.usedMs(calls.epochOf(1_000)), 0, "not yet");
  };
  const outer = new Slot({ ...slot.spec, name: "outer" });
  const other = new SimulatedGeneration() as unknown as Generation;
  ok(calls.run(outer, other, "step", 1_000, job).ok);
  strictEqual(slot.meter.usedMs(calls.epochOf(1_000)), 3);
  strictEqual(generation.hasDirectTime, false);
});
