/**
 * The two ways between a caller and a driver on another thread.
 *
 * Requests go one way, answers the other, each through a ring. Whether a request
 * has begun is one word of shared memory that exactly one side wins: the driver
 * claims it, or the caller withdraws it. Room for the answer is set aside when a
 * request is sent, so a driver never waits for its caller.
 *
 * Beside requests both sides can tell each other things that nobody answers by
 * ticket; their meaning is the contract's.
 */
import type { Patience } from "./patience.ts";
import { Ring } from "./ring.ts";
import type { Queue } from "./submissions.ts";

const FREE = 0;
const QUEUED = 1;
const BEGUN = 2;
/** Of a ticket, beside the state; a slot is used again long before they repeat. */
const TICKET_MASK = 0x3fff_ffffn;

const HEAD_OCTETS = 16;
/** The kind of a record that is a request, or its answer. */
export const REQUEST = 0;

export interface LaneSizes {
  /** Requests that the driver is not through with. */
  readonly slots: number;
  /** Octets of waiting requests; a power of two. */
  readonly requests: number;
  /** Octets of waiting answers; a power of two. */
  readonly answers: number;
  /** Of those, for what the driver tells without being asked. */
  readonly told: number;
}

export interface Record {
  readonly kind: number;
  readonly slot: number;
  readonly ticket: bigint;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Rings begin at multiples of eight. */
const claimOctets = (slots: number) => 8 * Math.ceil(slots / 2);

/** The shared memory, as both sides see it. */
export class Lanes {
  readonly claims: Int32Array<SharedArrayBuffer>;
  readonly requests: Ring;
  readonly answers: Ring;

  constructor(readonly memory: SharedArrayBuffer, readonly sizes: LaneSizes) {
    const { slots, requests, answers } = sizes;
    this.claims = new Int32Array(memory, 0, slots);
    const first = claimOctets(slots);
    this.requests = new Ring(memory, first, requests);
    const second = first + Ring.octets(requests);
    this.answers = new Ring(memory, second, answers);
  }

  static make(sizes: LaneSizes): Lanes {
    const octets = claimOctets(sizes.slots) + Ring.octets(sizes.requests) +
      Ring.octets(sizes.answers);
    return new Lanes(new SharedArrayBuffer(octets), sizes);
  }
}

const heads = new DataView(new ArrayBuffer(HEAD_OCTETS));
const headOctets = new Uint8Array(heads.buffer);

function put(
  ring: Ring,
  head: Omit<Record, "body">,
  body: Uint8Array,
  more: readonly Uint8Array[] = [],
): boolean {
  heads.setUint32(0, head.kind, true);
  heads.setUint32(4, head.slot, true);
  heads.setBigUint64(8, head.ticket, true);
  return ring.put(headOctets, body, ...more);
}

function take(
  ring: Ring,
  room?: Uint8Array<ArrayBuffer>,
): Record | undefined {
  const octets = ring.take(room);
  if (octets === undefined) return undefined;
  if (octets.length < HEAD_OCTETS) {
    return { kind: -1, slot: 0, ticket: 0n, body: octets };
  }
  const head = new DataView(octets.buffer, octets.byteOffset);
  return {
    kind: head.getUint32(0, true),
    slot: head.getUint32(4, true),
    ticket: head.getBigUint64(8, true),
    body: octets.subarray(HEAD_OCTETS),
  };
}

const word = (ticket: bigint, state: number) =>
  Number(ticket & TICKET_MASK) << 2 | state;

/** A request as octets, and how many its answer may have at most. */
export interface Asking {
  readonly body: Uint8Array;
  /** What comes behind the body in the same record, each copied once. */
  readonly more?: readonly Uint8Array[];
  readonly answerOctets: number;
}

interface Held {
  readonly slot: number;
  readonly answerCost: number;
}

/** The caller's side. */
export class CallerLane implements Queue<Asking> {
  readonly #lanes: Lanes;
  readonly #held = new Map<bigint, Held>();
  readonly #slots: number[];
  #answerOctets = 0;
  /** What was told and did not fit yet. */
  readonly #untold: Array<{ kind: number; ticket: bigint; body: Uint8Array }> =
    [];

  constructor(lanes: Lanes) {
    this.#lanes = lanes;
    this.#slots = Array.from({ length: lanes.sizes.slots }, (_, slot) => slot);
  }

