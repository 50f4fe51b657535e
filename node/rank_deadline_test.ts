/**
 * A rank run never delays a hard cell: in virtual time, whatever machine this is.
 *
 * The clock goes on by the fuel that cells use, at the engine's fixed rate, and by what
 * nobody does anything in. So the real rank cell ranks a real graph beside a hard
 * cell that has a job in every epoch, and each run is the same, instruction by
 * instruction. The controls: the same run is late as soon as rank's steps are never
 * told to yield, and an endless step is ended.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Effect, Layer, type Scope } from "effect";
import { TestClock } from "effect/testing";
import { randomLinks } from "../conformance/cells/rank/random_links.ts";
import {
  authors,
  recordOf,
} from "../conformance/kernel/engine/golden_cells.ts";
import { fixture, OFTEN, SPIN } from "../conformance/kernel/cell/fixture.ts";
import {
  boot,
  type CellOptions,
  type KernelFactory,
  LOG,
  SCHEDULING,
  type World,
} from "../conformance/kernel/cell/world.ts";
import { type CellInstance, Engine } from "../kernel/engine/engine.ts";
import { FUEL_PER_MS } from "../kernel/engine/limits.ts";
import { v8Engine } from "../kernel/engine/v8/engine.ts";
import { Platform } from "../kernel/host/platform.ts";
import { v8Threads } from "../kernel/host/v8_threads.ts";
import { Kernel } from "../kernel/kernel.ts";
import { EPOCH_MS } from "../kernel/limits.ts";
import {
  bindings,
  graphAuthors,
  graphReads,
  halGpu,
  rankExplanations,
  rankMeasures,
  rankRanks,
} from "../wit/gen/mod.ts";
import { builtComponent } from "./testing/components.ts";

const PARTICLES = 1_000;
const LINKS = randomLinks(41, PARTICLES, 6_000).map((link) => ({
  ...link,
  weight: link.weight < 0n ? -link.weight : link.weight,
}));
const EPOCHS_MAX = 20_000;

/** A record that grows. */
interface Growing {
  links: typeof LINKS;
}

/** Virtual time that cells have used, by their fuel. */
class FuelClock {
  #spent = 0;
  readonly #running: CellInstance[] = [];

