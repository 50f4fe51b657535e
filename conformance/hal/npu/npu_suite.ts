/**
 * What every driver of `karyon:hal/npu` must do. Names no implementation.
 *
 * Plan: each case holds one promise of wit/hal/npu/npu.wit and is named after it;
 * a case that wants a refusal breaks one rule and begins with a control in which
 * the same request is accepted whole. Models are written by `encode.ts`.
 * - behaviour: control (load, run), limits, what `inspect` says, outputs and inputs
 *   in any order, symbols, nothing that stays, models side by side, whose octets
 *   they are, whole numbers, unloading, names and tickets, `take` and `wait`, health
 * - behaviour, numerics: each operator in f32 against f64, within bounds that
 *   `numerics.ts` states; infinities; operators that only move; a small network
 * - refusals: one broken rule per case, the order of rules, the limits, full
 * - concurrency: as many requests as there is room for; random ones
 * - deadlines: cancelled and expired never act; what has begun overruns, keeps its
 *   place, and what it makes is released; `wait` has a bound
 * - recovery: a driver that dies ends everything once and refuses the rest
 * - hostile: octets that are no model, cut or changed ones, circles, huge shapes,
 *   wrong types, files outside; runs that cannot be carried out; division that the
 *   processor refuses
 *
 * Not here: the operator cases of the onnx package, which is not installed where
 * this was made; operators that not every driver has; how long anything takes,
 * which `profile` measures and nobody judges.
 */
import type { Measure, Suite } from "../suite/case.ts";
import { registerWhole } from "../suite/register.ts";
import { BEHAVIOUR } from "./behaviour.ts";
import {
  ADD,
  launch,
  loaded,
  type NpuFixture,
  type NpuSubject,
  outcomeOf,
  pair,
} from "./case.ts";
import { ENDS } from "./ends.ts";
import { HOSTILE } from "./hostile.ts";
import { NUMERICS } from "./numerics.ts";
import { REFUSALS } from "./refusals.ts";

export const NPU_SUITE: Suite<NpuFixture> = {
  contract: "npu",
  wit: "wit/hal/npu/npu.wit",
  about: "karyon:hal/npu@0.1.0: models, runs, refusals, deadlines, numerics",
  cases: [...BEHAVIOUR, ...NUMERICS, ...REFUSALS, ...ENDS, ...HOSTILE],
  profile: profileOf,
};

/** Registers the suite as one test of `driver`: libraries are slow to load. */
export function npuSuite(driver: string, subject: NpuSubject): void {
  registerWhole(driver, NPU_SUITE, subject);
}

const PROFILE_OPERATIONS = 200;

function profileOf(fixture: NpuFixture, nowUs: () => number): Measure[] {
  const { transferMax } = fixture.npu.describe().limits;
  const name = loaded(fixture, ADD);
  const some = new Array<number>(1024).fill(1);
  const most = new Array<number>(Math.floor(transferMax / 8)).fill(1);
  const acts: ReadonlyArray<readonly [string, number, () => unknown]> = [
    ["load", 0, () => {
      const outcome = outcomeOf(fixture, { tag: "load", val: ADD });
      if (outcome.tag === "made") fixture.npu.unload(outcome.val);
    }],
    ["run of 4 KiB", 12_288, running(fixture, name, some)],
    ["largest run", 12 * most.length, running(fixture, name, most)],
  ];
  return acts.map(([what, octets, act]) => {
    const times: number[] = [];
    for (let i = 0; i < PROFILE_OPERATIONS; i++) {
      const start = nowUs();
      act();
      times.push(nowUs() - start);
    }
    times.sort((a, b) => a - b);
    const at = (part: number) =>
      times[Math.min(times.length - 1, Math.floor(part * times.length))] ?? 0;
    return {
      what,
      operations: times.length,
      p50_us: at(0.5),
      p99_us: at(0.99),
      max_us: at(1),
      octets,
    };
  });
}

function running(
  fixture: NpuFixture,
  name: bigint,
  values: number[],
): () => unknown {
  const asked = launch(name, pair(values, values));
  return () => outcomeOf(fixture, asked);
}
