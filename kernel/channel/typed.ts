/**
 * Channels of WIT values: the same ends, with a type.
 *
 * Both ends name the type; one that names another is not attached. A value is
 * lowered into a private block and copied into the ring as octets, and the
 * other way round: what is received is the receiver's own. A block that cannot
 * be a value is "malformed", stays taken like any other message, and is
 * released with the rest: whether to go on is the receiver's decision.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import type { Message } from "../../wit/abi/message.ts";
import { Block, Malformed } from "../../wit/abi/block.ts";
import { type AttachRefusal, TYPE_WORDS } from "./channel.ts";
import { Receiver, type ReceiveRefusal } from "./receiver.ts";
import { Sender, type SendRefusal } from "./sender.ts";
import type { Words } from "./words.ts";

/** The words that stand for a type in a channel's memory. */
export function typeWords<T>(message: Message<T>): readonly number[] {
  const hash = blake3(new TextEncoder().encode(message.type));
  const view = new DataView(hash.buffer, hash.byteOffset);
  return Array.from(
    { length: TYPE_WORDS },
    (_, at) => view.getInt32(at * 4, true),
  );
}

export class TypedSender<T> {
  readonly #block: Block;

  static attach<T>(
    words: Words,
    message: Message<T>,
    generation: number,
    before = 0,
  ): TypedSender<T> | AttachRefusal {
    const type = typeWords(message);
    const end = Sender.attach(words, generation, before, type);
    return typeof end === "string" ? end : new TypedSender(words, message, end);
  }

  private constructor(
    readonly words: Words,
    readonly message: Message<T>,
    readonly end: Sender,
  ) {
    this.#block = new Block(end.lengthMax);
  }

  /** Puts a value behind the others; `commit` sends all of them. */
  put(value: T): SendRefusal | undefined {
    const block = this.#block;
    const length = block.encode(this.message, value);
    if (typeof length === "string") return length;
    const at = this.end.reserve(length);
    if (typeof at === "string") return at;
    this.words.put(at, block.i32, (length + 3) >> 2);
    return undefined;
  }

  commit(): void {
    this.end.commit();
  }

  send(value: T): SendRefusal | undefined {
    const refused = this.put(value);
    if (refused === undefined) this.end.commit();
    return refused;
  }
}

export class TypedReceiver<T> {
  /** What was wrong with the last message. */
  malformed: string | undefined;
  readonly #block: Block;
  #value: T | undefined;

  static attach<T>(
    words: Words,
    message: Message<T>,
    generation: number,
    before = 0,
    done?: number,
  ): TypedReceiver<T> | AttachRefusal {
    const type = typeWords(message);
    const end = Receiver.attach(words, generation, before, type, done);
    return typeof end === "string"
      ? end
      : new TypedReceiver(words, message, end);
  }

  private constructor(
    readonly words: Words,
    readonly message: Message<T>,
    readonly end: Receiver,
  ) {
    this.#block = new Block(end.lengthMax);
  }

  /** Takes the next message; if it says "taken", `value` has it. */
  next(): "taken" | "malformed" | ReceiveRefusal {
    const at = this.end.next();
    if (typeof at === "string") return at;
    const { length } = this.end;
    const block = this.#block;
    this.words.take(at, block.i32, (length + 3) >> 2);
    const value = block.decode(this.message, length);
    if (value instanceof Malformed) {
      this.malformed = value.why;
      this.#value = undefined;
      return "malformed";
    }
    this.#value = value;
    return "taken";
  }

  /** The value that `next` took last. */
  get value(): T {
    return this.#value as T;
  }

  release(): void {
    this.end.release();
  }
}
