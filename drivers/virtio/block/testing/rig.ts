/** The driver on the simulated bus, on the caller's own thread. */
import { BlockCell } from "../../../../hal/component/block_cell.ts";
import { DriverEngine } from "../../../../hal/component/driver_engine.ts";
import type { Bus } from "../../../../hal/bus_contract.ts";
import { builtDriver } from "../../shared/testing/built.ts";

/** More than any case takes: time on the simulated bus is virtual. */
const CALL_MS = 60_000;

export function driverComponent(): Uint8Array {
  return builtDriver("virtio-block");
}

export type Config = ReadonlyArray<readonly [string, string]>;

/** In place of this folder's driver; what is left out is as usual. */
export interface OtherDriver {
  readonly component?: Uint8Array;
  readonly callMs?: number;
}

/** An engine that drivers are started on, one after another. */
export class Rig {
  readonly #engine: DriverEngine;
  readonly #component: Uint8Array;
  readonly #callMs: number;

  private constructor(engine: DriverEngine, other: OtherDriver) {
    this.#engine = engine;
    this.#component = other.component ?? driverComponent();
    this.#callMs = other.callMs ?? CALL_MS;
  }

  /** Rejects with the engine's refusal of the component. */
  static async start(other: OtherDriver = {}): Promise<Rig> {
    const rig = new Rig(await DriverEngine.start(), other);
    try {
      await rig.#engine.compile(rig.#component);
    } catch (error) {
      await rig.stop();
      throw error;
    }
    return rig;
  }

  /** Throws `DriverRefused`. */
  async open(bus: Bus, config: Config): Promise<BlockCell> {
    const cell = await this.#engine.compile(this.#component);
    return new BlockCell(this.#engine.instantiate(cell, bus), {
      config,
      callMs: this.#callMs,
    });
  }

  stop(): Promise<void> {
    return this.#engine.stop();
  }
}
