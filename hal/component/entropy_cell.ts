/**
 * A source of entropy whose driver is a cell.
 *
 * Each call has a deadline; a cell that breaks off is gone, and every later draw is
 * `failed` and says so.
 */
import type { CellInstance } from "../../kernel/engine/engine.ts";
import { entropy } from "../../wit/gen/hal_entropy.ts";
import type {
  Condition,
  DrawResult,
  Entropy,
  Source,
} from "../entropy_contract.ts";
import {
  broke,
  DriverCell,
  type DriverCellOptions,
  gone,
} from "./driver_cell.ts";

/** The contract's own bound. */
const DRAW_MAX_LEAST = 1024;

export class EntropyCell implements Entropy {
  readonly #driver: DriverCell;
  readonly #calls: Entropy;
  readonly #source: Source;

  /** Starts the driver. Throws `DriverRefused`, with the instance disposed. */
  constructor(cell: CellInstance, { config, callMs }: DriverCellOptions) {
    this.#driver = new DriverCell(cell, callMs);
    this.#calls = cell.bind(entropy);
    this.#source = Object.freeze(
      this.#driver.start(config, () => this.#calls.describe(), sourceFault),
    );
  }

  /** Why the cell has ended, if it has; no cell ever should. */
  get ended(): string | undefined {
    return this.#driver.ended;
  }

  describe(): Source {
    return this.#source;
  }

  draw(length: number): DrawResult {
    const answer = this.#driver.guard(() => this.#calls.draw(length));
    if (!answer.ok) return { tag: "err", val: gone(answer.trap.message) };
    const { value } = answer;
    // A list of another length is the driver's lie, not the device's octets.
    return value.tag === "ok" && value.val.length !== length
      ? { tag: "err", val: gone(`it drew ${value.val.length} octets`) }
      : value;
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
}

function sourceFault({ drawMax }: Source): string | undefined {
  return drawMax < DRAW_MAX_LEAST
    ? `a draw of ${drawMax} octets at most; ${DRAW_MAX_LEAST} is the least`
    : undefined;
}
