/**
 * What every answer shares: refusals in words, identities, texts, focus.
 *
 * The graph is needed for every answer. Without rank the last good ranks are
 * answered from; a particle that has none has focus 0. Neither is asked one particle at a time where it takes many.
 */
import { hash } from "../../sdk/assembly/blake3";
import { Option } from "../../sdk/assembly/option";
import { Result } from "../../sdk/assembly/result";
import {
  BRIEF_TEXT_OCTETS,
  CID_OCTETS,
  FOCUS_PER_CALL_MAX,
  HASH_BLAKE3,
  IDENTITIES_PER_CALL_MAX,
} from "./limits";
import { lastFocus, lastStanding } from "./last_ranks";
import { textOctets } from "./utf8";
import { Brief, Refusal } from "./gen/answers";
import { Absence } from "./gen/call";
import { focus, Standing, status } from "./gen/ranks";
import { content, find, identities } from "./gen/reads";

type Cid = StaticArray<u8>;

export function absenceText(cell: string, absence: Absence): string {
  return absence == Absence.Gone ? `${cell}: gone` : `${cell}: refused`;
}

export function graphAbsent(absence: Absence): Refusal {
  return Refusal.unavailable(absenceText("graph", absence));
}

export function rankAbsent(absence: Absence): Refusal {
  return Refusal.unavailable(absenceText("rank", absence));
}

/** Why a number that a caller chose is out of its bounds. */
export function outOfBounds(name: string, given: u32, most: u32): Refusal {
  return Refusal.invalid(`${name}: ${given} is not from 1 to ${most}`);
}

/** The identity of any octets: hash id, then BLAKE3-256. O(length). */
export function identityOf(at: usize, length: usize): Cid {
  const id = new StaticArray<u8>(CID_OCTETS);
  id[0] = HASH_BLAKE3;
  hash(at, length, changetype<usize>(id) + 1);
  return id;
}

/** The identity of the edge from one particle to another. */
export function axonOf(origin: Cid, target: Cid): Cid {
  const ends = new StaticArray<u8>(2 * CID_OCTETS);
  const at = changetype<usize>(ends);
  memory.copy(at, changetype<usize>(origin), CID_OCTETS);
  memory.copy(at + CID_OCTETS, changetype<usize>(target), CID_OCTETS);
  return identityOf(at, 2 * CID_OCTETS);
}

/** The particle's number; a malformed identity is refused before the call. */
export function numberOf(id: Cid): Result<u32, Refusal> {
  if (id.length != CID_OCTETS) {
    return refuseNumber(
      Refusal.invalid(`cid: ${id.length} octets; it has ${CID_OCTETS}`),
    );
  }
  if (id[0] != HASH_BLAKE3) {
    return refuseNumber(
      Refusal.invalid(`cid: hash id ${id[0]}; known is ${HASH_BLAKE3}`),
    );
  }
  const found = find(id);
  if (!found.isOk) return refuseNumber(graphAbsent(found.error));
  if (!found.value.isSome) return refuseNumber(Refusal.notFound());
  return Result.ok<u32, Refusal>(found.value.value);
}

function refuseNumber(refusal: Refusal): Result<u32, Refusal> {
  return Result.err<u32, Refusal>(refusal);
}

/** The first `most` octets of a content, cut at a character, if text. */
export function textOf(
  particle: u32,
  most: u32,
): Result<Option<string>, Refusal> {
  // One octet more than is given tells whether it is cut.
  const answer = content(particle, 0, most + 1);
  if (!answer.isOk) {
    return Result.err<Option<string>, Refusal>(graphAbsent(answer.error));
  }
  let text = Option.none<string>();
  if (answer.value.isSome) {
    const octets = answer.value.value;
    const at = changetype<usize>(octets);
    const cut = <u32>octets.length > most;
    const length = textOctets(at, cut ? <i32>most : octets.length, cut);
    if (length >= 0) {
      text = Option.some<string>(String.UTF8.decodeUnsafe(at, length));
    }
  }
  return Result.ok<Option<string>, Refusal>(text);
}

/** The focus of each particle; the last good one of a run that rank cannot tell. */
export function focusOf(particles: StaticArray<u32>): StaticArray<f64> {
  if (particles.length <= FOCUS_PER_CALL_MAX) return focusOfRun(particles);
  const all = new StaticArray<f64>(particles.length);
  for (let from = 0; from < particles.length; from += FOCUS_PER_CALL_MAX) {
    const count = min(FOCUS_PER_CALL_MAX, particles.length - from);
    const part = focusOfRun(run(particles, from, count));
    memory.copy(
      changetype<usize>(all) + (<usize>from << 3),
      changetype<usize>(part),
      <usize>count << 3,
    );
  }
  return all;
}

/** Where the ranks stand that answers are made with; null where none are. */
export function ranksStanding(): Standing | null {
  const answer = status();
  return answer.isOk ? answer.value : lastStanding();
}

function focusOfRun(particles: StaticArray<u32>): StaticArray<f64> {
  const answer = focus(particles);
  if (!answer.isOk || answer.value.length != particles.length) {
    const last = new StaticArray<f64>(particles.length);
    for (let i = 0; i < last.length; i++) {
      unchecked(last[i] = lastFocus(unchecked(particles[i])));
    }
    return last;
  }
  const focuses = answer.value;
  for (let i = 0; i < focuses.length; i++) {
    // Not greater than 0 is also what is not a number.
    if (!(unchecked(focuses[i]) > 0)) unchecked(focuses[i] = 0);
  }
  return focuses;
}

/** The identity of each particle; the graph knows every number it gave out. */
export function identitiesOf(
  particles: StaticArray<u32>,
): Result<Array<Cid>, Refusal> {
  const all = new Array<Cid>();
  for (let from = 0; from < particles.length; from += IDENTITIES_PER_CALL_MAX) {
    const count = min(IDENTITIES_PER_CALL_MAX, particles.length - from);
    const answer = identities(run(particles, from, count));
    if (!answer.isOk) {
      return Result.err<Array<Cid>, Refusal>(graphAbsent(answer.error));
    }
    if (answer.value.length != count) {
      return Result.err<Array<Cid>, Refusal>(
        Refusal.unavailable("graph: it no longer knows a particle"),
      );
    }
    for (let i = 0; i < count; i++) all.push(answer.value[i]);
  }
  return Result.ok<Array<Cid>, Refusal>(all);
}

/** Each particle in brief, in the same order. */
export function briefsOf(
  particles: StaticArray<u32>,
  focuses: StaticArray<f64>,
): Result<Array<Brief>, Refusal> {
  const ids = identitiesOf(particles);
  if (!ids.isOk) return Result.err<Array<Brief>, Refusal>(ids.error);
  const briefs = new Array<Brief>();
  for (let i = 0; i < particles.length; i++) {
    const text = textOf(particles[i], BRIEF_TEXT_OCTETS);
    if (!text.isOk) return Result.err<Array<Brief>, Refusal>(text.error);
    briefs.push(new Brief(ids.value[i], text.value, focuses[i]));
  }
  return Result.ok<Array<Brief>, Refusal>(briefs);
}

function run(
  particles: StaticArray<u32>,
  from: i32,
  count: i32,
): StaticArray<u32> {
  if (from == 0 && count == particles.length) return particles;
  const part = new StaticArray<u32>(count);
  memory.copy(
    changetype<usize>(part),
    changetype<usize>(particles) + (<usize>from << 2),
    <usize>count << 2,
  );
  return part;
}
