/**
 * The cell's work as a chain of stages, each done in pieces.
 *
 * pull -> nodes -> order -> axons -> matrix -> iterate -> publish, then again once
 * the record has grown. A few links more are added to the matrices that are there:
 * pull -> grow -> order -> axons -> arrive -> graft -> iterate -> publish.
 * Where the configuration names parts, a seal over the matrices comes before the iteration; a
 * part goes the same way up to its seal, and serves then.
 * Between two pieces the scheduler may take the processor. A stage that finds no memory, or a graph that
 * does not answer, ends the computation: what was published stays, and `trouble` says why.
 * The vector is about a consistent prefix of the record: `count` gives links and height of one instant.
 */
import * as reads from "./gen/reads";
import { monotonic } from "./gen/clock";
import { shouldYield } from "./gen/scheduling";
import { Level, write } from "./gen/log";
import { Away, isAnother } from "./another";
import { GPU_REST_MS, HOLD_IDLE_MS, IDLE_MS, LINKS_MAX, PIECES_PER_STEP, RETRY_MS, SCANS_PER_STEP, SHORT_MS, TRAFFIC_PER_STEP } from "./limits";
import { Columns, forget } from "./record";
import { reserveHeap } from "./heap";
import { BAD_GRAPH, DONE, Goal, NO_GRAPH, NO_MEMORY, Pull, pullPiece, troubleOf } from "./pull";
import { beginMoreNodes, beginNodes, dropNodes, moreNodesPiece, Nodes, nodesPiece } from "./nodes";
import { beginOrder, dropOrder, orderPiece } from "./order";
import { axonsPiece, beginAxons, dropAxons } from "./axons";
import { beginArrivals, beginMatrix, dropMatrix, matrixPiece } from "./matrix";
import { beginGraft, dropGraft, Graft, graftPiece } from "./graft";
import { isDue, mayGraft, Plan, planDone, planFor } from "./plan";
import { beginIteration, dropHelpers, dropIteration, iteratePiece } from "./iterate";
import { Iteration } from "./iteration";
import { Approach, approachPiece, dropApproach } from "./gpu/approach";
import { approach, hasStrayed, isCanonical, setOut, towards } from "./gpu/departure";
import { beginFlow, dropFlow, Flow, holds } from "./flow";
import { announce, announceRest, Lending, lendNothing } from "./lending";
import { beginServing, dropServing, foundNothing, Part, servePiece, wantsOther } from "./part";
import { beginSeal, Seal, sealPiece } from "./seal";
import { REST, PULL, NODES, ORDER, AXONS, MATRIX, ITERATE, PUBLISH } from "./stages";
import { GROW, ARRIVE, GRAFT, FLOW, SEAL, SERVE, APPROACH } from "./stages";
import { Traffic } from "./tasks";
import { onAll } from "./prior";
import { beginBeside, besidePiece, forgetBeside, interruptBeside, isBeside, isBesideAwaited } from "./beside";
import { wantKarma } from "./karma";
import { dropAlong, holdsAlong, isAlongHeld, releaseRuns } from "./runs";
import { forgetPast } from "./past";
import { pastLength } from "./past_state";
import { beginPublication, commit, dropPublication, publicationPiece, Published } from "./published";

let stage: u32 = REST;
let isGrafting: bool = false;
let halted: bool = false;

// What this generation published last.
let doneLinks: u32 = 0;
let doneHeight: u64 = 0;
// Something was computed beside the publication since the record was looked at.
let hasRun: bool = false;
let restMs: u32 = 0;

export class Machine {
  /** Why a promise is weakened; empty when none is. */
  static trouble: string = "";
}

export function isComputing(): bool {
  return stage != REST && !isBeside(stage);
}

/** Ends the computation for good: `work` rests from now on. */
export function halt(): void {
  halted = true;
  dropAll();
}

/** Works until told to yield: 0 if there is more to do, else the milliseconds to rest. */
export function work(): u32 {
  if (halted) return SHORT_MS;
  Pull.scans = 0;
  Traffic.octets = 0;
  for (let i: u32 = 0; i < PIECES_PER_STEP; ++i) {
    restMs = 0;
    if (stage == REST) {
      if (!begin()) return restMs;
    } else if (!piece()) {
      if (stage == REST) return restMs;
      if (foundNothing()) return Part.restMs;
      if (stage == APPROACH && Approach.isWaiting) return GPU_REST_MS;
    } else {
      advance();
      if (stage == REST && restMs > 0) return restMs;
    }
    if (Pull.scans >= SCANS_PER_STEP || Traffic.octets >= TRAFFIC_PER_STEP) return 0;
    if (shouldYield()) return 0;
  }
  return 0;
}

