/**
 * Personal focuses: asked for, computed one at a time, kept for a while.
 *
 * A computation runs over the matrices of the publication, in pieces, as the machine's
 * stages do. One that the record outgrew is given to whoever waits for it, once, and
 * then computed again when somebody asks: so a record that never rests starves nobody.
 *
 * Rely on: at most RUNS_MAX of them, waiting or kept; nothing of the publication and
 * of its explanations is changed.
 */
import { ABANDON_MS, HOLD_MS, OFFERED_ROWS, RUNS_MAX, SOURCES_MAX, TOP_MAX } from "./limits";
import { Block } from "./pages";
import { Config } from "./config";
import { keepFigures, restoreFigures } from "./figures";
import { beginIteration, iteratePiece } from "./iterate";
import { Iteration } from "./iteration";
import { NO_NODE, nodeOf, Nodes } from "./nodes";
import { Passing } from "./passing";
import { Prior } from "./prior";
import { Published } from "./published";
import { beginTop, copyTop, offerTop, sortTop } from "./top";

export const FREE: u32 = 0;
export const WAITING: u32 = 1;
export const RUNNING: u32 = 2;
export const READY: u32 = 3;
export const SHORT: u32 = 4;

/** One personal focus, or the place for one. */
export class Run {
  state: u32 = FREE;
  /** Particle numbers, ascending and distinct. */
  sources: StaticArray<u32> = new StaticArray<u32>(0);
  /** The clock when somebody asked last, or when it was ready. */
  sinceUs: u64 = 0;
  /** Which came first, of those that wait. */
  turn: u64 = 0;
  /** Somebody has it. */
  isGiven: bool = false;
  version: u64 = 0;
  height: u64 = 0;
  links: u64 = 0;
  particles: u32 = 0;
  confirmed: bool = false;
  rounds: u32 = 0;
  residual: f64 = 0;
  /** What its last round was divided by. */
  mass: f64 = 1;
  /** Somebody wants it explained. */
  isToExplain: bool = false;
  /** f64[numbers] by particle number. */
  vector: Block = new Block();
  numbers: u32 = 0;
  topParticles: StaticArray<u32> = new StaticArray<u32>(TOP_MAX);
  topValues: StaticArray<f64> = new StaticArray<f64>(TOP_MAX);
  topCount: u32 = 0;

  free(): void {
    this.state = FREE;
    this.isToExplain = false;
    this.vector.release();
    this.numbers = 0;
    this.topCount = 0;
  }

  focusOf(particle: u32): f64 {
    if (particle >= this.numbers) return 0;
    return load<f64>(this.vector.at + (<usize>particle << 3));
  }
}

const runs = new StaticArray<Run>(RUNS_MAX);
for (let i = 0; i < RUNS_MAX; ++i) runs[i] = new Run();

let turns: u64 = 0;
let current: i32 = -1;
let cursor: u32 = 0;
let isGathering: bool = false;
let isPassing: bool = false;

/** What explanations of one of the runs need: of that with this turn. */
export const along: Passing = new Passing();
let alongTurn: u64 = 0;
let isAlongAwaited: bool = false;

/** Whether the matrices are there that the run was computed over, and what explanations need. */
export function isExplained(run: Run): bool {
  const is = run.state == READY && along.ready && alongTurn == run.turn;
  if (is) isAlongAwaited = false;
  return is;
}

/** The run is computed again, if need be, with what explanations of it need. */
export function explainRun(run: Run): void {
  if (run.state == READY) wait(run, run.sources);
  run.isToExplain = true;
}

/** Whether matrices of an explained run wait on for whoever asked. */
export function holdsAlong(nowUs: u64): bool {
  if (!isAlongHeld()) return false;
  isAlongAwaited = nowUs < along.sinceUs + HOLD_MS * 1000;
  return isAlongAwaited;
}

