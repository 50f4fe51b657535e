/**
 * The types of `karyon:hal/dma`, `irq` and `mmio`, as the binding generator maps
 * them, and what a bus is to a component driver: all three of one device.
 *
 * The contracts themselves, with every promise, are in wit/hal.
 */
import type { Dma } from "../wit/gen/hal_dma.ts";
import type { Irq } from "../wit/gen/hal_irq.ts";
import type { Mmio } from "../wit/gen/hal_mmio.ts";

export type {
  Dma,
  Lease,
  Limits as DmaLimits,
  Refusal as DmaRefusal,
} from "../wit/gen/hal_dma.ts";
export type {
  Irq,
  Limits as IrqLimits,
  Refusal as IrqRefusal,
} from "../wit/gen/hal_irq.ts";
export type {
  Mmio,
  Refusal as MmioRefusal,
  Width,
} from "../wit/gen/hal_mmio.ts";

/** The right to drive one device. One driver has it. */
export interface Bus {
  readonly dma: Dma;
  readonly irq: Irq;
  readonly mmio: Mmio;
}
