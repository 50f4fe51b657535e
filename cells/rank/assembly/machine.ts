/**
 * The cell's work as a chain of stages, each done in pieces.
 *
 * pull -> nodes -> order -> axons -> matrix -> iterate -> publish, then again once
 * the record has grown. A few links more are added to the matrices that are there:
 * pull -> grow -> order -> axons -> arrive -> graft -> iterate -> publish.
 * Between two pieces the scheduler may take the processor. A stage that finds no
 * memory, or a graph that does not answer, ends the computation: what was published
 * stays, and `trouble` says why.
 *
 * The vector is about a consistent prefix of the record: `count` gives links and
 * height of one instant, and exactly those links are folded in.
 */
import * as reads from "./gen/reads";
import { monotonic } from "./gen/clock";
import { shouldYield } from "./gen/scheduling";
import { Level, write } from "./gen/log";
import { Absence } from "./gen/call";
import {
  HEAP_OCTETS,
  HEAP_OCTETS_MAX,
  HOLD_IDLE_MS,
  HOLD_MS,
  IDLE_MS,
  LINKS_MAX,
  PIECES_PER_STEP,
  RETRY_MS,
  SCAN_LINKS,
  SCANS_PER_STEP,
  SHORT_MS,
} from "./limits";
import { append, Columns, forget, roomInChunk } from "./record";
import { Config } from "./config";
import { beginMoreNodes, beginNodes, dropNodes, moreNodesPiece, Nodes, nodesPiece } from "./nodes";
import { beginOrder, dropOrder, orderPiece } from "./order";
import { axonsPiece, beginAxons, dropAxons } from "./axons";
import { beginArrivals, beginMatrix, dropMatrix, matrixPiece } from "./matrix";
import { beginGraft, dropGraft, Graft, graftPiece } from "./graft";
import { isDue, mayGraft, Plan, planDone, planFor } from "./plan";
import { beginIteration, dropHelpers, dropIteration, iteratePiece, Iteration } from "./iterate";
import { beginFlow, dropFlow, Flow, flowPiece } from "./flow";
import { onAll } from "./prior";
import { beginRun, forgetRuns, interruptRun, isAwaited, releaseRuns, runPiece } from "./runs";
import { forgetPast } from "./past";
import { pastLength } from "./past_state";
import { beginPublication, commit, dropPublication, publicationPiece, Published } from "./published";

const REST: u32 = 0;
const PULL: u32 = 1;
const NODES: u32 = 2;
const ORDER: u32 = 3;
const AXONS: u32 = 4;
const MATRIX: u32 = 5;
const ITERATE: u32 = 6;
const PUBLISH: u32 = 7;
const GROW: u32 = 8;
const ARRIVE: u32 = 9;
const GRAFT: u32 = 10;
const FLOW: u32 = 11;
const RUN: u32 = 12;

/** The focus is thought to change by so much times the part of the links that is new. */
const CHANGE_OF_LINKS: f64 = 10;

let stage: u32 = REST;
let isGrafting: bool = false;
let scans: u32 = 0;
let halted: bool = false;

// What the running computation is about, and what this generation published last.
let goalLinks: u32 = 0;
let goalHeight: u64 = 0;
let goalParticles: u32 = 0;
let doneLinks: u32 = 0;
let doneHeight: u64 = 0;

// A personal focus was computed since the record was looked at.
let hasRun: bool = false;

// Octets that the collected heap has at least.
let heapOctets: u64 = 0;

// Milliseconds to rest after a computation that could not go on.
let restMs: u32 = 0;

export class Machine {
  /** Why a promise is weakened; empty when none is. */
  static trouble: string = "";
}

export function isComputing(): bool {
  return stage != REST && stage != FLOW && stage != RUN;
}

/** Ends the computation for good: `work` rests from now on. */
export function halt(): void {
  halted = true;
  dropAll();
}

/** Works until told to yield: 0 if there is more to do, else the milliseconds to rest. */
export function work(): u32 {
  if (halted) return SHORT_MS;
  scans = 0;
  for (let i: u32 = 0; i < PIECES_PER_STEP; ++i) {
    restMs = 0;
    if (stage == REST) {
      if (!begin()) return restMs;
    } else if (!piece()) {
      if (stage == REST) return restMs;
    } else {
      advance();
      if (stage == REST && restMs > 0) return restMs;
    }
    if (scans >= SCANS_PER_STEP || shouldYield()) return 0;
  }
  return 0;
}

/**
 * Whether the publication is to be explained before the next one is begun, or waits for
 * whoever asked: for a bounded time, so that asking cannot keep it.
 */
