/**
 * What every engine promises the kernel.
 *
 * Plan. Each claim is one case; a case that expects a stop has the control case
 * beside it that the same code, given time, ends well.
 *
 * - values: calls give what the code computes; a loop within its deadline ends
 *   (control of every deadline case).
 * - stopped: an endless loop, endless calls without a loop, a loop in the start
 *   function, a loop behind a sleep of the ticker; endless recursion.
 * - ended: a trap, a read outside, a lie in a pointer, a length and a text, a
 *   memory at its limit; each says its kind, is final, and leaves a neighbour of
 *   the same component alive.
 * - nested: the smaller deadline rules, whoever set it; the outer one comes back;
 *   what a host throws ends the cell that called it and is handed on as cause.
 * - parks (parks.ts): a call is parked and goes on, alone, in turn with others,
 *   as a chain of cells; it is cancelled; or the engine says why it cannot.
 * - outside: without a guard no code of a cell runs.
 * - refused: an import that is not granted, a contract that differs, more memory
 *   than granted, a core module instead of a component, two modules; truncated,
 *   damaged and random octets; all before any code runs.
 *
 * Deliberately absent: how fast (bench tasks), and what an engine is made of.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect, type Layer } from "effect";
import { CellTrap, Engine } from "../../../kernel/engine/engine.ts";
import {
  call,
  compile,
  endOf,
  type EngineShape,
  grants,
  LIMITS,
  LONG_MS,
  MEMORY_MIB,
  PAGES_PER_MIB,
  type Probe,
  probe,
  refusalOf,
  type Register,
  SHORT_MS,
  type Test,
  valueOf,
} from "./fixture.ts";
import { parks } from "./parks.ts";
import { componentOf, ear, probeText, type Work, work } from "./probe.ts";
import { hostile, refused } from "./refusals.ts";

/** How an engine ends what does not end: by time, or by fuel in its place. */
export type Stop = "deadline" | "fuel";

export function engineSuite(
  name: string,
  layer: Layer.Layer<Engine, unknown>,
  stop: Stop = "deadline",
  register: Register = Deno.test,
): void {
  const test = (
    claim: string,
    body: (engine: EngineShape) => Promise<void>,
  ) =>
    register(`${name}: ${claim}`, () =>
      Effect.runPromise(
        Effect.gen(function* () {
          const engine = yield* Engine;
          yield* Effect.promise(() => body(engine));
        }).pipe(Effect.provide(layer)),
      ));
  values(test);
  stopped(test, stop);
  ended(test);
  nested(test, stop);
  parks(test);
  refused(test);
  hostile(test);
}

function values(test: Test): void {
  test("a component becomes an instance that computes", async (engine) => {
    const bytes = await componentOf(probeText());
    const cell = await compile(engine, bytes);
    strictEqual(cell.size, bytes.length);
    match(cell.hash, /^[0-9a-f]{64}$/);
    deepStrictEqual([...cell.imports], [[ear.name, ear.signature]]);
    deepStrictEqual([...cell.exports], [[work.name, work.signature]]);
    const probed = probe(engine, cell, (x) => x + 7);
    ok(probed.instance.has(work.name));
    ok(!probed.instance.has(ear.name));
    strictEqual(valueOf(call(probed, (work) => work.add(0xffff_ffff, 2))), 1);
    strictEqual(valueOf(call(probed, (work) => work.name(0))), "probe");
    strictEqual(valueOf(call(probed, (work) => work.relay(1))), 8);
    strictEqual(probed.instance.memoryBytes(), 65_536);
  });

  test("control: loops and calls within their deadline end", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const probed = probe(engine, cell);
    strictEqual(
      valueOf(call(probed, (work) => work.sum(3_000_000))),
      3_170_741_088,
    );
    strictEqual(valueOf(call(probed, (work) => work.climb(16))), 65_536);
  });

  test("instances share no state", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const [one, other] = [probe(engine, cell), probe(engine, cell)];
    strictEqual(valueOf(call(one, (work) => work.count())), 1);
    strictEqual(valueOf(call(one, (work) => work.count())), 2);
    strictEqual(valueOf(call(other, (work) => work.count())), 1);
  });
}

