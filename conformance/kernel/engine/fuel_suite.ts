/**
 * What an engine that meters promises: an exact count, the same each time.
 *
 * The numbers are the rule of kernel/engine/rewriter/FUEL.md, by hand.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Effect, type Layer } from "effect";
import { CellTrap, Engine } from "../../../kernel/engine/engine.ts";
import { STACK_OCTETS_MAX } from "../../../kernel/engine/limits.ts";
import {
  call,
  compile,
  type EngineShape,
  grants,
  LIMITS,
  LONG_MS,
  type Probe,
  probe,
  refusalOf,
  type Register,
} from "./fixture.ts";
import { componentOf, probeText, type Work } from "./probe.ts";

/** Runs a body with a fresh engine that meters, or with one that does not. */
type WithEngine = (
  body: (engine: EngineShape) => Promise<void>,
  isMetered?: boolean,
) => Promise<void>;

/** Both layers must make an engine of their own each time. */
export interface FuelLayers {
  readonly metered: Layer.Layer<Engine, unknown>;
  readonly unmetered: Layer.Layer<Engine, unknown>;
}

const cases: [string, (withEngine: WithEngine) => Promise<void>][] = [];
const test = (
  claim: string,
  body: (withEngine: WithEngine) => Promise<void>,
) => void cases.push([claim, body]);

export function fuelSuite(
  name: string,
  layers: FuelLayers,
  register: Register = Deno.test,
): void {
  const withEngine: WithEngine = (body, isMetered = true) =>
    Effect.runPromise(
      Effect.gen(function* () {
        const engine = yield* Engine;
        yield* Effect.promise(() => body(engine));
      }).pipe(Effect.provide(isMetered ? layers.metered : layers.unmetered)),
    );
  for (const [claim, body] of cases) {
    register(`${name}: ${claim}`, () => body(withEngine));
  }
}

/** What one call with that much fuel used, and how it ended. */
function burn(
  { instance, work }: Probe,
  job: (work: Work) => unknown,
  fuel: number,
): [number | undefined, string] {
  const answer = instance.guard(LONG_MS, () => job(work), fuel);
  return [instance.fuelUsed(), answer.ok ? "value" : answer.trap.kind];
}

const JOBS: Record<string, (work: Work) => unknown> = {
  "a loop": (work) => work.sum(1_000),
  "an endless loop": (work) => work.spin(),
  "a tree of calls": (work) => work.climb(10),
  "recursion": (work) => work.recurse(),
  "a text": (work) => work.name(0),
  "a growing memory": (work) => work.grow(),
  "a trap": (work) => work.fail(),
};

test("a call uses the same fuel each time, also recompiled", async (withEngine) => {
  const rounds: unknown[] = [];
  for (let round = 0; round < 3; round++) {
    await withEngine(async (engine) => {
      const cell = await compile(engine, await componentOf(probeText()));
      rounds.push(
        Object.entries(JOBS).map(([what, job]) => [
          what,
          burn(probe(engine, cell), job, 1_000_000),
          burn(probe(engine, cell), job, 5_000),
        ]),
      );
    });
  }
  deepStrictEqual(rounds[1], rounds[0]);
  deepStrictEqual(rounds[2], rounds[0]);
  deepStrictEqual(
    Object.fromEntries((rounds[0] as [string, unknown, unknown][]).map(
      ([what, plenty]) => [what, plenty],
    )),
    {
      // Once 1 for the local and 1 behind the block; 12 at each of 1,001 passes.
      "a loop": [2 + 12 * 1_001, "value"],
      "an endless loop": [1_000_000, "fuel"],
      // 3 + 1 at a leaf, 3 + 9 at each other node.
      "a tree of calls": [4 * 1_024 + 12 * 1_023, "value"],
      // Three instructions each; a frame has 64 octets and a result.
      "recursion": [
        3 * (1 + Math.floor(STACK_OCTETS_MAX / (64 + 8))),
        "stack",
      ],
      "a text": [19, "value"],
      // Each try costs a page's fill, also the last.
      "a growing memory": [32 * (5 + 4_096) + 1, "value"],
      "a trap": [1, "trap"],
    },
  );
});

