/** Bounds of the driver, beside those of all virtio drivers. */

/** Header, one segment and status: a smaller queue holds no request. */
export const QUEUE_ENTRIES_MIN: u32 = 4;
/** Smallest piece that the device may insist on. */
export const SEGMENT_OCTETS_MIN: u32 = 512;
/** How often an operation is tried on a device that had to be reset. */
export const ATTEMPTS_MAX: u32 = 2;
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
