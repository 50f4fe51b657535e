/**
 * What driver and device agreed on when the device was set up last: features
 * (Virtio 1.2, section 6), and how large the queue is.
 */
import { Kind } from "./kind";
import { QUEUE_ENTRIES_MAX, REQUESTS_MAX } from "./bounds";

export const INDIRECT: u64 = 1 << 28;
export const EVENT_INDEX: u64 = 1 << 29;
export const VERSION_1: u64 = 1 << 32;

let features: u64 = 0;

export let queueEntries: u32 = 0;
/** Descriptors that a request may have. */
export let chainMax: u32 = 0;
/** Requests that the queue holds. */
export let requestsMax: u32 = 0;

export function hasFeature(bit: u64): bool {
  return (features & bit) != 0;
}
export function hasIndirect(): bool {
  return (features & INDIRECT) != 0;
}
export function hasEventIndex(): bool {
  return (features & EVENT_INDEX) != 0;
}

/** Takes note of what was agreed on; empty, or why that will not do. */
export function noteFeatures(agreed: u64): string {
  features = agreed;
  return (agreed & VERSION_1) != 0 ? "" : "it is older than Virtio 1.0";
}

/** Takes note of the queue's size; empty, or why that will not do. */
export function noteQueue(kind: Kind, entriesMax: u32): string {
  queueEntries = QUEUE_ENTRIES_MAX;
  while (queueEntries > entriesMax && queueEntries > 0) queueEntries >>= 1;
  if (queueEntries < kind.entriesLeast) {
    return `a queue of ${entriesMax} entries holds no request`;
  }
  // Also an indirect chain is no longer than the queue (section 2.7.5.3.1).
  chainMax = min(kind.chainMost, queueEntries);
  requestsMax = hasIndirect()
    ? min(REQUESTS_MAX, queueEntries)
    : min(REQUESTS_MAX, queueEntries / chainMax);
  return "";
}
