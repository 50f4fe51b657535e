/** The driver as the block suite wants it: on a simulated bus. */
import {
  BLOCK_GEOMETRY,
  type BlockSubject,
} from "../../../../conformance/hal/block/case.ts";
import { Recorder } from "../../../../conformance/hal/block/crash/medium.ts";
import { seeded, VirtioBus } from "../../../virtual/virtio_bus/bus.ts";
import type { FeatureName } from "../../../virtual/virtio_bus/shape.ts";
import { KIND } from "../../../virtual/virtio_bus/lies.ts";
import { DiskMedium } from "../../../virtual/virtio_bus/medium.ts";
import { type Config, type OtherDriver, Rig } from "./rig.ts";

const CRASH_SEED = 1;
/** Each opening is a new instance; forged drivers are judged many times. */
const CRASH_STATES = 12;

export function configOf(readOnly: boolean): Config {
  return [
    ["block-size", String(BLOCK_GEOMETRY.blockSize)],
    ["transfer-max", String(BLOCK_GEOMETRY.transferMax)],
    ["read-only", String(readOnly)],
  ];
}

/** The subject on a device that offers these features, the usual ones if none are named. */
export function simulated(
  features?: ReadonlyArray<FeatureName>,
  other: OtherDriver = {},
): BlockSubject {
  // One for all fixtures: to compile is what takes long.
  let shared: Promise<Rig> | undefined;
  return {
    contract: "block",
    async make() {
      const rig = await (shared ??= Rig.start(other));
      const recorder = new Recorder();
      const medium = new DiskMedium(BLOCK_GEOMETRY.capacity, recorder);
      const random = seeded(CRASH_SEED);
      const newBus = () => {
        const made = new VirtioBus({ medium, seed: CRASH_SEED });
        if (features !== undefined) made.disk.shape.features = features;
        return made;
      };
      let bus = newBus();
      let device = await rig.open(bus, configOf(false));
      return {
        device,
        async reopen({ readOnly }) {
          device.close();
          bus = newBus();
          return device = await rig.open(bus, configOf(readOnly));
        },
        async crash() {
          device.abort();
          medium.crash(random);
          bus = newBus();
          return device = await rig.open(bus, configOf(false));
        },
        recording: {
          octets: BLOCK_GEOMETRY.capacity,
          statesMax: CRASH_STATES,
          take: () => recorder.take(),
          async openOn(octets) {
            device.abort();
            medium.hold(octets);
            bus = newBus();
            return device = await rig.open(bus, configOf(false));
          },
        },
        faults: { failNext: (what) => bus.disk.tell("io-error", KIND[what]) },
        outage: {
          begin: () => bus.disk.vanish(),
          end: () => void (bus.disk.shape.isAway = false),
        },
        dispose() {
          device.abort();
          const [complaint] = bus.disk.complaints;
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
}

export const subject: BlockSubject = simulated();
