/**
 * Where a particle's focus comes from, as `karyon:rank/explanations` promises it.
 *
 * One round over the published vector, or a personal focus, taken apart (decisions 0043 and 0065). An axon's part of
 * springs and heat is proportional to its weight, so two axons of one pair of
 * particles have a part each. Sums are compensated: they round once.
 */
import { Result } from "../../sdk/assembly/result";
import { Absence } from "./gen/call";
import { Contribution, Explanation, Outcome, OutcomeFrom } from "./gen/explanations";
import { monotonic } from "./gen/clock";
import { Config } from "./config";
import { CONTRIBUTIONS_MAX } from "./limits";
import { Flow } from "./flow";
import { DIFFUSION, HEAT } from "./iterate";
import { Iteration } from "./iteration";
import { both, inward, Sums, UNIT, Weights } from "./matrix";
import { nodeOf } from "./nodes";
import { focusOf, Published } from "./published";
import { Passing } from "./passing";
import { isApart, progressOf, unrankedOf } from "./personal";
import { FOLLOW, MU, SPRINGS, TELEPORT } from "./rows";
import { along, explainRun, isExplained, READY, Run, runFrom, SHORT, sourcesOf } from "./runs";
import { Sum } from "./sum";
import { beginBest, Best, drainBest, offerBest } from "./best";

const E: f64 = 2.718281828459045;

/** Of the focus: what the sums and divisions of a round and of an explanation round. */
const ROUNDING: f64 = 1e-12;

/** No entry of the linear part of a round is larger: 0.5 * 0.85 + 0.3 + 0.2. */
const ENTRY_MAX: f64 = 0.925;

/** L1 error of a published round's heat, in parts of the tolerance. */
const HEAT_ERROR: f64 = 0.002;

/** The vector that is explained, and the figures of its last round. */
class Basis {
  static passing: Passing = Flow.passing;
  /** Of a personal focus; null: the published one. */
  static run: Run | null = null;
  static mass: f64 = 1;
  static residual: f64 = 0;
}

// The particle that is explained: its row, and what its axons have in common.
let row: u32 = 0;
let unit: f64 = 1;
let share: f64 = 0;
let follow: f64 = 0;
let pull: f64 = 0;
let warm: f64 = 0;
let axons: u32 = 0;
let diffusion = new Sum();
let springs = new Sum();
let heat = new Sum();

export function explain(particle: u32, limit: u32): Result<Outcome, Absence> {
  return Result.ok<Outcome, Absence>(outcome(particle, limit));
}

function outcome(particle: u32, limit: u32): Outcome {
  if (Published.version > 0 && !(focusOf(particle) > 0)) return Outcome.unranked();
  if (Flow.short) return Outcome.noMemory();
  if (!Flow.passing.ready) {
    Flow.asked = true;
    return Outcome.preparing();
  }
  Flow.asked = false;
  Basis.run = null;
  Basis.passing = Flow.passing;
  Basis.mass = Iteration.mass;
  Basis.residual = Iteration.residual;
  return Outcome.explained(explanation(particle, limit));
}

export function explainFrom(
  sources: StaticArray<u32>,
  particle: u32,
  limit: u32,
): Result<OutcomeFrom, Absence> {
  return Result.ok<OutcomeFrom, Absence>(outcomeFrom(sourcesOf(sources), particle, limit));
}

function outcomeFrom(sources: StaticArray<u32>, particle: u32, limit: u32): OutcomeFrom {
  if (sources.length == 0) return OutcomeFrom.invalid();
  const missing = unrankedOf(sources);
  if (missing >= 0) return OutcomeFrom.unranked(<u32>missing);
  if (Published.version > 0 && !(focusOf(particle) > 0)) return OutcomeFrom.unranked(particle);
  const run = Published.version > 0 ? runFrom(sources, monotonic()) : null;
  if (run == null) return OutcomeFrom.preparing(progressOf(null));
  if (run.state == SHORT) {
    run.free();
    return OutcomeFrom.noMemory();
  }
  if (isApart(run, particle)) {
    run.isGiven = true;
    return OutcomeFrom.apart();
  }
  if (!isExplained(run)) {
    explainRun(run);
    return OutcomeFrom.preparing(progressOf(run));
  }
  run.isGiven = true;
  Basis.run = run;
  Basis.passing = along;
  Basis.mass = run.mass;
  Basis.residual = run.residual;
  return OutcomeFrom.explained(explanation(particle, limit));
}

function explanation(particle: u32, limit: u32): Explanation {
  row = nodeOf(particle);
  unit = Weights.kind == UNIT ? Weights.unit : 1;
  const plain = Config.diffusionAlone;
  const mass = Basis.mass;
  const mu = MU * Basis.passing.largest;
  const degree = load<f64>(Sums.degree + (<usize>row << 3));
  share = plain ? 1 : DIFFUSION;
  follow = share * FOLLOW / mass;
  pull = plain ? 0 : SPRINGS / (mu + degree) / mass;
  warm = plain ? 0 : HEAT / mass;
  axons = 0;
  diffusion = new Sum();
  springs = new Sum();
  heat = new Sum();
  beginBest(min(limit, CONTRIBUTIONS_MAX));
  walk();
  return written(particle, degree, plain);
}

/** Over the neighbours, which ascend in each row; where weights are not stored, one may come twice. */
function walk(): void {
  const end = both.start(row + 1);
  const inwardEnd = inward.start(row + 1);
  let known = inward.start(row);
  let last: u32 = 0xffffffff;
  for (let i = both.start(row); i < end; ++i) {
    const other = both.column(i);
    if (other == last) continue;
    last = other;
    if (known < inwardEnd && inward.column(known) == other) {
      offer(other, true, inward.weight(known++));
    }
    const at = entryOf(other, row);
    if (at != 0xffffffff) offer(other, false, inward.weight(at));
  }
}

