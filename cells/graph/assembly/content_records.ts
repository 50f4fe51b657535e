/**
 * What the log says of contents that are kept apart: two kinds of records.
 *
 * One says where a content is from now on, the other that contents are gone.
 * Each says how it is, not what changes: so records behind a checkpoint may be
 * applied to rows that were written to it later than its moment.
 */
import { compare, copy32, isZero } from "../../sdk/assembly/bytes";
import { reserve } from "../../sdk/assembly/pages";
import { forgetMap, chunksMax } from "./content_map";
import { blockOctets, capacity } from "./device";
import { APART_OCTETS_MAX, LET_GO_MAX } from "./limits";
import {
  APART,
  apartRow,
  lowestUntil,
  setLowestUntil,
  setState,
  State,
  stored,
  STORED_CHUNKS,
  STORED_DIGEST,
  STORED_MAP,
  STORED_MAPPED,
  STORED_PARTICLE,
  STORED_SIZE,
  STORED_UNTIL,
} from "./stored";
import {
  ARRIVAL,
  CONTENT_LENGTH,
  CONTENT_PARTICLE,
  CONTENT_PLACE,
  contents,
  particleIndex,
  particles,
} from "./tables";

/** Digest (32), size, until, map (8 each), chunks (4), zeros (4), digest of the map (32). */
export const KEPT_OCTETS: u32 = 96;
export const KEPT_SIZE: usize = 32;
export const KEPT_UNTIL: usize = 40;
export const KEPT_MAP: usize = 48;
export const KEPT_CHUNKS: usize = 56;
const KEPT_ZEROS: usize = 60;
export const KEPT_DIGEST: usize = 64;

/** A number (4), then for each content digest (32) and state (1), ascending. */
export const GONE_HEAD_OCTETS: u32 = 4;
export const GONE_ROW_OCTETS: u32 = 33;

export function goneOctets(count: u32): u32 {
  return GONE_HEAD_OCTETS + count * GONE_ROW_OCTETS;
}

/** Makes room for the rows that a record may add; false where there is none. */
export function reserveRows(count: u32): bool {
  return reserve(
    stored.pagesFor(count) + contents.pagesFor(count) +
      particles.rows.pagesFor(count),
  );
}

/** The particle's row here, new if it has none; 0 if its content is in the log. */
function rowOf(particle: u32): usize {
  const arrival = load<u32>(particles.at(particle), ARRIVAL);
  if (arrival != 0) {
    const entry = apartRow(arrival - 1);
    return entry == 0 ? 0 : stored.at(entry - 1);
  }
  const expanded = particles.expand(particle);
  assert(expanded, "its row is reserved");
  const index = stored.length;
  const row = stored.push();
  memory.fill(row, 0, 128);
  store<u32>(row, particle, STORED_PARTICLE);
  const content = contents.push();
  store<u32>(content, particle, CONTENT_PARTICLE);
  store<u32>(content, APART, CONTENT_LENGTH);
  store<u64>(content, index, CONTENT_PLACE);
  store<u32>(particles.at(particle), contents.length, ARRIVAL);
  return row;
}

/** Takes the record of a content; empty, or what is wrong with it. */
export function takeKept(at: usize, octets: u32): string {
  if (octets != KEPT_OCTETS) return `${octets} octets of a content's record`;
  const entry = particleIndex.find(at);
  if (entry == 0) return "a content that no link touches";
  const size = load<u64>(at, KEPT_SIZE);
  const chunks = load<u32>(at, KEPT_CHUNKS);
  const place = load<u64>(at, KEPT_MAP);
  const fits = size <= APART_OCTETS_MAX && chunks <= chunksMax(size) &&
    (size == 0) == (chunks == 0) && isZero(at + KEPT_ZEROS, 4) &&
    place % blockOctets == 0 && place < capacity;
  if (!fits) return "a content's place that cannot be";
  if (!reserveRows(1)) return "the memory has no room";
  const row = rowOf(entry - 1);
  if (row == 0) return "a content was there before";
  forgetMap();
  const until = load<u64>(at, KEPT_UNTIL);
  store<u64>(row, size, STORED_SIZE);
  store<u64>(row, until, STORED_UNTIL);
  store<u64>(row, place, STORED_MAP);
  store<u32>(row, chunks, STORED_CHUNKS);
  copy32(row + STORED_DIGEST, at + KEPT_DIGEST);
  store<u32>(row, 0, STORED_MAPPED);
  setState(row, State.Here);
  if (until != 0 && until < lowestUntil) setLowestUntil(until);
  return "";
}

/** Takes the record of contents that are gone; empty, or what is wrong with it. */
export function takeGone(at: usize, octets: u32): string {
  const count: u32 = octets < GONE_HEAD_OCTETS ? 0 : load<u32>(at);
  if (count < 1 || count > LET_GO_MAX || octets != goneOctets(count)) {
    return `${octets} octets of a record of contents that are gone`;
  }
  if (!reserveRows(count)) return "the memory has no room";
  forgetMap();
  let item = at + GONE_HEAD_OCTETS;
  for (let i: u32 = 0; i < count; i++, item += GONE_ROW_OCTETS) {
    if (i > 0 && compare(item - GONE_ROW_OCTETS, item, 32) >= 0) {
      return "contents that are gone do not ascend";
    }
    const state = load<u8>(item, 32);
    if (state != <u8> State.Expired && state != <u8> State.Dropped) {
      return `a content in state ${state}`;
    }
    const entry = particleIndex.find(item);
    if (entry == 0) return "a content that no link touches";
    const row = rowOf(entry - 1);
    if (row == 0) return "a content of the log is not gone";
    setState(row, state);
    store<u32>(row, 0, STORED_MAPPED);
  }
  return "";
}
