/**
 * Devices that break one promise each, to show that the suite would notice.
 *
 * Each wraps a device that keeps them all. `mutants_test.ts` runs the suite on
 * every one: a case that holds the broken promise has to fail.
 */
import type { Block } from "../../../hal/block_contract.ts";
import type { Mutant } from "../suite/mutation.ts";
import type { BlockFixture } from "./case.ts";
import { CRASH_MUTANTS } from "./crash/mutants.ts";
import { DATA_MUTANTS } from "./mutants_data.ts";
import { FAULT_MUTANTS } from "./mutants_faults.ts";
import { LIMIT_MUTANTS } from "./mutants_limits.ts";

/** A device with some functions in place of its own. */
export interface BlockMutant {
  readonly name: string;
  readonly breaks: string;
  /** Only a replay of crashes can notice it. */
  readonly group?: "crashes";
  /** `life` counts from 0: how often the medium was opened before. */
  device(device: Block, life: number): Partial<Block>;
}

export const BLOCK_MUTANTS: ReadonlyArray<Mutant<BlockFixture>> = [
  ...DATA_MUTANTS,
  ...LIMIT_MUTANTS,
  ...FAULT_MUTANTS,
  ...CRASH_MUTANTS,
].map((mutant: BlockMutant) => ({
  name: mutant.name,
  breaks: mutant.breaks,
  ...(mutant.group && { group: mutant.group }),
  wrap: (fixture) => brokenFixture(fixture, mutant),
}));

function brokenFixture(
  fixture: BlockFixture,
  mutant: BlockMutant,
): BlockFixture {
  let life = 0;
  const broken = (device: Block): Block => ({
    describe: () => device.describe(),
    read: (offset, length) => device.read(offset, length),
    write: (offset, data) => device.write(offset, data),
    flush: () => device.flush(),
    discard: (offset, length) => device.discard(offset, length),
    health: () => device.health(),
    ...mutant.device(device, life++),
  });
  const { crash, faults, outage, recording } = fixture;
  return {
    device: broken(fixture.device),
    reopen: async (options) => broken(await fixture.reopen(options)),
    dispose: () => fixture.dispose(),
    ...(crash && { crash: async () => broken(await crash.call(fixture)) }),
    ...(faults && { faults }),
    ...(outage && { outage }),
    ...(recording && {
      recording: {
        octets: recording.octets,
        take: () => recording.take(),
        openOn: async (octets) => broken(await recording.openOn(octets)),
      },
    }),
  };
}
