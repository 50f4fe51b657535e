/**
 * Karma, focus finality and spectral position, as `karyon:rank/measures` promises them.
 */
import { Option } from "../../sdk/assembly/option";
import { Result } from "../../sdk/assembly/result";
import { Absence } from "./gen/call";
import { monotonic } from "./gen/clock";
import { Earner, Judgement, KarmaView, Spectral, Spectrum, Verdict } from "./gen/measures";
import { FOCUS_MAX, RIVALS_MAX, TOP_MAX } from "./limits";
import { Karma, karmaOf } from "./karma";
import { askMode, Mode, NOBODY_ASKED, positionOf, READY, SHORT } from "./modes";
import { focusOf, Published } from "./published";
import { Sum } from "./sum";

/** Deviations below this part of the mean are rounding. */
const ROUNDING: f64 = 1e-15;

export function karma(
  neurons: StaticArray<u32>,
  limit: u32,
): Result<Option<KarmaView>, Absence> {
  const view = Karma.version == 0
    ? Option.none<KarmaView>()
    : Option.some<KarmaView>(karmaView(neurons, limit));
  return Result.ok<Option<KarmaView>, Absence>(view);
}

function karmaView(neurons: StaticArray<u32>, limit: u32): KarmaView {
  const values = new StaticArray<f64>(min(neurons.length, FOCUS_MAX));
  for (let i = 0; i < values.length; ++i) values[i] = karmaOf(neurons[i]);
  const count = min(min(limit, TOP_MAX), Karma.leaders.count);
  const top = new Array<Earner>(<i32>count);
  for (let i: u32 = 0; i < count; ++i) {
    top[i] = new Earner(Karma.leaders.numbers[i], Karma.leaders.values[i]);
  }
  const nowUs = monotonic();
  return new KarmaView(
    Karma.version,
    Karma.height,
    Karma.links,
    nowUs > Karma.sinceUs ? (nowUs - Karma.sinceUs) / 1000 : 0,
    Karma.neurons,
    Karma.total,
    values,
    top,
  );
}

export function finality(
  particle: u32,
  rivals: StaticArray<u32>,
  k: f64,
): Result<Judgement, Absence> {
  return Result.ok<Judgement, Absence>(judge(particle, rivals, k));
}

function judge(particle: u32, rivals: StaticArray<u32>, k: f64): Judgement {
  if (!(k >= 1 && k <= 2) || rivals.length > RIVALS_MAX) return Judgement.invalid();
  const focus = focusOf(particle);
  if (!(focus > 0)) return Judgement.unranked();
  const values = focusesOf(particle, rivals);
  const members = <f64>values.length;
  const all = new Sum();
  for (let i = 0; i < values.length; ++i) all.add(values[i]);
  const mean = all.value / members;
  const squares = new Sum();
  for (let i = 0; i < values.length; ++i) squares.add((values[i] - mean) * (values[i] - mean));
  const isEven = Math.sqrt(squares.value / members) < mean * ROUNDING;
  const deviation = isEven ? 0 : Math.sqrt(squares.value / members);
  const above = focus - mean;
  return Judgement.judged(
    new Verdict(
      Published.version,
      Published.height,
      Published.links,
      Published.confirmed,
      values.length,
      focus,
      mean,
      deviation,
      deviation > 0 ? above / deviation : 0,
      Math.sqrt(members - 1),
      deviation > 0 && above > k * deviation,
    ),
  );
}

/** Of the particle and its rivals, each once, by particle number: those that have one. */
function focusesOf(particle: u32, rivals: StaticArray<u32>): Array<f64> {
  const all = new Array<u32>(rivals.length + 1);
  all[0] = particle;
  for (let i = 0; i < rivals.length; ++i) all[i + 1] = rivals[i];
  all.sort((a, b) => a < b ? -1 : <i32>(a > b));
  const values = new Array<f64>();
  for (let i = 0; i < all.length; ++i) {
    if (i > 0 && all[i] == all[i - 1]) continue;
    const value = focusOf(all[i]);
    if (value > 0) values.push(value);
  }
  return values;
}

export function position(particles: StaticArray<u32>): Result<Spectral, Absence> {
  return Result.ok<Spectral, Absence>(spectral(particles));
}

function spectral(particles: StaticArray<u32>): Spectral {
  askMode(monotonic());
  if (Mode.state == SHORT) {
    Mode.state = NOBODY_ASKED;
    return Spectral.noMemory();
  }
  if (Mode.state != READY) return Spectral.preparing(Mode.rounds);
  Mode.isGiven = true;
  const changes = new StaticArray<f64>(<i32>Mode.rounds);
  for (let i = 0; i < changes.length; ++i) changes[i] = Mode.changes[i];
  const positions = new StaticArray<f64>(min(particles.length, FOCUS_MAX));
  for (let i = 0; i < positions.length; ++i) positions[i] = positionOf(particles[i]);
  return Spectral.computed(
    new Spectrum(
      Mode.version,
      Mode.height,
      Mode.links,
      changes,
      Mode.rate,
      Mode.spread,
      Mode.drift,
      positions,
    ),
  );
}
