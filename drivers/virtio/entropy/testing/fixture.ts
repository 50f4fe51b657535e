/** The driver as the entropy suite wants it: on simulated buses. */
import type { EntropySubject } from "../../../../conformance/hal/entropy/case.ts";
import type { EntropyCell } from "../../../../hal/component/entropy_cell.ts";
import { EntropyBus } from "../../../virtual/virtio_bus/bus.ts";
import { startRig } from "./rig.ts";

/** Octets that the device gives are the platform's own. */
export const fromPlatform = (octets: Uint8Array): void =>
  void crypto.getRandomValues(octets);

let shared: ReturnType<typeof startRig> | undefined;

export const subject: EntropySubject = {
  contract: "entropy",
  async make() {
    const { open } = await (shared ??= startRig());
    const opened: { bus: EntropyBus; source: EntropyCell }[] = [];
    const make = () => {
      const bus = new EntropyBus(fromPlatform);
      const source = open(bus, []);
      opened.push({ bus, source });
      return { bus, source };
    };
    const { bus, source } = make();
    return {
      source,
      again: () => make().source,
      /** The device goes away, and what the driver has of it is used up. */
      failNext() {
        bus.device.vanish();
        while (source.draw(1024).tag === "ok");
      },
      dispose() {
        for (const one of opened) one.source.abort();
        const [complaint] = opened.flatMap((one) => one.bus.device.complaints);
        if (complaint === undefined) return;
        throw new Error(`the driver breaks Virtio 1.2: ${complaint}`);
      },
    };
  },
  async end() {
    await (await shared)?.stop();
    shared = undefined;
  },
};
