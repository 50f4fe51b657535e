/** The bus's interrupt line as the irq suite wants it: on virtual time. */
import type { IrqSubject } from "../../../../conformance/hal/irq/case.ts";
import { VirtioBus } from "../bus.ts";

export const subject: IrqSubject = {
  contract: "irq",
  make() {
    const bus = new VirtioBus();
    return {
      irq: bus.irq,
      raise: () => bus.interrupt(),
      raiseIn: (_, us) => bus.interruptIn(us),
      nowUs: () => bus.nowUs,
      isVirtual: true,
      breakBus: () => void (bus.broken = "the bus is gone"),
      dispose() {},
    };
  },
};
