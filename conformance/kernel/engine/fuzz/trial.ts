/**
 * One module in all its forms, and the jobs that show whether they do the same.
 *
 * The form with fuel goes first: it ends whatever the module does, and tells
 * which calls end by themselves. The other forms are asked for these only.
 */
import { encodeBase64 } from "./base64.ts";
import type { CheckMode } from "../../../../kernel/engine/rewriter/checks.ts";
import { STACK_OCTETS_MAX } from "../../../../kernel/engine/limits.ts";
import { rewrite } from "../../../../kernel/engine/rewriter/rewrite.ts";
import { callsOf, reentriesOf } from "./calls.ts";
import { type Call, type Job, NAMES, type Outcome } from "./job.ts";
import type { Chance } from "./mutate.ts";
import { takeApart } from "./parts.ts";
import { ENTRIES_MAX, PAGES_MAX, SHOWN } from "./shape.ts";
import type { Octets } from "./sources.ts";
import type { ImportNeed } from "./surface.ts";

/** Of one call: some tens of milliseconds where nothing stops it. */
export const FUEL = 1_000_000;

type Form = Pick<Job, "octets" | "memories" | "hasCountdown">;
export type FormName = "plain" | CheckMode;

/** What a job is there for. */
export type Role =
  | "first"
  | "again"
  | "ended"
  | "plain"
  | "none"
  | "trap"
  | "park"
  | "late"
  | "halted"
  | "exact"
  | "less"
  | "some";

export interface Asked {
  readonly role: Role;
  readonly job: Job;
}

export interface Trial {
  readonly octets: Octets;
  readonly forms: Readonly<Record<FormName, Form>>;
  readonly imports: readonly ImportNeed[];
  readonly calls: readonly Call[];
  readonly shown: readonly string[];
  /** Whether it can catch; then stack may be given back late. */
  readonly hasCatches: boolean;
  /** Between 0 and 1: which step gets less fuel, and how much. */
  readonly at: number;
  readonly part: number;
}

export function rewrittenFor(octets: Uint8Array, mode: CheckMode) {
  return rewrite(octets, {
    mode,
    memoryPagesMax: PAGES_MAX,
    tableEntriesMax: ENTRIES_MAX,
    refuse: new Set(["relaxed-simd"]),
    ...(mode === "fuel" ? { stackOctetsMax: STACK_OCTETS_MAX } : {}),
  });
}

/** `octets` must be valid and shaped. Throws a `ModuleRefusal`. */
export function trialOf(octets: Octets, chance: Chance): Trial {
  const { surface, bodies } = takeApart(octets);
  const form = (mode: CheckMode): Form => {
    const { octets: made, memories, hasCountdown } = rewrittenFor(octets, mode);
    return {
      octets: encodeBase64(made),
      memories: memories.map(({ minimum, maximum, is64 }) => ({
        minimum,
        maximum,
        is64,
      })),
      hasCountdown,
    };
  };
  return {
    octets,
    forms: {
      plain: {
        octets: encodeBase64(octets),
        memories: [],
        hasCountdown: false,
      },
      none: form("none"),
      trap: form("trap"),
      park: form("park"),
      fuel: form("fuel"),
    },
    imports: surface.imports,
    calls: callsOf(surface, chance),
    shown: surface.exports.filter(({ name, kind }) =>
      kind !== "function" && name.startsWith(SHOWN)
    ).map(({ name }) => name),
    hasCatches: bodies.some(({ code }) =>
      code.some(({ name }) => name.startsWith("try"))
    ),
    at: chance(),
    part: chance(),
  };
}

function jobOf(
  trial: Trial,
  form: FormName,
  calls: number,
  more: Partial<Job> = {},
): Job {
  return {
    ...trial.forms[form],
    imports: trial.imports,
    calls: trial.calls.slice(0, calls),
    reentries: reentriesOf(trial.calls),
    shown: trial.shown,
    fuel: String(FUEL),
    stack: STACK_OCTETS_MAX,
    wantsTrail: false,
    names: NAMES,
    ...more,
  };
}

export function firstJob(trial: Trial): Asked {
  const calls = trial.calls.length;
  return {
    role: "first",
    job: jobOf(trial, "fuel", calls, { wantsTrail: true }),
  };
}

export const isCut = ({ text }: { readonly text: string }): boolean =>
  /^(stopped|overflow)/.test(text);

/** How many steps of an outcome ended by themselves. */
export function endedSteps({ steps }: Outcome): number {
  return steps.filter((step) => !isCut(step)).length;
}

/** The step that gets less fuel than it takes, or -1. */
export function starvedStep(trial: Trial, first: Outcome): number {
  const able = first.steps.map(({ used }, step) => ({ used, step }))
    .filter(({ used, step }) =>
      used !== "" && used !== "0" &&
      step < endedSteps(first)
    );
  return able[Math.floor(trial.at * able.length)]?.step ?? -1;
}

/** Everything else, when it is known which calls end. */
export function moreJobs(trial: Trial, first: Outcome): Asked[] {
  const asked: Asked[] = [
    { role: "again", job: jobOf(trial, "fuel", trial.calls.length) },
  ];
  const calls = endedSteps(first) - 1;
  if (first.steps.at(-1)?.text.startsWith("stopped")) {
    // It does not end for long: a check has to stop it where time is over.
    const late = first.steps.length - 1;
    // Recursion ends by the platform's bound too: its time is over at once.
    const isTimed = first.steps.at(-1)?.text === "stopped fuel";
    const job = jobOf(trial, "trap", late, { late, isTimed });
    asked.push({ role: "halted", job });
  }
  if (calls < 0) return asked;
  asked.push({ role: "ended", job: jobOf(trial, "fuel", calls) });
  for (const form of ["plain", "none", "trap", "park"] as const) {
    asked.push({ role: form, job: jobOf(trial, form, calls) });
  }
  const step = starvedStep(trial, first);
  const used = Number(first.steps[step]?.used ?? 0);
  if (step < 0) return asked;
  const starved: readonly [Role, number][] = [
    ["exact", used],
    ["less", used - 1],
    ["some", Math.floor(trial.part * used)],
  ];
  const late = jobOf(trial, "trap", step, { late: step });
  asked.push({ role: "late", job: late });
  for (const [role, fuel] of starved) {
    const only = { step, fuel: String(fuel) };
    asked.push({ role, job: jobOf(trial, "fuel", step, { only }) });
  }
  return asked;
}