  ask(ticket: bigint, { body, more, answerOctets }: Asking): boolean {
    this.#tellAgain();
    const { sizes, claims, requests } = this.#lanes;
    const answerCost = Ring.cost(HEAD_OCTETS + answerOctets);
    const left = sizes.answers - sizes.told - this.#answerOctets;
    const slot = this.#slots.at(-1);
    if (this.#untold.length > 0 || slot === undefined || answerCost > left) {
      return false;
    }
    // The driver may see the record as soon as it is there.
    Atomics.store(claims, slot, word(ticket, QUEUED));
    if (!put(requests, { kind: REQUEST, slot, ticket }, body, more)) {
      Atomics.store(claims, slot, FREE);
      return false;
    }
    this.#slots.pop();
    this.#answerOctets += answerCost;
    this.#held.set(ticket, { slot, answerCost });
    return true;
  }

  withdraw(ticket: bigint): boolean {
    const held = this.#held.get(ticket);
    if (held === undefined) return false;
    const queued = word(ticket, QUEUED);
    const { claims } = this.#lanes;
    const was = Atomics.compareExchange(claims, held.slot, queued, FREE);
    if (was !== queued) return false;
    this.#free(ticket, held);
    // A driver that waits to begin it need not.
    this.#lanes.requests.wake();
    return true;
  }

  /** Tells the driver; in order with requests, never refused. */
  tell(kind: number, ticket: bigint, body: Uint8Array): void {
    this.#untold.push({ kind, ticket, body });
    this.#tellAgain();
  }

  /** The next answer, or what the driver told. */
  receive(): Record | undefined {
    this.#tellAgain();
    const record = take(this.#lanes.answers);
    if (record?.kind !== REQUEST) return record;
    const held = this.#held.get(record.ticket);
    if (held !== undefined) {
      Atomics.store(this.#lanes.claims, held.slot, FREE);
      this.#free(record.ticket, held);
    }
    return record;
  }

  /** Blocks until the driver says something, or `ms` are over. */
  wait(ms: number, patience?: Patience): void {
    this.#lanes.answers.wait(ms, patience);
  }

  #free(ticket: bigint, { slot, answerCost }: Held): void {
    this.#held.delete(ticket);
    this.#slots.push(slot);
    this.#answerOctets -= answerCost;
  }

  #tellAgain(): void {
    for (;;) {
      const [next] = this.#untold;
      if (next === undefined) return;
      const { kind, ticket, body } = next;
      const head = { kind, slot: 0, ticket };
      if (!put(this.#lanes.requests, head, body)) return;
      this.#untold.shift();
    }
  }
}

/** The driver's side. */
export class DriverLane {
  readonly #lanes: Lanes;

  constructor(lanes: Lanes) {
    this.#lanes = lanes;
  }

  /** The next request, or what the caller told; in `room` where it fits. */
  next(room?: Uint8Array<ArrayBuffer>): Record | undefined {
    return take(this.#lanes.requests, room);
  }

  /** True: it has begun, and is to be answered. False: it was withdrawn. */
  begin({ slot, ticket }: Record): boolean {
    const { claims } = this.#lanes;
    if (slot >= claims.length) return false;
    const queued = word(ticket, QUEUED);
    const begun = word(ticket, BEGUN);
    return Atomics.compareExchange(claims, slot, queued, begun) === queued;
  }

  /** Whether it could still begin. */
  isQueued({ slot, ticket }: Record): boolean {
    const { claims } = this.#lanes;
    return slot < claims.length &&
      Atomics.load(claims, slot) === word(ticket, QUEUED);
  }

  answer(
    ticket: bigint,
    body: Uint8Array,
    more?: readonly Uint8Array[],
  ): void {
    this.#put({ kind: REQUEST, slot: 0, ticket }, body, more);
  }

  tell(kind: number, ticket: bigint, body: Uint8Array): void {
    this.#put({ kind, slot: 0, ticket }, body);
  }

  #put(
    head: Omit<Record, "body">,
    body: Uint8Array,
    more?: readonly Uint8Array[],
  ): void {
    if (put(this.#lanes.answers, head, body, more)) return;
    throw new Error("there is no room for what the driver says");
  }

  /** Changes when the caller says something. */
  get mark(): number {
    return this.#lanes.requests.mark;
  }

  /** Returns when the caller said or withdrew something since `mark`. */
  async waitAsync(mark: number): Promise<void> {
    await this.#lanes.requests.waitAsync(mark);
  }

  /** The same, and blocks the thread until then. */
  wait(mark: number, patience: Patience): void {
    this.#lanes.requests.waitSince(mark, patience);
  }
}
