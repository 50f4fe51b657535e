/**
 * What every driver of `karyon:hal/gpu` must do. Names no implementation.
 *
 * Plan, after the way of gpuweb/cts: each case holds one promise of
 * wit/hal/gpu/gpu.wit and is named after it; a case that wants a refusal breaks
 * one rule, and a control beside it shows that the same request is accepted whole.
 * - behaviour: control (write, run, read), limits, zeros at first, writes, reads
 *   and copies and their neighbours, whose octets they are, order, groups in three
 *   dimensions, bindings that are unused or share a buffer, atomics, whole
 *   numbers, releasing, names and tickets, `take` and `wait`, health
 * - behaviour, numerics: saxpy, reduction, scan, sparse and dense products in f32,
 *   each within a bound that is stated and computed against f64
 * - refusals: one broken rule per case and kind of request, the order of rules,
 *   the limits, full; nothing has happened
 * - concurrency: as many requests as there is room for, each completes once with
 *   its own answer; random requests against a plain model
 * - deadlines: cancelled and expired never act; what has begun overruns, keeps
 *   its place, and what it makes is released; `wait` has a bound
 * - recovery: detaching, losing the device and killing the driver end everything
 *   under way once, health says so, attaching again brings an empty device
 * - hostile: sources that do not compile, bindings that do not fit, ranges too
 *   small for their types, indices outside of a range, ends of integer types
 *
 * Not here: a program that never ends, since it would go on in the machine that
 * runs the suite; how long anything takes is measured by `profile` and not judged.
 */
import type { Measure, Suite } from "../suite/case.ts";
import { registerWhole } from "../suite/register.ts";
import { BEHAVIOUR } from "./behaviour.ts";
import {
  buffer,
  done,
  type GpuFixture,
  type GpuSubject,
  launch,
  pattern,
  program,
  put,
  range,
  read,
} from "./case.ts";
import { CONCURRENCY } from "./concurrency.ts";
import { DEADLINES } from "./deadlines.ts";
import { FLOW } from "./flow.ts";
import { HOSTILE } from "./hostile.ts";
import { INCREMENT } from "./kernels/plain_kernels.ts";
import { LIMITS } from "./limits.ts";
import { NUMERICS } from "./numerics.ts";
import { PROGRAMS } from "./programs.ts";
import { RECOVERY } from "./recovery.ts";
import { REFUSALS } from "./refusals.ts";

export const GPU_SUITE: Suite<GpuFixture> = {
  contract: "gpu",
  wit: "wit/hal/gpu/gpu.wit",
  about: "karyon:hal/gpu@0.1.0: work, refusals, deadlines, losses, numerics",
  cases: [
    ...BEHAVIOUR,
    ...PROGRAMS,
    ...FLOW,
    ...NUMERICS,
    ...REFUSALS,
    ...LIMITS,
    ...CONCURRENCY,
    ...DEADLINES,
    ...RECOVERY,
    ...HOSTILE,
  ],
  profile: profileOf,
};

/** Registers the suite as one test of `driver`: devices are slow to attach. */
export function gpuSuite(driver: string, subject: GpuSubject): void {
  registerWhole(driver, GPU_SUITE, subject);
}

const PROFILE_OPERATIONS = 60;
const SMALL = 4096;

function profileOf(fixture: GpuFixture, nowUs: () => number): Measure[] {
  const { transferMax } = fixture.gpu.describe().limits;
  const most = pattern(transferMax, 1);
  const small = pattern(SMALL, 2);
  const name = buffer(fixture, transferMax);
  const increment = program(fixture, INCREMENT);
  const launched = launch(increment, [range(name, SMALL)], [16, 1, 1]);
  const acts: ReadonlyArray<[string, number, () => unknown]> = [
    ["dispatch of 16 groups", 0, () => done(fixture, launched)],
    ["write of 4 KiB", SMALL, () => put(fixture, name, 0, small)],
    ["read of 4 KiB", SMALL, () => read(fixture, name, SMALL)],
    ["largest write", transferMax, () => put(fixture, name, 0, most)],
    ["largest read", transferMax, () => read(fixture, name, transferMax)],
  ];
  return acts.map(([what, octets, act]) => {
    const took = Array.from({ length: PROFILE_OPERATIONS }, () => {
      const begun = nowUs();
      act();
      return nowUs() - begun;
    }).sort((a, b) => a - b);
    const rank = (share: number) =>
      took[Math.min(took.length - 1, Math.floor(share * took.length))] ?? 0;
    return {
      what,
      octets,
      operations: took.length,
      p50_us: rank(0.5),
      p99_us: rank(0.99),
      max_us: rank(1),
    };
  });
}
