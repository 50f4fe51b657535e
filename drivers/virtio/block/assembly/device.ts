/**
 * What the device is: features (Virtio 1.2, section 5.2.3) and configuration
 * (5.2.4), as it was negotiated last.
 *
 * Everything here was checked; a device whose numbers make no sense is refused.
 */
import {
  chainMax,
  EVENT_INDEX,
  hasFeature,
  INDIRECT,
  VERSION_1,
} from "../../shared/assembly/agreed";
import { Kind } from "../../shared/assembly/kind";
import { CHAIN_MAX } from "../../shared/assembly/bounds";
import { get, Register } from "../../shared/assembly/registers";
import {
  BLOCK_OCTETS_MAX,
  BLOCK_OCTETS_MIN,
  CAPACITY_OCTETS_MAX,
  CONFIG_LOOKS_MAX,
  QUEUE_ENTRIES_MIN,
  SECTOR_OCTETS,
  SEGMENT_OCTETS_MIN,
} from "./limits";
import { blockOctets, transferMax } from "./settings";

const SIZE_MAX: u64 = 1 << 1;
const SEGMENTS: u64 = 1 << 2;
const READ_ONLY: u64 = 1 << 5;
const BLOCK_SIZE: u64 = 1 << 6;
const FLUSH: u64 = 1 << 9;
const DISCARD: u64 = 1 << 13;

/** What is accepted where it is offered. */
const WANTED: u64 = SIZE_MAX | SEGMENTS | READ_ONLY | BLOCK_SIZE |
  FLUSH | DISCARD | INDIRECT | EVENT_INDEX | VERSION_1;

/** Octets of the whole device, a multiple of the block size. */
export let capacity: u64 = 0;
/** Longest piece of memory in a request. */
export let segmentOctets: u32 = 0;
/** Longest read or write in one request. */
export let requestOctets: u32 = 0;
/** Sectors in one discard. */
export let discardSectors: u32 = 0;

export function hasFlush(): bool {
  return hasFeature(FLUSH);
}
export function hasDiscard(): bool {
  return hasFeature(DISCARD) && discardSectors != 0;
}
export function isReadOnly(): bool {
  return hasFeature(READ_ONLY);
}

function word(offset: u32): u32 {
  return get(Register.Config + offset);
}

/** Reads the configuration; empty, or why that will not do. */
function readConfiguration(): string {
  for (let look: u32 = 0; look < CONFIG_LOOKS_MAX; look++) {
    const before = get(Register.ConfigGeneration);
    const sectors = <u64> word(0) | <u64> word(4) << 32;
    const sizeMax = hasFeature(SIZE_MAX) ? word(8) : U32.MAX_VALUE;
    const segments = hasFeature(SEGMENTS) ? word(12) : U32.MAX_VALUE;
    const blockSize = hasFeature(BLOCK_SIZE) ? word(20) : SECTOR_OCTETS;
    const discardMost = hasFeature(DISCARD) ? word(36) : 0;
    const discardRanges = hasFeature(DISCARD) ? word(40) : 0;
    // A configuration that changed meanwhile is read again (section 2.5.1).
    if (get(Register.ConfigGeneration) != before) continue;
    discardSectors = discardRanges == 0 ? 0 : discardMost;
    return noteConfiguration(sectors, sizeMax, segments, blockSize);
  }
  return "its configuration does not rest";
}

function noteConfiguration(
  sectors: u64,
  sizeMax: u32,
  segments: u32,
  blockSize: u32,
): string {
  const isPower = blockSize != 0 && (blockSize & (blockSize - 1)) == 0;
  if (
    !isPower || blockSize < BLOCK_OCTETS_MIN || blockSize > BLOCK_OCTETS_MAX
  ) return `its block size is ${blockSize}`;
  if (blockSize > blockOctets) {
    return `its blocks of ${blockSize} octets are larger than ${blockOctets}`;
  }
  if (sectors > CAPACITY_OCTETS_MAX / SECTOR_OCTETS) {
    return `its capacity is ${sectors} sectors`;
  }
  const octets = sectors * SECTOR_OCTETS;
  capacity = octets - octets % blockOctets;
  if (capacity == 0) return `its capacity is ${sectors} sectors`;
  if (segments == 0) return "it takes no segment";
  // QEMU offers the feature with 0, and means that there is no limit.
  const longest = sizeMax == 0 ? transferMax : sizeMax;
  if (longest < SEGMENT_OCTETS_MIN) {
    return `it takes segments of ${sizeMax} octets`;
  }
  segmentOctets = min(longest, transferMax);
  const most = <u64> min(segments, chainMax - 2) * segmentOctets;
  requestOctets = <u32> min<u64>(most, transferMax) & ~(blockSize - 1);
  return requestOctets == 0 ? "a request holds less than a block" : "";
}

export const DISK = new Kind(
  2,
  "a disk",
  WANTED,
  QUEUE_ENTRIES_MIN,
  CHAIN_MAX,
  readConfiguration,
);
