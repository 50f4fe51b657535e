/**
 * Says where the outcomes of one trial differ that must not.
 *
 * A step in which the platform's own stack was full is no promise of anybody:
 * what comes from it on is not compared, and counted.
 */
import type { Outcome, Step } from "./job.ts";
import { type Asked, endedSteps, starvedStep, type Trial } from "./trial.ts";

export interface Verdict {
  readonly differences: readonly string[];
  readonly steps: number;
  readonly overflows: number;
}

const TEXT_MAX = 200;

/**
 * An instruction may have more than one reason to trap, and which one an engine
 * finds first is its own: a copy out of bounds, from null.
 */
const ACCESS = /^trap (null or signature|bounds|large)$/;

function describe(
  step: Step | undefined,
  hasFuel: boolean,
  isElsewhere = false,
): string {
  if (step === undefined) return "nothing";
  const { logged, log, used, lost } = step;
  const fuel = hasFuel ? `, fuel ${used}, stack ${lost}` : "";
  const text = isElsewhere && ACCESS.test(step.text)
    ? "trap access"
    : step.text;
  return `${
    text.slice(0, TEXT_MAX)
  } (host called ${logged} times: ${log}${fuel})`;
}

/** Collects what differs, and how much was compared. */
class Comparison {
  readonly differences: string[] = [];
  steps = 0;
  overflows = 0;

  /** `count` of their steps, and the states if all of them were taken. */
  same(
    what: string,
    want: Outcome,
    got: Outcome,
    { count, hasFuel, hasState, isElsewhere = false }: {
      readonly count: number;
      readonly isElsewhere?: boolean;
      readonly hasFuel: boolean;
      readonly hasState: boolean;
    },
  ): void {
    for (let at = 0; at < count; at++) {
      const [one, other] = [want.steps[at], got.steps[at]];
      if (one?.text === "overflow" || other?.text === "overflow") {
        this.overflows += 1;
        return;
      }
      this.steps += 1;
      const is = describe(other, hasFuel, isElsewhere);
      const was = describe(one, hasFuel, isElsewhere);
      if (is === was) continue;
      this.differences.push(`${what}: step ${at}: ${was}, but ${is}`);
      return;
    }
    if (!hasState) return;
    want.state.forEach((text, at) => {
      if (text === got.state[at]) return;
      this.differences.push(`${what}: ${text}, but ${got.state[at]}`);
    });
  }
}

/** Forms and fuels against each other, all from one peer. */
export function judgeForms(
  trial: Trial,
  first: Outcome,
  asked: readonly Asked[],
  outcomes: readonly Outcome[],
): Verdict {
  const all = new Comparison();
  const count = endedSteps(first);
  const outcomeOf = (role: Asked["role"]) =>
    outcomes[asked.findIndex((one) => one.role === role)];
  const again = outcomeOf("again");
  if (again === undefined) throw new Error("the first job is asked again");
  all.same("fuel, again", first, again, {
    count: first.steps.length,
    hasFuel: true,
    hasState: true,
  });
  const [last, halted] = [
    first.steps.at(-1),
    outcomeOf("halted")?.steps.at(-1),
  ];
  if (last?.text === "stopped stack" && halted?.text !== "stopped deadline") {
    all.differences.push(`recursion, time over: ${describe(halted, false)}`);
  }
  const ended = outcomeOf("ended");
  if (ended === undefined) return all;
  all.same("fuel, what ends", first, ended, {
    count,
    hasFuel: true,
    hasState: false,
  });
  for (const form of ["plain", "none", "trap", "park"] as const) {
    const got = outcomeOf(form);
    if (got === undefined) continue;
    all.same(`fuel against ${form}`, ended, got, {
      count,
      hasFuel: false,
      hasState: true,
    });
  }
  const leak = trial.hasCatches
    ? -1
    : first.steps.findIndex(({ lost }) => lost !== 0);
  if (leak >= 0) {
    const { lost } = first.steps[leak] as Step;
    all.differences.push(
      `step ${leak}: ${lost} octets of stack not given back`,
    );
  }
  const step = starvedStep(trial, first);
  const whole = first.steps[step];
  if (whole === undefined) return all;
  const exact = outcomeOf("exact")?.steps[step];
  if (
    exact?.text !== "overflow" &&
    describe(exact, true) !== describe(whole, true)
  ) {
    all.differences.push(
      `fuel just enough: ${describe(whole, true)}, but ${
        describe(exact, true)
      }`,
    );
  }
  for (const role of ["less", "some"] as const) {
    const cut = outcomeOf(role)?.steps[step];
    const wrong = wrongStop(whole, cut, "stopped fuel");
    if (wrong !== undefined) all.differences.push(`fuel ${role}: ${wrong}`);
  }
  const late = outcomeOf("late")?.steps[step];
  // What passes no check ends as always.
  const isWhole = describe(late, false) === describe(whole, false);
  const wrong = isWhole
    ? undefined
    : wrongStop(whole, late, "stopped deadline");
  if (wrong !== undefined) all.differences.push(`time over: ${wrong}`);
  return all;
}

/** What was done before a stop must be the beginning of the whole. */
function wrongStop(
  whole: Step,
  cut: Step | undefined,
  stopped: string,
): string | undefined {
  if (cut?.text === "overflow") return undefined;
  if (cut?.text !== stopped) {
    return `not stopped: ${describe(cut, true)} of ${describe(whole, true)}`;
  }
  const { logged, log } = cut;
  if (logged > whole.trail.length && whole.trail.length < whole.logged) {
    return undefined;
  }
  const want = logged === 0 ? 0 : whole.trail[logged - 1];
  return want === log
    ? undefined
    : `the host was called otherwise: ${describe(cut, true)} of ${
      describe(whole, true)
    }`;
}

/** The same jobs on another peer; `undefined` if it does not take the module. */
export function judgePeer(
  asked: readonly Asked[],
  here: readonly Outcome[],
  there: readonly Outcome[],
): Verdict | undefined {
  const plain = asked.findIndex(({ role }) => role === "plain");
  const isTaken = (outcomes: readonly Outcome[]) =>
    !/^(invalid|unlinkable)/.test(outcomes[plain]?.steps[0]?.text ?? "");
  if (plain >= 0 && isTaken(here) && !isTaken(there)) return undefined;
  const all = new Comparison();
  asked.forEach(({ role }, at) => {
    const [want, got] = [here[at], there[at]];
    // When a timer stops is not the same twice; that it stopped is all.
    if (want === undefined || got === undefined || role === "halted") return;
    all.same(role, want, got, {
      count: Math.max(want.steps.length, got.steps.length),
      hasFuel: true,
      hasState: true,
      isElsewhere: true,
    });
  });
  return all;
}
