/**
 * The code that makes a module stoppable.
 *
 * A hart has one word of shared memory, its countdown. The ticker counts it
 * down, the engine sets it when a call begins, and code runs only while it is
 * positive. A check is one atomic load and one branch; what happens when the
 * time is over is in one function at the end of the module, so a check in a
 * loop stays small. That function notes in a second word that it was reached,
 * which tells a deadline from every other trap, and traps.
 *
 * Deliberately absent: parking and fuel, which replace the function's body and
 * the check, not their places.
 */
import { Writer } from "./writer.ts";

/** `trap`: stopped at the deadline. `none`: memory and tables bounded only. */
export type CheckMode = "trap" | "none";

/** Octet addresses in the countdown memory. */
export const COUNTDOWN_ADDRESS = 0;
export const STOPPED_ADDRESS = 4;

const OP = {
  unreachable: 0x00,
  if: 0x04,
  end: 0x0b,
  call: 0x10,
  i32Store: 0x36,
  i32Const: 0x41,
  i32LeS: 0x4c,
  atomic: 0xfe,
  i32AtomicLoad: 0x10,
  emptyBlock: 0x40,
} as const;

const ALIGN_4 = 2;
const MEMARG_HAS_MEMORY = 0x40;

function writeMemarg(writer: Writer, memory: number): void {
  if (memory === 0) {
    writer.byte(ALIGN_4);
  } else {
    writer.byte(ALIGN_4 | MEMARG_HAS_MEMORY);
    writer.u32(memory);
  }
  writer.byte(0);
}

/** The check: neutral on the stack, a dozen octets. */
export function checkCode(memory: number, stopFunction: number): Uint8Array {
  const writer = new Writer();
  writer.octets([OP.i32Const, COUNTDOWN_ADDRESS, OP.atomic, OP.i32AtomicLoad]);
  writeMemarg(writer, memory);
  writer.octets([OP.i32Const, 0, OP.i32LeS, OP.if, OP.emptyBlock, OP.call]);
  writer.u32(stopFunction);
  writer.byte(OP.end);
  return writer.done();
}

/** The body of the function that a check calls; with its size in front. */
export function stopBody(memory: number): Uint8Array {
  const body = new Writer();
  body.octets([0, OP.i32Const, STOPPED_ADDRESS, OP.i32Const, 1, OP.i32Store]);
  writeMemarg(body, memory);
  body.octets([OP.unreachable, OP.end]);
  const writer = new Writer();
  writer.u32(body.length);
  writer.octets(body.done());
  return writer.done();
}
