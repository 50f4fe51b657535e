/** The driver on the simulated bus, on the caller's own thread. */
import { BlockCell } from "../../../../hal/component/block_cell.ts";
import { DriverEngine } from "../../../../hal/component/driver_engine.ts";
import type { Bus } from "../../../../hal/bus_contract.ts";

/** More than any case takes: time on the simulated bus is virtual. */
const CALL_MS = 60_000;

/** The driver's component, as the build made it. */
export function driverComponent(): Uint8Array {
  const url = new URL(
    "../../../../build/cells/virtio-block.wasm",
    import.meta.url,
  );
  try {
    return Deno.readFileSync(url);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error("the driver is not built: deno task build");
  }
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
