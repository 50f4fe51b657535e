/**
 * Says what ended an instance.
 *
 * The platform tells traps apart by text only, so the kinds that the engine can
 * know itself (the deadline, a lie towards the canonical ABI) are asked first.
 */
import { AbiFault } from "../../../wit/abi/fault.ts";
import { CellTrap } from "../engine.ts";
import { MESSAGE_CHARS_MAX } from "../limits.ts";

/** What the engine knows about the moment of the trap. */
export interface Circumstances {
  /** A check stopped the code. */
  readonly wasStopped: boolean;
  readonly deadlineMs: number;
  /** What the code noted before it stopped itself. */
  readonly stoppedBy: "fuel" | "stack" | undefined;
  /** The memory cannot grow any more, and had grown. */
  readonly isMemoryFull: boolean;
}

export function classify(error: unknown, at: Circumstances): CellTrap {
  if (error instanceof CellTrap && error.kind === "cancelled") return error;
  const text = error instanceof Error ? error.message : String(error);
  const message = text.slice(0, MESSAGE_CHARS_MAX);
  if (at.wasStopped) {
    const within = `stopped at its deadline of at most ${at.deadlineMs} ms`;
    return new CellTrap("deadline", within, error);
  }
  if (at.stoppedBy === "fuel") {
    return new CellTrap("fuel", "stopped with its fuel used up", error);
  }
  if (at.stoppedBy === "stack") {
    return new CellTrap("stack", "called deeper than it may", error);
  }
  if (error instanceof AbiFault) return new CellTrap("abi", message, error);
  if (error instanceof WebAssembly.RuntimeError) {
    return at.isMemoryFull
      ? new CellTrap("memory", `${message} with its memory full`, error)
      : new CellTrap("trap", message, error);
  }
  if (error instanceof RangeError) {
    return /call stack/i.test(message)
      ? new CellTrap("stack", "recursed deeper than the stack", error)
      : new CellTrap("memory", message, error);
  }
  // SpiderMonkey has its own class for a full stack, and no global of its name.
  return error instanceof Error && error.name === "InternalError"
    ? new CellTrap("stack", "recursed deeper than the stack", error)
    : new CellTrap("host", message, error);
}
