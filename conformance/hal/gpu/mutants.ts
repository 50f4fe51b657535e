/** GPUs that break one promise each; the suite has to notice every one. */
import type { Gpu, GpuControl } from "../../../hal/gpu_contract.ts";
import type { Mutant } from "../suite/mutation.ts";
import type { GpuFixture } from "./case.ts";
import { ASKING_WRONGS } from "./mutants_asking.ts";
import { ENDING_WRONGS } from "./mutants_ending.ts";
import { DEVICE_WRONGS } from "./mutants_device.ts";
import { ReferenceFixture } from "./reference.ts";

/** Functions in place of the driver's own. */
export type Wrong = (gpu: Gpu, fixture: GpuFixture) => {
  readonly gpu?: Partial<Gpu>;
  readonly control?: Partial<GpuControl>;
};

export const GPU_MUTANTS: ReadonlyArray<Mutant<GpuFixture>> = [
  ...DEVICE_WRONGS.map(([name, breaks, tamper]): Mutant<GpuFixture> => ({
    name,
    breaks,
    wrap(fixture) {
      if (fixture instanceof ReferenceFixture) fixture.tamper(tamper());
      return fixture;
    },
  })),
  ...[...ASKING_WRONGS, ...ENDING_WRONGS].map((
    [name, breaks, wrong],
  ): Mutant<GpuFixture> => ({
    name,
    breaks,
    wrap: (fixture) => brokenFixture(fixture, wrong),
  })),
];

function brokenFixture(fixture: GpuFixture, wrong: Wrong): GpuFixture {
  const { gpu, control, wish, hold, lose, kill } = fixture;
  const changes = wrong(gpu, fixture);
  return {
    gpu: { ...gpu, ...changes.gpu },
    control: { ...control, ...changes.control },
    wish,
    ...(hold && { hold }),
    ...(lose && { lose: () => lose.call(fixture) }),
    ...(kill && { kill: () => kill.call(fixture) }),
    dispose: () => fixture.dispose(),
  };
}
