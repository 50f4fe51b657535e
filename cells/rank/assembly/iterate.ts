/**
 * The coupled iteration: diffusion, springs and heat, until it stands still.
 *
 * A round is f' = normalise(0.5 D(f) + 0.3 S(f) + 0.2 H(f)). Its heat is the heat of a
 * base that is known already, plus an expansion over the difference to it: the nearer,
 * the fewer terms. Most rounds are rough, with one term; when they have come far, a
 * thorough one renews the base. The first bases are as good as the way ahead needs, later
 * ones are exact: their expansions have as many terms as an error bound far below the
 * tolerance asks for. What is published is the outcome of an exact round whose change
 * was below the tolerance. Between rounds it is extrapolated.
 *
 * Every sum is taken over blocks fixed by row and entry numbers, so the result has
 * the same bits wherever steps end. Built in pieces of bounded work.
 */
import { BLOCK_ROWS } from "./limits";
import { Block } from "./pages";
import { addFour, FOUR_BLOCKS, settleFour, settleOne, spreadFour, weighFour } from "./blocks";
import { Iteration } from "./iteration";
import { NO_NODE, nodeOf, Nodes } from "./nodes";
import { Sums } from "./matrix";
import { beginEffort, Effort, EXACT, growth, isAlike, isAnew, planHeat, planRound, ROUGH } from "./effort";
import { boundHeat, coefficient, similarError } from "./heat";
import { beginLending, endLending, Lending, lendOn, lendPiece, TAKING, WALKING } from "./lending";
import { giveByDiffusion, giveBySprings, isPersonal, startOnPrior } from "./prior";
import { diffuse, diffuseFrom, planDiffusion, resetWalk, spring, springFrom, Terms, Walk, warm, warmFrom } from "./rows";
import { DIFFUSION_WALK, SPRING_WALK, WARM_WALK } from "./tasks";
import { aim, beginExtrapolation, beginRound, blend, dropChanges, dropExtrapolation, forgetRounds, observe, turnRound } from "./extrapolate";

export const DIFFUSION: f64 = 0.5;
export const HEAT: f64 = 0.2;

/** What rounding adds to a value, in parts of it: 64 roundings of half a unit in the last place. */
export const ROUNDING: f64 = 1.4210854715202004e-14;

/** A change that grows by more than this is not heading anywhere: the past is forgotten. */
const ASTRAY: f64 = 10;

/** f64[n] each; `pairs` f64[2 n]. */
const focus = new Block();
const next = new Block();
const inverse = new Block();
const pairs = new Block();
const even = new Block();
const odd = new Block();
const warmth = new Block();
const base = new Block();
const baseHeat = new Block();

/** f64 per round. */
const history = new Block();

// Phases of a round, after SEED and PREPARE which come once.
const SEED: u32 = 0;
const PREPARE: u32 = 1;
const SPREAD: u32 = 2;
const DIFFUSE: u32 = 3;
const SPRING: u32 = 4;
const WARM: u32 = 5;
const MIX: u32 = 6;
const SETTLE: u32 = 7;
const BLEND: u32 = 8;

let phase: u32 = SEED;

let volume: f64 = 0;
let least: f64 = 0;
let seeded: f64 = 0;
let dangling: f64 = 0;
let drift: f64 = 0;
let energy: f64 = 0;
let total: f64 = 0;
let change: f64 = 0;

// The heat's term that comes next.
let term: i32 = 0;

export function beginIteration(): bool {
  phase = SEED;
  resetWalk();
  volume = 0;
  least = 0;
  seeded = 0;
  beginEffort(
    Iteration.acceleration == 0 || Iteration.roundsMax == 1,
    Iteration.start != 0 ? Iteration.startChange : 2,
  );
  Iteration.rounds = 0;
  Iteration.residual = 0;
  Iteration.heatError = 0;
  Iteration.isBroken = false;
  const octets = <u64>Nodes.count * 8;
  if (!focus.reserve(octets) || !next.reserve(octets)) return false;
  if (!even.reserve(octets)) return false;
  if (!Iteration.plain && !reserveHeat(octets)) return false;
  if (!history.reserve(<u64>Iteration.roundsMax * 8)) return false;
  if (!beginExtrapolation(Iteration.acceleration)) return false;
  Walk.now = focus.at;
  Walk.then = next.at;
  Walk.inverse = inverse.at;
  Walk.pairs = pairs.at;
  Walk.sent = even.at;
  Walk.warmth = warmth.at;
  Walk.isAnchored = !isPersonal();
  Iteration.history = history.at;
  return true;
}

function reserveHeat(octets: u64): bool {
  return inverse.reserve(octets) && pairs.reserve(octets * 2) && odd.reserve(octets) &&
    warmth.reserve(octets) && base.reserve(octets) && baseHeat.reserve(octets);
}

export function dropIteration(): void {
  focus.release();
  next.release();
  history.release();
  dropHelpers();
  dropExtrapolation();
}

