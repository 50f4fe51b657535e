/**
 * The published vector, as `karyon:rank/ranks` promises it.
 *
 * A request over a limit is answered as far as the limit goes: the contract has no
 * refusal, and a trap would punish the cell for its caller.
 */
import { Result } from "../../sdk/assembly/result";
import { Absence } from "./gen/call";
import { monotonic } from "./gen/clock";
import { Ranked, Standing } from "./gen/ranks";
import { FOCUS_MAX, TOP_MAX, VECTOR_MAX } from "./limits";
import { isComputing } from "./machine";
import { ageMs, focusOf, Published } from "./published";
import { Top, topParticle, topValue } from "./top";

export function status(): Result<Standing, Absence> {
  return Result.ok<Standing, Absence>(
    new Standing(
      Published.version,
      Published.height,
      Published.particles,
      Published.links,
      Published.rounds,
      Published.residual,
      Published.bound,
      Published.syntropy,
      ageMs(monotonic()),
      isComputing(),
      Published.confirmed,
    ),
  );
}

export function focus(
  particles: StaticArray<u32>,
): Result<StaticArray<f64>, Absence> {
  const count = min(particles.length, FOCUS_MAX);
  const out = new StaticArray<f64>(count);
  for (let i = 0; i < count; ++i) out[i] = focusOf(particles[i]);
  return Result.ok<StaticArray<f64>, Absence>(out);
}

export function vector(
  start: u32,
  limit: u32,
): Result<StaticArray<f64>, Absence> {
  const left = start < Published.numbers ? Published.numbers - start : 0;
  const count = min(min(limit, VECTOR_MAX), left);
  return Result.ok<StaticArray<f64>, Absence>(
    copied(Published.vector + (<usize>start << 3), count),
  );
}

export function top(offset: u32, limit: u32): Result<Array<Ranked>, Absence> {
  const first = min(offset, Top.count);
  const count = min(limit, min(TOP_MAX, Top.count) - first);
  const out = new Array<Ranked>(<i32>count);
  for (let i: u32 = 0; i < count; ++i) {
    out[i] = new Ranked(topParticle(first + i), topValue(first + i));
  }
  return Result.ok<Array<Ranked>, Absence>(out);
}

export function residuals(): Result<StaticArray<f64>, Absence> {
  return Result.ok<StaticArray<f64>, Absence>(
    copied(Published.history, Published.rounds),
  );
}

/** `count` values from `at`; nothing is read where there are none. */
function copied(at: usize, count: u32): StaticArray<f64> {
  const out = new StaticArray<f64>(<i32>count);
  if (count > 0) memory.copy(changetype<usize>(out), at, <usize>count << 3);
  return out;
}