/**
 * Whether the publication is to be explained before the next one is begun, or waits for
 * whoever asked: for a bounded time, so that asking cannot keep it.
 */
function explaining(): bool {
  if (Flow.asked ? Flow.passing.ready : isAlongHeld()) {
    restMs = HOLD_IDLE_MS;
    return (Flow.asked && holds(monotonic())) || holdsAlong(monotonic());
  }
  if (!Flow.asked) return false;
  // The matrices are not those of the publication, or there is none.
  if (doneLinks == 0 || Plan.builtLinks != doneLinks) return false;
  if (!beginFlow()) return false;
  stage = FLOW;
  return true;
}

/** Begins what is wanted beside the publication, if its matrices are there. */
function running(): bool {
  if (hasRun || doneLinks == 0 || Plan.builtLinks != doneLinks) return false;
  stage = beginBeside(monotonic());
  hasRun = stage != REST;
  return hasRun;
}

/** Whether somebody waits for what needs the matrices, which are gone. */
function needsMatrices(): bool {
  return Plan.builtLinks == 0 && (Flow.asked || isBesideAwaited(monotonic()));
}

/** Looks whether the record has grown; true if a computation began. */
function begin(): bool {
  if (Part.place > 0) return beginPart();
  if (explaining()) return stage == FLOW;
  if (running()) return true;
  const answer = reads.count();
  if (!answer.isOk) {
    lost(troubleOf(answer.error));
    return false;
  }
  const census = answer.value;
  hasRun = false;
  restMs = IDLE_MS;
  if (isAnother(census)) {
    write(Level.Warn, "the graph has another record than before: starting over");
    Away.was = false;
    forget();
    dropAll();
    forgetBeside();
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
  Goal.links = <u32>census.links;
  Goal.height = census.height;
  Goal.particles = census.particles;
  Goal.neurons = census.neurons;
  planFor(Goal.links, doneLinks == 0 || known);
  Plan.isConfirming = known;
  isGrafting = mayGraft();
  if (!isGrafting) Plan.numbered = Goal.links;
  announce(Plan.numbered, Goal.links, Goal.particles);
  stage = PULL;
  return true;
}

/** Looks what rank wants; true if there is something to build or to sum. */
function beginPart(): bool {
  const isOther = wantsOther(Plan.numbered, Plan.builtLinks);
  restMs = IDLE_MS;
  if (Part.links == 0) {
    recovered();
    return false;
  }
  if (!isOther && Seal.value != 0) {
    stage = SERVE;
    return beginServing();
  }
  if (Part.links < Columns.links) {
    forget();
    dropAll();
  }
  reserveHeap(0);
  Goal.links = Part.links;
  Goal.particles = Part.particles;
  isGrafting = Plan.builtLinks > 0 && Plan.builtLinks < Goal.links &&
    Part.numbered == Plan.numbered && !Columns.hasNegative;
  Plan.numbered = Part.numbered;
  stage = PULL;
  return true;
}

/** One piece of the stage; true when the stage is over. */
function piece(): bool {
  if (stage == PULL) return readOn();
  if (stage == NODES) return nodesPiece();
  if (stage == GROW) return moreNodesPiece();
  if (stage == ORDER) return orderPiece();
  if (stage == AXONS) return axonsPiece();
  if (stage == MATRIX || stage == ARRIVE) return matrixPiece();
  if (stage == GRAFT) return graftPiece();
  if (isBeside(stage)) return besidePiece(stage, monotonic());
  if (stage == SEAL) return sealPiece();
  if (stage == SERVE) return servePiece(Plan.numbered, Plan.builtLinks);
  if (stage == APPROACH) return approachPiece();
  if (stage == ITERATE) return iterateOn();
  return publicationPiece();
}

/** Goes to the next stage, and gives back what no later stage reads. */
function advance(): void {
  if (isBeside(stage)) {
    stage = REST;
    return;
  }
  if (stage == PUBLISH) {
    publish();
    return;
  }
  if (stage == SERVE) {
    // Rank wants something else; the matrices stay.
    stage = REST;
    return;
  }
  if (enter(nextStage())) return;
  // What is kept of personal focuses and of before gives way.
  fail(`memory: not enough for ${Goal.links} links`, releaseRuns() || forgetPast() ? RETRY_MS : SHORT_MS);
}

function nextStage(): u32 {
  if (stage == PULL) return isGrafting ? GROW : NODES;
  // A part numbers as many links as rank did, and then the rest.
  if (stage == NODES && Plan.numbered < Goal.links) return GROW;
  if (stage == GROW) return ORDER;
  if (stage == AXONS) return isGrafting ? ARRIVE : MATRIX;
  if (stage == ARRIVE) return GRAFT;
  if (stage == GRAFT) {
    // What does not fit is built anew.
    isGrafting = !Graft.declined;
    if (!isGrafting) return declined();
  }
  if (stage == GRAFT || stage == MATRIX) return isShared() ? SEAL : towards();
  if (stage == SEAL) return Part.place > 0 ? SERVE : towards();
  if (stage == APPROACH) return ITERATE;
  return stage + 1;
}

/** The links do not fit the matrices: all is built anew. */
function declined(): u32 {
  if (Part.place == 0) {
    Plan.numbered = Goal.links;
    announce(Plan.numbered, Goal.links, Goal.particles);
  }
  return NODES;
}

function isShared(): bool {
  return Part.place > 0 || Lending.isOn;
}

/** Begins a stage; false where memory ran out. */
function enter(next: u32): bool {
  stage = next;
  if (next == NODES) {
    dropStructure();
    return beginNodes(Goal.particles, Plan.numbered);
  }
  if (next == GROW) return beginMoreNodes(Goal.particles, isGrafting ? Plan.builtLinks : Plan.numbered);
  if (next == ORDER) return beginOrder(isGrafting ? Plan.builtLinks : 0);
  if (next == AXONS) return beginAxons();
  if (next == ARRIVE || next == MATRIX) dropOrder();
  if (next == ARRIVE) return beginArrivals();
  if (next == MATRIX) return beginMatrix();
  if (next == GRAFT) return beginGraft(Plan.builtNodes);
  if (next == SEAL) {
    built();
    beginSeal();
    return true;
  }
  if (next == SERVE) {
    recovered();
    return beginServing();
  }
  if (next == APPROACH || next == ITERATE) {
    built();
    if (next == ITERATE) return enterIteration();
    approach();
    return true;
  }
  dropHelpers();
  return beginPublication();
}

/** The matrices are whole, and not those of the publication any more. */
function built(): void {
  dropFlow();
  dropAlong();
  dropAxons();
  dropGraft();
  Plan.builtLinks = Goal.links;
  Plan.builtNodes = Nodes.count;
}

/** Iterates on; a focus that is no distribution is nobody's but a part's. */
function iterateOn(): bool {
  const isOver = iteratePiece();
  if (hasStrayed()) {
    if (!enterIteration()) fail(`memory: not enough for ${Goal.links} links`, SHORT_MS);
    return false;
  }
  if (!Iteration.isBroken) return isOver;
  lendNothing();
  fail("rows: sums of a part are no sums; nothing is lent any more", RETRY_MS);
  return false;
}

function enterIteration(): bool {
  setOut(<f64>(Goal.links - doneLinks) / <f64>Goal.links);
  return beginIteration();
}

function publish(): void {
  commit(Goal.height, <u64>Goal.links, isCanonical(), monotonic());
  planDone(Goal.links);
  if (Plan.isFull) wantKarma();
  doneLinks = Goal.links;
  doneHeight = Goal.height;
  announceRest();
  recovered();
  dropWork();
}

/** Reads on; true when all links are there. */
function readOn(): bool {
  const came = pullPiece();
  if (came == NO_MEMORY) fail(`memory: not enough for ${Goal.links} links`, SHORT_MS);
  else if (came == BAD_GRAPH) fail(Pull.trouble, RETRY_MS);
  else if (came == NO_GRAPH) lost(Pull.trouble);
  return came == DONE;
}

/** Ends a computation; the matrices stay for the next. */
function dropWork(): void {
  interruptBeside();
  dropApproach();
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
  dropAlong();
  dropServing();
  dropNodes();
  dropMatrix();
  Plan.builtLinks = 0;
}

function dropAll(): void {
  dropStructure();
  stage = REST;
}

/** The graph does not answer. Matrices that nothing was grafted on yet stay until it is back. */
function lost(trouble: string): void {
  Away.was = true;
  if (stage == REST || isGrafting) interrupt(trouble, RETRY_MS);
  else fail(trouble, RETRY_MS);
}

/** Ends the computation; what is published stays, and the columns too. */
function fail(trouble: string, ms: u32): void {
  interrupt(trouble, ms);
  dropAll();
}

/** Ends it with the matrices kept. */
function interrupt(trouble: string, ms: u32): void {
  if (Machine.trouble != trouble) write(Level.Warn, trouble);
  Machine.trouble = trouble;
  restMs = ms;
  announceRest();
  dropWork();
}

function recovered(): void {
  if (Machine.trouble == "") return;
  write(Level.Info, `${Machine.trouble}: over`);
  Machine.trouble = "";
}
