/** Bounds of recordings that a node writes. */
const MIB = 2 ** 20;

/** What `up --record` may write unless it is told otherwise, and the bounds. */
export const RECORD_MIB = 1_024;
export const RECORD_MIB_MIN = 1;
export const RECORD_MIB_MAX = 1_048_576;

/** Lines about a long replay follow each other no sooner. */
export const PROGRESS_GAP_MS = 2_000;

/** A component that is replayed in place of the recorded one. */
export const COMPONENT_OCTETS_MAX = 64 * MIB;
