/**
 * Batches of rounds on the device: what is run, in which order, with which words.
 *
 * A batch is rough rounds, whose heat is the base's and one term more, and a thorough
 * one, which renews the base. The first one is thorough from nothing. All of a batch is put together
 * at once, sent as one write, and run without a question in between.
 */
import { coefficient, lastTerm } from "../heat";
import { DIFFUSION, HEAT } from "../iterate";
import { Nodes } from "../nodes";
import { UNIT, Weights } from "../matrix";
import { FOLLOW, TELEPORT } from "../rows";
import { COPY_OCTETS, DIFFUSION_WALK, SPRING_WALK, WARM_WALK } from "../tasks";
import { dispatch, rangeOf, readOctets, writeOctets } from "./device";
import { bothJobs, inwardJobs } from "./jobs";
import {
  AIM, BLEND, BOTH, CHANGES_AT, COLUMNS, CONSTS, INWARD, JOBS, JOIN, layOut, MIX, PARAMS, ROUNDS_PER_BATCH,
  RUNS_MAX, SCALARS, SCALARS_READ, setOdd, setPair, setRound, SETTLE, setTurn, setWalk, SPREAD, STARTS,
  VECS, WALK, WEIGH_MASS, WEIGH_STUCK, WEIGHTS, WIDE, WORDS, words, WORDS_OCTETS,
} from "./layout";
import { Range } from "../gen/gpu";

/** Rough rounds of a batch, and changes between rounds that the extrapolation keeps. */
const ROUGH: u32 = 4;
const HELD_MAX: u32 = 3;

/** The heat's error in a thorough round, as a part of what is wanted. */
const HEAT_ERROR: f64 = 0.001;

/** What is left to the base is thought to be this many times the last change at most. */
const AWAY: f64 = 100;

/** Runs of a round, and of each further term of its heat, at most; terms that there are. */
const RUNS_PER_ROUND: u32 = 11;
const RUNS_PER_TERM: u32 = 2;
const TERMS_MAX: u32 = 40;

if (ROUGH + 1 > ROUNDS_PER_BATCH) abort("the changes of a batch have places");
if ((ROUGH + 1) * RUNS_PER_ROUND + TERMS_MAX * RUNS_PER_TERM > RUNS_MAX) abort("the runs of a batch have places");

export class Batch {
  static rounds: u32 = 0;
  /** Of the device's rounds together. */
  static total: u32 = 0;
  /** Of the last thorough round; the largest in the batch. */
  static change: f64 = 2;
  static worst: f64 = 2;
}

const runs = new StaticArray<u32>(<i32>RUNS_MAX);
const groups = new StaticArray<u32>(<i32>RUNS_MAX);
const params = new StaticArray<u32>(<i32>(RUNS_MAX * WORDS));
const scalars = new StaticArray<f32>(<i32>(SCALARS_READ * 2));

let count: u32 = 0;
let posted: u32 = 0;
let written: u32 = 0;
let isRead: bool = false;
let isPlain: bool = false;
let depth: u32 = 0;
let wanted: f64 = 0;

// The round that comes next: which vectors, what is kept of those before.
let isOddTurn: bool = false;
let hasPast: bool = false;
let wasRough: bool = false;
let held: u32 = 0;
let newest: u32 = 0;

export function beginRounds(plain: bool, acceleration: u32, error: f64): void {
  isPlain = plain;
  depth = min(acceleration, HELD_MAX);
  wanted = error;
  isOddTurn = false;
  hasPast = false;
  wasRough = false;
  held = 0;
  newest = HELD_MAX - 1;
  Batch.total = 0;
  Batch.change = 2;
  Batch.worst = 2;
  layOut(Nodes.count, Weights.kind == UNIT, plain);
}

/** Puts the next batch together. */
export function planBatch(): void {
  count = 0;
  posted = 0;
  written = 0;
  isRead = false;
  Batch.rounds = 0;
  if (Batch.total > 0 || isPlain) {
    for (let i: u32 = 0; i < ROUGH; ++i) planRound(false, 1);
  }
  const away = Batch.total > 0 ? min<f64>(2, AWAY * Batch.worst) : 1;
  planRound(true, lastTerm(away, HEAT_ERROR * wanted));
  Batch.total += Batch.rounds;
}

