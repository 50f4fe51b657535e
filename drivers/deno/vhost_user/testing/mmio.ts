/** The bus's registers as the mmio suite wants them, before a back end that is played. */
import type { MmioSubject } from "../../../../conformance/hal/mmio/case.ts";
import {
  registersOf,
  setUp,
} from "../../../../conformance/hal/mmio/virtio_registers.ts";
import { played } from "./device.ts";
import { subject as dma } from "./fixture.ts";

const VERSION_1 = 1n << 32n;
const CONFIG_OCTETS = 60;
const USED = 1;

export const subject: MmioSubject = {
  contract: "mmio",
  absent: () => dma.absent?.(),
  make() {
    const { bus, libc } = played();
    setUp(bus);
    const registers = registersOf({
      features: VERSION_1,
      config: () => new Uint8Array(CONFIG_OCTETS),
      // A kick says how often, and every one is of the one queue.
      heard: () =>
        Array.from({ length: Number(libc.take(libc.kickFd)) }, () => 0),
      interrupts: [USED],
      interrupt() {
        libc.signal(libc.callFd);
        bus.irq.wait(0, 0n);
      },
    });
    return { mmio: bus.mmio, registers, dispose: () => bus.end() };
  },
};