/** Whether somebody waits for an explanation that is there, whatever the time. */
export function isAlongHeld(): bool {
  return along.ready && isAlongAwaited;
}

export function dropAlong(): void {
  along.drop();
  alongTurn = 0;
}

/** The run from these sources, begun if there is none; null while no place is free. */
export function runFrom(sources: StaticArray<u32>, nowUs: u64): Run | null {
  for (let i = 0; i < RUNS_MAX; ++i) {
    const run = runs[i];
    if (run.state == FREE || !isSame(run.sources, sources)) continue;
    const isOld = run.links != Published.links;
    if (run.state == READY && run.isGiven && isOld) wait(run, sources);
    run.sinceUs = nowUs;
    return run;
  }
  const run = placeFor(nowUs);
  if (run == null) return null;
  wait(run, sources);
  run.sinceUs = nowUs;
  return run;
}

function wait(run: Run, sources: StaticArray<u32>): void {
  run.free();
  run.state = WAITING;
  run.sources = sources;
  run.turn = ++turns;
}

/** A free place, or else the one of those nobody waits for whose last asker is longest ago. */
function placeFor(nowUs: u64): Run | null {
  let oldest: Run | null = null;
  for (let i = 0; i < RUNS_MAX; ++i) {
    const run = runs[i];
    if (run.state == FREE) return run;
    const isAwaited = run.state == RUNNING || (!isAbandoned(run, nowUs) && !run.isGiven);
    if (isAwaited) continue;
    if (oldest == null || run.sinceUs < oldest.sinceUs) oldest = run;
  }
  return oldest;
}

function isAbandoned(run: Run, nowUs: u64): bool {
  return nowUs > run.sinceUs + ABANDON_MS * 1000;
}

function isSame(a: StaticArray<u32>, b: StaticArray<u32>): bool {
  if (a.length != b.length) return false;
  for (let i = 0; i < a.length; ++i) if (a[i] != b[i]) return false;
  return true;
}

/** How many are computed before this one. */
export function aheadOf(run: Run | null): u32 {
  let ahead: u32 = 0;
  for (let i = 0; i < RUNS_MAX; ++i) {
    const other = runs[i];
    if (other.state == RUNNING && other !== run) ++ahead;
    if (other.state == WAITING && (run == null || other.turn < run.turn)) ++ahead;
  }
  return run != null && run.state == RUNNING ? 0 : ahead;
}

/** Whether somebody waits for a run that has not begun. */
export function isAwaited(nowUs: u64): bool {
  return nextRun(nowUs) >= 0;
}

/** The first of those that wait; what nobody asks for any more is forgotten. */
function nextRun(nowUs: u64): i32 {
  let first = -1;
  for (let i = 0; i < RUNS_MAX; ++i) {
    const run = runs[i];
    if (run.state != WAITING) continue;
    if (isAbandoned(run, nowUs)) run.free();
    else if (first < 0 || run.turn < runs[first].turn) first = i;
  }
  return first;
}

/** Begins the next run over the matrices of the publication; false where none waits or fits. */
export function beginRun(nowUs: u64): bool {
  current = nextRun(nowUs);
  if (current < 0) return false;
  const run = runs[current];
  run.state = RUNNING;
  keepFigures();
  Prior.nodes = nodesOf(run.sources);
  Iteration.tolerance = Config.tolerance;
  Iteration.roundsMax = Config.roundsMax;
  Iteration.acceleration = Config.acceleration;
  Iteration.plain = Config.diffusionAlone;
  Iteration.start = 0;
  Iteration.known = 0;
  isGathering = false;
  isPassing = false;
  cursor = 0;
  if (!reserve(run) && !(releaseRuns() && reserve(run))) {
    run.free();
    run.state = SHORT;
    endRun();
    return false;
  }
  return true;
}

function reserve(run: Run): bool {
  return beginIteration() && run.vector.reserve(<u64>Nodes.particles * 8);
}

