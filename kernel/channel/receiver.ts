/**
 * The receiving end of a channel: take, handle, release. Only `sleep` waits.
 *
 * `next` gives messages in the order in which they were committed; `release`
 * gives back the room of all that were taken. What was taken and not released
 * when the receiver ends is delivered again to the next one: at least once. A
 * message's `position` is its sequence number: a receiver that keeps, together
 * with what it did, the position after the last message it handled, hands that
 * to `attach` and gets each message exactly once.
 *
 * The memory is the sender's too. Every length is read once and checked; the
 * octets of a message may change under a hostile sender until they are copied.
 *
 * Steps: at most 3 atomic accesses for `next`, 1 for `release`.
 */
import { CHANNEL_RECORD_HEAD_OCTETS, CHANNEL_SLEEP_MS_MAX } from "../limits.ts";
import {
  ASLEEP,
  attach,
  type AttachRefusal,
  CHECK,
  DATA,
  HEAD,
  isDistance,
  OCTETS,
  PAD,
  RECEIVER,
  RECEIVER_CLOSED,
  recordOctets,
  recordOctetsMax,
  SENDER_CLOSED,
  SIGNAL,
  signal,
  TAIL,
} from "./channel.ts";
import type { Words } from "./words.ts";

/** Why there is no message. */
export type ReceiveRefusal = "empty" | "closed" | "corrupt";

export class Receiver {
  /** What was wrong with the memory, once it was. */
  fault: string | undefined;
  readonly lengthMax: number;
  /** Octets of the message that was taken last. */
  length = 0;
  /** Its position: its sequence number, modulo 2^32. */
  position = 0;
  private readonly words: Words;
  private readonly generation: number;
  private readonly capacity: number;
  private head: number;
  /** Where the next record is. */
  private cursor: number;
  /** The sender's position as it was last seen. */
  private tail: number;
  private ended: "closed" | "corrupt" | undefined;

  /**
   * `before` is the generation that it succeeds and that runs no more; `done`
   * the position after the last message that was handled: what lies before it
   * is not delivered again.
   */
  static attach(
    words: Words,
    generation: number,
    before = 0,
    type: readonly number[] = OCTETS,
    done?: number,
  ): Receiver | AttachRefusal {
    const found = attach(words, RECEIVER, generation, before, type);
    if (typeof found === "string") return found;
    const { capacity, tail, head } = found;
    const skip = done === undefined ? 0 : (done - head) | 0;
    const made = new Receiver(words, generation, capacity, head, tail);
    if (isDistance(skip, (tail - head) | 0)) made.cursor = (head + skip) | 0;
    else made.corrupt(`no message can end at ${done}`);
    return made;
  }

  private constructor(
    words: Words,
    generation: number,
    capacity: number,
    head: number,
    tail: number,
  ) {
    this.words = words;
    this.generation = generation;
    this.capacity = capacity;
    this.lengthMax = recordOctetsMax(capacity);
    this.head = head;
    this.cursor = head;
    this.tail = tail;
  }

  /** The position after the message that was taken last. */
  get done(): number {
    return this.cursor;
  }

  /** The first word of the next message; `length` says how long it is. */
  next(): number | ReceiveRefusal {
    if (this.ended !== undefined) return this.ended;
    if (this.cursor === this.tail) {
      const refused = this.look();
      if (refused !== undefined) return refused;
    }
    const capacity = this.capacity;
    const words = this.words;
    let left = (this.tail - this.cursor) | 0;
    let offset = this.cursor & (capacity - 1);
    let at = DATA + (offset >> 2);
    let length = words.get(at);
    if (length === PAD) {
      const room = capacity - offset;
      if (room >= left || words.get(at + 1) !== (this.cursor ^ CHECK)) {
        return this.corrupt(`padding at ${this.cursor} has no end`);
      }
      this.cursor = (this.cursor + room) | 0;
      left -= room;
      offset = 0;
      at = DATA;
      length = words.get(at);
    }
    const need = recordOctets(length);
    if (
      length < 0 || length > this.lengthMax || need > left ||
      need > capacity - offset || words.get(at + 1) !== (this.cursor ^ CHECK)
    ) {
      return this.corrupt(
        `no message of ${length} octets is at ${this.cursor}`,
      );
    }
    this.length = length;
    this.position = this.cursor;
    this.cursor = (this.cursor + need) | 0;
    return at + CHANNEL_RECORD_HEAD_OCTETS / 4;
  }

  /** Looks how far the sender is. */
  private look(): ReceiveRefusal | undefined {
    const words = this.words;
    let tail = words.load(TAIL);
    if (tail === this.cursor) {
      if ((words.load(SIGNAL) & SENDER_CLOSED) === 0) return "empty";
      // The sender may have committed between the two.
      tail = words.load(TAIL);
      if (tail === this.cursor) return "closed";
    }
    // The sender only goes forward, and not past what was released.
    if (
      !isDistance((tail - this.cursor) | 0, this.capacity) ||
      !isDistance((tail - this.head) | 0, this.capacity)
    ) {
      return this.corrupt(`the sender's position ${tail} is impossible`);
    }
    this.tail = tail;
    return undefined;
  }

  private corrupt(fault: string): "corrupt" {
    this.fault = fault;
    return this.ended = "corrupt";
  }

  /** Gives back the room of everything that was taken. */
  release(): void {
    if (this.cursor === this.head || this.ended === "corrupt") return;
    this.head = this.cursor;
    this.words.store(HEAD, this.head);
  }

  /** Copies the next message, if it fits; it stays taken until `release`. */
  receive(into: Uint8Array): Uint8Array | ReceiveRefusal {
    const at = this.next();
    if (typeof at === "string") return at;
    if (this.length > into.length) {
      throw new RangeError(`${this.length} octets do not fit ${into.length}`);
    }
    const whole = into.subarray(0, this.length);
    this.words.read(at, whole);
    return whole;
  }

  /**
   * Sleeps until there may be something to take, or `ms` have passed. May
   * return early; not for the main thread.
   */
  sleep(ms: number): void {
    if (!this.drowse()) return;
    this.words.wait(SIGNAL, ASLEEP, bounded(ms));
    this.words.and(SIGNAL, ~ASLEEP);
  }

  /** The same without stopping the thread: for the main thread. */
  async sleepAsync(ms: number): Promise<void> {
    if (!this.drowse()) return;
    await this.words.waitAsync(SIGNAL, ASLEEP, bounded(ms));
    this.words.and(SIGNAL, ~ASLEEP);
  }

  /** Says that it sleeps; false if there is no reason to. */
  private drowse(): boolean {
    if (this.ended !== undefined || this.cursor !== this.tail) return false;
    const words = this.words;
    words.or(SIGNAL, ASLEEP);
    // Only now: a sender that commits after this look sees the bit.
    if (words.load(TAIL) === this.cursor) return true;
    words.and(SIGNAL, ~ASLEEP);
    return false;
  }

  /** Nothing more will be taken: the sender is refused from now on. */
  close(): void {
    this.ended ??= "closed";
    signal(this.words, RECEIVER_CLOSED);
  }

  /** Gives the end back, for the next generation to go on. */
  detach(): void {
    this.ended ??= "closed";
    this.words.compareExchange(RECEIVER, this.generation, 0);
  }
}

/** A time to sleep: what is no time is none, not for ever. */
function bounded(ms: number): number {
  return ms > 0 ? Math.min(ms, CHANNEL_SLEEP_MS_MAX) : 0;
}
