/** Stands in for conformance/sim/block_device.ts: on the driver virtio/block. */
import { simulatedOn } from "./simulated.ts";

export * from "../../conformance/sim/block_device.ts";
export const SimulatedBlockDevice = simulatedOn("virtio/block");
