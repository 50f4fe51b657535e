/** What the benchmark of the scheduler prints. */
import { TICK_MS } from "../kernel/engine/limits.ts";
import type { Line, Section } from "./bench_report.ts";
import { type Undisturbed, WAITED_MS_MAX } from "./bench_sched_witness.ts";
import { quantile } from "./bench_timing.ts";

export interface Lateness {
  readonly slices: Overshoot;
  readonly stops: Overshoot;
  /** Until who called the hard spinner knew. */
  readonly told: number[];
  readonly timers: number[];
  readonly answered: number;
  /** Slices and stops, if somebody watched the machine. */
  readonly undisturbed: readonly Undisturbed[];
}

/** As the kernel counts it. */
export interface Overshoot {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

export function section(
  { slices, stops, told, timers, answered }: Lateness,
  workers: number[],
  goesOn: boolean,
): Section {
  const three = (name: string, values: readonly number[]): Line[] => [
    { name: `${name}, p50`, value: quantile(values, 0.5) },
    { name: `${name}, p99`, value: quantile(values, 0.99) },
    { name: `${name}, latest`, value: quantile(values, 1) },
  ];
  const counted = (name: string, { p50, p99, most }: Overshoot): Line[] => [
    { name: `${name}, p50`, value: p50 },
    { name: `${name}, p99`, value: p99 },
    { name: `${name}, latest`, value: most },
  ];
  const soft = "slice of a soft spinner";
  const hard = "job of the hard spinner";
  return {
    title: `Overshoot of deadlines, ${slices.count} slices and ` +
      `${stops.count} stops, ${answered} questions answered meanwhile`,
    unit: "ms",
    lines: [
      ...counted(soft, slices),
      ...counted(hard, stops),
      ...three("its caller, told of the stop", told),
      ...three("setTimeout beside them", timers).map((line, at) =>
        at === 1 ? { ...line, yardstick: "of setTimeout's p99" } : line
      ),
      ...three("plain worker, told to stop", workers).map((line, at) =>
        at === 1 ? { ...line, yardstick: "of a worker's p99" } : line
      ),
    ],
    goals: [
      { line: `${soft}, p99`, limit: 1 },
      { line: `${hard}, p99`, limit: 1 },
    ],
    notes: [
      `the ticker's period is ${TICK_MS} ms: 0 to ${TICK_MS} ms are the ` +
      "design; quantiles of slices and stops are within 7 %",
      "a plain worker in an endless loop, half a second after terminate: " +
      (goesOn ? "still runs" : "has ended"),
    ],
  };
}

/** What is left when the machine's part is left out. */
export function calm(undisturbed: readonly Undisturbed[]): Section {
  const names = ["slice of a soft spinner", "job of the hard spinner"];
  return {
    title: "Of these, those during which the two threads waited for a " +
      `processor ${WAITED_MS_MAX} ms at most`,
    unit: "ms",
    lines: undisturbed.flatMap(({ overshoot, mostMs, seen }, at): Line[] => [
      {
        name: `${names[at]}, p50`,
        value: overshoot.quantileUs(0.5) / 1_000,
        detail: `${overshoot.total} of ${seen}`,
      },
      {
        name: `${names[at]}, p99`,
        value: overshoot.quantileUs(0.99) / 1_000,
      },
      { name: `${names[at]}, latest`, value: mostMs },
    ]),
    goals: names.map((name) => ({ line: `${name}, p99`, limit: 1 })),
  };
}
