/**
 * The log's end: appending a record so that it is durable or as if never tried.
 *
 * `append` returns once the device has flushed. After a refused write or flush
 * the place behind the end may hold anything, a whole record too; before the
 * next append it is therefore swept: what is not zero is overwritten with
 * zeros and flushed. So nothing that was refused can come back after something
 * else was acknowledged in its place. See STORE.md.
 */
import { copy32, isZero } from "../../sdk/assembly/bytes";
import {
  blockOctets,
  capacity,
  flushDevice,
  readBlocks,
  transferMax,
  writeBlocks,
} from "./device";
import { WINDOW_OCTETS } from "./limits";
import { chainAt, spanMax } from "./record";
import { sealed, sealedRecords, writeSeal } from "./superblock";

/** Where the next record goes, how many there are, the last one's chain hash. */
export let logEnd: u64 = 0;
export let records: u64 = 0;
export const chain: usize = memory.data(32, 16);

/** What lies between `logEnd` and here may not be zero. */
let unsweptEnd: u64 = 0;
let sweptTo: u64 = 0;
let flushDue: bool = false;
/**
 * Up to here zeros were written that no flush has acknowledged: a read may show
 * them although the device does not hold them, so they are written again.
 */
let zerosDue: u64 = 0;

/** Puts the end behind `count` records that are there. */
export function setLogEnd(end: u64, count: u64, last: usize): void {
  logEnd = end;
  records = count;
  if (last == 0) memory.fill(chain, 0, 32);
  else copy32(chain, last);
}

/** Everything behind the end is to be swept, as after a crash. */
export function distrustTail(): void {
  sweptTo = logEnd;
  unsweptEnd = min(capacity, logEnd + spanMax());
  flushDue = true;
}

/** Whether the tail must be swept before the next append. */
export function isDistrusted(): bool {
  return flushDue;
}

/**
 * Writes a record behind the end and flushes. False with `deviceFault` where
 * the device refused; then the record does not count. The next record goes
 * `gap` octets behind it.
 */
export function append(
  record: StaticArray<u8>,
  payload: u32,
  gap: u64 = 0,
): bool {
  const end = logEnd + record.length;
  // The seal speaks of the record before this one, which is durable already:
  // it costs a block and no flush.
  const seals = sealedRecords != records;
  const done = writeBlocks(logEnd, record) &&
    (!seals || writeSeal(records, logEnd, chain)) && flushDevice();
  if (!done) {
    sweptTo = logEnd;
    unsweptEnd = max(unsweptEnd, end);
    flushDue = true;
    return false;
  }
  if (seals) sealed(records, logEnd, chain);
  logEnd = end + gap;
  records++;
  copy32(chain, chainAt(changetype<usize>(record), payload));
  return true;
}

/**
 * Seals everything that is acknowledged, if it is not yet or `again`. True
 * also if nothing was to do.
 */
export function seal(again: bool): bool {
  if (!again && sealedRecords == records) return true;
  if (!writeSeal(records, logEnd, chain) || !flushDevice()) return false;
  sealed(records, logEnd, chain);
  return true;
}

/** What a piece of sweeping came to. */
export enum Swept {
  More,
  Done,
  Refused,
}

/** Sweeps a piece of the tail; at the end of it, flushes. */
export function sweepPiece(): Swept {
  if (sweptTo >= unsweptEnd) {
    if (flushDue && !flushDevice()) {
      sweptTo = logEnd;
      return Swept.Refused;
    }
    flushDue = false;
    zerosDue = 0;
    return Swept.Done;
  }
  const piece = min<u64>(
    unsweptEnd - sweptTo,
    min(WINDOW_OCTETS, transferMax),
  );
  const window = heap.alloc(<usize> piece);
  const good = readBlocks(sweptTo, <u32> piece, window) &&
    zeroBlocks(sweptTo, <u32> piece, window);
  heap.free(window);
  if (!good) return Swept.Refused;
  sweptTo += piece;
  return Swept.More;
}

/** Overwrites each run of blocks that are not surely zero already. */
function zeroBlocks(place: u64, length: u32, window: usize): bool {
  let at: u32 = 0;
  while (at < length) {
    if (isSurelyZero(place + at, window + at)) {
      at += blockOctets;
      continue;
    }
    let end = at + blockOctets;
    while (end < length && !isSurelyZero(place + end, window + end)) {
      end += blockOctets;
    }
    zerosDue = max(zerosDue, place + end);
    if (!writeBlocks(place + at, new StaticArray<u8>(end - at))) return false;
    at = end;
  }
  return true;
}

function isSurelyZero(place: u64, block: usize): bool {
  return place >= zerosDue && isZero(block, blockOctets);
}

/** Sweeps all of it; false with `deviceFault` where the device refused. */
export function sweepAll(): bool {
  let swept = Swept.More;
  while (swept == Swept.More) swept = sweepPiece();
  return swept == Swept.Done;
}
