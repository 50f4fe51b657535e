/**
 * Writes since the last good flush, oldest first.
 *
 * A device that was reset, or that failed a flush, may have forgotten them: they
 * are written again before anything else. The lists are the callers' own, which
 * nobody changes any more.
 */
import { KEPT_MAX, KEPT_OCTETS_MAX } from "./limits";

const offsets = new Array<u64>();
const lists = new Array<StaticArray<u8>>();
let octets: u64 = 0;

export function keptCount(): i32 {
  return lists.length;
}

export function keptOffset(i: i32): u64 {
  return offsets[i];
}

export function keptList(i: i32): StaticArray<u8> {
  return lists[i];
}

export function hasKeptRoom(more: u32): bool {
  return lists.length < KEPT_MAX && octets + more <= KEPT_OCTETS_MAX;
}

export function keep(offset: u64, list: StaticArray<u8>): void {
  // What is written over whole need not be written again.
  const last = lists.length - 1;
  if (
    last >= 0 && offsets[last] == offset && lists[last].length == list.length
  ) {
    lists[last] = list;
    return;
  }
  offsets.push(offset);
  lists.push(list);
  octets += list.length;
}

export function forgetKept(): void {
  offsets.length = 0;
  lists.length = 0;
  octets = 0;
}
