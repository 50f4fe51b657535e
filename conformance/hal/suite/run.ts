/**
 * Runs a suite on a driver and says what became of each case.
 *
 * Every case gets a fixture of its own, which is given back whatever happens. A
 * case that does not end within `CASE_MS_MAX` has failed; one that blocks its
 * thread cannot be ended from here. Expectations turn a known failure into an
 * expected one, and a pass that was not expected into a failure.
 */
import {
  type Case,
  caseId,
  type Fixture,
  LeftOut,
  type Measure,
  type Subject,
  type Suite,
  type Trial,
} from "./case.ts";
import type { Expectation, Expectations } from "./expectations.ts";

export const CASE_MS_MAX = 60_000;
const EVIDENCE_CHARS_MAX = 4000;

export type Verdict =
  | "passed"
  | "failed"
  | "left-out"
  /** Failed, and the expectations say why that is known. */
  | "known-failure"
  /** Passed, and the expectations say that it fails. */
  | "unexpected-pass";

export interface Result {
  readonly id: string;
  readonly group: string;
  readonly claim: string;
  readonly promise: string;
  readonly verdict: Verdict;
  /** What was seen, where the case failed. */
  readonly evidence?: string;
  /** Why it was left out, or why the failure is known. */
  readonly reason?: string;
  readonly link?: string;
  readonly ms: number;
}

export interface RunOptions {
  readonly seed: number;
  /** Only the cases whose id has this in it. */
  readonly only?: string | undefined;
  readonly expectations?: Expectations;
  readonly profile?: boolean;
  readonly nowMs: () => number;
  readonly onResult?: (result: Result, index: number, total: number) => void;
}

export interface Run {
  readonly results: ReadonlyArray<Result>;
  readonly profile: ReadonlyArray<Measure>;
}

/** The verdicts that make a run red. */
export function isRed(verdict: Verdict): boolean {
  return verdict === "failed" || verdict === "unexpected-pass";
}

export function chosen<F extends Fixture>(
  suite: Suite<F>,
  only: string | undefined,
): ReadonlyArray<Case<F>> {
  if (only === undefined) return suite.cases;
  return suite.cases.filter((each) => caseId(each).includes(only));
}

export async function runSuite<F extends Fixture>(
  suite: Suite<F>,
  subject: Subject<F>,
  options: RunOptions,
): Promise<Run> {
  const cases = chosen(suite, options.only);
  const results: Result[] = [];
  try {
    for (const each of cases) {
      const expectation = options.expectations?.get(caseId(each));
      const result = await judged(each, subject, expectation, options);
      options.onResult?.(result, results.length, cases.length);
      results.push(result);
    }
    const profile = options.profile === true && options.only === undefined
      ? await profiled(suite, subject, options.nowMs)
      : [];
    return { results, profile };
  } finally {
    await subject.end?.();
  }
}

/** Runs one case on a fresh fixture; throws if the promise is broken. */
export async function runCase<F extends Fixture>(
  each: Case<F>,
  make: Subject<F>["make"],
  trial: Trial,
): Promise<void> {
  const fixture = await make();
  try {
    const running = each.run(fixture, trial);
    if (running !== undefined) await inTime(running);
  } finally {
    await fixture.dispose();
  }
}

async function inTime(running: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const why = `did not end within ${CASE_MS_MAX / 1000} s`;
    timer = setTimeout(() => reject(new Error(why)), CASE_MS_MAX);
  });
  try {
    await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function judged<F extends Fixture>(
  each: Case<F>,
  subject: Subject<F>,
  expectation: Expectation | undefined,
  { seed, nowMs }: RunOptions,
): Promise<Result> {
  const { group, claim, promise } = each;
  const head = { id: caseId(each), group, claim, promise };
  const known = expectation === undefined ? {} : {
    reason: expectation.reason,
    ...(expectation.link === undefined ? {} : { link: expectation.link }),
  };
  if (expectation?.expect === "skip") {
    return { ...head, verdict: "left-out", ...known, ms: 0 };
  }
  const begun = nowMs();
  try {
    await runCase(each, () => subject.make(), { seed });
  } catch (error) {
    const ms = nowMs() - begun;
    if (error instanceof LeftOut) {
      return { ...head, verdict: "left-out", reason: error.message, ms };
    }
    const evidence = textOf(error);
    return expectation === undefined
      ? { ...head, verdict: "failed", evidence, ms }
      : { ...head, verdict: "known-failure", evidence, ...known, ms };
  }
  const ms = nowMs() - begun;
  return expectation === undefined
    ? { ...head, verdict: "passed", ms }
    : { ...head, verdict: "unexpected-pass", ...known, ms };
}

async function profiled<F extends Fixture>(
  suite: Suite<F>,
  subject: Subject<F>,
  nowMs: () => number,
): Promise<Measure[]> {
  if (suite.profile === undefined) return [];
  const fixture = await subject.make();
  try {
    return await suite.profile(fixture, () => nowMs() * 1000);
  } finally {
    await fixture.dispose();
  }
}

function textOf(error: unknown): string {
  const text = error instanceof Error
    ? error.message || error.name
    : String(error);
  return text.length > EVIDENCE_CHARS_MAX
    ? `${text.slice(0, EVIDENCE_CHARS_MAX)}…`
    : text;
}
