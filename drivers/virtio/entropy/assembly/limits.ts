/** Bounds of the driver, beside those of all virtio drivers. */

/** What the device is asked to fill with one request. */
export const BUFFER_OCTETS: u32 = 1024;
/** What all requests of a batch may bring, and the largest draw. */
export const BATCH_OCTETS: u32 = 16 * BUFFER_OCTETS;
/** Octets that wait to be drawn: a batch beside what is left of the one before. */
export const POOL_OCTETS: u32 = 2 * BATCH_OCTETS;
/** Batches that one draw asks for, as long as each is done at once. */
export const ROUNDS_MAX: u32 = 64;
/** How often a draw is tried on a device that had to be reset. */
export const ATTEMPTS_MAX: u32 = 2;

/** Dry draws from one notification to the next: one may have been lost. */
export const KICK_EVERY: u32 = 16;
/** Most dry draws before a device is reset, however slow it was found to be. */
export const PATIENCE_MAX: u32 = 1 << 20;
export const MS_MAX: u64 = 600_000;

/** So many equal octets in a row come of a sound source once in 2^120. */
export const SAME_MAX: u32 = 16;
/** Buffers whose beginnings are remembered. */
export const REMEMBERED: u32 = 64;
