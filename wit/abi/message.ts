/**
 * What the generator makes of a type that travels by itself, outside of a call.
 *
 * A message lies in a block of memory as the canonical ABI lays its type out,
 * from address 0 on; pointers are offsets in that block, so it can be copied.
 */
import type { Memory } from "./memory.ts";

export interface Message<T> {
  /** `karyon:rank/ranks@0.1.0/standing`. */
  readonly name: string;
  /** Canonical text of the type: equal iff the layouts and meanings are. */
  readonly type: string;
  /** Octets and alignment of the fixed part. */
  readonly size: number;
  readonly align: number;
  /** Reads a value; the fixed part must lie inside the memory. */
  load(m: Memory, p: number): T;
  /** Writes a value; allocates in the memory what its pointers point to. */
  store(m: Memory, p: number, v: T): void;
}

/** Both directions of one function: the tuple of its arguments, its answer. */
export interface CallMessages {
  readonly ask: Message<unknown>;
  readonly answer: Message<unknown>;
}
