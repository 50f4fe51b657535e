/**
 * The simulated bus: the suites of its three contracts.
 *
 * Its devices are judged by drivers/virtio/block and drivers/virtio/entropy.
 */
import { DMA_SUITE } from "../../../conformance/hal/dma/dma_suite.ts";
import { IRQ_SUITE } from "../../../conformance/hal/irq/irq_suite.ts";
import { MMIO_SUITE } from "../../../conformance/hal/mmio/mmio_suite.ts";
import { registerWhole } from "../../../conformance/hal/suite/register.ts";
import { subject } from "./testing/fixture.ts";
import { subject as irq } from "./testing/irq.ts";
import { subject as mmio } from "./testing/mmio.ts";

registerWhole("virtual/virtio-bus", DMA_SUITE, subject);

registerWhole("virtual/virtio-bus", IRQ_SUITE, irq);
registerWhole("virtual/virtio-bus", MMIO_SUITE, mmio);
