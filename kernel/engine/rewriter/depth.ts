/**
 * The code that bounds the depth of calls, in octets of stack.
 *
 * Each call takes the caller's frame from what is left and gives it back when it
 * returns; a call that does not fit traps. A frame is counted from the
 * function's declaration, so recursion ends at the same depth on every engine,
 * before the platform's own stack is full. A tail call takes nothing.
 *
 * Not counted: operands that a function holds while it calls. A function that
 * holds hundreds of them meets the platform's limit first.
 */
import type { Additions } from "./additions.ts";
import type { Instruments } from "./checks.ts";
import { noteBody, STOPPED_BY } from "./fuel.ts";
import { OP, TYPE } from "./opcode_octets.ts";
import { Writer } from "./writer.ts";

const FRAME_OCTETS = 64;
const WORD_OCTETS = 8;

/** Octets of a frame with so many words of parameters, results and locals. */
export function frameOctets(words: number): number {
  return FRAME_OCTETS + WORD_OCTETS * words;
}

/** Takes from global `stack`, notes in global `reason` that it stopped. */
export function depthChecks(
  stack: number,
  reason: number,
  additions: Additions,
): Instruments {
  const stop = additions.function(
    [TYPE.function, 0, 0],
    noteBody(reason, STOPPED_BY.stack),
  );
  const change = (writer: Writer, octets: number, operation: number) => {
    writer.byte(OP.globalGet);
    writer.u32(stack);
    writer.byte(OP.i32Const);
    writer.s64(octets);
    writer.octets([operation, OP.globalSet]);
    writer.u32(stack);
  };
  return {
    descend: (octets) => {
      const writer = new Writer(32);
      writer.byte(OP.globalGet);
      writer.u32(stack);
      writer.byte(OP.i32Const);
      writer.s64(octets);
      writer.octets([OP.i32LtU, OP.if, OP.emptyBlock, OP.call]);
      writer.u32(stop);
      writer.byte(OP.end);
      change(writer, octets, OP.i32Sub);
      return writer.done();
    },
    ascend: (octets) => {
      const writer = new Writer(16);
      change(writer, octets, OP.i32Add);
      return writer.done();
    },
  };
}
