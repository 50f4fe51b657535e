/**
 * Time that moves only when it is told, for simulation and replay.
 *
 * Deliberately absent: a relation to any real clock.
 */
import { Alarms, type AlarmsOptions } from "../../../hal/alarms.ts";

export class VirtualTimer extends Alarms {
  readonly #time: { us: bigint };

  constructor(options: Omit<AlarmsOptions, "now" | "health"> = {}) {
    const time = { us: 0n };
    super({ ...options, now: () => time.us });
    this.#time = time;
  }

  /** Lets time pass. Throws `RangeError` for time that would go back. */
  advance(us: bigint): void {
    if (us < 0n) throw new RangeError("time does not go back");
    this.#time.us += us;
  }
}
