/**
 * A value of a WIT type as one block of octets that can be copied anywhere.
 *
 * The layout is the canonical ABI's, pointers are offsets in the block, unused
 * octets are zero. A block is built and read in private memory: nobody changes
 * it meanwhile, and nothing of another message is seen. Reading checks every
 * pointer, length, alignment, case and character; a malformed block gives a
 * `Malformed` text and has no other effect. What is read costs at most a fixed
 * multiple of the block's length, however its pointers overlap.
 */
import { AbiFault, fault } from "./fault.ts";
import { LIFTED_ELEMENT_OCTETS_MIN } from "./limits.ts";
import { Memory } from "./memory.ts";
import type { Message } from "./message.ts";
import { ResourceTables } from "./resources.ts";

const PAGE = 65_536;

/** The value did not fit its block. */
class TooLong extends Error {
  override readonly name = "TooLong";
}

/** What was wrong with a block. */
export class Malformed {
  constructor(readonly why: string) {}
}

/** Private memory for one block at a time. */
export class Block extends Memory {
  /** The same memory by words, of this machine's order: little-endian. */
  readonly i32: Int32Array<ArrayBuffer>;
  readonly #octetsMax: number;
  /** Octets of the block that is being built or read. */
  #end = 0;
  #left = 0;

  constructor(octetsMax: number) {
    const pages = Math.ceil((octetsMax + 8) / PAGE);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const realloc = () => fault("a block does not allocate by itself");
    const resources = new ResourceTables();
    super({ memory, exports: {}, realloc, resources });
    this.i32 = new Int32Array(this.u8.buffer);
    this.#octetsMax = octetsMax;
  }

  /** Builds the block of a value; gives its length. */
  encode<T>(message: Message<T>, value: T): number | "too-long" {
    this.#end = 0;
    try {
      this.#reserve(message.size, 8);
      message.store(this, 0, value);
      return this.#end;
    } catch (error) {
      if (error instanceof TooLong) return "too-long";
      throw error;
    }
  }

  /** Reads the value of a block whose octets were put at the beginning. */
  decode<T>(message: Message<T>, length: number): T | Malformed {
    this.#end = length;
    this.#left = length * LIFTED_ELEMENT_OCTETS_MIN;
    try {
      this.region(0, message.size, 1);
      return message.load(this, 0);
    } catch (error) {
      if (error instanceof AbiFault) return new Malformed(error.message);
      throw error;
    }
  }

  override allocate(octets: number, align: number): number {
    return octets === 0 ? align : this.#reserve(octets, align);
  }

  #reserve(octets: number, align: number): number {
    const at = Math.ceil(this.#end / align) * align;
    const end = at + octets;
    if (end > this.#octetsMax) throw new TooLong();
    this.u8.fill(0, this.#end, end);
    this.#end = end;
    return at;
  }

  override region(at: number, size: number, align: number): number {
    const start = at >>> 0;
    if (start + size > this.#end) {
      fault(`${size} octets at ${start} lie outside the block`);
    }
    return super.region(at, size, align);
  }

  override spend(octets: number): void {
    this.#left -= octets;
    if (this.#left < 0) fault("the parts of a block overlap");
  }
}