function planRound(isThorough: bool, terms: i32): void {
  const n = Nodes.count;
  const share = isPlain ? 1 : DIFFUSION;
  const isFresh = depth > 0 && hasPast && (!isThorough || !wasRough || isPlain);
  if (isFresh) {
    newest = (newest + 1) % depth;
    held = min(held + 1, depth);
  }
  setTurn(n, isOddTurn);
  setRound(Batch.rounds, isThorough, isFresh, newest, held);
  run(SPREAD, words[10]);
  setPair(18, share * TELEPORT);
  setPair(20, share * FOLLOW);
  run(WEIGH_STUCK, 1);
  runWalk(DIFFUSION_WALK);
  if (!isPlain) {
    setOdd(n, false);
    setPair(18, coefficient(0));
    setPair(20, coefficient(1));
    runWalk(SPRING_WALK);
    for (let k = 2; k <= terms; ++k) {
      setPair(18, coefficient(k));
      runWalk(WARM_WALK);
      setOdd(n, k % 2 == 0);
    }
  }
  setPair(18, HEAT);
  run(MIX, words[10]);
  run(WEIGH_MASS, 1);
  run(SETTLE, words[10]);
  run(AIM, 1);
  run(BLEND, words[10]);
  isOddTurn = !isOddTurn;
  hasPast = true;
  wasRough = !isThorough;
  ++Batch.rounds;
}

function runWalk(kind: u32): void {
  const jobs = kind == DIFFUSION_WALK ? inwardJobs : bothJobs;
  setWalk(kind, Nodes.count, jobs.jobs, jobs.joined);
  run(WALK, words[13] + jobs.jobs);
  if (jobs.joined > 0) run(JOIN, jobs.joined);
}

function run(program: u32, many: u32): void {
  const isInward = words[17] == DIFFUSION_WALK;
  runs[count] = program | (isInward ? INWARD : BOTH) << 8;
  groups[count] = many;
  memory.copy(
    changetype<usize>(params) + <usize>count * WORDS_OCTETS,
    changetype<usize>(words),
    WORDS_OCTETS,
  );
  ++count;
}

/** Posts one request of the batch; false where there is no room for now. */
export function postRound(): bool {
  const octets = count * WORDS_OCTETS;
  if (written < octets) {
    const most = min(COPY_OCTETS, octets - written);
    const piece = new StaticArray<u8>(<i32>most);
    memory.copy(changetype<usize>(piece), changetype<usize>(params) + written, most);
    if (!writeOctets(PARAMS, written, piece)) return false;
    written += most;
    return true;
  }
  if (posted < count) {
    if (!postRun(posted)) return false;
    ++posted;
    return true;
  }
  if (!readOctets(SCALARS, 0, changetype<usize>(scalars), SCALARS_READ * 8)) return false;
  isRead = true;
  return true;
}

/** Whether all of the batch is under way. */
export function isPosted(): bool {
  return isRead;
}

function postRun(at: u32): bool {
  const program = runs[at] & 0xff;
  const matrix = runs[at] >> 8;
  const ranges: Array<Range> = [
    rangeOf(PARAMS, <u64>at * WORDS_OCTETS, WORDS_OCTETS),
    rangeOf(CONSTS),
    rangeOf(VECS),
    rangeOf(SCALARS),
  ];
  if (program > JOIN) return dispatch(program, ranges, groups[at], 1);
  ranges.push(rangeOf(matrix + STARTS));
  ranges.push(rangeOf(matrix + COLUMNS));
  ranges.push(rangeOf(matrix + WEIGHTS));
  ranges.push(rangeOf(matrix + JOBS));
  return dispatch(program, ranges, WIDE, (groups[at] + WIDE - 1) / WIDE);
}

/** Looks at the changes of the batch's rounds, which have come; false where they are no numbers. */
export function readBatch(): bool {
  let worst: f64 = 0;
  let change: f64 = 0;
  for (let i: u32 = 0; i < Batch.rounds; ++i) {
    change = <f64>scalars[(CHANGES_AT + i) * 2];
    if (!(change >= 0 && change <= 2.5)) return false;
    worst = max(worst, change);
  }
  Batch.change = change;
  Batch.worst = worst;
  return true;
}

/** First of the values that the last round came to. */
export function outcomeAt(): u32 {
  // The turn was taken already: it is what was `then` before it.
  return (isOddTurn ? 1 : 3) * Nodes.count;
}
