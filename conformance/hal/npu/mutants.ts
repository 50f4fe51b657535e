/** NPUs that break one promise each; the suite has to notice every one. */
import type { Npu } from "../../../hal/npu_contract.ts";
import type { Mutant } from "../suite/mutation.ts";
import type { NpuFixture } from "./case.ts";
import { CALLING_WRONGS } from "./mutants_calling.ts";
import { DRIVER_WRONGS } from "./mutants_driver.ts";
import { ReferenceFixture } from "./reference.ts";

/** Functions in place of the driver's own. */
export type Wrong = (npu: Npu, fixture: NpuFixture) => Partial<Npu>;

export const NPU_MUTANTS: ReadonlyArray<Mutant<NpuFixture>> = [
  ...DRIVER_WRONGS.map(([name, breaks, tamper]): Mutant<NpuFixture> => ({
    name,
    breaks,
    wrap(fixture) {
      if (fixture instanceof ReferenceFixture) fixture.tamper(tamper());
      return fixture;
    },
  })),
  ...CALLING_WRONGS.map(([name, breaks, wrong]): Mutant<NpuFixture> => ({
    name,
    breaks,
    wrap(fixture) {
      const { npu, hold, kill } = fixture;
      return {
        npu: { ...npu, ...wrong(npu, fixture) },
        ...(hold && { hold }),
        ...(kill && { kill: () => kill.call(fixture) }),
        dispose: () => fixture.dispose(),
      };
    },
  })),
];