  get ms(): number {
    return (this.#spent + (this.#running[0]?.fuelUsed() ?? 0)) / FUEL_PER_MS;
  }

  /** Counts what is used in calls of the instance; nested ones are in their caller's. */
  watch(instance: CellInstance): CellInstance {
    const guard = instance.guard.bind(instance);
    instance.guard = (limitMs, job, fuel) => {
      this.#running.push(instance);
      try {
        return guard(limitMs, job, fuel);
      } finally {
        this.#running.pop();
        if (this.#running.length === 0) this.#spent += instance.fuelUsed() ?? 0;
      }
    };
    return instance;
  }
}

/** A kernel whose time is fuel, over a record of links. */
function factoryOver(clock: FuelClock, graph: Growing): KernelFactory {
  const engine = Layer.effect(
    Engine,
    Effect.map(Engine, (inner) => ({
      ...inner,
      instantiate: (...given: Parameters<typeof inner.instantiate>) =>
        Effect.map(inner.instantiate(...given), (one) => clock.watch(one)),
    })),
  ).pipe(Layer.provide(v8Engine({ ...v8Threads, mode: "fuel" })));
  const platform = Layer.effect(
    Platform,
    Effect.map(Platform, (real) =>
      Platform.of({
        ...real,
        monotonicMs: () => real.monotonicMs() + clock.ms,
      })),
  );
  const links = new Map<string, unknown>([
    [
      graphReads.name,
      recordOf(
        () => graph.links,
        PARTICLES,
        () => BigInt(graph.links.length),
      ),
    ],
    [graphAuthors.name, authors],
    // For the control: nobody is ever told to yield.
    [SCHEDULING, { shouldYield: () => false }],
  ]);
  return (options) =>
    Kernel.layer({
      ...options,
      contracts: new Map([...options.contracts, ...bindings]),
      drivers: new Map([["links", links]]),
    }).pipe(Layer.provide(engine), Layer.provide(platform));
}

function rankCell(scheduling: "kernel" | "driver:links"): CellOptions {
  return {
    bytes: builtComponent("rank"),
    budgetMs: 2,
    memoryMib: 256,
    callMs: 1_000,
    grants: new Map([
      [LOG, "kernel"],
      [SCHEDULING, scheduling],
      ["karyon:kernel/clock@0.1.0", "kernel"],
      ["karyon:kernel/snapshots@0.1.0", "kernel"],
      [graphReads.name, "driver:links"],
      [graphAuthors.name, "driver:links"],
      [halGpu.name, "none"],
    ]),
  };
}

const hardCell: CellOptions = {
  class: "hard",
  budgetMs: 1,
  knobs: { step: OFTEN },
};

/** Runs `body` beside a hard cell in a kernel whose time is fuel. */
function beside(
  others: Readonly<Record<string, CellOptions>>,
  graph: Growing,
  body: (
    world: World,
    clock: FuelClock,
  ) => Effect.Effect<void, unknown, Scope.Scope>,
): Promise<void> {
  const clock = new FuelClock();
  return Effect.runPromise(
    Effect.scoped(Effect.gen(function* () {
      const cells = { hard: hardCell, ...others };
      const world = yield* boot(factoryOver(clock, graph), cells);
      yield* world.pass(0);
      yield* body(world, clock);
      deepStrictEqual(world.platform.panics, []);
    })).pipe(Effect.provide(TestClock.layer({ warningDelay: "1 minute" }))),
  );
}

/** Passes epochs until the rank is of all links and confirmed. */
const ranked = Effect.fnUntraced(function* (world: World, links: number) {
  const ranks = world.kernel.connect("rank", rankRanks);
  for (let epoch = 0; epoch < EPOCHS_MAX; epoch++) {
    yield* world.pass(EPOCH_MS);
    const standing = yield* ranks.status();
    if (standing.tag === "err") continue;
    if (standing.val.links === BigInt(links) && standing.val.confirmed) return;
  }
  throw new Error(`no rank of ${links} links after ${EPOCHS_MAX} epochs`);
});

Deno.test("rank: no job of a hard cell is late over a ranking, increments, karma, an explanation and a mode", () => {
  const graph: Growing = { links: LINKS.slice(0, 5_500) };
  return beside(
    { rank: rankCell("kernel") },
    graph,
    (world, clock) =>
      Effect.gen(function* () {
        const hard = world.slot("hard");
        const explanations = world.kernel.connect("rank", rankExplanations);
        const measures = world.kernel.connect("rank", rankMeasures);
        for (const links of [5_500, 5_501, 6_000]) {
          graph.links = LINKS.slice(0, links);
          yield* ranked(world, links);
        }
        yield* explanations.explain(LINKS[0]!.origin, 10);
        yield* measures.position(new Uint32Array());
        yield* world.pass(500);
        const karma = yield* measures.karma(Uint32Array.of(0), 1);
        const mode = yield* measures.position(new Uint32Array());
        ok(karma.tag === "ok" && karma.val?.links === 6_000n);
        ok(mode.tag === "ok" && mode.val.tag === "computed");
        const { calls, meter: { missed } } = hard;
        const rankMs = clock.ms;
        ok(
          rankMs > 100 * EPOCH_MS,
          `${rankMs} ms of ranking are not many epochs`,
        );
        ok(calls > rankMs / EPOCH_MS / 2, `${calls} jobs in ${rankMs} ms`);
        strictEqual(missed, 0, `${missed} of ${calls} jobs were late`);
        deepStrictEqual(world.states, ["hard running", "rank running"]);
      }),
  );
});

Deno.test("rank: control: without being told to yield the same ranking makes jobs late", () => {
  const graph: Growing = { links: LINKS };
  return beside(
    { rank: rankCell("driver:links") },
    graph,
    (world) =>
      Effect.gen(function* () {
        yield* ranked(world, LINKS.length);
        const { missed, missedMaxMs } = world.slot("hard").meter;
        ok(missed > 0, "no job was late");
        ok(missedMaxMs > EPOCH_MS, `late by ${missedMaxMs} ms at most`);
      }),
  );
});

Deno.test("rank: control: a step beside it that never ends is ended, and the ranking goes on", async () => {
  const graph: Growing = { links: LINKS.slice(0, 500) };
  const spinner = await fixture("leaf", { step: SPIN });
  const cells = {
    rank: rankCell("kernel"),
    spinner: { bytes: spinner, budgetMs: 2 },
  };
  await beside(cells, graph, (world) =>
    Effect.gen(function* () {
      yield* world.pass(3_000);
      const [epitaph] = world.slot("spinner").epitaphs;
      strictEqual(epitaph?.kind, "fuel");
      strictEqual(epitaph?.during, "background.step");
      ok(world.slot("hard").meter.missed > 0);
      yield* ranked(world, 500);
    }));
});
