/**
 * Shared memory between a caller that waits and a driver that does not.
 *
 * One request at a time. A request ends once: the guest answers it, or the host
 * abandons it at its deadline and whatever comes later is dropped. Who owns the
 * octets follows from the state: the host's while `idle` or `answered`, the
 * guest's while `asked` or `abandoned`.
 */
import type { Condition, Geometry, Refusal } from "../block_contract.ts";

/** Words of the control area. */
const WORD = {
  state: 0,
  operation: 1,
  offsetLow: 2,
  offsetHigh: 3,
  lengthLow: 4,
  lengthHigh: 5,
  answer: 6,
  answerText: 7,
  opening: 8,
  openingText: 9,
  condition: 10,
  conditionText: 11,
  /** Odd while the condition is being written. */
  conditionSequence: 12,
  blockSize: 13,
  capacityLow: 14,
  capacityHigh: 15,
  transferMax: 16,
  readOnly: 17,
} as const;

const WORDS = 32;
const TEXT_OCTETS = 1024;
const TEXTS = { answer: 0, opening: 1, condition: 2 } as const;

export const STATE = { idle: 0, asked: 1, answered: 2, abandoned: 3 } as const;
export const OPENING = { under_way: 0, ready: 1, refused: 2 } as const;

export const OPERATIONS = [
  "read",
  "write",
  "flush",
  "discard",
  "close",
] as const;
export type Operation = typeof OPERATIONS[number];

const ANSWERS = [
  "ok",
  "misaligned",
  "out-of-range",
  "full",
  "read-only",
  "failed",
] as const;
const CONDITIONS = ["ok", "degraded", "failed"] as const;

const U32 = 0xffff_ffffn;
/** More than a writer needs to finish a text. */
const CONDITION_LOOKS_MAX = 1_000_000;

export interface Asked {
  readonly operation: Operation;
  readonly offset: bigint;
  readonly length: bigint;
}

export class Mailbox {
  readonly words: Int32Array<SharedArrayBuffer>;
  /** Octets of the request or the answer. */
  readonly data: Uint8Array<SharedArrayBuffer>;
  readonly #texts: Uint8Array<SharedArrayBuffer>;

  constructor(readonly memory: SharedArrayBuffer) {
    const head = WORDS * 4 + TEXT_OCTETS * 3;
    this.words = new Int32Array(memory, 0, WORDS);
    this.#texts = new Uint8Array(memory, WORDS * 4, TEXT_OCTETS * 3);
    this.data = new Uint8Array(memory, head);
  }

  /** One whose requests and answers have at most `octets`. */
  static make(octets: number): Mailbox {
    const head = WORDS * 4 + TEXT_OCTETS * 3;
    return new Mailbox(new SharedArrayBuffer(head + octets));
  }

  get state(): number {
    return Atomics.load(this.words, WORD.state);
  }

  /** Changes the state if it is `from`; wakes who waits for it. */
  turn(from: number, to: number): boolean {
    const was = Atomics.compareExchange(this.words, WORD.state, from, to);
    if (was !== from) return false;
    Atomics.notify(this.words, WORD.state);
    return true;
  }

  /**
   * Blocks until the state is not `from` any more, or `ms` are over. The other
   * thread may wake us for a change that we have seen long ago: it changes the
   * state first and wakes afterwards, and may pause in between.
   */
  waitWhile(from: number, ms: number, nowMs: () => number): void {
    const end = nowMs() + ms;
    for (let left = ms; this.state === from && left > 0; left = end - nowMs()) {
      Atomics.wait(this.words, WORD.state, from, left);
    }
  }

  /** The same for a thread that must not block. */
  async waitWhileAsync(from: number): Promise<void> {
    while (this.state === from) {
      const wait = Atomics.waitAsync(this.words, WORD.state, from);
      if (wait.async) await wait.value;
    }
  }

  ask({ operation, offset, length }: Asked): void {
    this.words[WORD.operation] = OPERATIONS.indexOf(operation);
    this.#put64(WORD.offsetLow, offset);
    this.#put64(WORD.lengthLow, length);
  }

  asked(): Asked {
    return {
      operation: OPERATIONS[this.words[WORD.operation] ?? 0] ?? "close",
      offset: this.#get64(WORD.offsetLow),
      length: this.#get64(WORD.lengthLow),
    };
  }

