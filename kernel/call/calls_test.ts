import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { Effect } from "effect";
import type { FunctionInfo, InterfaceBinding } from "../../wit/abi/binding.ts";
import { CapTable } from "../cap/table.ts";
import type { Generation } from "../cell/generation.ts";
import { Slot } from "../cell/slot.ts";
import { BrokenInvariant, CALL_DEPTH_MAX, CALL_MS_MIN } from "../limits.ts";
import type { Hart } from "./boundary.ts";
import { Calls, type Outcome } from "./calls.ts";
import { answerFor, connect, gated, hasResources } from "./connect.ts";
import { CallRefused, CellGone, Unwound } from "./errors.ts";

/** What a cell of the simulation exports. */
interface Echo {
  say(text: string): { tag: "ok"; val: string } | { tag: "err"; val: string };
  shout(text: string): string;
}

const info = (method: string, absence: boolean): FunctionInfo => ({
  name: method,
  method,
  absence,
});

const echo: InterfaceBinding<Echo> = {
  name: "karyon:echo/echo@0.1.0",
  signature: "",
  functions: [info("say", true), info("shout", false)],
  bind: () => ECHO,
  lower: () => ({}),
  exportIntrinsics: () => ({}),
};

const ECHO: Echo = {
  say: (text) => ({ tag: "ok", val: text }),
  shout: (text) => text.toUpperCase(),
};

/** Stands for the engine's stop at a deadline. */
class Late extends Error {}

/** Stands in for a generation: runs the job on this thread, without wasm. */
class SimulatedGeneration {
  alive = true;
  busy = false;
  readonly number = 1;
  /** Deadlines that were given to `guard`. */
  readonly allowed: number[] = [];
  offered = true;

  offers(): boolean {
    return this.offered;
  }

  bound(): unknown {
    return ECHO;
  }

  readonly instance = { parkable: () => undefined, join: () => undefined };

  guard(deadlineMs: number, job: (generation: unknown) => unknown) {
    this.allowed.push(deadlineMs);
    try {
      return { ok: true, value: job(this) };
    } catch (error) {
      this.alive = false;
      if (error instanceof BrokenInvariant) throw error;
      const kind = error instanceof Late ? "deadline" : "trap";
      const reason = String(error);
      return { ok: false, fault: { kind, reason, blameless: false } };
    }
  }
}

function world() {
  let nowMs = 1_000;
  const faults: string[] = [];
  const calls = new Calls(
    () => nowMs,
    (slot, _, fault, { during }) =>
      faults.push(
        `${slot.name} ${during}: ${fault.reason}${
          fault.blameless ? ", blameless" : ""
        }`,
      ),
  );
  const cell = (name: string) => {
    const generation = new SimulatedGeneration();
    const slot = new Slot({
      name,
      component: "",
      class: "soft",
      budgetMs: 0,
      callMs: 500,
      stepMs: 1_000,
      startMs: 500,
      memoryMib: 1,
      checkpointS: undefined,
      config: [],
      grants: new Map(),
    });
    slot.current = generation as unknown as Generation;
    return { slot, generation };
  };
  return { calls, faults, cell, pass: (ms: number) => nowMs += ms };
}

/** No job is ever in the way: these cells cannot be parked. */
const hartOf = (calls: Calls): Hart => ({
  calls,
  turn: () => Promise.resolve(),
  hardDue: () => {},
  reach: (slot) => new Set([slot]),
});

const value = <T>(outcome: Outcome<T>): T => {
  ok(outcome.ok, "the call was not answered");
  return outcome.value;
};

Deno.test("control: a call in time is answered and metered", () => {
  const { calls, cell } = world();
  const { slot, generation } = cell("a");
  strictEqual(value(calls.invoke(slot, "x", 50, () => 7)), 7);
  deepStrictEqual(generation.allowed, [50]);
  strictEqual(slot.calls, 1);
  strictEqual(slot.meter.jobs.total, 1);
});

Deno.test("a nested call gets the smaller of its own and what is left", () => {
  const { calls, cell, pass } = world();
  const [outer, inner] = [cell("outer"), cell("inner")];
  value(calls.invoke(outer.slot, "x", 100, () => {
    pass(30);
    value(calls.invoke(inner.slot, "y", 500, () => 0));
    value(calls.invoke(inner.slot, "y", 40, () => 0));
  }));
  value(calls.invoke(inner.slot, "y", 500, () => 0));
  deepStrictEqual(inner.generation.allowed, [70, 40, 500]);
});

Deno.test("too little of the deadline left: refused, the callee is not touched", () => {
  const { calls, cell, pass } = world();
  const [outer, inner] = [cell("outer"), cell("inner")];
  value(calls.invoke(outer.slot, "x", 100, () => {
    pass(100 - CALL_MS_MIN + 1);
    const refused = calls.invoke(inner.slot, "y", 500, () => 0);
    ok(!refused.ok);
    strictEqual(refused.absence, "refused");
  }));
  deepStrictEqual(inner.generation.allowed, []);
  ok(inner.generation.alive);
});

Deno.test("a cell is not entered while it is in a call", () => {
  const { calls, cell } = world();
  const { slot } = cell("a");
  value(calls.invoke(slot, "x", 100, () => {
    const again = calls.invoke(slot, "x", 100, () => 0);
    ok(!again.ok && again.absence === "refused");
  }));
  value(calls.invoke(slot, "x", 100, () => 0));
});

