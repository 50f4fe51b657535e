/**
 * What the page tells the task, and how the task tells it to people.
 */
import { Option, Schema } from "effect";
import type { Golden } from "../../conformance/kernel/engine/golden.ts";

/** The suite could not be run, or not to its end. */
export class Unfinished extends Error {}

/** What the page compares its own golden runs with. */
export interface Expectations {
  readonly runs: Readonly<Record<string, Golden>>;
  /** Hash of what compiling made, by its key in the cache. */
  readonly codes: Readonly<Record<string, string>>;
}

/** One message from the page. */
export const Report = Schema.Union([
  /** The cases of this page, before the first of them runs. */
  Schema.Struct({
    kind: Schema.Literal("plan"),
    agent: Schema.String,
    names: Schema.Array(Schema.String),
  }),
  Schema.Struct({
    kind: Schema.Literal("case"),
    name: Schema.String,
    ms: Schema.Finite,
    /** Why it failed; absent if it passed. */
    error: Schema.optionalKey(Schema.String),
    /** Why it was left out; absent if it ran. */
    skipped: Schema.optionalKey(Schema.String),
  }),
  /** The last page is through. */
  Schema.Struct({ kind: Schema.Literal("done") }),
  /** The page itself does not work. */
  Schema.Struct({ kind: Schema.Literal("broken"), reason: Schema.String }),
]);
export type Report = typeof Report.Type;

export interface Case {
  readonly name: string;
  readonly ms: number;
  readonly error?: string;
  readonly skipped?: string;
}

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Report));

/** Nothing if the text is not a report. */
export function reportOf(text: string): Report | undefined {
  return Option.getOrUndefined(decode(text));
}

/** One case as a line of the Test Anything Protocol, its error below. */
export function tapLine(
  number: number,
  { name, ms, error, skipped }: Case,
): string {
  const result = error === undefined ? "ok" : "not ok";
  const text = name.replaceAll("#", "\\#").replaceAll("\n", " ");
  const note = skipped === undefined
    ? `${Math.round(ms)} ms`
    : `SKIP ${skipped.replaceAll("\n", " ")}`;
  const line = `${result} ${number} - ${text} # ${note}`;
  if (error === undefined) return line;
  return [line, ...error.split("\n").map((part) => `  # ${part}`)].join("\n");
}

/** Suites and what came of them, as a Markdown table; the agent above it. */
export function tableOf(agent: string, cases: readonly Case[]): string {
  const suites = Map.groupBy(
    cases,
    ({ name }) => /^(.+?): /.exec(name)?.[1] ?? "a page without isolation",
  );
  const wishes = (agent.includes("Firefox/") ? " --browser firefox" : "") +
    (suites.has("web/gpu") ? " --gpu" : "");
  const rows = [...suites].map(([suite, some]) => {
    const failed = some.filter(({ error }) => error !== undefined).length;
    const skipped = some.filter(({ skipped }) => skipped !== undefined).length;
    const passed = some.length - failed - skipped;
    return `| ${[suite, passed, failed, skipped].join(" | ")} |`;
  });
  return [
    "# Suites in a page",
    "",
    `Made by \`deno task --quiet suite:browser${wishes} --table\`; in`,
    `${agent}.`,
    "",
    "| suite | passed | failed | left out |",
    "| ----- | ------ | ------ | -------- |",
    ...rows,
  ].join("\n");
}

export interface Summary {
  readonly agent: string;
  readonly passed: number;
  readonly failed: number;
  /** Left out with a reason. */
  readonly skipped: number;
  /** Planned, and never told of. */
  readonly missing: readonly string[];
}

/** What came of a run, whatever order the reports came in. */
export class Tally {
  readonly cases: Case[] = [];
  readonly #planned: string[] = [];
  agent = "";

  plan(agent: string, names: readonly string[]): void {
    this.agent = agent;
    this.#planned.push(...names);
  }

  add(one: Case): number {
    return this.cases.push(one);
  }

  get summary(): Summary {
    const failed = this.cases.filter(({ error }) => error !== undefined).length;
    const told = this.cases.map(({ name }) => name);
    const missing = this.#planned.filter((name) => !told.includes(name));
    const skipped = this.cases.filter(({ skipped }) => skipped !== undefined)
      .length;
    const passed = this.cases.length - failed - skipped;
    return { agent: this.agent, passed, failed, skipped, missing };
  }
}
