/**
 * What the device is: features (Virtio 1.2, sections 5.2.3 and 6) and
 * configuration (5.2.4), as it was negotiated last.
 *
 * Everything here was checked; a device whose numbers make no sense is refused.
 */
import { Width, read } from "./gen/mmio";
import {
  BLOCK_OCTETS_MAX,
  BLOCK_OCTETS_MIN,
  CAPACITY_OCTETS_MAX,
  CHAIN_MAX,
  CONFIG_LOOKS_MAX,
  QUEUE_ENTRIES_MAX,
  QUEUE_ENTRIES_MIN,
  REQUESTS_MAX,
  SECTOR_OCTETS,
  SEGMENT_OCTETS_MIN,
} from "./limits";
import { lose } from "./loss";
import { get, Register } from "./registers";
import { blockOctets, transferMax } from "./settings";

const SIZE_MAX: u64 = 1 << 1;
const SEGMENTS: u64 = 1 << 2;
const READ_ONLY: u64 = 1 << 5;
const BLOCK_SIZE: u64 = 1 << 6;
const FLUSH: u64 = 1 << 9;
const DISCARD: u64 = 1 << 13;
const INDIRECT: u64 = 1 << 28;
const EVENT_INDEX: u64 = 1 << 29;
const VERSION_1: u64 = 1 << 32;

/** What is accepted where it is offered. */
export const WANTED: u64 = SIZE_MAX | SEGMENTS | READ_ONLY | BLOCK_SIZE |
  FLUSH | DISCARD | INDIRECT | EVENT_INDEX | VERSION_1;

let features: u64 = 0;

/** Octets of the whole device, a multiple of the block size. */
export let capacity: u64 = 0;
/** Longest piece of memory in a request. */
export let segmentOctets: u32 = 0;
/** Longest read or write in one request. */
export let requestOctets: u32 = 0;
/** Sectors in one discard. */
export let discardSectors: u32 = 0;
export let queueEntries: u32 = 0;
/** Descriptors that a request may have. */
export let chainMax: u32 = 0;
/** Requests that the queue holds. */
export let requestsMax: u32 = 0;

export function hasFlush(): bool {
  return (features & FLUSH) != 0;
}
export function hasDiscard(): bool {
  return (features & DISCARD) != 0 && discardSectors != 0;
}
export function hasIndirect(): bool {
  return (features & INDIRECT) != 0;
}
export function hasEventIndex(): bool {
  return (features & EVENT_INDEX) != 0;
}
export function isReadOnly(): bool {
  return (features & READ_ONLY) != 0;
}

/** Takes note of what was agreed on; empty, or why that will not do. */
export function noteFeatures(agreed: u64): string {
  features = agreed;
  return (agreed & VERSION_1) != 0 ? "" : "it is older than Virtio 1.0";
}

/** Takes note of the queue's size; empty, or why that will not do. */
export function noteQueue(entriesMax: u32): string {
  queueEntries = QUEUE_ENTRIES_MAX;
  while (queueEntries > entriesMax && queueEntries > 0) queueEntries >>= 1;
  if (queueEntries < QUEUE_ENTRIES_MIN) {
    return `a queue of ${entriesMax} entries holds no request`;
  }
  // Also an indirect chain is no longer than the queue (section 2.7.5.3.1).
  chainMax = min(CHAIN_MAX, queueEntries);
  requestsMax = hasIndirect()
    ? min(REQUESTS_MAX, queueEntries)
    : min(REQUESTS_MAX, queueEntries / chainMax);
  return "";
}

function field(offset: u32, width: Width): u32 {
  const answer = read(Register.Config + offset, width);
  if (answer.isOk) return answer.value;
  lose(`the bus does not read the configuration at ${offset}`);
  return 0;
}

function word(offset: u32): u32 {
  return field(offset, Width.Word);
}

/** Reads the configuration; empty, or why that will not do. */
export function readConfiguration(): string {
  for (let look: u32 = 0; look < CONFIG_LOOKS_MAX; look++) {
    const before = get(Register.ConfigGeneration);
    const sectors = <u64> word(0) | <u64> word(4) << 32;
    const sizeMax = (features & SIZE_MAX) != 0 ? word(8) : U32.MAX_VALUE;
    const segments = (features & SEGMENTS) != 0 ? word(12) : U32.MAX_VALUE;
    const blockSize = (features & BLOCK_SIZE) != 0 ? word(20) : SECTOR_OCTETS;
    const discardMost = (features & DISCARD) != 0 ? word(36) : 0;
    const discardRanges = (features & DISCARD) != 0 ? word(40) : 0;
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
