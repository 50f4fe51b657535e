/** Private memory in which one message at a time becomes octets, or is read. */
import { Block, Malformed } from "../../wit/abi/block.ts";
import type { Message } from "../../wit/abi/message.ts";

/** Octets of a text that a driver gives. */
export const TEXT_OCTETS_MAX = 2048;

export class MessageBlock {
  readonly #block: Block;

  constructor(octets: number) {
    this.#block = new Block(octets);
  }

  /** The block's own octets until its next message; undefined: too long. */
  encode<T>(message: Message<T>, value: T): Uint8Array | undefined {
    const length = this.#block.encode(message, value);
    if (length === "too-long") return undefined;
    return this.#block.u8.subarray(0, length);
  }

  /** Undefined where the octets are no such message. */
  decode<T>(message: Message<T>, octets: Uint8Array): T | undefined {
    if (octets.length > this.#block.u8.length) return undefined;
    this.#block.u8.set(octets);
    const value = this.#block.decode(message, octets.length);
    return value instanceof Malformed ? undefined : value;
  }
}

/** As many whole characters as there is room for. */
export function octetsOf(text: string): Uint8Array {
  const room = new Uint8Array(TEXT_OCTETS_MAX);
  const { written } = new TextEncoder().encodeInto(text, room);
  return room.subarray(0, written);
}
