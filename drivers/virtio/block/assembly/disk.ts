/**
 * The operations of a disk, over a device that may be lost at any time.
 *
 * An operation ends as done, as refused by the device, or as gone, within twice
 * the times that were set for a reset and for an operation. A device that is lost
 * is set up anew and given all kept writes before the operation is tried again.
 */
import { isLost, lose, lossReason } from "../../shared/assembly/loss";
import { getData, putData } from "../../shared/assembly/memory";
import { allow } from "../../shared/assembly/patience";
import { setUp } from "../../shared/assembly/setup";
import {
  capacity,
  discardSectors,
  DISK,
  hasDiscard,
  hasFlush,
  isReadOnly,
  requestOctets,
} from "./device";
import {
  forgetKept,
  hasKeptRoom,
  keep,
  keptCount,
  keptList,
  keptOffset,
} from "./kept";
import { ATTEMPTS_MAX, DISCARDS_MAX, SECTOR_OCTETS } from "./limits";
import {
  add,
  clear,
  hasRoom,
  Operation,
  Outcome,
  run,
  touches,
  worst,
} from "./requests";
import {
  blockOctets,
  operationUs,
  resetUs,
  transferMax,
  wantsReadOnly,
} from "./settings";

/** Before what the kept writes have to be written again. */
const enum Stale {
  Nothing,
  Flush,
  Anything,
}

/** Constant once the device was found. */
export let diskOctets: u64 = 0;
export let diskReadOnly: bool = false;

/** Why the last operation failed; empty if it did not. */
export let failure: string = "";
/** What is wrong with the device; empty if nothing is. */
let trouble: string = "";
/** The device that is there now is not the one that was described. */
export let isReplaced: bool = false;

let stale: Stale = Stale.Nothing;

/** Why the driver is not well; empty if it is. */
export function diskTrouble(): string {
  if (trouble.length > 0 || !isLost) return trouble;
  return `the device was lost: ${lossReason}`;
}

/** Finds the device for the first time; empty, or why it cannot be used. */
export function openDisk(): string {
  allow(resetUs);
  const fault = setUp(DISK, transferMax);
  if (fault.length > 0) return fault;
  diskOctets = capacity;
  diskReadOnly = wantsReadOnly || isReadOnly();
  return "";
}

export function readDisk(offset: u64, length: u32): StaticArray<u8> | null {
  for (let attempt: u32 = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (!prepare(Stale.Anything)) continue;
    if (!transfer(Operation.Read, offset, length)) continue;
    if (isRefused("read")) return null;
    const octets = getData(0, length);
    if (isLost) continue;
    done();
    return octets;
  }
  gone();
  return null;
}

export function writeDisk(offset: u64, list: StaticArray<u8>): bool {
  const isKept = hasFlush();
  if (isKept && !hasKeptRoom(list.length) && !flushDisk()) return false;
  for (let attempt: u32 = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (!prepare(Stale.Anything)) continue;
    putData(0, list);
    if (isLost || !transfer(Operation.Write, offset, list.length)) continue;
    if (isRefused("write")) return false;
    // Without a flush the device has no cache that could be lost (5.2.6.2).
    if (isKept) keep(offset, list);
    return done();
  }
  return gone();
}

export function flushDisk(): bool {
  if (diskReadOnly) return done();
  for (let attempt: u32 = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (!prepare(Stale.Flush)) continue;
    if (hasFlush()) {
      allow(operationUs);
      clear();
      add(Operation.Flush, 0, 0, 0);
      if (!run()) continue;
      if (isRefused("flush")) {
        stale = Stale.Flush;
        trouble = failure;
        return false;
      }
    }
    forgetKept();
    stale = Stale.Nothing;
    trouble = "";
    return done();
  }
  return gone();
}

/** A hint: where the device knows no discard, or fails it, nothing is lost. */
export function discardDisk(offset: u64, length: u64): bool {
  for (let attempt: u32 = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (!prepare(Stale.Anything)) continue;
    if (!hasDiscard() || tell(offset / SECTOR_OCTETS, length / SECTOR_OCTETS)) {
      return done();
    }
  }
  return gone();
}

