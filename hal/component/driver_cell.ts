/**
 * A driver that is a cell: started, called with a deadline each time, and ended.
 *
 * A cell that breaks off, for whatever reason, is gone: every later call says so.
 *
 * Deliberately absent: starting it again. Who holds the bus makes a new one.
 */
import type { CellInstance, Guarded } from "../../kernel/engine/engine.ts";
import { lifecycle } from "../../wit/gen/kernel_lifecycle.ts";

/** The driver did not start; the message says why. */
export class DriverRefused extends Error {
  override readonly name = "DriverRefused";
}

export interface DriverCellOptions {
  /** The driver's section of the system file. */
  readonly config: ReadonlyArray<readonly [string, string]>;
  /** Longest that one call of the cell may take. */
  readonly callMs: number;
}

export class DriverCell {
  readonly #cell: CellInstance;
  readonly #callMs: number;

  constructor(cell: CellInstance, callMs: number) {
    this.#cell = cell;
    this.#callMs = callMs;
  }

  /**
   * Starts it and asks what it drives; `faultOf` says what is wrong with that.
   * Throws `DriverRefused`, with the instance disposed.
   */
  start<T>(
    config: DriverCellOptions["config"],
    describe: () => T,
    faultOf: (described: T) => string | undefined,
  ): T {
    try {
      return this.#start(config, describe, faultOf);
    } catch (error) {
      this.#cell.dispose();
      throw error;
    }
  }

  #start<T>(
    config: DriverCellOptions["config"],
    describe: () => T,
    faultOf: (described: T) => string | undefined,
  ): T {
    const life = this.#cell.bind(lifecycle);
    const pairs = config.map(([key, value]): [string, string] => [key, value]);
    const started = this.guard(() => life.start(pairs, undefined));
    if (!started.ok) throw new DriverRefused(broke(started.trap.message));
    if (started.value.tag === "err") {
      const { tag, val } = started.value.val;
      throw new DriverRefused(`${tag}: ${val}`);
    }
    const described = this.guard(describe);
    if (!described.ok) throw new DriverRefused(broke(described.trap.message));
    const fault = faultOf(described.value);
    if (fault !== undefined) throw new DriverRefused(fault);
    return described.value;
  }

  /** Why the cell has ended, if it has; no cell ever should. */
  get ended(): string | undefined {
    return this.#cell.ended?.message;
  }

  guard<T>(act: () => T): Guarded<T> {
    return this.#cell.guard(this.#callMs, act);
  }

  /** Lets the driver take its device out of use, then ends it. */
  close(): void {
    const life = this.#cell.ended === undefined
      ? this.#cell.bind(lifecycle)
      : undefined;
    this.guard(() => life?.stop());
    this.#cell.dispose();
  }

  /** Ends it as it stands. */
  abort(): void {
    this.#cell.dispose();
  }
}

export function broke(message: string): string {
  return `the driver broke off: ${message}`;
}

/** The refusal of whoever called a cell that is gone. */
export function gone(message: string): { tag: "failed"; val: string } {
  return { tag: "failed", val: `gone: ${broke(message)}` };
}
