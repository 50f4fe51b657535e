/**
 * The BLAKE3 tree of a content, by which any range of it is checked.
 *
 * As in Bao: every parent above groups of 16 BLAKE3 chunks (16 KiB) is kept as
 * the two chaining values that it joins, 64 octets, in the order of a walk from
 * the root down, left before right. The root is the content's identity, so a
 * range is checked against that with its own groups and the parents above them.
 * A content of one group has no parents.
 */
import {
  BLOCK_OCTETS,
  CHUNK_OCTETS,
  compress,
  PARENT,
  reset,
  ROOT,
} from "../../sdk/assembly/blake3_block";
import { chunkLanes } from "../../sdk/assembly/blake3_lanes";
import { chunk } from "../../sdk/assembly/blake3_tree";
import { copy32, equal32 } from "../../sdk/assembly/bytes";
import { GROUP_OCTETS } from "./limits";

const LANES: u32 = 4;
export const PARENT_OCTETS: u32 = 64;

/** Chaining values of a group's chunks; lanes write four at once. */
const CVS: usize = memory.data(640, 16);
const JOINED: usize = memory.data(32, 16);
const PAIR: usize = memory.data(64, 16);

/** Groups of a content; the empty one has one, too. */
export function groupsOf(size: u64): u32 {
  return <u32> max<u64>(1, (size + GROUP_OCTETS - 1) / GROUP_OCTETS);
}

/** Octets of the parents of a content. */
export function outboardOctets(size: u64): u32 {
  return (groupsOf(size) - 1) * PARENT_OCTETS;
}

/** Joins two chaining values that lie side by side. */
function join(pair: usize, flags: u32, to: usize): void {
  reset(JOINED);
  compress(JOINED, pair, 0, <u32> BLOCK_OCTETS, PARENT | flags);
  copy32(to, JOINED);
}

/**
 * The chaining value of a group, `length` octets (16 KiB, fewer in the last
 * one); `isAll`: it is the whole content, and the value its digest.
 */
export function groupValue(
  from: usize,
  length: u32,
  group: u32,
  isAll: bool,
  to: usize,
): void {
  const perGroup = <u64> (GROUP_OCTETS / <u32> CHUNK_OCTETS);
  const first = <u64> group * perGroup;
  if (length <= <u32> CHUNK_OCTETS) {
    return chunk(from, length, first, isAll ? ROOT : 0, to);
  }
  const whole = length / <u32> CHUNK_OCTETS;
  let done: u32 = 0;
  while (whole - done >= LANES) {
    const at = from + done * <usize> CHUNK_OCTETS;
    chunkLanes(at, first + done, CVS + (<usize> done << 5));
    done += LANES;
  }
  while (done * <u32> CHUNK_OCTETS < length) {
    const skip = done * <u32> CHUNK_OCTETS;
    const now = min<u32>(length - skip, <u32> CHUNK_OCTETS);
    chunk(from + skip, now, first + done, 0, CVS + (<usize> done << 5));
    done++;
  }
  // Pairs, level by level; a last one without a partner goes up as it is.
  while (done > 1) {
    const flags = isAll && done == 2 ? ROOT : 0;
    for (let i: u32 = 0; i + 1 < done; i += 2) {
      join(CVS + (<usize> i << 5), flags, CVS + (<usize> i << 4));
    }
    if ((done & 1) != 0) {
      copy32(CVS + (<usize> (done >> 1) << 5), CVS + (<usize> (done - 1) << 5));
    }
    done = (done + 1) >> 1;
  }
  copy32(to, CVS);
}

/** Groups on the left of a parent: the largest power of 2 below all of them. */
function leftOf(groups: u32): u32 {
  return 1 << (31 - clz<u32>(groups - 1));
}

/**
 * Writes all parents to `at`, of at least two groups' chaining values at
 * `values`, and the content's digest to `root`.
 */
export function buildOutboard(
  values: usize,
  groups: u32,
  at: usize,
  root: usize,
): void {
  build(values, groups, at, ROOT);
  copy32(root, PAIR);
}

/** Builds a subtree; its chaining value is then in `PAIR`. */
function build(values: usize, groups: u32, at: usize, flags: u32): void {
  if (groups == 1) return copy32(PAIR, values);
  const left = leftOf(groups);
  build(values, left, at + PARENT_OCTETS, 0);
  copy32(at, PAIR);
  const right = values + (<usize> left << 5);
  build(right, groups - left, at + <usize> left * PARENT_OCTETS, 0);
  copy32(at + 32, PAIR);
  join(at, flags, PAIR);
}

/** The group that was found wrong last. */
export let wrongGroup: u32 = 0;

/**
 * Whether the octets at `from`, groups `first` to `last` of a content of
 * `size` octets, are those that the digest at `root` says; `at`: its parents.
 */
export function checkRange(
  root: usize,
  at: usize,
  size: u64,
  first: u32,
  last: u32,
  from: usize,
): bool {
  const groups = groupsOf(size);
  if (groups == 1) {
    wrongGroup = 0;
    groupValue(from, <u32> size, 0, true, JOINED_GROUP);
    return equal32(JOINED_GROUP, root);
  }
  return check(root, at, size, 0, groups, first, last, from, ROOT);
}

const JOINED_GROUP: usize = memory.data(32, 16);

function check(
  wanted: usize,
  at: usize,
  size: u64,
  begin: u32,
  groups: u32,
  first: u32,
  last: u32,
  from: usize,
  flags: u32,
): bool {
  if (begin > last || begin + groups <= first) return true;
  if (groups == 1) {
    const place = <u64> begin * GROUP_OCTETS;
    const length = <u32> min<u64>(GROUP_OCTETS, size - place);
    const octets = from + <usize> (begin - first) * GROUP_OCTETS;
    wrongGroup = begin;
    groupValue(octets, length, begin, false, JOINED_GROUP);
    return equal32(JOINED_GROUP, wanted);
  }
  wrongGroup = max(begin, first);
  join(at, flags, JOINED_GROUP);
  if (!equal32(JOINED_GROUP, wanted)) return false;
  const left = leftOf(groups);
  const rightAt = at + <usize> left * PARENT_OCTETS;
  const rest = groups - left;
  return check(at, at + PARENT_OCTETS, size, begin, left, first, last, from, 0) &&
    check(at + 32, rightAt, size, begin + left, rest, first, last, from, 0);
}
