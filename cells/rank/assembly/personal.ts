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
  const missing = unrankedOf(sources);
  if (missing >= 0) return Outcome.unranked(<u32>missing);
  if (Published.version == 0) return Outcome.preparing(progressOf(null));
  const run = runFrom(sources, monotonic());
  if (run != null && run.state == SHORT) {
    run.free();
    return Outcome.noMemory();
  }
  if (run != null && run.state == READY) {
    run.isGiven = true;
    return Outcome.computed(written(run, particles, limit));
  }
  return Outcome.preparing(progressOf(run));
}

/** The first source without a focus, or -1; before the first publication nobody knows who will have one. */
export function unrankedOf(sources: StaticArray<u32>): i64 {
  for (let i = 0; Published.version > 0 && i < sources.length; ++i) {
    if (!(focusOf(sources[i]) > 0)) return <i64>sources[i];
  }
  return -1;
}

export function progressOf(run: Run | null): Progress {
  if (Published.version == 0) return new Progress(0, 0, 0);
  const isRunning = run != null && run.state == RUNNING;
  return new Progress(
    aheadOf(run),
    run != null && isRunning ? run.rounds : 0,
    run != null && isRunning ? run.residual : 0,
  );
}

/** Whether it is known that no axons join the particle to a source. */
export function isApart(run: Run, particle: u32): bool {
  return run.state == READY && run.links == Published.links && !(run.focusOf(particle) > 0);
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
