/** Every suite for drivers, with what shows that it notices. */
import { BLOCK_SUITE } from "./block/block_suite.ts";
import { BLOCK_MUTANTS } from "./block/mutants.ts";
import { REFERENCE } from "./block/reference.ts";
import { DMA_SUITE } from "./dma/dma_suite.ts";
import { DMA_MUTANTS } from "./dma/mutants.ts";
import { REFERENCE as DMA_REFERENCE } from "./dma/reference.ts";
import { ENTROPY_SUITE } from "./entropy/entropy_suite.ts";
import { ENTROPY_MUTANTS } from "./entropy/mutants.ts";
import { SEEDED, UNPREDICTABLE } from "./entropy/reference.ts";
import { GPU_SUITE } from "./gpu/gpu_suite.ts";
import { GPU_MUTANTS } from "./gpu/mutants.ts";
import { REFERENCE as GPU_REFERENCE } from "./gpu/reference.ts";
import { IRQ_SUITE } from "./irq/irq_suite.ts";
import { IRQ_MUTANTS } from "./irq/mutants.ts";
import { REFERENCE as IRQ_REFERENCE } from "./irq/reference.ts";
import { MMIO_SUITE } from "./mmio/mmio_suite.ts";
import { MMIO_MUTANTS } from "./mmio/mutants.ts";
import { REFERENCE as MMIO_REFERENCE } from "./mmio/reference.ts";
import { NET_MUTANTS } from "./net/mutants.ts";
import { NET_SUITE } from "./net/net_suite.ts";
import { REFERENCE as NET_REFERENCE } from "./net/reference.ts";
import { NPU_MUTANTS } from "./npu/mutants.ts";
import { NPU_SUITE } from "./npu/npu_suite.ts";
import { REFERENCE as NPU_REFERENCE } from "./npu/reference.ts";
import type { Fixture, Subject, Suite } from "./suite/case.ts";
import {
  REFERENCE as TIMER_REFERENCE,
  TIMER_MUTANTS,
} from "./timer/mutants.ts";
import { TIMER_SUITE } from "./timer/timer_suite.ts";
import { type Caught, caughtBy, type Mutant } from "./suite/mutation.ts";
import { type Run, type RunOptions, runSuite } from "./suite/run.ts";

/** A suite whose fixtures are known to itself only. */
export interface AnySuite {
  readonly contract: string;
  readonly wit: string;
  readonly about: string;
  readonly cases: ReadonlyArray<
    { readonly group: string; readonly claim: string; readonly promise: string }
  >;
  /** Runs it on what a driver's module exports as its subject. */
  run(subject: AnySubject, options: RunOptions): Promise<Run>;
  /** Runs it on sound devices without any driver, one after another. */
  runOnReferences(options: RunOptions): Promise<ReadonlyArray<Run>>;
  readonly mutants: ReadonlyArray<{
    readonly name: string;
    readonly breaks: string;
    caught(seed: number): Promise<Caught>;
  }>;
}

/** What a module exports as `subject`, as far as can be told from outside. */
export interface AnySubject {
  readonly contract: string;
  make(): unknown;
  absent?(): string | undefined | Promise<string | undefined>;
  end?(): void | Promise<void>;
}

/** Whether it is a subject for some suite. */
export function isSubject(value: unknown): value is AnySubject {
  return typeof value === "object" && value !== null &&
    "contract" in value && typeof value.contract === "string" &&
    "make" in value && typeof value.make === "function" &&
    (!("absent" in value) || typeof value.absent === "function") &&
    (!("end" in value) || typeof value.end === "function");
}

export const SUITES: ReadonlyArray<AnySuite> = [
  suite(BLOCK_SUITE, [REFERENCE], BLOCK_MUTANTS),
  suite(DMA_SUITE, [DMA_REFERENCE], DMA_MUTANTS),
  suite(ENTROPY_SUITE, [UNPREDICTABLE, SEEDED], ENTROPY_MUTANTS),
  suite(GPU_SUITE, [GPU_REFERENCE], GPU_MUTANTS),
  suite(IRQ_SUITE, [IRQ_REFERENCE], IRQ_MUTANTS),
  suite(MMIO_SUITE, [MMIO_REFERENCE], MMIO_MUTANTS),
  suite(NET_SUITE, [NET_REFERENCE], NET_MUTANTS),
  suite(NPU_SUITE, [NPU_REFERENCE], NPU_MUTANTS),
  suite(TIMER_SUITE, [TIMER_REFERENCE], TIMER_MUTANTS),
];

function suite<F extends Fixture>(
  suite: Suite<F>,
  references: readonly [Subject<F>, ...Subject<F>[]],
  mutants: ReadonlyArray<Mutant<F>>,
): AnySuite {
  const { contract, wit, about, cases } = suite;
  const fits = (subject: AnySubject): subject is Subject<F> =>
    subject.contract === contract;
  return {
    contract,
    wit,
    about,
    cases,
    run(subject, options) {
      if (!fits(subject)) {
        throw new Error(`the subject is for ${subject.contract}`);
      }
      return runSuite(suite, subject, options);
    },
    async runOnReferences(options) {
      const runs: Run[] = [];
      for (const one of references) {
        runs.push(await runSuite(suite, one, options));
      }
      return runs;
    },
    mutants: mutants.map((mutant) => ({
      name: mutant.name,
      breaks: mutant.breaks,
      caught: (seed) =>
        caughtBy(
          cases,
          references[mutant.on ?? 0] ?? references[0],
          mutant,
          seed,
        ),
    })),
  };
}
