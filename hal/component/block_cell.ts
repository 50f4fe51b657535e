/**
 * A block device whose driver is a cell.
 *
 * Each call has a deadline; a cell that breaks off is gone, and every later
 * operation is `failed` and says so.
 */
import type { CellInstance } from "../../kernel/engine/engine.ts";
import { block } from "../../wit/gen/hal_block.ts";
import type {
  Block,
  Condition,
  Done,
  Geometry,
  ReadResult,
} from "../block_contract.ts";
import { geometryFault } from "../block_range.ts";
import {
  broke,
  DriverCell,
  type DriverCellOptions,
  gone,
} from "./driver_cell.ts";

export { DriverRefused } from "./driver_cell.ts";

export class BlockCell implements Block {
  readonly #driver: DriverCell;
  readonly #calls: Block;
  readonly #geometry: Geometry;

  /** Starts the driver. Throws `DriverRefused`, with the instance disposed. */
  constructor(cell: CellInstance, { config, callMs }: DriverCellOptions) {
    this.#driver = new DriverCell(cell, callMs);
    this.#calls = cell.bind(block);
    this.#geometry = Object.freeze(
      this.#driver.start(config, () => this.#calls.describe(), geometryFault),
    );
  }

  /** Why the cell has ended, if it has; no cell ever should. */
  get ended(): string | undefined {
    return this.#driver.ended;
  }

  describe(): Geometry {
    return this.#geometry;
  }

  read(offset: bigint, length: number): ReadResult {
    const answer = this.#driver.guard(() => this.#calls.read(offset, length));
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
    const answer = this.#driver.guard(() => this.#calls.health());
    return answer.ok
      ? answer.value
      : { tag: "failed", val: broke(answer.trap.message) };
  }

  /** Lets the driver take its device out of use, then ends it. */
  close(): void {
    this.#driver.close();
  }

  /** Ends it as it stands. */
  abort(): void {
    this.#driver.abort();
  }

  #done(act: () => Done): Done {
    const answer = this.#driver.guard(act);
    return answer.ok
      ? answer.value
      : { tag: "err", val: gone(answer.trap.message) };
  }
}
