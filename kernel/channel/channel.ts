/**
 * A channel's memory: made once, attached to by each end, closed by either.
 *
 * One sender, one receiver. Each end is claimed: a second sender is refused
 * ("held") until the first has detached or its successor names it. Whoever
 * names a predecessor makes sure that it runs no more; memory cannot tell.
 * A channel outlives its ends: what was committed and not released stays.
 *
 * Deliberately absent: several senders (one channel each), growing, priorities,
 * and any wait for room.
 */
import {
  CHANNEL_OCTETS_MAX,
  CHANNEL_OCTETS_MIN,
  CHANNEL_RECORD_HEAD_OCTETS,
} from "../limits.ts";
import type { Words } from "./words.ts";

/** Words of one line of memory that one side writes; two of the processor's. */
const LINE = 32;

/** Where what lies, in words. See README.md. */
export const MAGIC = 0;
export const CAPACITY = 1;
/** Eight words that name the type of the messages. */
export const TYPE = 2;
export const TYPE_WORDS = 8;
/** Written by the sender: the position after the last committed message. */
export const TAIL = LINE;
export const SENDER = LINE + 1;
/** Written by the receiver: the position after the last released message. */
export const HEAD = 2 * LINE;
export const RECEIVER = 2 * LINE + 1;
/** Written seldom, by both: the bits below. */
export const SIGNAL = 3 * LINE;
export const DATA = 4 * LINE;

/** The receiver sleeps, or is about to. */
export const ASLEEP = 1;
export const SENDER_CLOSED = 2;
export const RECEIVER_CLOSED = 4;

/** "KCH" and the version of the layout. */
const MAGIC_VALUE = 0x4b434801;

/** The second word of a record; a stale or foreign record has another. */
export const CHECK = 0x2f6b9d13;
/** In the place of a length: nothing here, go on at the ring's start. */
export const PAD = -1;

/** Why an end did not get what it asked for. */
export type Refusal = "full" | "empty" | "too-long" | "closed" | "corrupt";

/** Why an end was not attached. */
export type AttachRefusal = "not-a-channel" | "other-type" | "held" | "corrupt";

/** Which end. */
export type End = typeof SENDER | typeof RECEIVER;

/** How much memory a channel takes, in words. */
export function channelWords(capacity: number): number {
  return DATA + capacity / 4;
}

/** The longest message of a ring: with padding before it, it always fits. */
export function recordOctetsMax(capacity: number): number {
  return capacity / 2 - CHANNEL_RECORD_HEAD_OCTETS;
}

/** Octets in a ring that a message takes. */
export function recordOctets(length: number): number {
  return CHANNEL_RECORD_HEAD_OCTETS + ((length + 7) & ~7);
}

/** The type of messages that are octets to both ends. */
export const OCTETS: readonly number[] = new Array<number>(TYPE_WORDS).fill(0);

/** Makes an empty channel in memory that is all zero and nobody uses yet. */
export function makeChannel(
  words: Words,
  capacity: number,
  type: readonly number[] = OCTETS,
): void {
  if (!isCapacity(capacity) || words.length < channelWords(capacity)) {
    throw new RangeError(
      `a channel's capacity is a power of two from ${CHANNEL_OCTETS_MIN} to ${CHANNEL_OCTETS_MAX} octets, and fits its memory; not ${capacity}`,
    );
  }
  words.store(CAPACITY, capacity);
  for (let i = 0; i < TYPE_WORDS; i++) words.store(TYPE + i, type[i] ?? 0);
  words.store(MAGIC, MAGIC_VALUE);
}

function isCapacity(octets: number): boolean {
  return octets >= CHANNEL_OCTETS_MIN && octets <= CHANNEL_OCTETS_MAX &&
    (octets & (octets - 1)) === 0;
}

/** What an end knows after it was attached; no word is trusted again. */
export interface Attached {
  readonly capacity: number;
  readonly tail: number;
  readonly head: number;
}

/** Checks the memory and claims an end of it. */
export function attach(
  words: Words,
  end: End,
  generation: number,
  before: number,
  type: readonly number[],
): Attached | AttachRefusal {
  if (generation <= 0 || (generation | 0) !== generation) {
    throw new RangeError("a generation is a positive 32-bit number");
  }
  if (words.length < DATA || words.load(MAGIC) !== MAGIC_VALUE) {
    return "not-a-channel";
  }
  const capacity = words.load(CAPACITY);
  if (!isCapacity(capacity) || words.length < channelWords(capacity)) {
    return "corrupt";
  }
  for (let i = 0; i < TYPE_WORDS; i++) {
    if (words.load(TYPE + i) !== (type[i] ?? 0)) return "other-type";
  }
  // Claimed before it looks: who detached just now has then stored its last.
  if (words.compareExchange(end, before, generation) !== before) return "held";
  const tail = words.load(TAIL);
  const head = words.load(HEAD);
  if (!isDistance((tail - head) | 0, capacity)) {
    words.store(end, before);
    return "corrupt";
  }
  return { capacity, tail, head };
}

/** Whether positions may lie so far apart. */
export function isDistance(octets: number, capacity: number): boolean {
  return octets >= 0 && octets <= capacity && (octets & 7) === 0;
}

/** Sets bits of the signal word and wakes the receiver. */
export function signal(words: Words, bits: number): void {
  words.or(SIGNAL, bits);
  words.notify(SIGNAL);
}
