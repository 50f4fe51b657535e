/**
 * Focus from a few particles, as `karyon:rank/personal` promises it.
 */
import { Result } from "../../sdk/assembly/result";
import { Absence } from "./gen/call";
import { monotonic } from "./gen/clock";
import { Outcome, PersonalFocus, Progress } from "./gen/personal";
import { Ranked } from "./gen/ranks";
import { FOCUS_MAX } from "./limits";
import { focusOf, Published } from "./published";
import { aheadOf, READY, Run, runFrom, RUNNING, SHORT, sourcesOf } from "./runs";

export function ask(
  sources: StaticArray<u32>,
  particles: StaticArray<u32>,
  limit: u32,
): Result<Outcome, Absence> {
  return Result.ok<Outcome, Absence>(outcome(sourcesOf(sources), particles, limit));
}

function outcome(sources: StaticArray<u32>, particles: StaticArray<u32>, limit: u32): Outcome {
  if (sources.length == 0) return Outcome.invalid();
  for (let i = 0; Published.version > 0 && i < sources.length; ++i) {
    if (!(focusOf(sources[i]) > 0)) return Outcome.unranked(sources[i]);
  }
  // Before the first publication nobody knows which sources will have a focus.
  if (Published.version == 0) return Outcome.preparing(new Progress(0, 0, 0));
  const run = runFrom(sources, monotonic());
  if (run != null && run.state == SHORT) {
    run.free();
    return Outcome.noMemory();
  }
  if (run != null && run.state == READY) {
    run.isGiven = true;
    return Outcome.computed(written(run, particles, limit));
  }
  const isRunning = run != null && run.state == RUNNING;
  return Outcome.preparing(
    new Progress(
      aheadOf(run),
      run != null && isRunning ? run.rounds : 0,
      run != null && isRunning ? run.residual : 0,
    ),
  );
}

function written(run: Run, particles: StaticArray<u32>, limit: u32): PersonalFocus {
  const values = new StaticArray<f64>(min(particles.length, FOCUS_MAX));
  for (let i = 0; i < values.length; ++i) values[i] = run.focusOf(particles[i]);
  const top = new Array<Ranked>(<i32>min(limit, run.topCount));
  for (let i = 0; i < top.length; ++i) {
    top[i] = new Ranked(run.topParticles[i], run.topValues[i]);
  }
  return new PersonalFocus(
    run.version,
    run.height,
    run.links,
    run.particles,
    run.rounds,
    run.residual,
    values,
    top,
  );
}
