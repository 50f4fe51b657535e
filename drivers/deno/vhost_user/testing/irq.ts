/** The bus's interrupt line as the irq suite wants it: an eventfd, in real time. */
import type { IrqSubject } from "../../../../conformance/hal/irq/case.ts";
import { setUp } from "../../../../conformance/hal/mmio/virtio_registers.ts";
import { played } from "./device.ts";
import { subject as dma } from "./fixture.ts";

export const subject: IrqSubject = {
  contract: "irq",
  absent: () => dma.absent?.(),
  make() {
    const { bus, libc } = played();
    setUp(bus);
    return {
      irq: bus.irq,
      raise: () => libc.signal(libc.callFd),
      raiseIn: (_, us) => void (libc.laterUs = us),
      nowUs: () => performance.now() * 1000,
      isVirtual: false,
      dispose: () => bus.end(),
    };
  },
};
