/** The driver as the entropy suite wants it: seeded, and again from that seed. */
import type { EntropySubject } from "../../../../conformance/hal/entropy/case.ts";
import { SeededEntropy } from "../entropy.ts";

const SEED = 20_261_121;

export const subject: EntropySubject = {
  contract: "entropy",
  make: () => ({
    source: new SeededEntropy(SEED),
    again: () => new SeededEntropy(SEED),
    other: () => new SeededEntropy(SEED + 1),
    dispose() {},
  }),
};