function tell(sector: u64, sectors: u64): bool {
  allow(operationUs);
  const most = discardSectors - discardSectors % (blockOctets / SECTOR_OCTETS);
  if (most == 0) return true;
  let told: u32 = 0;
  while (sectors > 0 && told < DISCARDS_MAX) {
    clear();
    let at: u32 = 0;
    for (; sectors > 0 && hasRoom() && told < DISCARDS_MAX; told++) {
      const now = <u32> min<u64>(sectors, most);
      // Section 5.2.6: place, number and flags of the one range.
      const range = new StaticArray<u8>(16);
      store<u64>(changetype<usize>(range), sector);
      store<u32>(changetype<usize>(range), now, 8);
      if (at + 16 > transferMax) break;
      putData(at, range);
      add(Operation.Discard, 0, at, 16);
      at += 16;
      sector += now;
      sectors -= now;
    }
    if (isLost || !run()) return false;
    if (worst() != Outcome.Ok) return true;
  }
  return true;
}

function done(): bool {
  failure = "";
  return true;
}

function gone(): bool {
  if (isLost || failure.length == 0) failure = `gone: ${lossReason}`;
  return false;
}

function isRefused(what: string): bool {
  const outcome = worst();
  if (outcome == Outcome.Ok) return false;
  failure = outcome == Outcome.IoError
    ? `${what}: the device reports an error`
    : `${what}: the device does not know it`;
  return true;
}

/** Moves octets between the data lease and the disk; false if it is lost. */
function transfer(operation: Operation, offset: u64, length: u32): bool {
  allow(operationUs);
  let at: u32 = 0;
  let failed = false;
  while (at < length && !failed) {
    clear();
    for (; at < length && hasRoom(); at += requestOctets) {
      const now = min(length - at, requestOctets);
      add(operation, (offset + at) / SECTOR_OCTETS, at, now);
    }
    if (!run()) return false;
    failed = worst() != Outcome.Ok;
  }
  return true;
}

/** A device that is there, and has every kept write before `what`. */
function prepare(what: Stale): bool {
  if (isLost && !revive()) return false;
  if (stale < what || keptCount() == 0) return true;
  return rewrite();
}

function revive(): bool {
  const reason = lossReason;
  trouble = `the device was lost: ${reason}`;
  allow(resetUs);
  const fault = setUp(DISK, transferMax);
  if (fault.length > 0) {
    trouble = `the device is away: ${fault}`;
    failure = `gone: ${fault}`;
    return false;
  }
  isReplaced = capacity < diskOctets || isReadOnly() && !diskReadOnly ||
    keptCount() > 0 && !hasFlush();
  if (isReplaced) {
    failure = "gone: another device is there now";
    trouble = "another device is there now";
    lose(trouble);
    return false;
  }
  stale = Stale.Anything;
  if (keptCount() == 0) {
    stale = Stale.Nothing;
    trouble = "";
  }
  return true;
}

/** Writes all kept writes again, in order where they touch each other. */
function rewrite(): bool {
  allow(operationUs);
  clear();
  let at: u32 = 0;
  for (let i = 0; i < keptCount(); i++) {
    const list = keptList(i);
    const length = <u32> list.length;
    const sector = keptOffset(i) / SECTOR_OCTETS;
    const pieces = (length + requestOctets - 1) / requestOctets;
    if (at + length > transferMax || touches(sector, length)) {
      if (!ranAgain()) return false;
      at = 0;
    }
    putData(at, list);
    for (let piece: u32 = 0; piece < pieces; piece++) {
      if (!hasRoom() && !ranAgain()) return false;
      const from = piece * requestOctets;
      const now = min(length - from, requestOctets);
      add(Operation.Write, sector + from / SECTOR_OCTETS, at + from, now);
    }
    at += length;
    if (isLost) return false;
  }
  if (!ranAgain()) return false;
  // They are on the device again, and no more durable than before.
  stale = Stale.Nothing;
  trouble = "";
  return true;
}

function ranAgain(): bool {
  if (!run()) return false;
  if (isRefused("write after a reset")) return false;
  clear();
  return true;
}