test("exactly enough ends well, one less does not", (withEngine) =>
  withEngine(async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const [used] = burn(probe(engine, cell), (work) => work.sum(99), 100_000);
    ok(used !== undefined && used > 99);
    const sum = (fuel: number) =>
      burn(probe(engine, cell), (work) => work.sum(99), fuel);
    deepStrictEqual(sum(used), [used, "value"]);
    deepStrictEqual(sum(used - 1)[1], "fuel");
    for (const odd of [0, -1, 0.5, NaN, -Infinity]) {
      deepStrictEqual(sum(odd), [0, "fuel"]);
    }
    for (const odd of [Infinity, 2 ** 80, used + 0.5]) {
      deepStrictEqual(sum(odd), [used, "value"]);
    }
  }));

test("each call is given its own", (withEngine) =>
  withEngine(async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const probed = probe(engine, cell);
    const first = burn(probed, (work) => work.sum(50), 1_000);
    deepStrictEqual(burn(probed, (work) => work.sum(50), 1_000), first);
    strictEqual(first[1], "value");
    const twice = (work: Work) => [work.sum(50), work.sum(50)];
    strictEqual(burn(probed, twice, 2_000)[0], 2 * (first[0] ?? 0));
    strictEqual(burn(probed, () => 1, 10)[0], 0);
  }));

test("a caller pays for what it calls, and bounds it", (withEngine) =>
  withEngine(async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const inner = probe(engine, cell);
    let innerUsed: number | undefined = 0;
    const relay = (fuel: number, innerFuel?: number) => {
      const outer = probe(engine, cell, () => {
        inner.instance.guard(LONG_MS, () => inner.work.sum(1_000), innerFuel);
        innerUsed = inner.instance.fuelUsed();
        return 0;
      });
      return burn(outer, (work) => work.relay(0), fuel);
    };
    const alone = burn(
      probe(engine, cell),
      (work) => work.relay(0),
      100_000_000,
    );
    const [used] = relay(100_000_000);
    ok(alone[0] !== undefined && innerUsed !== undefined && innerUsed > 1_000);
    strictEqual(used, alone[0] + innerUsed);
    strictEqual(inner.instance.ended === undefined, true);
    // The inner call asks for more than its caller has left.
    const [spent, end] = relay(5_000, 1_000_000);
    strictEqual(inner.instance.ended?.kind, "fuel");
    strictEqual(end, "fuel");
    ok(spent !== undefined && spent <= 5_000 && innerUsed < 5_000);
  }));

test("calls of cells share one stack", (withEngine) =>
  withEngine(async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const depthOf = (job: () => Probe) => burn(job(), (w) => w.recurse(), 1e9);
    const alone = depthOf(() => probe(engine, cell));
    let nested: typeof alone | undefined;
    const outer = probe(engine, cell, () => {
      nested = depthOf(() => probe(engine, cell));
      return 0;
    });
    strictEqual(burn(outer, (work) => work.relay(0), 1e9)[1], "value");
    ok(nested !== undefined);
    deepStrictEqual([alone[1], nested[1]], ["stack", "stack"]);
    const [deep, less] = [alone[0] ?? 0, nested[0] ?? 0];
    ok(less < deep && less > deep * 0.9, `${less} of ${deep}`);
  }));

test("code at instantiation has its own fuel", (withEngine) =>
  withEngine(async (engine) => {
    const start = `(func $begin (drop (call $sum (i32.const 1000))))
      (start $begin)`;
    const cell = await compile(engine, await componentOf(probeText({ start })));
    const enough = { ...LIMITS, startFuel: 20_000 };
    const instance = Effect.runSync(
      engine.instantiate(cell, grants(), enough),
    );
    ok((instance.fuelUsed() ?? 0) > 1_000);
    const error = await refusalOf(
      engine.instantiate(cell, grants(), { ...LIMITS, startFuel: 1_000 }),
    );
    ok(error instanceof CellTrap);
    strictEqual(error.kind, "fuel");
  }));

test("control: without metering no fuel is counted", (withEngine) =>
  withEngine(async (engine) => {
    const cell = await compile(engine, await componentOf(probeText()));
    const probed = probe(engine, cell);
    const answer = probed.instance.guard(LONG_MS, () => probed.work.sum(10), 0);
    deepStrictEqual(answer, { ok: true, value: 55 });
    strictEqual(probed.instance.fuelUsed(), undefined);
    strictEqual(call(probed, (work) => work.sum(1)).ok, true);
  }, false));
