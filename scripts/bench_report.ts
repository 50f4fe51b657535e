/**
 * What every benchmark prints: figures beside their yardsticks, and the goal.
 *
 * A benchmark is a list of sections; a section measures one thing in one unit.
 * Each line is a figure of Karyon or a yardstick that was measured in the same
 * run; every figure of Karyon is also printed as a multiple of each yardstick.
 * A missed goal is printed as missed; it does not fail the command.
 *
 * Deliberately absent: measuring (bench_timing.ts).
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";

export type Unit = "ns" | "us" | "ms" | "%" | "MiB" | "octets";

export interface Line {
  readonly name: string;
  readonly value: number;
  /** Heading of the column of multiples that this yardstick gets. */
  readonly yardstick?: string;
  /** What the figure was made from. */
  readonly detail?: string;
}

/** Fewer is better: the goal is met by `limit` or less. */
export interface Goal {
  /** Name of the line that is judged. */
  readonly line: string;
  readonly limit: number;
}

export interface Section {
  readonly title: string;
  readonly unit: Unit;
  readonly lines: readonly Line[];
  readonly goals?: readonly Goal[];
  /** What a reader has to know to read the figures right. */
  readonly notes?: readonly string[];
}

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly deno: string;
  readonly v8: string;
  /** Processes that wanted to run in the last minute, before this one. */
  readonly load: number;
}

export interface Options {
  readonly json: boolean;
  readonly rounds: number;
}

export interface Judged extends Goal {
  readonly value: number;
  readonly isMet: boolean;
}

export function judge(section: Section): Judged[] {
  return (section.goals ?? []).map((goal) => {
    const judged = section.lines.find(({ name }) => name === goal.line);
    if (judged === undefined) {
      throw new Error(`${section.title} has no line "${goal.line}"`);
    }
    // A figure that is not a number meets nothing.
    return { ...goal, value: judged.value, isMet: judged.value <= goal.limit };
  });
}

/** The sections as a table, without colours: it is pasted into documents. */
export function table(section: Section): string {
  const yardsticks = section.lines.flatMap(({ yardstick, value }) =>
    yardstick === undefined ? [] : [{ yardstick, value }]
  );
  const heads = ["", section.unit, ...yardsticks.map((one) => one.yardstick)];
  const rows = section.lines.map(({ name, value, yardstick }) => [
    name,
    figure(value),
    ...yardsticks.map((one) =>
      yardstick === one.yardstick ? "1" : multiple(value / one.value)
    ),
  ]);
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => (row[column] ?? "").length))
  );
  const text = (row: readonly string[], detail = "") =>
    [
      ...row.map((cell, column) =>
        column === 0
          ? cell.padEnd(widths[0] ?? 0)
          : cell.padStart(widths[column] ?? 0)
      ),
      detail,
    ].join("  ").trimEnd();
  return [
    section.title,
    `  ${text(heads)}`,
    ...rows.map((row, at) => `  ${text(row, section.lines[at]?.detail)}`),
    ...judge(section).map((goal) => `  ${verdict(goal, section.unit)}`),
    ...(section.notes ?? []).map((note) => `  (${note})`),
  ].join("\n");
}

function verdict({ line, limit, value, isMet }: Judged, unit: Unit): string {
  const said = isMet ? "met" : "MISSED";
  return `goal ${said}: ${line} ${figure(value)} ${unit}, at most ${limit}`;
}

/** Three digits that count. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1_000) {
    return Math.round(value).toLocaleString("en-US");
  }
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

function multiple(ratio: number): string {
  if (!Number.isFinite(ratio)) return "-";
  return `x ${ratio >= 0.01 ? figure(ratio) : ratio.toPrecision(2)}`;
}

export function heading(
  bench: string,
  machine: Machine,
  options: Options,
): string {
  const { cores, processor, deno, v8, load } = machine;
  return `bench:${bench}  ${cores} cores (${processor}), Deno ${deno}, V8 ${v8}
medians of ${options.rounds} rounds; the load before it was ${figure(load)}`;
}

/** Reads the command line; prints the manual and ends if asked, or if wrong. */
export function readOptions(manual: string, rounds: number): Options {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: {
        json: { type: "boolean", default: false },
        rounds: { type: "string", default: String(rounds) },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(manual);
      Deno.exit(0);
    }
    return { json: values.json, rounds: roundsOf(values.rounds) };
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error(manual);
    Deno.exit(2);
  }
}

const ROUNDS_MAX = 1_000;

export function roundsOf(text: string): number {
  const rounds = /^\d+$/.test(text) ? Number(text) : 0;
  if (rounds >= 1 && rounds <= ROUNDS_MAX) return rounds;
  throw new Error(`--rounds is 1 to ${ROUNDS_MAX}, not "${text}"`);
}

export function thisMachine(): Machine {
  return {
    cores: navigator.hardwareConcurrency,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    load: Deno.loadavg()[0] ?? 0,
  };
}

/** Prints a whole benchmark. `machine` was asked before it began. */
export function print(
  bench: string,
  machine: Machine,
  options: Options,
  sections: readonly Section[],
): void {
  if (options.json) {
    const judged = sections.map((section) => ({
      ...section,
      goals: judge(section),
    }));
    const { rounds } = options;
    const whole = { bench, machine, rounds, sections: judged };
    console.log(JSON.stringify(whole, null, 2));
    return;
  }
  console.log(heading(bench, machine, options));
  for (const section of sections) console.log(`\n${table(section)}`);
}
