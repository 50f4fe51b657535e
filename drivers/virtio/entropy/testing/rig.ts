/** The driver on the simulated bus, on the caller's own thread. */
import { DriverEngine } from "../../../../hal/component/driver_engine.ts";
import { EntropyCell } from "../../../../hal/component/entropy_cell.ts";
import type { Bus } from "../../../../hal/bus_contract.ts";
import { builtDriver } from "../../shared/testing/built.ts";

/** More than any case takes: time on the simulated bus is virtual. */
const CALL_MS = 60_000;

export type Config = ReadonlyArray<readonly [string, string]>;
/** Throws `DriverRefused`. */
export type Open = (bus: Bus, config: Config) => EntropyCell;

/** An engine with the driver compiled, and how one is opened on a bus. */
export async function startRig(): Promise<
  { readonly open: Open; stop(): Promise<void> }
> {
  const engine = await DriverEngine.start();
  try {
    const compiled = await engine.compile(builtDriver("virtio-entropy"));
    return {
      open: (bus, config) =>
        new EntropyCell(engine.instantiate(compiled, bus), {
          config,
          callMs: CALL_MS,
        }),
      stop: () => engine.stop(),
    };
  } catch (error) {
    await engine.stop();
    throw error;
  }
}
