/**
 * Where a particle's focus comes from, as `karyon:rank/explanations` promises it.
 *
 * One round over the published vector, taken apart (decision 0043). An axon's part of
 * springs and heat is proportional to its weight, so two axons of one pair of
 * particles have a part each. Sums are compensated: they round once.
 */
import { Result } from "../../sdk/assembly/result";
import { Absence } from "./gen/call";
import { Contribution, Explanation, Outcome } from "./gen/explanations";
import { Config } from "./config";
import { CONTRIBUTIONS_MAX } from "./limits";
import { Flow, flowOf, particleOf } from "./flow";
import { DIFFUSION, HEAT } from "./iterate";
import { Iteration } from "./iteration";
import { both, inward, Sums, UNIT, Weights } from "./matrix";
import { nodeOf } from "./nodes";
import { focusOf, Published } from "./published";
import { FOLLOW, MU, SPRINGS, TELEPORT } from "./rows";
import { Sum } from "./sum";
import { beginBest, Best, drainBest, offerBest } from "./best";

const E: f64 = 2.718281828459045;

/** Of the focus: what the sums and divisions of a round and of an explanation round. */
const ROUNDING: f64 = 1e-12;

/** No entry of the linear part of a round is larger: 0.5 * 0.85 + 0.3 + 0.2. */
const ENTRY_MAX: f64 = 0.925;

/** L1 error of a published round's heat, in parts of the tolerance. */
const HEAT_ERROR: f64 = 0.002;

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
  return Result.ok<Outcome, Absence>(outcome(particle, min(limit, CONTRIBUTIONS_MAX)));
}

function outcome(particle: u32, limit: u32): Outcome {
  if (Published.version > 0 && !(focusOf(particle) > 0)) return Outcome.unranked();
  if (Flow.short) return Outcome.noMemory();
  if (!Flow.ready) {
    Flow.asked = true;
    return Outcome.preparing();
  }
  Flow.asked = false;
  row = nodeOf(particle);
  unit = Weights.kind == UNIT ? Weights.unit : 1;
  const plain = Config.diffusionAlone;
  const mu = MU * Flow.largest;
  const degree = load<f64>(Sums.degree + (<usize>row << 3));
  share = plain ? 1 : DIFFUSION;
  follow = share * FOLLOW / Iteration.mass;
  pull = plain ? 0 : SPRINGS / (mu + degree) / Iteration.mass;
  warm = plain ? 0 : HEAT / Iteration.mass;
  axons = 0;
  diffusion = new Sum();
  springs = new Sum();
  heat = new Sum();
  beginBest(limit);
  walk();
  return Outcome.explained(written(particle, degree, plain));
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
  const particle = particleOf(other);
  const focus = focusOf(particle);
  const out = load<f64>(Sums.out + (<usize>other << 3));
  const followed = isInward ? follow * (weight / out) * focus : 0;
  const pulled = pull * weight * focus;
  const warmed = warm * weight * flowOf(other);
  diffusion.add(followed);
  springs.add(pulled);
  heat.add(warmed);
  offerBest(followed + pulled + warmed, particle, other, isInward, weight);
}

function written(particle: u32, degree: f64, plain: bool): Explanation {
  const mass = Iteration.mass;
  const volume = Iteration.volume;
  const n = <f64>Published.particles;
  const mu = MU * Flow.largest;
  const focus = focusOf(particle);
  const prior = volume > 0 ? share * TELEPORT * degree / volume / mass : 0;
  const stuck = volume > 0 ? share * FOLLOW * Flow.dangling * degree / volume / mass : 0;
  const anchor = plain ? 0 : SPRINGS * mu / n / (mu + degree) / mass;
  // Without any axon, diffusion alone leaves all as it is.
  const still = plain ? (volume > 0 ? 0 : focus) : HEAT * (degree > 0 ? focus / E : focus) / mass;
  const all = new Sum();
  all.add(prior);
  all.add(stuck);
  all.add(anchor);
  all.add(still);
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
    Published.version,
    Published.height,
    Published.links,
    Published.confirmed,
    focus,
    all.value,
    boundOf(focus, plain),
    mass,
    Published.particles,
    volume * unit,
    Flow.largest * unit,
    Flow.dangling,
    degree * unit,
    share,
    prior,
    stuck,
    anchor,
    still,
    axons,
    shown,
    isWhole ? 0 : max<f64>(0, restDiffusion.value),
    isWhole ? 0 : max<f64>(0, restSprings.value),
    isWhole ? 0 : max<f64>(0, restHeat.value),
  );
}

/** How far a round over the published vector is from that vector, at one particle (decision 0043). */
function boundOf(focus: f64, plain: bool): f64 {
  const missing = plain ? 0 : HEAT * HEAT_ERROR * Iteration.tolerance;
  return (ENTRY_MAX * Iteration.residual + missing) / Iteration.mass + ROUNDING * focus;
}

function contribution(one: Best): Contribution {
  const at = <usize>one.node << 3;
  const focus = focusOf(one.particle);
  const out = load<f64>(Sums.out + at);
  const degree = load<f64>(Sums.degree + at);
  return new Contribution(
    one.particle,
    one.inward,
    one.weight * unit,
    focus,
    out * unit,
    degree * unit,
    flowOf(one.node) * degree,
    one.inward ? follow * (one.weight / out) * focus : 0,
    pull * one.weight * focus,
    warm * one.weight * flowOf(one.node),
  );
}
