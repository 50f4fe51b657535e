/**
 * The last good ranks: a copy of what rank published, for when it is not there.
 *
 * A copy is whole or is not there: it is taken beside the one that is held, and
 * takes its place if rank then still stands where it stood at the beginning. At
 * most one is begun a second, and none of a lower height. It has the focus of
 * the particles numbered below `RANKS_HELD_MAX` and the first `TOP_MAX`; where
 * memory has no room for it, the one before stays.
 * Deliberately absent: a copy on disk. A new generation of this cell has none.
 */
import { takePages } from "./arena";
import { RANKS_EVERY_US, RANKS_HELD_MAX, RANKS_RUN, TOP_MAX } from "./limits";
import { monotonic } from "./gen/clock";
import { Level, write } from "./gen/log";
import { Ranked, Standing, status, top, vector } from "./gen/ranks";
import { shouldYield } from "./gen/scheduling";

class Copy {
  /** f64 by particle number, and how many there is room for. */
  at: usize = 0;
  room: u32 = 0;
  count: u32 = 0;
  top: Array<Ranked> = [];
  standing: Standing | null = null;
  /** The clock when rank told that standing. */
  sinceUs: u64 = 0;
}

let held: Copy = new Copy();
let next: Copy = new Copy();
let isTaking: bool = false;
let beganUs: u64 = 0;

/** Begins a copy, or goes on with one; true if told to yield before its end. */
export function ranksStep(): bool {
  if (!isTaking && !begin()) return false;
  while (next.count < RANKS_HELD_MAX) {
    if (!makeRoom()) return drop();
    const answer = vector(next.count, RANKS_RUN);
    if (!answer.isOk) return drop();
    const taken = min<u32>(answer.value.length, RANKS_RUN);
    memory.copy(
      next.at + (<usize>next.count << 3),
      changetype<usize>(answer.value),
      <usize>taken << 3,
    );
    next.count += taken;
    if (taken < RANKS_RUN) break;
    if (shouldYield()) return true;
  }
  return end();
}

/** False where there is nothing new, or it is too soon. */
function begin(): bool {
  const nowUs = monotonic();
  if (beganUs != 0 && nowUs - beganUs < RANKS_EVERY_US) return false;
  beganUs = nowUs;
  const answer = status();
  if (!answer.isOk || answer.value.version == 0) return false;
  const standing = answer.value;
  const before = held.standing;
  if (before != null) {
    if (standing.height < before.height) return false;
    if (isSame(before, standing)) {
      held.standing = standing;
      held.sinceUs = nowUs;
      return false;
    }
  }
  next.count = 0;
  next.standing = standing;
  next.sinceUs = nowUs;
  isTaking = true;
  return true;
}

/** Room for one run more; twice the room where there is not enough. */
function makeRoom(): bool {
  if (next.count + RANKS_RUN <= next.room) return true;
  const room = max(next.room * 2, RANKS_RUN);
  const at = takePages(<usize>room << 3);
  if (at == 0) return false;
  memory.copy(at, next.at, <usize>next.count << 3);
  next.at = at;
  next.room = room;
  return true;
}

function drop(): bool {
  isTaking = false;
  return false;
}

/** The copy is whole, if rank has published nothing since it was begun. */
function end(): bool {
  const first = top(0, TOP_MAX);
  const standing = status();
  if (!first.isOk || !standing.isOk) return drop();
  if (!isSame(next.standing!, standing.value)) return drop();
  next.top = first.value;
  const before = held;
  if (before.standing == null) {
    write(Level.Info, `ranks of height ${next.standing!.height} are held`);
  }
  held = next;
  next = before;
  return drop();
}

function isSame(one: Standing, other: Standing): bool {
  return one.version == other.version && one.height == other.height &&
    one.links == other.links && one.residual == other.residual;
}

/** Where the held ranks stand, with their age now; null where none are held. */
export function lastStanding(): Standing | null {
  const known = held.standing;
  if (known == null) return null;
  const nowUs = monotonic();
  const passedUs = nowUs > held.sinceUs ? nowUs - held.sinceUs : 0;
  return new Standing(
    known.version,
    known.height,
    known.particles,
    known.links,
    known.iterations,
    known.residual,
    known.bound,
    known.syntropy,
    known.ageMs + passedUs / 1000,
    false,
    known.confirmed,
  );
}

/** The highest of the held ranks; null where none are held. */
export function lastTop(limit: u32): Array<Ranked> | null {
  return held.standing == null ? null : held.top.slice(0, <i32>limit);
}

/** Focus of a particle in the held ranks; 0 where it has none. */
export function lastFocus(particle: u32): f64 {
  if (particle >= held.count) return 0;
  return load<f64>(held.at + (<usize>particle << 3));
}