  answer(refusal: Refusal | undefined): void {
    this.words[WORD.answer] = ANSWERS.indexOf(refusal?.tag ?? "ok");
    const text = refusal?.tag === "failed" ? refusal.val : "";
    this.words[WORD.answerText] = this.#putText(TEXTS.answer, text);
  }

  answered(): Refusal | undefined {
    const tag = ANSWERS[this.words[WORD.answer] ?? 0] ?? "failed";
    if (tag === "ok") return undefined;
    if (tag !== "failed") return { tag };
    const val = this.#text(TEXTS.answer, this.words[WORD.answerText] ?? 0);
    return { tag, val };
  }

  /** The guest has opened the device. */
  ready(geometry: Geometry): void {
    this.words[WORD.blockSize] = geometry.blockSize;
    this.#put64(WORD.capacityLow, geometry.capacity);
    this.words[WORD.transferMax] = geometry.transferMax;
    this.words[WORD.readOnly] = geometry.readOnly ? 1 : 0;
    this.#opening(OPENING.ready);
  }

  /** The guest could not open it. */
  refuse(reason: string): void {
    this.words[WORD.openingText] = this.#putText(TEXTS.opening, reason);
    this.#opening(OPENING.refused);
  }

  /** Blocks until the guest has opened the device, or has refused to. */
  opened(ms: number): Geometry | string | undefined {
    Atomics.wait(this.words, WORD.opening, OPENING.under_way, ms);
    const opening = Atomics.load(this.words, WORD.opening);
    if (opening === OPENING.under_way) return undefined;
    if (opening === OPENING.refused) {
      return this.#text(TEXTS.opening, this.words[WORD.openingText] ?? 0);
    }
    return {
      blockSize: this.words[WORD.blockSize] ?? 0,
      capacity: this.#get64(WORD.capacityLow),
      transferMax: this.words[WORD.transferMax] ?? 0,
      readOnly: this.words[WORD.readOnly] === 1,
    };
  }

  set condition(condition: Condition) {
    Atomics.add(this.words, WORD.conditionSequence, 1);
    this.words[WORD.condition] = CONDITIONS.indexOf(condition.tag);
    const text = condition.tag === "ok" ? "" : condition.val;
    this.words[WORD.conditionText] = this.#putText(TEXTS.condition, text);
    Atomics.add(this.words, WORD.conditionSequence, 1);
  }

  /** The newest condition that was written whole. */
  get condition(): Condition {
    for (let look = 0; look < CONDITION_LOOKS_MAX; look++) {
      const before = Atomics.load(this.words, WORD.conditionSequence);
      const tag = CONDITIONS[this.words[WORD.condition] ?? 0] ?? "failed";
      const length = this.words[WORD.conditionText] ?? 0;
      const val = this.#text(TEXTS.condition, length);
      const after = Atomics.load(this.words, WORD.conditionSequence);
      if (before === after && before % 2 === 0) {
        return tag === "ok" ? { tag } : { tag, val };
      }
    }
    return { tag: "failed", val: "the driver ended while it wrote its health" };
  }

  #opening(value: number): void {
    Atomics.store(this.words, WORD.opening, value);
    Atomics.notify(this.words, WORD.opening);
  }

  #put64(word: number, value: bigint): void {
    this.words[word] = Number(value & U32) | 0;
    this.words[word + 1] = Number((value >> 32n) & U32) | 0;
  }

  #get64(word: number): bigint {
    const low = BigInt((this.words[word] ?? 0) >>> 0);
    return low | (BigInt((this.words[word + 1] ?? 0) >>> 0) << 32n);
  }

  /** As many whole characters as there is room for; gives their octets. */
  #putText(which: number, text: string): number {
    const room = new Uint8Array(TEXT_OCTETS);
    const { written } = new TextEncoder().encodeInto(text, room);
    this.#texts.set(room, which * TEXT_OCTETS);
    return written;
  }

  #text(which: number, octets: number): string {
    const from = which * TEXT_OCTETS;
    // A text is decoded from memory that no other thread can change.
    const copy = this.#texts.slice(from, from + Math.min(octets, TEXT_OCTETS));
    return new TextDecoder().decode(new Uint8Array(copy));
  }
}
