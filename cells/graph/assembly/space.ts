/**
 * The parts of the device that are set apart from the log, and what is free.
 *
 * A gap is noted when its record is appended or replayed. Free is what lies in
 * a gap and is used by nobody: that is found anew at each opening, from what
 * contents that are here use; nothing on the device says so. The caller gives
 * whole blocks.
 */
import { Buffer } from "../../sdk/assembly/buffer";
import { Rows } from "../../sdk/assembly/rows";
import { reserve } from "../../sdk/assembly/pages";
import { SLOTS_MAX } from "./superblock";

/** A gap of the log: place (8), octets (7), slot (1). */
export const gaps = new Rows(4);
/** The slot of a gap for contents. */
export const SLOT_CONTENTS: u32 = SLOTS_MAX;
const SLOT_SHIFT: u64 = 56;
const OCTETS_MASK: u64 = (<u64> 1 << SLOT_SHIFT) - 1;

/** Free runs by place: place (8), octets (8); none touches the next. */
const runs = new Buffer();
const RUN_SHIFT: usize = 4;
let count: u32 = 0;

/** Octets for contents, and those of them that are free. */
export let areaOctets: u64 = 0;
export let freeOctets: u64 = 0;

/** Remembers a gap; false where the memory has no room. */
export function noteGap(slot: u32, place: u64, octets: u64): bool {
  if (!reserve(1)) return false;
  const row = gaps.push();
  store<u64>(row, place);
  store<u64>(row, octets | (<u64> slot << SLOT_SHIFT), 8);
  return true;
}

/** All gaps are free but the newest of each slot for checkpoints. */
export function beginSpace(): void {
  count = 0;
  areaOctets = 0;
  freeOctets = 0;
  let kept: u32 = 0;
  for (let i = gaps.length; i > 0; i--) {
    const row = gaps.at(i - 1);
    const slot = <u32> (load<u64>(row, 8) >> SLOT_SHIFT);
    const bit: u32 = 1 << slot;
    if (slot < SLOTS_MAX && (kept & bit) == 0) {
      kept |= bit;
      continue;
    }
    addArea(load<u64>(row), load<u64>(row, 8) & OCTETS_MASK);
  }
}

/** From now on the gap is for contents. */
export function addArea(place: u64, octets: u64): void {
  areaOctets += octets;
  release(place, octets);
}

// @ts-ignore: decorator
@inline
function runAt(index: u32): usize {
  return runs.start + (<usize> index << RUN_SHIFT);
}

/** How many runs begin before the place. */
function before(place: u64): u32 {
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u64>(runAt(middle)) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert(index: u32, place: u64, octets: u64): void {
  runs.need(<usize> (count + 1) << RUN_SHIFT);
  const at = runAt(index);
  memory.copy(at + 16, at, <usize> (count - index) << RUN_SHIFT);
  store<u64>(at, place);
  store<u64>(at, octets, 8);
  count++;
}

function remove(index: u32): void {
  count--;
  const at = runAt(index);
  memory.copy(at, at + 16, <usize> (count - index) << RUN_SHIFT);
}

/** Nobody uses the octets any more. */
export function release(place: u64, octets: u64): void {
  if (octets == 0) return;
  freeOctets += octets;
  let index = before(place);
  if (index > 0) {
    const left = runAt(index - 1);
    if (load<u64>(left) + load<u64>(left, 8) == place) {
      index--;
      place = load<u64>(left);
      octets += load<u64>(left, 8);
      remove(index);
    }
  }
  if (index < count && load<u64>(runAt(index)) == place + octets) {
    octets += load<u64>(runAt(index), 8);
    remove(index);
  }
  insert(index, place, octets);
}

/** Takes these very octets; false, and nothing is changed, unless all are free. */
export function take(place: u64, octets: u64): bool {
  if (octets == 0) return false;
  let index = before(place);
  if (index == count || load<u64>(runAt(index)) != place) {
    if (index == 0) return false;
    index--;
  }
  const from = load<u64>(runAt(index));
  const end = from + load<u64>(runAt(index), 8);
  if (place < from || place > end || octets > end - place) return false;
  remove(index);
  if (end > place + octets) {
    insert(index, place + octets, end - place - octets);
  }
  if (place > from) insert(index, from, place - from);
  freeOctets -= octets;
  return true;
}

/** Takes so many octets where there are, at the lowest place; 0 for nowhere. */
export function allocate(octets: u64): u64 {
  for (let index: u32 = 0; index < count; index++) {
    const run = runAt(index);
    if (load<u64>(run, 8) < octets) continue;
    const place = load<u64>(run);
    if (load<u64>(run, 8) == octets) {
      remove(index);
    } else {
      store<u64>(run, place + octets);
      store<u64>(run, load<u64>(run, 8) - octets, 8);
    }
    freeOctets -= octets;
    return place;
  }
  return 0;
}
