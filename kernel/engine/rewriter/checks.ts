/**
 * The code that makes a module stoppable.
 *
 * A hart has one word of shared memory, its countdown. The ticker counts it
 * down, the engine sets it when a call begins, and code runs only while it is
 * not negative. A check is one atomic load of one octet, which needs no
 * comparison, and one branch; what happens when the
 * time is over is in one function at the end of the module, so a check in a
 * loop stays small. If a third word says that the running code may park, that
 * function calls what the host put into a global, and when it comes back the
 * code goes on. Otherwise it notes in a second word that it was reached, which
 * tells a deadline from every other trap, and traps.
 *
 * Deliberately absent: what parking is (kernel/engine/v8/park).
 */
import type { Additions } from "./additions.ts";
import { OP, TYPE } from "./opcode_octets.ts";
import { Writer } from "./writer.ts";

/**
 * `trap`: stopped at the deadline. `park`: stopped or, where the host allows it,
 * parked and later continued. `fuel`: stopped when its fuel is used up, at
 * the same point on every engine (FUEL.md). `none`: memory and tables bounded
 * only.
 */
export type CheckMode = "trap" | "park" | "fuel" | "none";

/** Octet addresses in the countdown memory. */
export const COUNTDOWN_ADDRESS = 0;
/**
 * The countdown's highest octet: zero while the countdown is not negative, for it
 * stays below 2^24 (DEADLINE_TICKS_MAX).
 */
export const OVER_ADDRESS = COUNTDOWN_ADDRESS + 3;
export const STOPPED_ADDRESS = 4;
/** Not zero while the code that runs may park. */
export const PARK_ADDRESS = 8;

const ALIGN_4 = 2;
const MEMARG_HAS_MEMORY = 0x40;

/** What is written into bodies. A mode has the parts that it needs. */
export interface Instruments {
  /** At the places that places.ts finds. */
  readonly check?: Uint8Array;
  /** At the start of each stretch of code; takes what the stretch costs. */
  readonly charge?: (cost: number) => Uint8Array;
  /** Before an instruction whose last operand says how much it moves. */
  readonly measure?: (sixteenths: number, is64: boolean) => Uint8Array;
  /** Before and behind a call; take the octets of the caller's frame. */
  readonly descend?: (octets: number) => Uint8Array;
  readonly ascend?: (octets: number) => Uint8Array;
  /** Behind an instruction of that name, if it makes a NaN of any bits. */
  readonly settle?: (name: string) => Uint8Array | undefined;
}

function writeMemarg(writer: Writer, memory: number, align = ALIGN_4): void {
  if (memory === 0) {
    writer.byte(align);
  } else {
    writer.byte(align | MEMARG_HAS_MEMORY);
    writer.u32(memory);
  }
  writer.byte(0);
}

/**
 * Checks that read the countdown, which is memory `memory`. With `parkExport`
 * they may park: through the global of that name, which holds the host's
 * function or null.
 */
export function countdownChecks(
  memory: number,
  additions: Additions,
  parkExport?: string,
): Instruments {
  const body = new Writer();
  body.byte(0);
  if (parkExport !== undefined) {
    writeParking(body, memory, additions, parkExport);
  }
  body.octets([OP.i32Const, STOPPED_ADDRESS, OP.i32Const, 1, OP.i32Store]);
  writeMemarg(body, memory);
  body.octets([OP.unreachable, OP.end]);
  const stop = additions.function([TYPE.function, 0, 0], body.done());
  const writer = new Writer();
  writer.octets([OP.i32Const, OVER_ADDRESS, OP.atomic, OP.i32AtomicLoad8U]);
  writeMemarg(writer, memory, 0);
  writer.octets([OP.if, OP.emptyBlock, OP.call]);
  writer.u32(stop);
  writer.byte(OP.end);
  return { check: writer.done() };
}

function writeParking(
  body: Writer,
  memory: number,
  additions: Additions,
  name: string,
): void {
  const type = additions.type([TYPE.function, 0, 0]);
  const park = additions.reference(type, name);
  body.octets([OP.i32Const, PARK_ADDRESS, OP.i32Load]);
  writeMemarg(body, memory);
  body.octets([OP.if, OP.emptyBlock, OP.globalGet]);
  body.u32(park);
  body.byte(OP.callRef);
  body.u32(type);
  body.octets([OP.return, OP.end]);
}
