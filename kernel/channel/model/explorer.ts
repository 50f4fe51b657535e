/**
 * Runs the code of this folder in every order in which threads can interleave.
 *
 * All orders of atomic accesses are tried, deaths of threads and timeouts of
 * sleeps included. Plain accesses have no order of their own to try: a race on
 * one is a violation, and JavaScript promises that a program without races
 * behaves as if its accesses happened one after another, whatever processor
 * and compiler reorder. What is found is the first promise that is broken, with
 * the way there; what is explored without one holds for all orders of that
 * scenario, and says nothing about larger ones.
 *
 * Deliberately absent: fairness (a thread may stop for ever at any point, so
 * progress is counted in a thread's own accesses), and partial order reduction
 * beyond equal states.
 */
import type { Words } from "../words.ts";
import {
  type Script,
  step,
  type Teller,
  Violation,
  wake,
  WOKEN_TIMED_OUT,
} from "./run.ts";
import {
  isAlive,
  join,
  State,
  type Status,
  type Thread,
  type Trace,
} from "./state.ts";

export interface ThreadPlan {
  readonly name: string;
  readonly run: Script;
  /** Its number in the list of threads; runs when that one is dead or done. */
  readonly after?: number;
  /** It may die between any two atomic accesses. */
  readonly mortal?: boolean;
}

/** How a thread ended and what it told. */
export interface Ended {
  readonly status: Status;
  readonly seen: readonly number[];
}

export interface Scenario {
  /** Size of memory. */
  readonly words: number;
  /** Words before this one are not written any more: loading one is no step. */
  readonly constants: number;
  /** Sets memory up, before there are threads. */
  readonly init: (words: Words) => void;
  readonly threads: readonly ThreadPlan[];
  /** Sleeps may also end by themselves. */
  readonly timeouts?: boolean;
  /** What is wrong at an end. */
  readonly check: (threads: readonly Ended[]) => string | undefined;
}

export interface Outcome {
  readonly states: number;
  /** Different ends. */
  readonly ends: number;
  /** The first broken promise, with the steps that led there. */
  readonly violation: string | undefined;
}

/** Exploring more than this is not what the gate is for. */
export const STATES_MAX = 2_000_000;

export function explore(scenario: Scenario): Outcome {
  const seen = new Set<string>();
  const open: State[] = [beginning(scenario)];
  let ends = 0;
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const key = state.key();
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > STATES_MAX) {
      throw new Error(`more than ${STATES_MAX} states: make it smaller`);
    }
    const before = open.length;
    const wrong = advance(scenario, state, open);
    if (wrong !== undefined) return { states: seen.size, ends, ...wrong };
    if (open.length > before) continue;
    ends++;
    const said = atEnd(scenario, state);
    if (said !== undefined) {
      return { states: seen.size, ends, violation: told(said, state.trace) };
    }
  }
  return { states: seen.size, ends, violation: undefined };
}

function beginning(scenario: Scenario): State {
  const state = State.empty(scenario.words, scenario.threads.length);
  // The setup runs as a thread of a state of its own, to its end.
  const setup = State.empty(scenario.words, 1);
  while (setup.threads[0]?.status === "ready") step(setup, 0, scenario.init, 0);
  state.values.set(setup.values);
  return state;
}

/** Puts every state that can come next on `open`. */
function advance(
  scenario: Scenario,
  state: State,
  open: State[],
): { violation: string } | undefined {
  for (const [at, plan] of scenario.threads.entries()) {
    const thread = state.threads[at] as Thread;
    if (!isStarted(plan, state)) continue;
    if (thread.status === "ready") {
      const next = state.copy();
      try {
        step(next, at, plan.run, scenario.constants);
        handOn(scenario, next, at);
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        const name = error instanceof Violation ? "" : "throws: ";
        const text = `${plan.name} ${name}${said}`;
        return { violation: told(text, next.trace) };
      }
      open.push(next);
    }
    if (thread.status === "asleep" && scenario.timeouts === true) {
      const next = state.copy();
      wake(next.threads[at] as Thread, WOKEN_TIMED_OUT);
      next.note(`${plan.name} has slept long enough`);
      open.push(next);
    }
    if (plan.mortal === true && isAlive(thread)) {
      const next = state.copy();
      (next.threads[at] as Thread).status = "dead";
      next.note(`${plan.name} dies`);
      handOn(scenario, next, at);
      open.push(next);
    }
  }
  return undefined;
}

/** Whoever starts a successor knows that the one before runs no more. */
function handOn(scenario: Scenario, state: State, at: number): void {
  const over = state.threads[at] as Thread;
  if (isAlive(over)) return;
  for (const [other, { after }] of scenario.threads.entries()) {
    const thread = state.threads[other];
    if (after === at && thread !== undefined) join(thread.clock, over.clock);
  }
}

function isStarted({ after }: ThreadPlan, state: State): boolean {
  if (after === undefined) return true;
  const before = state.threads[after];
  return before !== undefined && !isAlive(before);
}

function atEnd(scenario: Scenario, state: State): string | undefined {
  const asleep = state.threads.findIndex(({ status }) => status === "asleep");
  if (asleep >= 0) return `${scenario.threads[asleep]?.name} sleeps for ever`;
  return scenario.check(state.threads);
}

function told(what: string, trace: Trace | undefined): string {
  const steps: string[] = [];
  for (let at = trace; at !== undefined; at = at.before) steps.push(at.text);
  return [what, ...steps.reverse()].join("\n  ");
}

export type { Teller };
