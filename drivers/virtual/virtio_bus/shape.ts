/**
 * What a simulated disk says that it is: Virtio 1.2, sections 5.2.3 and 5.2.4.
 */
import { viewOf } from "./chain.ts";
import type { DeviceShape } from "./device.ts";

export const SECTOR_OCTETS = 512;
const CONFIG_OCTETS = 60;

/** Feature bits by name (sections 5.2.3 and 6). */
export const FEATURE = {
  sizeMax: 1n << 1n,
  segMax: 1n << 2n,
  readOnly: 1n << 5n,
  blockSize: 1n << 6n,
  flush: 1n << 9n,
  discard: 1n << 13n,
  indirect: 1n << 28n,
  eventIndex: 1n << 29n,
  version1: 1n << 32n,
} as const;

export type FeatureName = keyof typeof FEATURE;

const USUAL: ReadonlyArray<FeatureName> = [
  "segMax",
  "blockSize",
  "flush",
  "discard",
  "indirect",
  "eventIndex",
  "version1",
];

/** What the disk says that it is; may be changed while it runs. */
export interface DiskShape extends DeviceShape {
  sectors: bigint;
  blockSize: number;
  sizeMax: number;
  segMax: number;
  discardSectors: number;
  /** A reset loses its cache. */
  forgets: boolean;
}

export function usualShape(medium: { octets: number }): DiskShape {
  return {
    features: USUAL,
    sectors: BigInt(medium.octets / SECTOR_OCTETS),
    blockSize: SECTOR_OCTETS,
    sizeMax: 4096,
    segMax: 126,
    discardSectors: 1 << 22,
    queueEntries: 128,
    refusesFeatures: false,
    isRestless: false,
    forgets: false,
    neverResets: false,
    isAway: false,
  };
}

/** The configuration as the driver reads it. */
export function configOf(shape: DiskShape): Uint8Array {
  const octets = new Uint8Array(CONFIG_OCTETS);
  const view = viewOf(octets);
  view.setBigUint64(0, shape.sectors, true);
  view.setUint32(8, shape.sizeMax, true);
  view.setUint32(12, shape.segMax, true);
  view.setUint32(20, shape.blockSize, true);
  view.setUint32(36, shape.discardSectors, true);
  view.setUint32(40, 1, true);
  return octets;
}
