/**
 * Contents that are kept apart from the log: one row for each that ever was.
 *
 * A row's state is what records say. Damage is found by reading; it is this
 * life's knowledge, and on no device. A content's row in `contents` names the
 * row here, so its number of arrival stays whatever becomes of it.
 */
import { Rows } from "../../sdk/assembly/rows";
import { Presence } from "./gen/contents";
import { Level, write as say } from "./gen/log";
import {
  ARRIVAL,
  CONTENT_LENGTH,
  CONTENT_PLACE,
  contents,
  height,
  neuronIndex,
  particles,
  STAGED,
} from "./tables";

export enum State {
  Here = 1,
  Expired = 2,
  Dropped = 3,
  /** The content came again with a signal, and lies in the log. */
  Superseded = 4,
}

/** Content: the fields below; 128 octets, of which 72 are in checkpoints. */
export const stored = new Rows(7);
export const STORED_PARTICLE: usize = 0;
export const STORED_STATE: usize = 4;
export const STORED_SIZE: usize = 8;
/** Height from which on it is expired; 0 for never. */
export const STORED_UNTIL: usize = 16;
/** Place of its map, number of chunks (4), zeros (4), digest of the map. */
export const STORED_MAP: usize = 24;
export const STORED_CHUNKS: usize = 32;
export const STORED_DIGEST: usize = 40;
/** Not in checkpoints: its chunks are counted; it is damaged. */
export const STORED_MAPPED: usize = 72;
export const STORED_DAMAGED: usize = 76;

/** The length in a row of `contents` that says: the place is a row here. */
export const APART: u32 = u32.MAX_VALUE;

/** Rows of `contents` whose content is not here. */
export let goneContents: u32 = 0;
/** The lowest height at which something expires, as far as is known. */
export let lowestUntil: u64 = 0;
/** Contents that are damaged, and what was found last. */
export let damagedContents: u32 = 0;
export let damage: string = "";

export function setLowestUntil(until: u64): void {
  lowestUntil = until;
}

/** Rows here whose content is here. */
export let storedHere: u32 = 0;

/** Counts a row that a checkpoint has brought. */
export function countRow(row: usize): void {
  if (load<u32>(row, STORED_STATE) == State.Here) storedHere++;
  else goneContents++;
}

/** The row here + 1 that a row of `contents` names, or 0. */
export function apartRow(content: u32): u32 {
  const row = contents.at(content);
  if (load<u32>(row, CONTENT_LENGTH) != APART) return 0;
  return <u32> load<u64>(row, CONTENT_PLACE) + 1;
}

/** The row here + 1 of the particle's content, or 0. */
export function storedOf(particle: u32): u32 {
  // Where no content ever lay apart, its row in `contents` need not be loaded.
  if (stored.length == 0) return 0;
  const arrival = load<u32>(particles.at(particle), ARRIVAL);
  if (arrival == 0 || arrival == STAGED) return 0;
  return apartRow(arrival - 1);
}

/** Whether signatures are checked by this content: a neuron's key bundle. */
export function isBundle(particle: u32): bool {
  return neuronIndex.find(particles.digest(particle)) != 0;
}

/** Whether the row's time is over. */
export function isOver(row: usize): bool {
  const until = load<u64>(row, STORED_UNTIL);
  if (until == 0 || until > height()) return false;
  return !isBundle(load<u32>(row, STORED_PARTICLE));
}

export function presenceOf(particle: u32): Presence {
  const entry = storedOf(particle);
  if (entry == 0) {
    const arrival = load<u32>(particles.at(particle), ARRIVAL);
    return arrival == 0 ? Presence.Unknown : Presence.Here;
  }
  const row = stored.at(entry - 1);
  const state = load<u32>(row, STORED_STATE);
  if (state == State.Expired) return Presence.Expired;
  if (state == State.Dropped) return Presence.Dropped;
  if (isOver(row)) return Presence.Expired;
  return load<u32>(row, STORED_DAMAGED) != 0 ? Presence.Damaged : Presence.Here;
}

/** Whether the content is here, wherever it lies. */
export function isHere(particle: u32): bool {
  return presenceOf(particle) == Presence.Here;
}

/** Sets what records say of the row. */
export function setState(row: usize, state: State): void {
  const was = load<u32>(row, STORED_STATE);
  if (was == State.Here) storedHere--;
  else if (was != 0) goneContents--;
  if (state == State.Here) storedHere++;
  else goneContents++;
  store<u32>(row, state, STORED_STATE);
  mend(row);
}

/** The content is not what the device gives back. */
export function noteDamage(row: usize, what: string): void {
  const particle = load<u32>(row, STORED_PARTICLE);
  damage = `corrupt: the content of particle ${particle}: ${what}`;
  say(Level.Error, damage);
  if (load<u32>(row, STORED_DAMAGED) != 0) return;
  store<u32>(row, 1, STORED_DAMAGED);
  damagedContents++;
}

/** What was damaged is gone, or made anew. */
function mend(row: usize): void {
  if (load<u32>(row, STORED_DAMAGED) == 0) return;
  store<u32>(row, 0, STORED_DAMAGED);
  damagedContents--;
}
