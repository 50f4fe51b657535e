/**
 * What a simulated device can do wrong with one request.
 *
 * Each has one wrongness; everything else about the request is as it should be.
 */

/** About a disk's requests. */
export const LIES = [
  /** A read that fills half of its memory, and says so. */
  "short",
  /** More octets written than there is memory for, or so it says. */
  "too-long",
  /** Done: a request far outside the queue. */
  "wrong-number",
  /** Done: an entry of the queue that holds no request. */
  "free-number",
  /** Done: the request before it, whatever that was. */
  "last-number",
  /** Done twice. */
  "twice",
  /** The index of the used ring far ahead. */
  "ahead",
  /** The index of the used ring gone back. */
  "back",
  /** Done, without a status. */
  "no-status",
  /** Done, with a status that there is not. */
  "odd-status",
  /** The device reports an error of its medium. */
  "io-error",
  /** The device does not know the request. */
  "unsupported",
  /** An interrupt before the request is done. */
  "early",
  /** Done after a quarter of a second. */
  "late",
  /** Done, without an interrupt. */
  "silent",
  /** Interrupts for nothing, then done. */
  "spurious",
  /** Interrupts for nothing without an end, and never done. */
  "storm",
  /** Never done. */
  "stuck",
  /** Never done, and no reset ends. */
  "stuck-for-good",
  /** Done while the driver resets the device, with other octets. */
  "at-reset",
  /** A notification that the device does not hear. */
  "deaf",
  /** The device wants to be reset. */
  "needs-reset",
  /** Done, and descriptors, tables and ring overwritten. */
  "scribble",
] as const;

/** About buffers that are to be filled with entropy. */
export const ENTROPY_LIES = [
  /** Fewer octets than there is room for, which is no lie there. */
  "short",
  "too-long",
  "wrong-number",
  "free-number",
  "last-number",
  "twice",
  "ahead",
  "back",
  "early",
  "late",
  "silent",
  "spurious",
  "storm",
  "stuck",
  "stuck-for-good",
  "at-reset",
  "deaf",
  "needs-reset",
  "scribble",
  /** Done, without an octet. */
  "nothing",
  /** Full, or so it says, and nothing was written. */
  "unwritten",
  /** Full, or so it says, and half of it was written. */
  "partly",
  /** The octets of the buffer before it. */
  "again",
] as const;

export type Lie = typeof LIES[number] | typeof ENTROPY_LIES[number];

/** Kinds of requests, as Virtio 1.2, section 5.2.6 numbers them. */
export const KIND = { read: 0, write: 1, flush: 4, discard: 11 } as const;

/** Those that end in a lost device, whatever the request. */
export const BREAKING: ReadonlySet<Lie> = new Set<Lie>([
  "too-long",
  "wrong-number",
  "free-number",
  "twice",
  "ahead",
  "back",
  "no-status",
  "odd-status",
  "storm",
  "stuck",
  "at-reset",
  "deaf",
  "needs-reset",
]);
