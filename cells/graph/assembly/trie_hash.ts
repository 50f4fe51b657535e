/** What tries compute of octets: bits of namespaces, hashes of inner nodes. */
import {
  BLOCK_OCTETS,
  CHUNK_END,
  CHUNK_START,
  ROOT,
} from "../../sdk/assembly/blake3_block";
import {
  compressLanes,
  loadLanes,
  resetLanes,
  setCounters,
  setLengths,
  storeLanes,
} from "../../sdk/assembly/blake3_lanes";

/** Octets between the preimages of two lanes. */
export const INNER_OCTETS: usize = 384;
/** Digests of the four lanes. */
export const DIGESTS: usize = memory.data(128, 16);

// @ts-ignore: decorator
@inline
export function bitOf(digest: usize, bit: u32): u32 {
  return (load<u8>(digest + (bit >> 3)) >> <u8> (7 - (bit & 7))) & 1;
}

/** The first bit in which the digests differ; `bits` where they do not. */
export function firstDifference(a: usize, b: usize, bits: u32): u32 {
  for (let at: u32 = 0; at < bits; at += 64) {
    const x = bswap(load<u64>(a + (at >> 3)) ^ load<u64>(b + (at >> 3)));
    if (x != 0) return at + <u32> clz(x);
  }
  return bits;
}

/** Hashes all lanes of preimages, so many octets each. */
export function hashInner(preimages: usize, octets: u32): void {
  const block = <u32> BLOCK_OCTETS;
  const last = (octets - 1) / block;
  resetLanes();
  setCounters(0, 0);
  for (let i: u32 = 0; i <= last; i++) {
    const length = i < last ? block : octets - last * block;
    setLengths(length, length, length, length);
    const at = preimages + i * block;
    const step = INNER_OCTETS;
    loadLanes(at, at + step, at + 2 * step, at + 3 * step);
    compressLanes(i == 0 ? CHUNK_START : i < last ? 0 : CHUNK_END | ROOT);
  }
  const to = DIGESTS;
  storeLanes(to, to + 32, to + 64, to + 96);
}
