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

/** An engine that drivers are started on, one after another. */
export class Rig {
  readonly #engine: DriverEngine;
  readonly #component = driverComponent();

  private constructor(engine: DriverEngine) {
    this.#engine = engine;
  }

  static async start(): Promise<Rig> {
    const rig = new Rig(await DriverEngine.start());
    await rig.#engine.compile(rig.#component);
    return rig;
  }

  /** Throws `DriverRefused`. */
  async open(bus: Bus, config: Config): Promise<BlockCell> {
    const cell = await this.#engine.compile(this.#component);
    return new BlockCell(this.#engine.instantiate(cell, bus), {
      config,
      callMs: CALL_MS,
    });
  }

  stop(): Promise<void> {
    return this.#engine.stop();
  }
}
