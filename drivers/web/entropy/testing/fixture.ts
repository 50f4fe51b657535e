/** The driver as the entropy suite wants it; failures stand in for the platform. */
import type { EntropySubject } from "../../../../conformance/hal/entropy/case.ts";
import { WebEntropy } from "../entropy.ts";

export const subject: EntropySubject = {
  contract: "entropy",
  make() {
    let fails = false;
    const fill = (octets: Uint8Array<ArrayBuffer>) => {
      if (fails) {
        fails = false;
        throw new DOMException("the platform has none", "OperationError");
      }
      crypto.getRandomValues(octets);
    };
    return {
      source: new WebEntropy(fill),
      again: () => new WebEntropy(fill),
      failNext: () => void (fails = true),
      dispose() {},
    };
  },
};
