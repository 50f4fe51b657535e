/** Bounds of a node that runs in this process. */

/** Writes that may wait for their turn; more are refused. */
export const WRITES_WAITING_MAX = 256;

/** Compiled cells kept beside the store. */
export const CACHED_CELLS_MAX = 32;

/** The longest time that opening a store may take. */
export const OPEN_MS_MAX = 600_000;
