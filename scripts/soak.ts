/**
 * Hours of faults, swaps, kills and load: `deno task soak`.
 *
 * Ends with 0 if nothing leaked, no message or answered call was lost and no
 * admitted hard deadline was missed; with 1 otherwise.
 */
import { parseArgs } from "node:util";
import { figure } from "./bench_report.ts";
import { type Sample, soak, type SoakReport } from "./soak_run.ts";

const MANUAL = `Runs a kernel under random faults, swaps, kills and load.

usage: deno task soak [--minutes 60] [--seed N] [--json]

  --minutes N   so long, 0.05 to 1440
  --seed N      the order of events; printed, and chosen by the clock otherwise

Calls of cells that nobody harms must all be answered, and what they added must
be there; messages of a channel whose ends are replaced must come once each; the
jobs of a hard cell must end in their epoch. A job is late by the machine's doing
if, by the operating system's own count, the thread was ready to run and had no
processor for at least as long as the job was late; such ones are counted apart
(lateExcused). Where the system does not tell (no Linux), all are late. Memory and
generations that are still in memory are printed as they went. What grows in the
second half of a run of two minutes or more is a leak.
`;

/** Growth from the second to the last quarter that is no leak. */
const GROWTH_PART = 0.1;
const GROWTH_MIB = 16;
const GROWTH_GENERATIONS = 20;
const JUDGED_S = 120;
const CURVE_LINES = 12;

interface Asked {
  readonly minutes: number;
  readonly seed: number;
  readonly json: boolean;
}

/** What is wrong with a run; empty if nothing is. */
export function complaints(report: SoakReport): string[] {
  const late = report.late > 0
    ? [`${report.late} jobs of the hard cell were late`]
    : [];
  if (report.seconds < JUDGED_S) return late;
  const { samples } = report;
  const quarter = Math.floor(samples.length / 4);
  const before = samples.slice(quarter, 2 * quarter);
  const after = samples.slice(-quarter);
  const grown = (
    what: string,
    of: (sample: Sample) => number,
    room: number,
  ) => {
    const [from, to] = [before, after].map((part) => middle(part.map(of)));
    if (from === undefined || to === undefined) return [];
    return to - from > Math.max(room, GROWTH_PART * from)
      ? [`${what} grew from ${figure(from)} to ${figure(to)}`]
      : [];
  };
  return [
    ...late,
    ...grown("memory in MiB", (sample) => sample.rssMib, GROWTH_MIB),
    ...grown("the heap in MiB", (sample) => sample.heapMib, GROWTH_MIB),
    ...grown("octets outside in MiB", (each) => each.outsideMib, GROWTH_MIB),
    ...grown("generations", (each) => each.generations, GROWTH_GENERATIONS),
  ];
}

function middle(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

function print(report: SoakReport, wrong: readonly string[]): void {
  const { samples, worst, ...counts } = report;
  for (const [name, value] of Object.entries(counts)) {
    console.log(`${name.padEnd(20)} ${value.toLocaleString("en-US")}`);
  }
  for (const { lateMs, takenMs } of worst) {
    console.log(
      `late by ${figure(lateMs)} ms, of which the machine took ${
        figure(takenMs)
      }`,
    );
  }
  console.log("\n     s   rss MiB  heap MiB  outside MiB  generations");
  const step = Math.max(1, Math.floor(samples.length / CURVE_LINES));
  samples.forEach((sample, at) => {
    if (at % step !== 0 && at !== samples.length - 1) return;
    const { atS, rssMib, heapMib, outsideMib, generations } = sample;
    const cells = [atS, rssMib, heapMib, outsideMib, generations];
    const widths = [6, 8, 8, 11, 11];
    console.log(
      cells.map((value, column) => figure(value).padStart(widths[column] ?? 0))
        .join("  "),
    );
  });
  console.log(wrong.length === 0 ? "\nok" : `\nWRONG: ${wrong.join("; ")}`);
}

function readAsked(): Asked {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: {
        minutes: { type: "string", default: "60" },
        seed: { type: "string", default: String(Date.now() % 2 ** 31) },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(MANUAL);
      Deno.exit(0);
    }
    const minutes = Number(values.minutes);
    if (!(minutes >= 0.05 && minutes <= 1_440)) {
      throw new Error(`--minutes is 0.05 to 1440, not "${values.minutes}"`);
    }
    const seed = Number(values.seed);
    if (!Number.isSafeInteger(seed) || seed < 1) {
      throw new Error(`--seed is a whole number from 1, not "${values.seed}"`);
    }
    return { minutes, seed, json: values.json };
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error(MANUAL);
    Deno.exit(2);
  }
}

async function main(): Promise<number> {
  const { minutes, seed, json } = readAsked();
  if (!json) console.log(`soak of ${minutes} minutes, --seed ${seed}\n`);
  const report = await soak(minutes * 60, seed);
  const wrong = complaints(report);
  if (json) console.log(JSON.stringify({ ...report, wrong }, null, 2));
  else print(report, wrong);
  return wrong.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
