/**
 * The block device, in pieces as long as it takes them.
 *
 * Reads go to a place in memory, writes come from one. Every function says
 * false when the device refuses; `deviceFault` then holds its reason with the
 * place, and `deviceFull` whether it was for want of room.
 */
import {
  describe,
  discard,
  flush,
  Geometry,
  read,
  Refusal,
  RefusalTag,
  write,
} from "./gen/block";

export let blockOctets: u32 = 0;
export let capacity: u64 = 0;
export let readOnly: bool = false;
/** Longest single transfer, a multiple of the block size. */
export let transferMax: u32 = 0;

/** Octets read so far: each leaves as much garbage until the call ends. */
export let octetsRead: u64 = 0;

/** Flushes that were refused: what was written before one may be lost. */
export let flushesFailed: u32 = 0;

export let deviceFault: string = "";
export let deviceFull: bool = false;

/** Asks the device what it is; empty, or what makes it unusable. */
export function openDevice(): string {
  const geometry: Geometry = describe();
  blockOctets = geometry.blockSize;
  capacity = geometry.capacity;
  readOnly = geometry.readOnly;
  const isPower = blockOctets != 0 && (blockOctets & (blockOctets - 1)) == 0;
  if (!isPower || blockOctets < 512 || blockOctets > 65536) {
    return `the device's block size is ${blockOctets}`;
  }
  transferMax = geometry.transferMax & ~(blockOctets - 1);
  if (transferMax == 0) {
    return `the device moves ${geometry.transferMax} octets, less than a block`;
  }
  return "";
}

/** `octets` rounded up to whole blocks. */
export function wholeBlocks(octets: u64): u64 {
  const mask: u64 = blockOctets - 1;
  return (octets + mask) & ~mask;
}

/** `place` rounded down to the beginning of its block. */
export function blockOf(place: u64): u64 {
  return place & ~(<u64> blockOctets - 1);
}

function no(what: string, place: u64, refusal: Refusal): bool {
  deviceFull = refusal.tag == RefusalTag.Full;
  let reason = "failed";
  if (refusal.tag == RefusalTag.Failed) reason = refusal.failedValue;
  else if (refusal.tag == RefusalTag.Full) reason = "full";
  else if (refusal.tag == RefusalTag.ReadOnly) reason = "read-only";
  else if (refusal.tag == RefusalTag.OutOfRange) reason = "out of range";
  else if (refusal.tag == RefusalTag.Misaligned) reason = "misaligned";
  deviceFault = `device: ${what} at ${place}: ${reason}`;
  return false;
}

/** Reads whole blocks to `to`. */
export function readBlocks(place: u64, length: u32, to: usize): bool {
  while (length > 0) {
    const now = min(length, transferMax);
    const answer = read(place, now);
    if (!answer.isOk) return no("read", place, answer.error);
    const octets = answer.value;
    if (<u32> octets.length != now) {
      deviceFault = `device: read at ${place}: ${octets.length} octets came`;
      deviceFull = false;
      return false;
    }
    memory.copy(to, changetype<usize>(octets), now);
    octetsRead += now;
    place += now;
    to += now;
    length -= now;
  }
  return true;
}

/** Writes a list that is whole blocks long. */
export function writeBlocks(place: u64, list: StaticArray<u8>): bool {
  const length = <u32> list.length;
  if (length <= transferMax) return writeOnce(place, list);
  for (let at: u32 = 0; at < length; at += transferMax) {
    const now = min(length - at, transferMax);
    const part = new StaticArray<u8>(now);
    memory.copy(changetype<usize>(part), changetype<usize>(list) + at, now);
    if (!writeOnce(place + at, part)) return false;
  }
  return true;
}

function writeOnce(place: u64, list: StaticArray<u8>): bool {
  const answer = write(place, list);
  return answer.isOk || no("write", place, answer.error);
}

/** Tells the device that the octets are needed no more; it need not listen. */
export function discardBlocks(place: u64, octets: u64): void {
  discard(place, octets);
}

/** Makes everything written before durable. */
export function flushDevice(): bool {
  const answer = flush();
  if (answer.isOk) return true;
  flushesFailed++;
  return no("flush", 0, answer.error);
}
