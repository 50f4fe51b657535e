/**
 * Contents from the device, by arrival and by particle.
 *
 * A content that is read whole is checked against its particle's digest; one
 * that the device does not give back as it was is left out, logged with its
 * place, and shows in the cell's health.
 */
import { hash } from "../../sdk/assembly/blake3";
import { equal32, listOf } from "../../sdk/assembly/bytes";
import { Buffer } from "../../sdk/assembly/buffer";
import {
  blockOf,
  deviceFault,
  octetsRead,
  readBlocks,
  wholeBlocks,
} from "./device";
import { Text } from "./gen/reads";
import { Level, write as say } from "./gen/log";
import {
  ARRIVALS_GAP_OCTETS_MAX,
  ARRIVALS_MAX,
  ARRIVALS_READ_OCTETS_MAX,
  WINDOW_OCTETS,
} from "./limits";
import { readApart } from "./content_reads";
import { apartRow, isHere, stored, STORED_SIZE } from "./stored";
import {
  ARRIVAL,
  CONTENT_LENGTH,
  CONTENT_PARTICLE,
  CONTENT_PLACE,
  contents,
  particles,
} from "./tables";

/** The content that was found rotten last; empty if none was. */
export let rot: string = "";

const window = new Buffer();
const DIGEST: usize = memory.data(32, 16);

/** Reads `length` octets from `place`, which need not begin a block. */
function readOctets(place: u64, length: u32): usize {
  const first = blockOf(place);
  const span = wholeBlocks(place + max<u32>(1, length) - first);
  const at = window.need(<usize> span);
  if (!readBlocks(first, <u32> span, at)) {
    lost(deviceFault);
    return 0;
  }
  return at + <usize> (place - first);
}

function lost(what: string): void {
  rot = what;
  say(Level.Error, what);
}

/** Whether the octets are the content of the row's particle. */
function isWhole(row: usize, at: usize, length: u32): bool {
  const particle = load<u32>(row, CONTENT_PARTICLE);
  hash(at, length, DIGEST);
  if (equal32(DIGEST, particles.digest(particle))) return true;
  const place = load<u64>(row, CONTENT_PLACE);
  lost(`corrupt: the content of particle ${particle} at ${place}`);
  return false;
}

/** Octets of a content that is here. */
export function contentOctets(index: u32): u64 {
  const entry = apartRow(index);
  if (entry == 0) return load<u32>(contents.at(index), CONTENT_LENGTH);
  return load<u64>(stored.at(entry - 1), STORED_SIZE);
}

/** Part of a content, or null where the device does not give it back. */
export function readContent(
  index: u32,
  offset: u64,
  length: u32,
): StaticArray<u8> | null {
  const entry = apartRow(index);
  if (entry != 0) return readApart(entry - 1, offset, length);
  const row = contents.at(index);
  const whole = load<u32>(row, CONTENT_LENGTH);
  if (offset >= whole) length = 0;
  else length = <u32> min<u64>(length, whole - offset);
  if (length == 0) return new StaticArray<u8>(0);
  // Its identity is that of the whole: a part is checked with the rest.
  const at = readOctets(load<u64>(row, CONTENT_PLACE), whole);
  if (at == 0 || !isWhole(row, at, whole)) return null;
  const list = listOf(at + <usize> offset, length);
  window.shrink(WINDOW_OCTETS);
  return list;
}

/** Adds contents from arrival `index` on; the arrival that follows them. */
export function readArrivals(
  index: u32,
  octets: u32,
  items: Array<Text>,
): u32 {
  const row = contents.at(index);
  if (load<u32>(row, CONTENT_LENGTH) > octets) {
    const particle = load<u32>(row, CONTENT_PARTICLE);
    // One that is kept apart always comes alone, and if it is the last of its
    // particle and here.
    const isLast = load<u32>(particles.at(particle), ARRIVAL) == index + 1;
    const part = isLast && isHere(particle)
      ? readContent(index, 0, octets)
      : null;
    if (part !== null) items.push(new Text(particle, part));
    return index + 1;
  }
  const stop = min(contents.length, index + ARRIVALS_MAX);
  let left = octets;
  const readBefore = octetsRead;
  while (index < stop) {
    if (octetsRead - readBefore >= ARRIVALS_READ_OCTETS_MAX) break;
    const end = runFrom(index, stop, left);
    if (end == index) break;
    left -= takeRun(index, end, items);
    index = end;
  }
  window.shrink(WINDOW_OCTETS);
  return index;
}

/**
 * Where the run ends that one device read can bring: contents close together,
 * `left` octets at most.
 */
function runFrom(index: u32, stop: u32, left: u32): u32 {
  const first = load<u64>(contents.at(index), CONTENT_PLACE);
  let behind = first;
  let at = index;
  while (at < stop) {
    const row = contents.at(at);
    const length = load<u32>(row, CONTENT_LENGTH);
    const place = load<u64>(row, CONTENT_PLACE);
    if (place - behind > ARRIVALS_GAP_OCTETS_MAX) break;
    if (length > left) break;
    if (at > index && place + length - first > WINDOW_OCTETS) break;
    left -= length;
    behind = place + length;
    at++;
  }
  return at;
}

/** Reads the run and adds its contents; the octets that it took. */
function takeRun(index: u32, end: u32, items: Array<Text>): u32 {
  const first = contents.at(index);
  const last = contents.at(end - 1);
  const place = load<u64>(first, CONTENT_PLACE);
  const behind = load<u64>(last, CONTENT_PLACE) +
    load<u32>(last, CONTENT_LENGTH);
  const at = readOctets(place, <u32> (behind - place));
  let used: u32 = 0;
  for (let i = index; i < end; i++) {
    const row = contents.at(i);
    const length = load<u32>(row, CONTENT_LENGTH);
    used += length;
    if (at == 0) continue;
    const from = at + <usize> (load<u64>(row, CONTENT_PLACE) - place);
    if (!isWhole(row, from, length)) continue;
    const particle = load<u32>(row, CONTENT_PARTICLE);
    items.push(new Text(particle, listOf(from, length)));
  }
  return used;
}