function explaining(): bool {
  if (!Flow.asked) return false;
  if (Flow.ready) {
    restMs = HOLD_IDLE_MS;
    if (monotonic() < Flow.sinceUs + HOLD_MS * 1000) return true;
    Flow.asked = false;
    return false;
  }
  // The matrices are not those of the publication, or there is none.
  if (doneLinks == 0 || Plan.builtLinks != doneLinks) return false;
  if (!beginFlow()) return false;
  stage = FLOW;
  return true;
}

/** Begins the next personal focus, if one is waited for and the matrices are there. */
function running(): bool {
  if (hasRun || doneLinks == 0 || Plan.builtLinks != doneLinks) return false;
  if (!beginRun(monotonic())) return false;
  hasRun = true;
  stage = RUN;
  return true;
}

/** Whether somebody waits for what needs the matrices, which are gone. */
function needsMatrices(): bool {
  return Plan.builtLinks == 0 && (Flow.asked || isAwaited(monotonic()));
}

/** Looks whether the record has grown; true if a computation began. */
function begin(): bool {
  if (explaining()) return stage == FLOW;
  if (running()) return true;
  const answer = reads.count();
  if (!answer.isOk) {
    lost(answer.error);
    return false;
  }
  const census = answer.value;
  hasRun = false;
  restMs = IDLE_MS;
  if (isAnother(census)) {
    write(Level.Warn, "the graph is smaller than before: starting over");
    forget();
    dropAll();
    forgetRuns();
    forgetPast();
    doneLinks = 0;
  }
  if (census.links > LINKS_MAX) {
    fail(`graph: ${census.links} links are more than ${LINKS_MAX}`, SHORT_MS);
    return false;
  }
  const known = census.links == <u64>doneLinks && census.height == doneHeight;
  if (census.links == 0 || (known && !isDue(monotonic()) && !needsMatrices())) {
    recovered();
    return running();
  }
  reserveHeap(<u64>census.particles * 8 + pastLength());
  goalLinks = <u32>census.links;
  goalHeight = census.height;
  goalParticles = census.particles;
  planFor(goalLinks, doneLinks == 0 || known);
  isGrafting = mayGraft();
  stage = PULL;
  return true;
}

/** A record only grows: one that lost links or particles is not the one that was read. */
function isAnother(census: reads.Census): bool {
  if (Columns.links == 0) return false;
  return census.links < <u64>Columns.links ||
    census.particles <= Columns.highest;
}

/** One piece of the stage; true when the stage is over. */
function piece(): bool {
  if (stage == PULL) return pullPiece();
  if (stage == NODES) return nodesPiece();
  if (stage == GROW) return moreNodesPiece();
  if (stage == ORDER) return orderPiece();
  if (stage == AXONS) return axonsPiece();
  if (stage == MATRIX || stage == ARRIVE) return matrixPiece();
  if (stage == GRAFT) return graftPiece();
  if (stage == ITERATE) return iteratePiece();
  if (stage == FLOW) return flowPiece(monotonic());
  if (stage == RUN) return runPiece(monotonic());
  return publicationPiece();
}

/** Goes to the next stage, and gives back what no later stage reads. */
function advance(): void {
  if (stage == FLOW || stage == RUN) {
    stage = REST;
    return;
  }
  if (stage == PUBLISH) {
    publish();
    return;
  }
  if (enter(nextStage())) return;
  // What is kept of personal focuses and of before gives way.
  fail(`memory: not enough for ${goalLinks} links`, releaseRuns() || forgetPast() ? RETRY_MS : SHORT_MS);
}

function nextStage(): u32 {
  if (stage == PULL) return isGrafting ? GROW : NODES;
  if (stage == GROW) return ORDER;
  if (stage == AXONS) return isGrafting ? ARRIVE : MATRIX;
  if (stage == ARRIVE) return GRAFT;
  if (stage == GRAFT) {
    // What does not fit is built anew.
    isGrafting = !Graft.declined;
    return isGrafting ? ITERATE : NODES;
  }
  return stage + 1;
}

/** Begins a stage; false where memory ran out. */
function enter(next: u32): bool {
  stage = next;
  if (next == NODES) {
    dropStructure();
    return beginNodes(goalParticles);
  }
  if (next == GROW) return beginMoreNodes(goalParticles, Plan.builtLinks);
  if (next == ORDER) return beginOrder(isGrafting ? Plan.builtLinks : 0);
  if (next == AXONS) return beginAxons();
  if (next == ARRIVE || next == MATRIX) dropOrder();
  if (next == ARRIVE) return beginArrivals();
  if (next == MATRIX) return beginMatrix();
  if (next == GRAFT) return beginGraft(Plan.builtNodes);
  if (next == ITERATE) {
    dropAxons();
    dropFlow();
    Plan.builtLinks = goalLinks;
    Plan.builtNodes = Nodes.count;
    return enterIteration();
  }
  dropHelpers();
  return beginPublication();
}