/** Gives back all but the outcome. */
export function dropHelpers(): void {
  inverse.release();
  pairs.release();
  even.release();
  odd.release();
  warmth.release();
  base.release();
  baseHeat.release();
  dropChanges();
}

/** One piece; true when the iteration stands still or has run out of rounds. */
export function iteratePiece(): bool {
  if (phase == DIFFUSE || phase == SPRING || phase == WARM) {
    walkPiece();
    if (Walk.row == Walk.end && !lendOn()) endWalk();
    return false;
  }
  const end = phase == SEED ? Nodes.particles : Nodes.count;
  const from = Walk.row;
  const isFour = from + FOUR_BLOCKS <= end && fourBlocks(from);
  Walk.row = isFour ? from + FOUR_BLOCKS : min<u32>(from + BLOCK_ROWS, end);
  if (!isFour) oneBlock(from, Walk.row);
  if (Walk.row < end) return false;
  Walk.row = 0;
  return endBlocks();
}

function oneBlock(from: u32, to: u32): void {
  if (phase == SEED) seeded += seed(from, to);
  else if (phase == PREPARE) prepare(from, to);
  else if (phase == SPREAD) spread(from, to);
  else if (phase == MIX) total += Iteration.plain ? weigh(from, to) : mix(from, to);
  else if (phase == SETTLE) change += settle(from, to);
  else blend(from, to);
}

/** The same for four blocks at once; false where that is not for them. */
function fourBlocks(from: u32): bool {
  if (!Iteration.plain || volume == 0) return false;
  if (phase == SPREAD) {
    spreadFour(Walk.sent, Walk.now, Sums.out, from);
    dangling = addFour(dangling);
  } else if (phase == MIX) {
    weighFour(Walk.then, from);
    total = addFour(total);
  } else if (phase == SETTLE && Iteration.acceleration == 0) {
    settleFour(Walk.then, Walk.now, from, total);
    change = addFour(change);
  } else return false;
  return true;
}

/** One piece of a walk over rows; some of their sums may come from parts. */
function walkPiece(): void {
  const way = Lending.isOn ? lendPiece() : WALKING;
  if (way == WALKING) {
    if (phase == DIFFUSE) diffuse();
    else if (phase == SPRING) spring();
    else warm();
  } else if (way == TAKING) {
    if (phase == DIFFUSE) diffuseFrom(Lending.sums, Lending.to);
    else if (phase == SPRING) springFrom(Lending.sums, Lending.to);
    else warmFrom(Lending.sums, Lending.to);
  }
}

function beginDiffusion(): void {
  phase = DIFFUSE;
  const share = Iteration.plain ? 1 : DIFFUSION;
  planDiffusion(share, volume > 0 && !isPersonal() ? 1 / volume : 0, dangling);
  beginLending(DIFFUSION_WALK, Walk.sent);
}

function beginSpring(): void {
  phase = SPRING;
  Terms.zeroth = coefficient(0);
  Terms.first = coefficient(1);
  beginLending(SPRING_WALK, Walk.pairs);
}

function beginWarm(): void {
  phase = WARM;
  Terms.factor = coefficient(term);
  beginLending(WARM_WALK, Walk.last);
}

function endWalk(): void {
  endLending();
  Walk.row = 0;
  if (isPersonal()) {
    if (phase == DIFFUSE) giveByDiffusion(Iteration.plain ? 1 : DIFFUSION, dangling);
    else if (phase == SPRING) giveBySprings();
  }
  if (phase == DIFFUSE) {
    if (Iteration.plain) phase = MIX;
    else beginSpring();
  } else if (phase == SPRING) {
    term = 2;
    if (Effort.terms > 1) beginWarm();
    else phase = MIX;
  } else {
    const turn = Walk.last;
    Walk.last = Walk.before;
    Walk.before = turn;
    if (++term > Effort.terms) phase = MIX;
    else beginWarm();
  }
}

function endBlocks(): bool {
  if (phase == PREPARE) {
    boundHeat(max<f64>(volume, least), least > 0 ? least : 1);
    if (isPersonal()) startOnPrior();
    startRound();
  } else if (phase == SPREAD) {
    planHeat(drift, Iteration.tolerance);
    boundBase();
    Walk.last = odd.at;
    Walk.before = even.at;
    beginDiffusion();
  } else if (phase == MIX) {
    Iteration.isBroken = !(total > 0 && total < Infinity);
    beginRound(isAlike());
    ++phase;
  } else if (phase == SETTLE) {
    if (endRound()) return true;
    if (Iteration.acceleration > 0) ++phase;
    else nextRound();
  } else if (phase == BLEND) nextRound();
  else ++phase;
  return false;
}

/** Renewing the base adds the expansion's error to what the base had, or it begins anew. */
function boundBase(): void {
  if (Iteration.plain || Effort.mode == ROUGH) return;
  const error = (similarError(Effort.terms) + ROUNDING) * Math.sqrt(energy);
  Iteration.heatError = isAnew() ? error : Iteration.heatError + error;
}

