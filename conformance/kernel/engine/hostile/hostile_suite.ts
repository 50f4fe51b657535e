/**
 * Hostile cells against an engine: each ends as a fault of itself alone.
 *
 * Plan. One engine and one neighbour live through the whole corpus; every cell
 * is one step, named after its wrongness.
 *
 * - values, memory, handles, endless: a call reveals it. It ends with exactly
 *   the kind said, or gives what the rules let it give; the end is final;
 *   nothing comes out of the guard; the neighbour and a sibling of the same
 *   component answer rightly afterwards; the host's heap grows by less than
 *   `HEAP_GROWTH_MAX`. Control: the same component told to behave.
 * - start: ends while it is made. Control: another start function.
 * - refused: is not loaded. Control: the same octets without the lie.
 *
 * Deliberately absent: random octets (refusals.ts) and instructions (the
 * official core suite).
 */
import { Effect, type Layer } from "effect";
import type { InterfaceBinding } from "../../../../wit/abi/binding.ts";
import { Engine } from "../../../../kernel/engine/engine.ts";
import type { Stop } from "../engine_suite.ts";
import type { EngineShape } from "../fixture.ts";
import { Judge } from "./judge.ts";
import { ALLOCATOR } from "./allocator.ts";
import { BRIM } from "./brim.ts";
import { ENDLESS } from "./endless.ts";
import { HANDLES, nothingIsLeft } from "./handles.ts";
import { judgeLoad, judgeOdd, LOADS, ODD } from "./loads.ts";
import { judgeStart, STARTS } from "./start.ts";
import { VALUES } from "./values.ts";
import { contracts, WORK } from "./world.ts";

/** Bindings of the resources that the corpus exports, for the engine. */
export type Exported = ReadonlyMap<string, InterfaceBinding<unknown>>;

export function hostileSuite(
  name: string,
  layerWith: (exported: Exported) => Layer.Layer<Engine, unknown>,
  stop: Stop = "deadline",
): void {
  Deno.test(`${name}: hostile cells`, async (t) => {
    const { work } = await contracts();
    const layer = layerWith(new Map([[WORK, work.binding]]));
    const corpus = async (engine: EngineShape) => {
      const judge = await Judge.of(engine, stop);
      {
        for (
          const hostile of [...VALUES, ...ALLOCATOR, ...HANDLES, ...ENDLESS]
        ) {
          await t.step(hostile.name, () => judge.judge(hostile));
        }
      }
      await t.step("what they owned has gone back", nothingIsLeft);
      for (const start of STARTS) {
        await t.step(start.name, () => judgeStart(judge, start));
      }
      for (const load of LOADS) {
        await t.step(load.name, () => judgeLoad(judge, load));
      }
      for (const odd of ODD) {
        await t.step(odd.name, () => judgeOdd(judge, odd));
      }
      for (const claim of BRIM) {
        await t.step(claim.name, () => claim.judge(judge));
      }
    };
    await Effect.runPromise(
      Effect.gen(function* () {
        const engine = yield* Engine;
        yield* Effect.promise(() => corpus(engine));
      }).pipe(Effect.provide(layer)),
    );
  });
}