Deno.test("calls nest at most so deep", () => {
  const { calls, cell } = world();
  const descend = (depth: number): number => {
    const outcome = calls.invoke(
      cell(`c${depth}`).slot,
      "x",
      500,
      () => descend(depth + 1),
    );
    return outcome.ok ? outcome.value : depth;
  };
  strictEqual(descend(0), CALL_DEPTH_MAX);
});

Deno.test("a fault ends the generation; its caller learns gone and lives", () => {
  const { calls, cell, faults } = world();
  const [outer, inner] = [cell("outer"), cell("inner")];
  value(calls.invoke(outer.slot, "x", 100, () => {
    const gone = calls.invoke(inner.slot, "y", 50, () => {
      throw new Error("boom");
    });
    ok(!gone.ok && gone.absence === "gone");
  }));
  deepStrictEqual(faults, ["inner y: Error: boom"]);
  ok(outer.generation.alive);
  const later = calls.invoke(inner.slot, "y", 50, () => 0);
  ok(!later.ok && later.absence === "refused");
});

Deno.test("stopped at its caller's deadline: gone, and not to blame", () => {
  const { calls, cell, faults, pass } = world();
  const [outer, inner] = [cell("outer"), cell("inner")];
  const late = () => {
    throw new Late("late");
  };
  value(calls.invoke(outer.slot, "x", 100, () => {
    pass(50);
    ok(!calls.invoke(inner.slot, "y", 60, late).ok);
  }));
  const other = cell("other");
  ok(!calls.invoke(other.slot, "z", 60, late).ok);
  deepStrictEqual(faults, [
    "inner y: Error: late, blameless",
    "other z: Error: late",
  ]);
});

Deno.test("a broken invariant is no cell's fault and is not swallowed", () => {
  const { calls, cell, faults } = world();
  const [outer, inner] = [cell("outer"), cell("inner")];
  throws(
    () =>
      calls.invoke(
        outer.slot,
        "x",
        100,
        () =>
          calls.invoke(inner.slot, "y", 50, () => {
            throw new BrokenInvariant("the kernel is wrong");
          }),
      ),
    BrokenInvariant,
  );
  deepStrictEqual(faults, []);
  ok(!outer.generation.busy && !inner.generation.busy);
  const { slot, generation } = cell("after");
  value(calls.invoke(slot, "z", 500, () => 0));
  deepStrictEqual(generation.allowed, [500]);
});

function connected() {
  const made = world();
  const caps = new CapTable();
  const { slot, generation } = made.cell("echo");
  const cap = caps.mint("echo", echo.name);
  const target = { calls: made.calls, caps, slot, cap };
  return { ...made, caps, slot, generation, cap, target };
}

Deno.test("the host's end: an answer, CallRefused, CellGone", () => {
  const { target, slot, generation } = connected();
  const client = connect({ ...target, hart: hartOf(target.calls) }, echo);
  strictEqual(Effect.runSync(client.shout("hi")), "HI");
  generation.bound = () => {
    throw new Error("lost");
  };
  ok(Effect.runSync(Effect.flip(client.shout("hi"))) instanceof CellGone);
  slot.current = undefined;
  ok(Effect.runSync(Effect.flip(client.shout("hi"))) instanceof CallRefused);
});

Deno.test("a cell's end: absence is a value, or unwinds the caller", () => {
  const { target, slot } = connected();
  const answer = answerFor(target, echo);
  deepStrictEqual(answer.say("hi"), { tag: "ok", val: "hi" });
  slot.current = undefined;
  deepStrictEqual(answer.say("hi"), { tag: "err", val: "refused" });
  let thrown: unknown;
  try {
    answer.shout("hi");
  } catch (error) {
    thrown = error;
  }
  ok(thrown instanceof Unwound);
});

Deno.test("a revoked capability answers nothing more, at both ends", () => {
  const { target, caps, cap } = connected();
  const client = connect({ ...target, hart: hartOf(target.calls) }, echo);
  const answer = answerFor(target, echo);
  caps.revoke(cap);
  ok(Effect.runSync(Effect.flip(client.shout("hi"))) instanceof CallRefused);
  deepStrictEqual(answer.say("hi"), { tag: "err", val: "refused" });
});

Deno.test("what a cell does not export is refused, and it lives on", () => {
  const { target, generation, faults } = connected();
  generation.offered = false;
  const client = connect({ ...target, hart: hartOf(target.calls) }, echo);
  const refusal = Effect.runSync(Effect.flip(client.shout("hi")));
  ok(refusal instanceof CallRefused);
  strictEqual(
    refusal.message,
    `echo was not called: it does not export this ${echo.name}`,
  );
  deepStrictEqual(generation.allowed, []);
  deepStrictEqual(faults, []);
});

Deno.test("what the kernel answers ends with its capability", () => {
  const { target, caps, cap } = connected();
  const log = gated(target, echo, ECHO, undefined);
  strictEqual(log.shout("hi"), "HI");
  caps.revoke(cap);
  deepStrictEqual(log.say("hi"), { tag: "err", val: "refused" });
  throws(() => log.shout("hi"), Unwound);
});

Deno.test("a contract with resources does not cross cells", () => {
  const { target } = connected();
  const cursors = { ...echo, functions: [info("Cursor.next", false)] };
  strictEqual(hasResources(cursors), true);
  throws(() => answerFor(target, cursors), /has no resources/);
  throws(
    () => connect({ ...target, hart: hartOf(target.calls) }, cursors),
    /has no resources/,
  );
});
