/**
 * One of the two cells as an adapter sees it: its memory, and how it faults.
 *
 * Rely on: code that reads a cell's memory has checked the region before, and
 * what a cell did wrong is noted before the adapter traps.
 */
import { LIFTED_OCTETS_MAX } from "../../../wit/abi/limits.ts";
import { CLOSED_ADDRESS } from "../hart_words.ts";
import type { Body } from "./body.ts";
import type { ModuleParts } from "./module.ts";
import { ALIGN_4, OP } from "./opcodes.ts";

/** Whose doing it is if the adapter traps now; values of the global `who`. */
export const WHO = {
  /** Code of the called cell runs. */
  calleeCode: 0,
  /** The called cell handed over something that its contract cannot mean. */
  calleeData: 1,
  callerCode: 2,
  callerData: 3,
} as const;

/** What was wrong; the global `why` is an index. */
export const FAULTS = [
  "something lies outside the memory",
  "an address is not aligned",
  `more than ${LIFTED_OCTETS_MAX} octets in one call`,
  "a character that is no Unicode scalar value",
  "a discriminant that no case has",
  "a string is not UTF-8",
] as const;

export const WHY = {
  outside: 0,
  unaligned: 1,
  tooMuch: 2,
  character: 3,
  noCase: 4,
  text: 5,
} as const;

/** Globals that both sides use. */
export interface Notes {
  readonly who: number;
  readonly why: number;
  /** Octets that the cell that is being read may still hand over. */
  readonly left: number;
  /** The memory of the hart's words. */
  readonly hart: number;
}

/** From here on the cell's own code may call out, or may not. */
export function close(body: Body, hart: number, isClosed: boolean): void {
  body.i32(CLOSED_ADDRESS).i32(isClosed ? 1 : 0);
  body.memory([OP.i32Store], hart, 0, ALIGN_4);
}

export class Side {
  readonly #fail: number;
  readonly #spend: number;
  readonly #region: number;
  readonly #allocate: number;

  constructor(
    readonly parts: ModuleParts,
    readonly memory: number,
    realloc: number,
    { who, why, left, hart }: Notes,
    data: number,
  ) {
    this.#fail = parts.function(["i32"], [], (body) => {
      body.i32(data).setGlobal(who).get(0).setGlobal(why).op(OP.unreachable);
    });
    this.#spend = parts.function(["i64"], [], (body) => {
      body.global(left).get(0).op(OP.i64Sub).setGlobal(left);
      body.global(left).i64(0).op(OP.i64LtS);
      this.failIf(body, WHY.tooMuch);
    });
    // Address, octets, alignment less one.
    this.#region = parts.function(["i32", "i32", "i32"], [], (body) => {
      body.get(0).op(OP.i64ExtendI32U).get(1).op(OP.i64ExtendI32U);
      body.op(OP.i64Add).size(memory).op(OP.i64ExtendI32U);
      body.i64(16).op(OP.i64Shl, OP.i64GtU);
      this.failIf(body, WHY.outside);
      body.get(0).get(2).op(OP.i32And);
      this.failIf(body, WHY.unaligned);
    });
    // Octets, alignment; gives the address.
    this.#allocate = parts.function(["i32", "i32"], ["i32"], (body) => {
      const at = body.local("i32");
      body.get(0).op(OP.i32Eqz).when(() => body.get(1).op(OP.return));
      close(body, hart, true);
      body.i32(0).i32(0).get(1).get(0).call(realloc).set(at);
      close(body, hart, false);
      body.get(at);
      body.get(0).get(1).i32(1).op(OP.i32Sub).call(this.#region);
      body.get(at);
    });
  }

  /** Faults if the number on the stack is not 0. */
  failIf(body: Body, why: number): void {
    body.when(() => body.i32(why).call(this.#fail));
  }

  /** Takes the i64 on the stack off the allowance. */
  spend(body: Body): void {
    body.call(this.#spend);
  }

  /** Address and octets are on the stack. */
  region(body: Body, align: number): void {
    body.i32(align - 1).call(this.#region);
  }

  /** The octets are on the stack; leaves the address of as many. */
  allocate(body: Body, align: number): void {
    body.i32(align).call(this.#allocate);
  }
}
