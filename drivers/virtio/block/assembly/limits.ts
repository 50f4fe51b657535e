/** Bounds of the driver, and the numbers of Virtio 1.2 that it uses. */

/** Entries of the queue; the device may take fewer (section 2.7). */
export const QUEUE_ENTRIES_MAX: u32 = 64;
/** Header, one segment and status: a smaller queue holds no request. */
export const QUEUE_ENTRIES_MIN: u32 = 4;
/** Requests that are given to the device with one notification. */
export const REQUESTS_MAX: u32 = 16;
/** Pieces of memory in one request. */
export const SEGMENTS_MAX: u32 = 14;
/** Smallest piece that the device may insist on. */
export const SEGMENT_OCTETS_MIN: u32 = 512;
/** Descriptors of one request: with its header and its status. */
export const CHAIN_MAX: u32 = SEGMENTS_MAX + 2;

/** How often an operation is tried on a device that had to be reset. */
export const ATTEMPTS_MAX: u32 = 2;
/** A lost interrupt or notification is noticed after this. */
export const SLICE_US: u64 = 100_000;
/** Between two looks at a device that resets itself. */
export const RESET_PAUSE_US: u64 = 10_000;
/** Looks at a device that resets itself, however little time they took. */
export const RESET_LOOKS_MAX: u32 = 100_000;
/** Interrupts during one wait for requests. */
export const WAKES_MAX: u32 = 10_000;
/** Looks at a configuration that changes while it is read. */
export const CONFIG_LOOKS_MAX: u32 = 8;
/** Requests of one discard; the rest of it is not told to the device. */
export const DISCARDS_MAX: u32 = 256;

/** Writes that are kept for the case that the device forgets them. */
export const KEPT_OCTETS_MAX: u64 = 4 << 20;
export const KEPT_MAX: i32 = 1024;

export const BLOCK_OCTETS_MIN: u32 = 512;
export const BLOCK_OCTETS_MAX: u32 = 65536;
export const TRANSFER_OCTETS_MAX: u32 = 16 << 20;
/** Octets that other drivers take, too; a device with more is refused. */
export const CAPACITY_OCTETS_MAX: u64 = (1 << 53) - 65536;
export const MS_MAX: u64 = 600_000;
/** Unit of places and sizes in requests, whatever the block size is (5.2.4). */
export const SECTOR_OCTETS: u32 = 512;