function nodesOf(sources: StaticArray<u32>): StaticArray<u32> {
  const nodes = new StaticArray<u32>(sources.length);
  for (let i = 0; i < sources.length; ++i) nodes[i] = nodeOf(sources[i]);
  return nodes;
}

/** One piece; true when it is ready. */
export function runPiece(nowUs: u64): bool {
  const run = runs[current];
  if (isPassing) return along.piece(nowUs) && over(run, nowUs);
  if (!isGathering) {
    const isDone = iteratePiece();
    run.rounds = Iteration.rounds;
    run.residual = Iteration.residual;
    if (!isDone) return false;
    isGathering = true;
    run.particles = 0;
    beginTop();
    return false;
  }
  if (cursor == Nodes.particles) {
    return sortTop() && finish(run, nowUs);
  }
  const to = min<u32>(cursor + OFFERED_ROWS, Nodes.particles);
  run.particles += gather(run, cursor, to);
  cursor = to;
  return false;
}

/** Values by particle number; returns how many are above 0. */
function gather(run: Run, from: u32, to: u32): u32 {
  let above: u32 = 0;
  for (let i = from; i < to; ++i) {
    const node = nodeOf(i);
    const value = node == NO_NODE ? 0 : load<f64>(Iteration.focus + (<usize>node << 3));
    store<f64>(run.vector.at + (<usize>i << 3), value);
    if (!(value > 0)) continue;
    ++above;
    offerTop(i, value);
  }
  return above;
}

/** The vector is there; true if that is all that is wanted. */
function finish(run: Run, nowUs: u64): bool {
  run.topCount = copyTop(run.topParticles, run.topValues);
  run.numbers = Nodes.particles;
  run.version = Published.version;
  run.height = Published.height;
  run.links = Published.links;
  run.confirmed = Published.confirmed;
  run.mass = Iteration.mass;
  if (!run.isToExplain) return over(run, nowUs);
  restoreFigures();
  alongTurn = run.turn;
  isPassing = along.begin(run.vector.at, run.numbers);
  if (isPassing) return false;
  run.free();
  run.state = SHORT;
  endRun();
  return true;
}

function over(run: Run, nowUs: u64): bool {
  isAlongAwaited = isPassing;
  run.state = READY;
  run.isToExplain = false;
  run.isGiven = false;
  run.sinceUs = nowUs;
  endRun();
  return true;
}

function endRun(): void {
  restoreFigures();
  current = -1;
}

/** Ends the run that goes on, if one does; it waits again. */
export function interruptRun(): void {
  if (current < 0) return;
  const run = runs[current];
  if (isPassing) dropAlong();
  run.vector.release();
  run.state = WAITING;
  endRun();
}

/** Gives back the memory of what is kept; false if there was none. */
export function releaseRuns(): bool {
  let any = along.ready;
  dropAlong();
  for (let i = 0; i < RUNS_MAX; ++i) {
    if (runs[i].state != READY) continue;
    runs[i].free();
    any = true;
  }
  return any;
}

/** Forgets everything: the record is another one. */
export function forgetRuns(): void {
  interruptRun();
  for (let i = 0; i < RUNS_MAX; ++i) runs[i].free();
}

/** Ascending and distinct; empty where there is none, or more than SOURCES_MAX. */
export function sourcesOf(particles: StaticArray<u32>): StaticArray<u32> {
  if (particles.length > SOURCES_MAX) return new StaticArray<u32>(0);
  const sorted = new Array<u32>();
  for (let i = 0; i < particles.length; ++i) {
    let at = 0;
    while (at < sorted.length && sorted[at] < particles[i]) ++at;
    if (at < sorted.length && sorted[at] == particles[i]) continue;
    sorted.push(0);
    for (let k = sorted.length - 1; k > at; --k) sorted[k] = sorted[k - 1];
    sorted[at] = particles[i];
  }
  return StaticArray.fromArray<u32>(sorted);
}
