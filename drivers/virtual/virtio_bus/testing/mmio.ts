/** The bus's registers as the mmio suite wants them, with its disk behind them. */
import type { MmioSubject } from "../../../../conformance/hal/mmio/case.ts";
import { VirtioBus } from "../bus.ts";
import {
  registersOf,
  setUp,
} from "../../../../conformance/hal/mmio/virtio_registers.ts";

export const subject: MmioSubject = {
  contract: "mmio",
  make() {
    const bus = new VirtioBus();
    let heard: number[] = [];
    const notify = bus.disk.notify.bind(bus.disk);
    bus.disk.notify = (queue?: number) => {
      heard.push(queue ?? 0);
      notify();
    };
    setUp(bus);
    const registers = registersOf({
      features: bus.disk.features,
      config: () => bus.disk.config.slice(),
      changeConfig: () => void (bus.disk.shape.sectors += 0x0102_0304n),
      heard() {
        const now = heard;
        heard = [];
        return now;
      },
      interrupts: [1, 2],
      interrupt: (bit) => bus.interrupt(bit),
    });
    return {
      mmio: bus.mmio,
      registers,
      breakBus: () => void (bus.broken = "the bus is gone"),
      dispose() {},
    };
  },
};
