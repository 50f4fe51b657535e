/**
 * The sending end of a channel: reserve, fill, commit. It never waits.
 *
 * `reserve` gives the place of a message, `commit` publishes everything that
 * was reserved since the last time, at once. What was reserved and not
 * committed when the sender ends was never sent. A refusal has no effect:
 * what was reserved before it stays reserved.
 *
 * Steps: at most 2 atomic accesses for `reserve`, 3 and a wake for `commit`.
 */
import { CHANNEL_RECORD_HEAD_OCTETS } from "../limits.ts";
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
  RECEIVER_CLOSED,
  recordOctets,
  recordOctetsMax,
  SENDER,
  SENDER_CLOSED,
  SIGNAL,
  signal,
  TAIL,
} from "./channel.ts";
import type { Words } from "./words.ts";

/** Why a message was not taken. */
export type SendRefusal = "full" | "too-long" | "closed" | "corrupt";

export class Sender {
  /** What was wrong with the memory, once it was. */
  fault: string | undefined;
  readonly lengthMax: number;
  private readonly words: Words;
  private readonly generation: number;
  private readonly capacity: number;
  private tail: number;
  /** Where the next record goes. */
  private cursor: number;
  /** The receiver's position as it was last seen. */
  private head: number;
  private ended: "closed" | "corrupt" | undefined;

  /** `before` is the generation that it succeeds and that runs no more. */
  static attach(
    words: Words,
    generation: number,
    before = 0,
    type: readonly number[] = OCTETS,
  ): Sender | AttachRefusal {
    const found = attach(words, SENDER, generation, before, type);
    return typeof found === "string"
      ? found
      : new Sender(words, generation, found.capacity, found.tail, found.head);
  }

  private constructor(
    words: Words,
    generation: number,
    capacity: number,
    tail: number,
    head: number,
  ) {
    this.words = words;
    this.generation = generation;
    this.capacity = capacity;
    this.lengthMax = recordOctetsMax(capacity);
    this.tail = tail;
    this.cursor = tail;
    this.head = head;
  }

  /** The position of the next message: its sequence number, modulo 2^32. */
  get position(): number {
    return this.cursor;
  }

  /** A place for `length` octets: the first one's word. Fill it, then commit. */
  reserve(length: number): number | SendRefusal {
    if (length < 0 || length > this.lengthMax) return "too-long";
    if (this.ended !== undefined) return this.ended;
    const capacity = this.capacity;
    const need = recordOctets(length);
    let offset = this.cursor & (capacity - 1);
    const room = capacity - offset;
    const total = need <= room ? need : room + need;
    if (((this.cursor - this.head) | 0) + total > capacity) {
      const refused = this.look(total);
      if (refused !== undefined) return refused;
    }
    const words = this.words;
    if (total !== need) {
      const at = DATA + (offset >> 2);
      words.set(at, PAD);
      words.set(at + 1, this.cursor ^ CHECK);
      this.cursor = (this.cursor + room) | 0;
      offset = 0;
    }
    const at = DATA + (offset >> 2);
    words.set(at, length);
    words.set(at + 1, this.cursor ^ CHECK);
    this.cursor = (this.cursor + need) | 0;
    return at + CHANNEL_RECORD_HEAD_OCTETS / 4;
  }

  /** Looks how far the receiver is. */
  private look(total: number): SendRefusal | undefined {
    const head = this.words.load(HEAD);
    // The receiver only goes forward, and not past what was committed.
    if (
      !isDistance((head - this.head) | 0, this.capacity) ||
      !isDistance((this.tail - head) | 0, this.capacity)
    ) {
      this.fault = `the receiver's position ${head} is impossible`;
      return this.ended = "corrupt";
    }
    this.head = head;
    if (((this.cursor - head) | 0) + total <= this.capacity) return undefined;
    if ((this.words.load(SIGNAL) & RECEIVER_CLOSED) !== 0) {
      return this.ended = "closed";
    }
    return "full";
  }

  /** Publishes all that was reserved; wakes the receiver if it sleeps. */
  commit(): void {
    if (this.cursor === this.tail || this.ended === "corrupt") return;
    this.tail = this.cursor;
    const words = this.words;
    words.store(TAIL, this.tail);
    // After the store: a receiver that goes to sleep says so, then looks again.
    const bits = words.load(SIGNAL);
    if (bits !== 0) this.signalled(bits);
  }

  private signalled(bits: number): void {
    if ((bits & RECEIVER_CLOSED) !== 0) this.ended ??= "closed";
    if ((bits & ASLEEP) === 0) return;
    this.words.and(SIGNAL, ~ASLEEP);
    this.words.notify(SIGNAL);
  }

  /** Reserves, copies and commits one message. */
  send(octets: Uint8Array): SendRefusal | undefined {
    const at = this.reserve(octets.length);
    if (typeof at === "string") return at;
    this.words.write(at, octets);
    this.commit();
    return undefined;
  }

  /** Nothing more will be sent. What was committed is still received. */
  close(): void {
    this.ended ??= "closed";
    signal(this.words, SENDER_CLOSED);
  }

  /** Gives the end back, for the next generation to go on. */
  detach(): void {
    this.ended ??= "closed";
    this.words.compareExchange(SENDER, this.generation, 0);
  }
}
