/**
 * A block device whose driver is a cell.
 *
 * Each call has a deadline; a cell that breaks off, for whatever reason, is gone,
 * and every later operation is `failed` and says so.
 *
 * Deliberately absent: starting it again. Who holds the bus makes a new one.
 */
import type { CellInstance, Guarded } from "../../kernel/engine/engine.ts";
import { block } from "../../wit/gen/hal_block.ts";
import { lifecycle } from "../../wit/gen/kernel_lifecycle.ts";
import type {
  Block,
  Condition,
  Done,
  Geometry,
  ReadResult,
  Refusal,
} from "../block_contract.ts";
import { geometryFault } from "../block_range.ts";

/** The driver did not start; the message says why. */
export class DriverRefused extends Error {
  override readonly name = "DriverRefused";
}

export interface BlockCellOptions {
  /** The driver's section of the system file. */
  readonly config: ReadonlyArray<readonly [string, string]>;
  /** Longest that one call of the cell may take. */
  readonly callMs: number;
}

export class BlockCell implements Block {
  readonly #cell: CellInstance;
  readonly #calls: Block;
  readonly #callMs: number;
  readonly #geometry: Geometry;

  /** Starts the driver. Throws `DriverRefused`, with the instance disposed. */
  constructor(cell: CellInstance, { config, callMs }: BlockCellOptions) {
    this.#cell = cell;
    this.#callMs = callMs;
    this.#calls = cell.bind(block);
    try {
      this.#geometry = this.#start(config);
    } catch (error) {
      cell.dispose();
      throw error;
    }
  }

  #start(config: BlockCellOptions["config"]): Geometry {
    const life = this.#cell.bind(lifecycle);
    const pairs = config.map(([key, value]): [string, string] => [key, value]);
    const started = this.#guard(() => life.start(pairs, undefined));
    if (!started.ok) throw new DriverRefused(broke(started.trap.message));
    if (started.value.tag === "err") {
      const { tag, val } = started.value.val;
      throw new DriverRefused(`${tag}: ${val}`);
    }
    const described = this.#guard(() => this.#calls.describe());
    if (!described.ok) throw new DriverRefused(broke(described.trap.message));
    const fault = geometryFault(described.value);
    if (fault !== undefined) throw new DriverRefused(fault);
    return Object.freeze(described.value);
  }

  /** Why the cell has ended, if it has; no cell ever should. */
  get ended(): string | undefined {
    return this.#cell.ended?.message;
  }

  describe(): Geometry {
    return this.#geometry;
  }

  read(offset: bigint, length: number): ReadResult {
    const answer = this.#guard(() => this.#calls.read(offset, length));
    if (!answer.ok) return { tag: "err", val: gone(answer.trap.message) };
    const { value } = answer;
    // A list of another length is the driver's lie, not the device's octets.
    return value.tag === "ok" && value.val.length !== length
      ? { tag: "err", val: gone(`it read ${value.val.length} octets`) }
      : value;
  }

  write(offset: bigint, data: Uint8Array): Done {
    return this.#done(() => this.#calls.write(offset, data));
  }

  flush(): Done {
    return this.#done(() => this.#calls.flush());
  }

  discard(offset: bigint, length: bigint): Done {
    return this.#done(() => this.#calls.discard(offset, length));
  }

  health(): Condition {
    const answer = this.#guard(() => this.#calls.health());
    return answer.ok
      ? answer.value
      : { tag: "failed", val: broke(answer.trap.message) };
  }

  /** Lets the driver take its device out of use, then ends it. */
  close(): void {
    const life = this.#cell.ended === undefined
      ? this.#cell.bind(lifecycle)
      : undefined;
    this.#guard(() => life?.stop());
    this.#cell.dispose();
  }

  /** Ends it as it stands. */
  abort(): void {
    this.#cell.dispose();
  }

  #done(act: () => Done): Done {
    const answer = this.#guard(act);
    return answer.ok
      ? answer.value
      : { tag: "err", val: gone(answer.trap.message) };
  }

  #guard<T>(act: () => T): Guarded<T> {
    return this.#cell.guard(this.#callMs, act);
  }
}

function broke(message: string): string {
  return `the driver broke off: ${message}`;
}

function gone(message: string): Refusal {
  return { tag: "failed", val: `gone: ${broke(message)}` };
}
