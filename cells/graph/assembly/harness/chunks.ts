/** Test entry: where contents are cut, and the tree that checks their ranges. */
import { cut, cutBy } from "../cdc";
import { GEAR } from "../cdc_gear";
import { GROUP_OCTETS } from "../limits";
import {
  buildOutboard,
  checkRange,
  groupsOf,
  groupValue,
  outboardOctets,
} from "../outboard";

export function allocate(octets: usize): usize {
  return heap.alloc(octets);
}

export function gear(index: u32): u64 {
  return load<u64>(GEAR + (<usize> index << 3));
}

export function cutAt(from: usize, length: u32): u32 {
  return cut(from, length);
}

export function cutWith(
  from: usize,
  length: u32,
  least: u32,
  mean: u32,
  most: u32,
  maskBelow: u64,
  maskAbove: u64,
): u32 {
  return cutBy(from, length, least, mean, most, maskBelow, maskAbove);
}

export function treeOctets(size: u32): u32 {
  return outboardOctets(size);
}

/** The tree of `size` octets to `tree`, their digest to `root`. */
export function treeOf(from: usize, size: u32, tree: usize, root: usize): void {
  const groups = groupsOf(size);
  const values = heap.alloc(<usize> groups << 5);
  for (let i: u32 = 0; i < groups; i++) {
    const skip = i * GROUP_OCTETS;
    const length = min(size - skip, GROUP_OCTETS);
    groupValue(from + skip, length, i, groups == 1, values + (<usize> i << 5));
  }
  if (groups == 1) memory.copy(root, values, 32);
  else buildOutboard(values, groups, tree, root);
  heap.free(values);
}

export function checks(
  root: usize,
  tree: usize,
  size: u32,
  first: u32,
  last: u32,
  from: usize,
): bool {
  return checkRange(root, tree, size, first, last, from);
}