function startRound(): void {
  dangling = 0;
  drift = 0;
  energy = 0;
  total = 0;
  change = 0;
  phase = SPREAD;
}

/** True if it was the last round. */
function endRound(): bool {
  store<f64>(history.at + (<usize>(Iteration.rounds++) << 3), change);
  Iteration.residual = change;
  Iteration.mass = total;
  Iteration.volume = volume;
  Iteration.focus = Walk.then;
  Iteration.before = Walk.now;
  const still = change < Iteration.tolerance;
  const isExact = Effort.mode == EXACT || Iteration.plain;
  if (Iteration.rounds == Iteration.roundsMax || (still && isExact)) return true;
  if (growth(change) > ASTRAY) forgetRounds();
  const isLast = Iteration.rounds + 1 == Iteration.roundsMax;
  planRound(change, Iteration.acceleration == 0 || still || isLast);
  aim();
  return false;
}

function nextRound(): void {
  turnRound();
  startRound();
}

/** The start by particle: what was known, or an even share; none where the prior is it. Returns the block's sum. */
function seed(from: u32, to: u32): f64 {
  const share = isPersonal() ? 0 : 1 / <f64>Nodes.count;
  let sum: f64 = 0;
  for (let i = from; i < to; ++i) {
    const node = nodeOf(i);
    if (node == NO_NODE) continue;
    const known = i < Iteration.known ? load<f64>(Iteration.start + (<usize>i << 3)) : 0;
    const value = known > 0 ? known : share;
    store<f64>(Walk.now + (<usize>node << 3), value);
    sum += value;
  }
  return sum;
}

/** A start that adds up to 1; reciprocals of the degrees, 0 for 0; volume and least degree. */
function prepare(from: u32, to: u32): void {
  const scale = Iteration.start != 0 ? seeded : 1;
  let sum: f64 = 0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const degree = load<f64>(Sums.degree + at);
    store<f64>(Walk.now + at, load<f64>(Walk.now + at) / scale);
    if (degree > 0 && (least == 0 || degree < least)) least = degree;
    sum += degree;
    if (Iteration.plain) continue;
    store<f64>(Walk.inverse + at, degree > 0 ? 1 / degree : 0);
    store<f64>(base.at + at, 0);
    store<f64>(baseHeat.at + at, 0);
  }
  volume += sum;
}

/** What each node sends along a unit of axon weight, the mass that has no way out, and the way from the base. */
function spread(from: u32, to: u32): void {
  const anew = isAnew();
  let stuck: f64 = 0;
  let moved: f64 = 0;
  let heat: f64 = 0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const value = load<f64>(Walk.now + at);
    const out = load<f64>(Sums.out + at);
    // Without branches, because who has no way out is not to be foretold: 1 for those, else 0.
    const none = <f64>(out == 0);
    store<f64>(Walk.sent + at, value / (out + none) * (1 - none));
    stuck += value * none;
    if (Iteration.plain) continue;
    const away = anew ? value : value - load<f64>(base.at + at);
    const pair = Walk.pairs + (at << 1);
    const scaled = away * load<f64>(Walk.inverse + at);
    store<f64>(pair, value);
    store<f64>(pair, scaled, 8);
    moved += Math.abs(away);
    heat += away * scaled;
  }
  dangling += stuck;
  drift += moved;
  energy += heat;
}

/** Adds the heat; a node without axons keeps its mass. Returns the block's mass. */
function mix(from: u32, to: u32): f64 {
  const anew = isAnew();
  let mass: f64 = 0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    const now = load<f64>(Walk.now + at);
    const degree = load<f64>(Sums.degree + at);
    let heat = now;
    if (degree > 0) {
      heat = degree * load<f64>(Walk.warmth + at);
      if (!anew) heat += load<f64>(baseHeat.at + at);
    }
    if (Effort.mode != ROUGH) {
      store<f64>(base.at + at, now);
      store<f64>(baseHeat.at + at, heat);
    }
    // The expansion's error must not make a small heat negative.
    const value = load<f64>(Walk.then + at) + HEAT * Math.max(heat, 0);
    store<f64>(Walk.then + at, value);
    mass += value;
  }
  return mass;
}

/** The block's mass of diffusion alone, which without any axon leaves all as it is. */
function weigh(from: u32, to: u32): f64 {
  let mass: f64 = 0;
  for (let i = from; i < to; ++i) {
    const at = <usize>i << 3;
    if (volume == 0 && !isPersonal()) store<f64>(Walk.then + at, load<f64>(Walk.now + at));
    mass += load<f64>(Walk.then + at);
  }
  return mass;
}

/** Normalises; returns the block's L1 change. */
function settle(from: u32, to: u32): f64 {
  const moved = settleOne(Walk.then, Walk.now, from, to, total);
  observe(from, to);
  return moved;
}
