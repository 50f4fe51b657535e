/**
 * Lets contents go: when their time is over, or when somebody who may says so.
 *
 * The record that says so is durable before their space is free. A map that
 * does not read leaves its space in use until the next opening, which finds
 * what is free from what is here.
 */
import { compare, copy32 } from "../../sdk/assembly/bytes";
import { Buffer } from "../../sdk/assembly/buffer";
import { findChunk } from "./chunk_table";
import {
  forgetMap,
  MAP_HEAD_OCTETS,
  MAP_ROW_OCTETS,
  mapOctets,
  mapSpan,
  readFault,
  readMap,
} from "./content_map";
import {
  GONE_HEAD_OCTETS,
  GONE_ROW_OCTETS,
  goneOctets,
  reserveRows,
  takeGone,
} from "./content_records";
import { appendSmall, discard, leave, refused } from "./content_space";
import { Level, write as say } from "./gen/log";
import { Refusal } from "./gen/contents";
import {
  LET_GO_MAX,
  PIECE_EXPIRY_ROWS,
  PIECE_OCTETS,
} from "./limits";
import { KIND_GONE } from "./record";
import { release } from "./space";
import { Phase, phase, whyNotOpen } from "./store";
import {
  isBundle,
  isOver,
  lowestUntil,
  setLowestUntil,
  setState,
  State,
  stored,
  STORED_CHUNKS,
  STORED_MAP,
  STORED_MAPPED,
  STORED_PARTICLE,
  STORED_SIZE,
  STORED_STATE,
  STORED_UNTIL,
  storedOf,
} from "./stored";
import { height, particles } from "./tables";

/** Leaves the space of a content that no record needs any more. */
export function leaveContent(index: u32): void {
  const row = stored.at(index);
  if (load<u32>(row, STORED_MAPPED) == 0) return;
  store<u32>(row, 0, STORED_MAPPED);
  const map = readMap(index, false);
  if (map == 0) {
    say(Level.Warn, `particle ${load<u32>(row)}: ${readFault}; its space is ` +
      "free after the next opening");
    return;
  }
  const chunks = load<u32>(row, STORED_CHUNKS);
  let at = map + MAP_HEAD_OCTETS;
  for (let i: u32 = 0; i < chunks; i++, at += MAP_ROW_OCTETS) {
    const entry = findChunk(at);
    if (entry != 0) leave(entry - 1);
  }
  const place = load<u64>(row, STORED_MAP);
  const span = mapSpan(chunks, load<u64>(row, STORED_SIZE));
  release(place, span);
  discard(place, span);
  forgetMap();
}

/** The content came again with a signal: this one is nobody's. */
export function supersede(index: u32): void {
  leaveContent(index);
  setState(stored.at(index), State.Superseded);
}

/** The record under way. */
const payload = new Buffer();
let count: u32 = 0;

function beginRecord(): void {
  count = 0;
  payload.need(goneOctets(LET_GO_MAX));
}

/** Adds a content, in the order of digests. */
function add(particle: u32, state: State): void {
  const digest = particles.digest(particle);
  let at = payload.start + goneOctets(count);
  const begin = payload.start + GONE_HEAD_OCTETS;
  while (at > begin && compare(at - GONE_ROW_OCTETS, digest, 32) > 0) {
    memory.copy(at, at - GONE_ROW_OCTETS, GONE_ROW_OCTETS);
    at -= GONE_ROW_OCTETS;
  }
  copy32(at, digest);
  store<u8>(at, <u8> state, 32);
  count++;
}

/** Makes the record durable; false, with `refused`, where that failed. */
function append(): bool {
  store<u32>(payload.start, count);
  return appendSmall(KIND_GONE, payload.start, goneOctets(count));
}

function takeRecord(): void {
  const fault = takeGone(payload.start, goneOctets(count));
  assert(fault.length == 0, fault);
}

/** Lets one content go, or notes that it is gone; null, or why not. */
export function letOneGo(particle: u32, state: State): Refusal | null {
  if (!reserveRows(1)) return Refusal.full();
  beginRecord();
  add(particle, state);
  if (!append()) return refused;
  const entry = storedOf(particle);
  if (entry != 0) leaveContent(entry - 1);
  takeRecord();
  return null;
}

/** Rows found over in the search under way, and where that is. */
const over = new Buffer();
let cursor: u32 = 0;
let lowest: u64 = u64.MAX_VALUE;
let found: u32 = 0;
/** Octets of their maps. */
let foundOctets: u32 = 0;

function isFull(): bool {
  return found == LET_GO_MAX || foundOctets >= PIECE_OCTETS;
}

/** Does a piece of looking for contents whose time is over; true while there is more. */
export function expireOn(): bool {
  if (phase != Phase.Open) return false;
  if (cursor == 0 && lowestUntil > height()) return false;
  if (stored.length == 0 || whyNotOpen().length > 0) return false;
  over.need(<usize> LET_GO_MAX << 2);
  found = 0;
  foundOctets = 0;
  if (cursor == 0) {
    lowest = u64.MAX_VALUE;
    // What is kept while the search goes on says so here.
    setLowestUntil(u64.MAX_VALUE);
  }
  const stop = min(stored.length, cursor + PIECE_EXPIRY_ROWS);
  while (cursor < stop && !isFull()) look(cursor++);
  if (found > 0 && !letFoundGo()) {
    cursor = 0;
    setLowestUntil(0);
    return false;
  }
  if (cursor < stored.length) return true;
  cursor = 0;
  setLowestUntil(min(lowest, lowestUntil));
  return false;
}

function look(index: u32): void {
  const row = stored.at(index);
  const until = load<u64>(row, STORED_UNTIL);
  if (until == 0 || load<u32>(row, STORED_STATE) != State.Here) return;
  if (isOver(row)) {
    store<u32>(over.start + (<usize> found << 2), index);
    found++;
    foundOctets += mapOctets(load<u32>(row, STORED_CHUNKS));
  } else if (!isBundle(load<u32>(row, STORED_PARTICLE))) {
    lowest = min(lowest, until);
  }
}

/** Lets as many go as one step may read the maps of; false where that failed. */
function letFoundGo(): bool {
  beginRecord();
  for (let i: u32 = 0; i < found; i++) {
    const row = stored.at(load<u32>(over.start + (<usize> i << 2)));
    add(load<u32>(row, STORED_PARTICLE), State.Expired);
  }
  if (!append()) return false;
  for (let i: u32 = 0; i < found; i++) {
    leaveContent(load<u32>(over.start + (<usize> i << 2)));
  }
  takeRecord();
  return true;
}