function enterIteration(): bool {
  onAll();
  Iteration.tolerance = Config.tolerance;
  Iteration.roundsMax = Config.roundsMax;
  Iteration.acceleration = Config.acceleration;
  Iteration.plain = Config.diffusionAlone;
  Iteration.start = Plan.isFull ? 0 : Published.vector;
  Iteration.known = Plan.isFull ? 0 : Published.numbers;
  Iteration.startChange = CHANGE_OF_LINKS * <f64>(goalLinks - doneLinks) / <f64>goalLinks;
  return beginIteration();
}

function publish(): void {
  commit(goalHeight, <u64>goalLinks, Plan.isFull, monotonic());
  planDone(goalLinks);
  doneLinks = goalLinks;
  doneHeight = goalHeight;
  recovered();
  dropWork();
}

/** Reads the next links up to the goal. */
function pullPiece(): bool {
  if (Columns.links == goalLinks) return true;
  const left = goalLinks - Columns.links;
  const limit = min(min(left, SCAN_LINKS), roomInChunk());
  const answer = reads.scan(<u64>Columns.links, limit);
  ++scans;
  if (!answer.isOk) {
    lost(answer.error);
    return false;
  }
  const run = answer.value;
  let wrong = checkRun(run, limit);
  const highest = highestOf(run);
  if (wrong == "" && highest >= goalParticles) {
    wrong = `a link names particle ${highest} of ${goalParticles}`;
  }
  if (wrong != "") {
    fail(`graph: ${wrong}`, RETRY_MS);
    return false;
  }
  if (!append(highest, run.origins, run.targets, run.weights)) {
    fail(`memory: not enough for ${goalLinks} links`, SHORT_MS);
    return false;
  }
  return Columns.links == goalLinks;
}

/** Says what is wrong with a scan's answer, or "". */
function checkRun(run: reads.Columns, limit: u32): string {
  const count = run.origins.length;
  if (count == 0 || <u32>count > limit) {
    return `scan of ${limit} links at ${Columns.links} gave ${count}`;
  }
  if (run.targets.length != count || run.weights.length != count) {
    return `scan at ${Columns.links} gave columns of unequal length`;
  }
  if (run.next != <u64>Columns.links + <u64>count) {
    return `scan at ${Columns.links} gave ${count} links and next ${run.next}`;
  }
  return "";
}

function highestOf(run: reads.Columns): u32 {
  let highest: u32 = 0;
  for (let i = 0; i < run.origins.length; ++i) {
    highest = max(highest, unchecked(run.origins[i]));
  }
  for (let i = 0; i < run.targets.length; ++i) {
    highest = max(highest, unchecked(run.targets[i]));
  }
  return highest;
}

/**
 * Makes the collected heap large enough for a snapshot while memory is small: the
 * heap grows by as much as all memory holds, and big blocks are part of that.
 */
function reserveHeap(octets: u64): void {
  const wanted = octets + HEAP_OCTETS;
  if (wanted <= heapOctets || wanted > HEAP_OCTETS_MAX) return;
  heapOctets = wanted + (wanted >> 1);
  heap.free(heap.alloc(<usize>heapOctets));
}

/** Ends a computation; the matrices stay for the next. */
function dropWork(): void {
  interruptRun();
  dropOrder();
  dropAxons();
  dropGraft();
  dropIteration();
  dropPublication();
  stage = REST;
}

function dropStructure(): void {
  dropWork();
  stage = NODES;
  dropFlow();
  dropNodes();
  dropMatrix();
  Plan.builtLinks = 0;
}

function dropAll(): void {
  dropStructure();
  stage = REST;
}

function lost(absence: Absence): void {
  fail(absence == Absence.Gone ? "graph: gone" : "graph: refused", RETRY_MS);
}

/** Ends the computation; what is published stays, and the columns too. */
function fail(trouble: string, ms: u32): void {
  if (Machine.trouble != trouble) write(Level.Warn, trouble);
  Machine.trouble = trouble;
  restMs = ms;
  dropAll();
}

function recovered(): void {
  if (Machine.trouble == "") return;
  write(Level.Info, `${Machine.trouble}: over`);
  Machine.trouble = "";
}
