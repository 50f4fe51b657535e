/**
 * How thorough each round's heat is.
 *
 * ROUGH: from the base with one term. EARLY: from nothing, as good as is of use now.
 * EXACT: with an error far below the tolerance. A rough round whose change fell to a
 * tenth of the last thorough one's is followed by a thorough one.
 */
import { lastTerm } from "./heat";

export const ROUGH: u32 = 0;
export const EARLY: u32 = 1;
export const EXACT: u32 = 2;

/** Terms of a rough round's expansion. */
const ROUGH_TERMS: i32 = 1;

const ROUGH_GAIN: f64 = 0.1;

/** The heat's L1 error is at most this part of the tolerance in an exact round, else of the last change. */
const HEAT_ERROR: f64 = 0.001;

/** A base that takes more terms than this is made exact at once. */
const EARLY_TERMS: i32 = 7;

export class Effort {
  static mode: u32 = EXACT;
  /** Of this round's expansion, the last. */
  static terms: i32 = 0;
}

let wasRough: bool = false;

// Whether the base is exact, or else nothing but good enough for rough rounds.
let isBaseExact: bool = false;

// Change of the last thorough round, and of the last round.
let thoroughChange: f64 = 0;
let lastChange: f64 = 0;

/** Before the first round, which is thought to change `change`; from the uniform start that is 2. */
export function beginEffort(isExact: bool, change: f64): void {
  Effort.mode = isExact ? EXACT : change < 2 ? EARLY : ROUGH;
  wasRough = false;
  // Nothing has no heat: an exact base, if an exact round is what is wanted.
  isBaseExact = isExact;
  thoroughChange = 1;
  lastChange = change;
}

/** Whether the heat is expanded over the focus itself, not from the base. */
export function isAnew(): bool {
  return Effort.mode != ROUGH && !isBaseExact;
}

/** Chooses the terms of an expansion over `mass`. */
export function planHeat(mass: f64, tolerance: f64): void {
  const needed = lastTerm(mass, HEAT_ERROR * tolerance);
  const wasEarly = Effort.mode == EARLY;
  let terms = needed;
  if (wasEarly) terms = min(needed, lastTerm(mass, HEAT_ERROR * lastChange));
  else if (Effort.mode == ROUGH) terms = min(needed, ROUGH_TERMS);
  if (wasEarly && terms > EARLY_TERMS) terms = needed;
  // With an exact base, a short way is exact whatever was meant.
  if (terms == needed && (isBaseExact || wasEarly)) Effort.mode = EXACT;
  Effort.terms = terms;
}

/** Whether this round maps as the one before did. */
export function isAlike(): bool {
  return Effort.mode == ROUGH || !wasRough || Effort.terms <= ROUGH_TERMS;
}

/** By how much the last change is exceeded. */
export function growth(change: f64): f64 {
  return change / lastChange;
}

/** After a round: how thorough the next one is. */
export function planRound(change: f64, mustBeExact: bool): void {
  wasRough = Effort.mode == ROUGH;
  if (!wasRough) {
    thoroughChange = change;
    isBaseExact = Effort.mode == EXACT;
  }
  const isDue = wasRough && change < ROUGH_GAIN * thoroughChange;
  Effort.mode = mustBeExact || (isDue && isBaseExact) ? EXACT : isDue ? EARLY : ROUGH;
  lastChange = change;
}
