/**
 * Where the checks of a module stand: few, but no code runs long without one.
 *
 * Every loop has a check at its beginning. For calls, a function is *small* if
 * all its calls are of small functions and whatever way it takes, with all that
 * it calls, is at most `SMALL_UNITS` between two checks; then it needs none. In
 * any other function a check stands on every way to its first call of a
 * function that is not small, and on every way longer than `FIRST_UNITS`.
 *
 * So from one check to the next there run at most `STRETCH_UNITS`, and besides
 * `RETURN_UNITS` for each frame that is left on the way (decision 0014 has the
 * argument). Recursion, direct or not, is never small.
 *
 * Deliberately absent: what a host function does, and how much a bulk
 * instruction moves.
 */
import { type Call, type Flow, type Step } from "./flow.ts";

/** An instruction is a unit; 2^16 of them take tens of microseconds. */
export const STRETCH_UNITS = 65_536;
const SMALL_UNITS = STRETCH_UNITS / 2;
/** What a function that is not small may do before its first check. */
const FIRST_UNITS = 64;
/** What it may do behind a call of such a function before the next check. */
export const RETURN_UNITS = 128;
/** A call: its arguments, the frame, and the way back. */
export const CALL_UNITS = 4;
const LOCALS_PER_UNIT = 16;

/** No way leads here. */
const NOWHERE = -Infinity;

/** What the steps of one body may cost up to where it stands. */
interface Open {
  readonly isLoop: boolean;
  /** Of the ways that branch to its end. */
  units: number;
  /** Of the way that does not enter an `if`. */
  otherwise: number;
}

/** Follows all ways through one body at once, and keeps the longest. */
class Walk {
  readonly places: number[] = [];
  /** Whether it calls a function that is not small, or had to be cut. */
  isLarge = false;
  highest = 0;
  #units: number;
  #mayCatch = false;
  readonly #open: Open[] = [];
  readonly #unitsOf: (call: Call) => number | undefined;

  /** `unitsOf` a call says what a small function costs. */
  constructor(units: number, unitsOf: (call: Call) => number | undefined) {
    this.#units = units;
    this.#unitsOf = unitsOf;
    this.#enter(false);
  }

  take(step: Step): void {
    switch (step.kind) {
      case "work":
        return this.#spend(step.units, step.at);
      case "call":
        return this.#call(step);
      case "try":
        this.#mayCatch = true;
        return this.#enter(false);
      case "block":
        return this.#enter(false);
      case "if":
        return this.#enter(false, this.#units);
      case "loop":
        this.places.push(step.next);
        this.#units = 0;
        return this.#enter(true);
      case "bulk":
        this.places.push(step.at);
        this.#units = 0;
        return;
      case "branch":
        for (const label of step.labels) this.#branch(label);
        if (!step.goesOn) this.#units = NOWHERE;
        return;
      case "leave":
        this.#units = NOWHERE;
        return;
      case "catch":
        this.#units = STRETCH_UNITS;
        return;
      case "else":
        return this.#else();
      case "end":
        return this.#end();
    }
  }

  #enter(isLoop: boolean, otherwise = NOWHERE): void {
    this.#open.push({ isLoop, units: NOWHERE, otherwise });
  }

  #branch(label: number): void {
    const open = this.#open.at(-1 - label);
    // A way back to a loop ends at its check.
    if (open === undefined || open.isLoop) return;
    open.units = Math.max(open.units, this.#units);
  }

  #else(): void {
    this.#branch(0);
    const open = this.#open.at(-1);
    if (open === undefined) return;
    this.#units = open.otherwise;
    open.otherwise = NOWHERE;
  }

  #end(): void {
    const open = this.#open.pop();
    if (open === undefined) return;
    this.#units = Math.max(this.#units, open.units, open.otherwise);
    // An exception may come here from anywhere.
    if (this.#mayCatch) this.#units = STRETCH_UNITS;
  }

  #spend(units: number, at: number): void {
    if (this.#units + units > STRETCH_UNITS) {
      this.places.push(at);
      this.isLarge = true;
      this.#units = 0;
    }
    this.#units += units;
    this.highest = Math.max(this.highest, this.#units);
  }

  #call(call: Call): void {
    const units = this.#unitsOf(call);
    // Also where no way leads: it may have closed the circle (calleesFirst).
    if (units === undefined && !call.isLast) this.isLarge = true;
    if (this.#units === NOWHERE) return;
    if (call.isLast && units === undefined) {
      // Who traps behind a call does not hand on what the call took.
      this.places.push(call.at);
      this.#units = NOWHERE;
      return;
    }
    // What is not known may be small, or begin like a function that is not.
    const most = call.callee === undefined ? SMALL_UNITS : FIRST_UNITS;
    this.#spend(CALL_UNITS + (units ?? most), call.at);
    if (units === undefined) {
      this.#units = Math.max(this.#units, STRETCH_UNITS - RETURN_UNITS);
    }
    if (call.isTail) this.#units = NOWHERE;
  }
}

/** For each body: where its checks stand, in order. */
export function placesOfChecks(
  flows: readonly Flow[],
): readonly (readonly number[])[] {
  const places: (readonly number[])[] = [];
  /** Units of small functions; `undefined` of others, also while unknown. */
  const units: (number | undefined)[] = [];
  const unitsOf = ({ callee }: Call) =>
    callee === undefined ? undefined : units[callee];
  const walk = ({ steps }: Flow, from: number): Walk => {
    const walk = new Walk(from, unitsOf);
    for (const step of steps) walk.take(step);
    return walk;
  };
  for (const index of calleesFirst(flows)) {
    const flow = flows[index] as Flow;
    let walked = walk(flow, 0);
    const all = walked.highest + Math.ceil(flow.locals / LOCALS_PER_UNIT);
    if (!walked.isLarge && all <= SMALL_UNITS) units[index] = all;
    else walked = walk(flow, STRETCH_UNITS - FIRST_UNITS);
    places[index] = walked.places;
  }
  return places;
}

/**
 * Every function once, behind those that it calls. Of functions that call each
 * other in a circle at least one comes before one that it calls, so it is not
 * small, nor is then any of the circle. A call that nothing comes back through
 * does not count: it may be all that closes a circle.
 */
function* calleesFirst(flows: readonly Flow[]): Generator<number> {
  const isSeen: boolean[] = [];
  for (let root = 0; root < flows.length; root++) {
    if (isSeen[root]) continue;
    isSeen[root] = true;
    const path = [{ index: root, next: 0 }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const step = flows[top.index]?.steps[top.next++];
      if (step === undefined) {
        path.pop();
        yield top.index;
      } else if (step.kind === "call" && !step.isLast) {
        const { callee } = step;
        if (callee === undefined || isSeen[callee]) continue;
        isSeen[callee] = true;
        path.push({ index: callee, next: 0 });
      }
    }
  }
}
