/**
 * Names of what the rewriter adds, and the instruments of each mode.
 */
import type { Additions } from "./additions.ts";
import { type CheckMode, countdownChecks, type Instruments } from "./checks.ts";
import { depthChecks } from "./depth.ts";
import { fuelCharges } from "./fuel.ts";
import { nanSettling } from "./nan.ts";
import { OP, TYPE } from "./opcode_octets.ts";
import { Writer } from "./writer.ts";

/** The module name of what the rewriter adds; no module may import it itself. */
export const ENGINE_MODULE = "karyon:engine";
export const COUNTDOWN_IMPORT = "countdown";
/** What it exports besides: globals, and the start function. */
export const FUEL_EXPORT = `${ENGINE_MODULE}/fuel`;
export const STACK_EXPORT = `${ENGINE_MODULE}/stack`;
export const STOP_EXPORT = `${ENGINE_MODULE}/stop`;
export const PARK_EXPORT = `${ENGINE_MODULE}/park`;
export const START_EXPORT = `${ENGINE_MODULE}/start`;
export const memoryImport = (index: number): string => `memory-${index}`;

/** The instruments of a mode, with what they need appended. */
export function instrumentsFor(
  { mode, stackOctetsMax }: {
    readonly mode: CheckMode;
    readonly stackOctetsMax?: number;
  },
  /** Index of the countdown memory. */
  countdown: number,
  additions: Additions,
): Instruments {
  const hasFuel = mode === "fuel";
  const zero = [OP.i32Const, 0];
  const reason = hasFuel || stackOctetsMax !== undefined
    ? additions.global(TYPE.i32, zero, STOP_EXPORT)
    : 0;
  const stops = hasFuel
    ? {
      ...fuelCharges(
        additions.global(TYPE.i64, [OP.i64Const, 0], FUEL_EXPORT),
        reason,
        additions,
      ),
      ...nanSettling(additions),
    }
    : countdownChecks(
      countdown,
      additions,
      mode === "park" ? PARK_EXPORT : undefined,
    );
  if (stackOctetsMax === undefined) return stops;
  const value = new Writer();
  value.byte(OP.i32Const);
  value.s64(stackOctetsMax);
  const stack = additions.global(TYPE.i32, [...value.done()], STACK_EXPORT);
  return { ...stops, ...depthChecks(stack, reason, additions) };
}
