/**
 * Where a content is cut into chunks: FastCDC, by what is in it.
 *
 * The algorithm is that of Xia and others, "FastCDC: a Fast and Efficient
 * Content-Defined Chunking Approach for Data Deduplication" (USENIX ATC 2016),
 * with normalized chunking of level 1; masks and Gear table as in fastcdc-rs
 * (v2016), whose published cuts are in the tests. A cut depends on the octets
 * since the last one only: so contents that share a long run share chunks.
 */
import { GEAR } from "./cdc_gear";
import {
  CHUNK_OCTETS_MAX,
  CHUNK_OCTETS_MEAN,
  CHUNK_OCTETS_MIN,
} from "./limits";

/** 17 bits, while the chunk is shorter than the mean: fewer cuts. */
const MASK_BELOW: u64 = 0x0000d90703537000;
/** 15 bits, from the mean on: more cuts. */
const MASK_ABOVE: u64 = 0x0000d90f03530000;

/**
 * The length of the first chunk. `length` octets are there: the rest of the
 * content, or at least as many as the longest chunk has.
 */
export function cut(from: usize, length: u32): u32 {
  return cutBy(
    from,
    length,
    CHUNK_OCTETS_MIN,
    CHUNK_OCTETS_MEAN,
    CHUNK_OCTETS_MAX,
    MASK_BELOW,
    MASK_ABOVE,
  );
}

/** The same with other numbers, as published vectors have them. */
export function cutBy(
  from: usize,
  length: u32,
  least: u32,
  mean: u32,
  most: u32,
  maskBelow: u64,
  maskAbove: u64,
): u32 {
  if (length <= least) return length;
  const end = min(length, most);
  const center = min(end, mean);
  let at = least;
  let hash: u64 = 0;
  while (at < center) {
    hash = (hash << 1) + load<u64>(GEAR + (<usize> load<u8>(from + at) << 3));
    if ((hash & maskBelow) == 0) return at;
    at++;
  }
  while (at < end) {
    hash = (hash << 1) + load<u64>(GEAR + (<usize> load<u8>(from + at) << 3));
    if ((hash & maskAbove) == 0) return at;
    at++;
  }
  return at;
}
