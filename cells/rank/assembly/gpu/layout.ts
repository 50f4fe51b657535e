/**
 * What lies where on the device, and the words that a program is run with.
 *
 * Vectors are n values of two f32 each, one behind the other in one buffer; what belongs to a
 * node and does not change is in a second one, scalars and sums of groups in a third.
 */
import { highOf, lowOf } from "./halves";

/** Buffers, in the order in which they are made. */
export const PARAMS: u32 = 0;
export const CONSTS: u32 = 1;
export const VECS: u32 = 2;
export const SCALARS: u32 = 3;
/** Of each matrix: starts, columns, weights, jobs. */
export const INWARD: u32 = 4;
export const BOTH: u32 = 8;
export const BUFFERS: u32 = 12;

export const STARTS: u32 = 0;
export const COLUMNS: u32 = 1;
export const WEIGHTS: u32 = 2;
export const JOBS: u32 = 3;

/** Programs: entry points of the one source, in this order. */
export const WALK: u32 = 0;
export const JOIN: u32 = 1;
export const SPREAD: u32 = 2;
export const WEIGH_STUCK: u32 = 3;
export const MIX: u32 = 4;
export const WEIGH_MASS: u32 = 5;
export const SETTLE: u32 = 6;
export const AIM: u32 = 7;
export const BLEND: u32 = 8;
export const PROGRAMS: u32 = 9;

export function entryOf(program: u32): string {
  if (program == WALK) return "walk";
  if (program == JOIN) return "join";
  if (program == SPREAD) return "spread";
  if (program == WEIGH_STUCK) return "weigh_stuck";
  if (program == MIX) return "mix";
  if (program == WEIGH_MASS) return "weigh_mass";
  if (program == SETTLE) return "settle";
  return program == AIM ? "aim" : "blend";
}

/** Passes over nodes have the first four bindings, walks all eight. */
export const PASS_BINDINGS: u32 = 4;
export const WALK_BINDINGS: u32 = 8;

/** Invocations of a group; rows up to so many entries are one invocation's, and pieces of longer ones have so many. */
export const GROUP: u32 = 64;
export const SHORT_ENTRIES: u32 = 32;
export const PIECE_ENTRIES: u32 = 4096;

/** Groups of a pass over nodes at most: their sums have places for so many. */
export const PASS_GROUPS_MAX: u32 = 256;

/** Groups in x of a walk; the contract promises this many in each dimension. */
export const WIDE: u32 = 1024;

/** Among the scalars: changes of the rounds of a batch, from the first on; sums of pieces of rows. */
export const CHANGES_AT: u32 = 8;
export const ROUNDS_PER_BATCH: u32 = 16;
export const SCALARS_READ: u32 = 32;
export const PIECES_AT: u32 = 64 + 5 * 256;

/** Constants of a node: n values each. */
export const OF_OUT: u32 = 0;
export const OF_PRIOR: u32 = 1;
export const OF_ANCHOR: u32 = 2;
export const OF_SPRING: u32 = 3;
export const OF_INVERSE: u32 = 4;
export const OF_DEGREE: u32 = 5;
export const CONSTANTS: u32 = 6;

/** Vectors: where each begins, in n values. */
const SENT_OR_EVEN: u32 = 4;
const ODD: u32 = 5;
const PAIRS: u32 = 6;
const WARMTH: u32 = 8;
const BASE: u32 = 9;
const BASE_HEAT: u32 = 10;
const CHANGES: u32 = 11;
export const VECTORS: u32 = 14;

/** Words of a run's parameters, and how far apart they are: what any device can bind at. */
export const WORDS: u32 = 64;
export const WORDS_OCTETS: u32 = 256;
export const RUNS_MAX: u32 = 256;

/** The words of the run that is put together; kept from run to run. */
export const words = new StaticArray<u32>(<i32>WORDS);

/** Sets all that is the same for every run of a computation. */
export function layOut(n: u32, isUnit: bool, isPlain: bool): void {
  for (let i: u32 = 0; i < WORDS; ++i) words[i] = 0;
  words[1] = n;
  words[5] = SENT_OR_EVEN * n;
  words[8] = PAIRS * n;
  words[9] = WARMTH * n;
  words[10] = passGroups(n);
  words[11] = PIECES_AT;
  words[16] = <u32>isUnit;
  words[22] = <u32>isPlain;
  words[29] = CHANGES * n;
  words[30] = BASE * n;
  words[31] = BASE_HEAT * n;
  setOdd(n, false);
}

export function passGroups(n: u32): u32 {
  return min(PASS_GROUPS_MAX, (n + GROUP - 1) / GROUP);
}

/** Rounds take turns: what was `now` and `then` is what was before in the next one. */
export function setTurn(n: u32, isOdd: bool): void {
  const mine: u32 = isOdd ? 2 : 0;
  words[2] = mine * n;
  words[3] = (mine + 1) * n;
  words[27] = (2 - mine) * n;
  words[28] = (3 - mine) * n;
}

/** Which of two vectors has the last Chebyshev term, and which the one before. */
export function setOdd(n: u32, isSwapped: bool): void {
  words[6] = (isSwapped ? SENT_OR_EVEN : ODD) * n;
  words[7] = (isSwapped ? ODD : SENT_OR_EVEN) * n;
}

// The changes of a batch are read at once.
if (CHANGES_AT + ROUNDS_PER_BATCH > SCALARS_READ) abort("a batch's changes are read");

/** A pair of f32 at `at` from an f64. */
export function setPair(at: i32, value: f64): void {
  words[at] = reinterpret<u32>(highOf(value));
  words[at + 1] = reinterpret<u32>(lowOf(value));
}

export function setWalk(kind: u32, rows: u32, jobs: u32, joins: u32): void {
  words[12] = WIDE;
  words[13] = (rows + GROUP - 1) / GROUP;
  words[14] = jobs;
  words[15] = joins;
  words[17] = kind;
}

export function setRound(round: u32, isThorough: bool, isFresh: bool, newest: u32, held: u32): void {
  words[23] = <u32>isThorough;
  words[24] = <u32>isFresh;
  words[25] = newest;
  words[26] = held;
  words[32] = round;
}