function stopped(test: Test, stop: Stop): void {
  const jobs: Record<string, (work: Work) => unknown> = {
    "an endless loop": (work) => work.spin(),
    "endless calls without a loop": (work) => work.climb(60),
  };
  for (const [what, job] of Object.entries(jobs)) {
    test(`${what} is stopped at its deadline`, async (engine) => {
      const cell = await compile(engine, await componentOf(probeText()));
      strictEqual(endOf(probe(engine, cell), probe(engine, cell), job), stop);
    });
  }

  test("a loop at instantiation is stopped", async (engine) => {
    const start = "(start $spin)";
    const cell = await compile(engine, await componentOf(probeText({ start })));
    const error = await refusalOf(
      engine.instantiate(cell, grants(), { ...LIMITS, startMs: SHORT_MS }),
    );
    ok(error instanceof CellTrap);
    strictEqual(error.kind, stop);
  });

  test("control: a start function that ends is run once", async (engine) => {
    const start = `(func $begin (global.set $count (i32.const 41)))
      (start $begin)`;
    const cell = await compile(engine, await componentOf(probeText({ start })));
    strictEqual(valueOf(call(probe(engine, cell), (work) => work.count())), 42);
  });

  test("endless recursion ends the cell, not the host", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    strictEqual(
      endOf(probe(engine, cell), probe(engine, cell), (work) => work.recurse()),
      "stack",
    );
  });

  test("deadlines hold after a long rest", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const neighbour = probe(engine, cell);
    strictEqual(valueOf(call(neighbour, (work) => work.add(1, 1))), 2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const kind = endOf(probe(engine, cell), neighbour, (work) => work.spin());
    strictEqual(kind, stop);
  });

  test("outside of a guard no code of a cell goes on", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const probed = probe(engine, cell);
    let value: number | undefined;
    try {
      value = probed.work.sum(10);
    } catch {
      // That it broke off is the claim; how is the engine's business.
    }
    strictEqual(value, undefined);
    strictEqual(valueOf(call(probed, (work) => work.sum(10))), 55);
  });
}

function ended(test: Test): void {
  const jobs: Record<string, [string, (work: Work) => unknown]> = {
    "a trap": ["trap", (work) => work.fail()],
    "a read outside the memory": ["trap", (work) => work.stray()],
    "a trap with a full memory": ["memory", (work) => work.fill()],
    "a pointer outside the memory": ["abi", (work) => work.name(1)],
    "a length larger than the memory": ["abi", (work) => work.name(2)],
    "a text that is not UTF-8": ["abi", (work) => work.name(3)],
  };
  for (const [what, [kind, job]] of Object.entries(jobs)) {
    test(`${what} ends that instance alone`, async (engine) => {
      const cell = await compile(engine, await componentOf(probeText()));
      strictEqual(endOf(probe(engine, cell), probe(engine, cell), job), kind);
    });
  }

  test("memory grows to what is granted and no further", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const probed = probe(engine, cell);
    const pages = MEMORY_MIB * PAGES_PER_MIB;
    strictEqual(valueOf(call(probed, (work) => work.grow())), pages);
    strictEqual(probed.instance.memoryBytes(), pages * 65_536);
  });

  test("a disposed instance answers no more", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const probed = probe(engine, cell);
    probed.instance.dispose();
    probed.instance.dispose();
    ok(!call(probed, (work) => work.add(1, 1)).ok);
  });
}

function nested(test: Test, stop: Stop): void {
  test("a nested call gets the smaller deadline, its own", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const inner = probe(engine, cell);
    const outer = probe(engine, cell, () => {
      const answer = call(inner, (work) => work.spin(), SHORT_MS);
      return answer.ok ? 0 : 1;
    });
    strictEqual(valueOf(call(outer, (work) => work.relay(0))), 1);
    strictEqual(inner.instance.ended?.kind, stop);
    strictEqual(outer.instance.ended, undefined);
  });

  test("a nested call gets the smaller deadline, its caller's", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const inner = probe(engine, cell);
    const outer = probe(engine, cell, () => {
      const answer = call(inner, (work) => work.spin(), LONG_MS);
      return answer.ok ? 0 : 1;
    });
    const late = call(outer, (work) => work.relay(0), SHORT_MS);
    strictEqual(inner.instance.ended?.kind, stop);
    ok(!late.ok && late.trap.kind === stop);
    const next = probe(engine, cell);
    strictEqual(valueOf(call(next, (work) => work.sum(10))), 55);
  });

  test("the time left is what the smallest deadline leaves", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const [outer, inner] = [probe(engine, cell), probe(engine, cell)];
    const left = valueOf(outer.instance.guard(LONG_MS, () => {
      const before = outer.instance.leftMs();
      const within = inner.instance.guard(
        SHORT_MS,
        () => inner.instance.leftMs(),
      );
      return { before, within: valueOf(within) };
    }));
    ok(left.within <= SHORT_MS);
    ok(left.before > SHORT_MS && left.before <= LONG_MS);
    ok(outer.instance.leftMs() <= 0);
    strictEqual(outer.instance.takeDirectMs(), 0, "nobody called it directly");
  });

  test("what a host function throws is the cause of the end", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const thrown = new Error("no answer");
    const probed = probe(engine, cell, () => {
      throw thrown;
    });
    const answer = call(probed, (work) => work.relay(0));
    ok(!answer.ok && answer.trap.kind === "host");
    strictEqual(answer.trap.cause, thrown);
  });

  test("an instance is not entered while it runs", async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    let entered = false;
    const probed: Probe = probe(engine, cell, () => {
      probed.instance.guard(LONG_MS, () => entered = true);
      return 0;
    });
    strictEqual(call(probed, (work) => work.relay(0)).ok, false);
    strictEqual(entered, false);
  });
}