/** The entry of the axon from `origin` in the row of `target`, found by halving. */
function entryOf(target: u32, origin: u32): u32 {
  let from = inward.start(target);
  let to = inward.start(target + 1);
  while (from < to) {
    const middle = from + ((to - from) >>> 1);
    const column = inward.column(middle);
    if (column == origin) return middle;
    if (column < origin) from = middle + 1;
    else to = middle;
  }
  return 0xffffffff;
}

function offer(other: u32, isInward: bool, weight: f64): void {
  ++axons;
  const particle = Basis.passing.particleOf(other);
  const focus = Basis.passing.valueOf(particle);
  const out = load<f64>(Sums.out + (<usize>other << 3));
  const followed = isInward ? follow * (weight / out) * focus : 0;
  const pulled = pull * weight * focus;
  const warmed = warm * weight * Basis.passing.flowOf(other);
  diffusion.add(followed);
  springs.add(pulled);
  heat.add(warmed);
  offerBest(followed + pulled + warmed, particle, other, isInward, weight);
}

/** What comes over no axon. */
class Given {
  prior: f64 = 0;
  stuck: f64 = 0;
  anchor: f64 = 0;
  still: f64 = 0;
}

function givenTo(focus: f64, degree: f64, plain: bool): Given {
  const given = new Given();
  const mass = Basis.mass;
  const volume = Iteration.volume;
  const dangling = Basis.passing.dangling;
  const mu = MU * Basis.passing.largest;
  if (volume > 0) {
    given.prior = share * TELEPORT * degree / volume / mass;
    given.stuck = share * FOLLOW * dangling * degree / volume / mass;
  }
  given.anchor = plain ? 0 : SPRINGS * mu / <f64>Published.particles / (mu + degree) / mass;
  // Without any axon, diffusion alone leaves all as it is.
  given.still = plain ? (volume > 0 ? 0 : focus) : HEAT * (degree > 0 ? focus / E : focus) / mass;
  return given;
}

/** The same where prior and anchor are on some particles alone, in equal shares. */
function givenBy(run: Run, particle: u32, focus: f64, degree: f64, plain: bool): Given {
  const given = new Given();
  const mass = Basis.mass;
  const mu = MU * Basis.passing.largest;
  const part = run.sources.includes(particle) ? 1 / <f64>run.sources.length : 0;
  given.prior = share * TELEPORT * part / mass;
  given.stuck = share * FOLLOW * Basis.passing.dangling * part / mass;
  given.anchor = plain ? 0 : SPRINGS * mu * part / (mu + degree) / mass;
  given.still = plain ? 0 : HEAT * (degree > 0 ? focus / E : focus) / mass;
  return given;
}

function written(particle: u32, degree: f64, plain: bool): Explanation {
  const run = Basis.run;
  const focus = Basis.passing.valueOf(particle);
  const given = run == null
    ? givenTo(focus, degree, plain)
    : givenBy(run, particle, focus, degree, plain);
  const all = new Sum();
  all.add(given.prior);
  all.add(given.stuck);
  all.add(given.anchor);
  all.add(given.still);
  all.add(diffusion.value);
  all.add(springs.value);
  all.add(heat.value);
  const contributions = drainBest();
  const restDiffusion = new Sum();
  const restSprings = new Sum();
  const restHeat = new Sum();
  restDiffusion.add(diffusion.value);
  restSprings.add(springs.value);
  restHeat.add(heat.value);
  const shown = new Array<Contribution>(contributions.length);
  for (let i = 0; i < contributions.length; ++i) {
    const one = contribution(contributions[i]);
    restDiffusion.add(-one.diffusion);
    restSprings.add(-one.springs);
    restHeat.add(-one.heat);
    shown[i] = one;
  }
  const isWhole = <u32>shown.length == axons;
  return new Explanation(
    run == null ? Published.version : run.version,
    run == null ? Published.height : run.height,
    run == null ? Published.links : run.links,
    run == null ? Published.confirmed : run.confirmed,
    focus,
    all.value,
    boundOf(focus, plain),
    Basis.mass,
    run == null ? Published.particles : run.particles,
    Iteration.volume * unit,
    Basis.passing.largest * unit,
    Basis.passing.dangling,
    degree * unit,
    share,
    given.prior,
    given.stuck,
    given.anchor,
    given.still,
    axons,
    shown,
    isWhole ? 0 : max<f64>(0, restDiffusion.value),
    isWhole ? 0 : max<f64>(0, restSprings.value),
    isWhole ? 0 : max<f64>(0, restHeat.value),
  );
}

/** How far a round over a vector is from that vector, at one particle (decision 0043). */
function boundOf(focus: f64, plain: bool): f64 {
  const missing = plain ? 0 : HEAT * HEAT_ERROR * Iteration.tolerance;
  return (ENTRY_MAX * Basis.residual + missing) / Basis.mass + ROUNDING * focus;
}

function contribution(one: Best): Contribution {
  const at = <usize>one.node << 3;
  const focus = Basis.passing.valueOf(one.particle);
  const flow = Basis.passing.flowOf(one.node);
  const out = load<f64>(Sums.out + at);
  const degree = load<f64>(Sums.degree + at);
  return new Contribution(
    one.particle,
    one.inward,
    one.weight * unit,
    focus,
    out * unit,
    degree * unit,
    flow * degree,
    one.inward ? follow * (one.weight / out) * focus : 0,
    pull * one.weight * focus,
    warm * one.weight * flow,
  );
}
