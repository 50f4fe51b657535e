/**
 * The code that makes a module use fuel; the rule of costs is FUEL.md.
 *
 * The counter is a global of the module itself: no engine, clock or platform has
 * a part in it, so the same module with the same input uses the same fuel and
 * stops at the same instruction everywhere. The counter never goes below zero:
 * a stretch of code that costs more than is left does not begin.
 *
 * The start function is exported instead of run at instantiation, because the
 * host can give fuel only to what exists.
 */
import type { Additions } from "./additions.ts";
import type { Instruments } from "./checks.ts";
import { OP, TYPE } from "./opcode_octets.ts";
import { Writer } from "./writer.ts";

/** Why code stopped itself: values of the global `STOP_EXPORT`. */
export const STOPPED_BY = { nothing: 0, fuel: 1, stack: 2 } as const;

/** Lengths above this cost as much as this: they trap or answer -1 anyway. */
const LENGTH_BITS = 40;
const SIXTEENTH_BITS = 4;

/** Charges to global `fuel`, notes in global `reason` why it stopped. */
export function fuelCharges(
  fuel: number,
  reason: number,
  additions: Additions,
): Instruments {
  const stop = additions.function(
    [TYPE.function, 0, 0],
    noteBody(reason, STOPPED_BY.fuel),
  );
  const measures = [TYPE.i32, TYPE.i64].map((type) =>
    additions.function(
      [TYPE.function, 2, type, TYPE.i64, 1, type],
      measureBody(fuel, stop, type === TYPE.i64),
    )
  );
  return {
    charge: (cost) => chargeCode(fuel, stop, cost),
    measure: (sixteenths, is64) => {
      const writer = new Writer();
      writer.byte(OP.i64Const);
      writer.s64(sixteenths);
      writer.byte(OP.call);
      writer.u32(measures[is64 ? 1 : 0] ?? 0);
      return writer.done();
    },
  };
}

/** Notes a reason and traps. */
export function noteBody(reason: number, value: number): Uint8Array {
  const body = new Writer();
  body.octets([0, OP.i32Const, value, OP.globalSet]);
  body.u32(reason);
  body.octets([OP.unreachable, OP.end]);
  return body.done();
}

function chargeCode(fuel: number, stop: number, cost: number): Uint8Array {
  const writer = new Writer(32);
  const constant = () => {
    writer.byte(OP.i64Const);
    writer.s64(cost);
  };
  writer.byte(OP.globalGet);
  writer.u32(fuel);
  constant();
  writer.octets([OP.i64LtU, OP.if, OP.emptyBlock, OP.call]);
  writer.u32(stop);
  writer.octets([OP.end, OP.globalGet]);
  writer.u32(fuel);
  constant();
  writer.octets([OP.i64Sub, OP.globalSet]);
  writer.u32(fuel);
  return writer.done();
}

/** (length, sixteenths per item) -> length, charged. Local 2 is the cost. */
function measureBody(fuel: number, stop: number, is64: boolean): Uint8Array {
  const body = new Writer();
  body.octets([1, 1, TYPE.i64]);
  // The length, or the largest one that is counted.
  const length = () => {
    body.octets([OP.localGet, 0]);
    if (!is64) body.byte(OP.i64ExtendI32U);
  };
  const largest = () => {
    body.byte(OP.i64Const);
    body.s64(2 ** LENGTH_BITS);
  };
  length();
  largest();
  length();
  largest();
  body.octets([OP.i64LtU, OP.select, OP.localGet, 1, OP.i64Mul]);
  body.octets([OP.i64Const, SIXTEENTH_BITS, OP.i64ShrU, OP.localSet, 2]);
  body.byte(OP.globalGet);
  body.u32(fuel);
  body.octets([OP.localGet, 2, OP.i64LtU, OP.if, OP.emptyBlock, OP.call]);
  body.u32(stop);
  body.octets([OP.end, OP.globalGet]);
  body.u32(fuel);
  body.octets([OP.localGet, 2, OP.i64Sub, OP.globalSet]);
  body.u32(fuel);
  body.octets([OP.localGet, 0, OP.end]);
  return body.done();
}
