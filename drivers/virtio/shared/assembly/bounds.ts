/** Bounds of all virtio drivers, and the numbers of Virtio 1.2 that they use. */

/** Entries of the queue; the device may take fewer (section 2.7). */
export const QUEUE_ENTRIES_MAX: u32 = 64;
/** Requests that are given to the device with one notification. */
export const REQUESTS_MAX: u32 = 16;
/** Descriptors of one request. */
export const CHAIN_MAX: u32 = 16;

/** A lost interrupt or notification is noticed after this. */
export const SLICE_US: u64 = 100_000;
/** Between two looks at a device that resets itself. */
export const RESET_PAUSE_US: u64 = 10_000;
/** Looks at a device that resets itself, however little time they took. */
export const RESET_LOOKS_MAX: u32 = 100_000;
/** Interrupts during one wait for requests. */
export const WAKES_MAX: u32 = 10_000;
