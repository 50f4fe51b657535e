/** conformance: the file of what a driver is expected to fail. */
import {
  BadExpectations,
  readExpectations,
} from "../../../conformance/hal/suite/expectations.ts";
import { type Target, textTarget } from "../target.ts";

const KNOWN = new Set(["behaviour/a", "faults/b"]);

export const CONFORMANCE: readonly Target[] = [
  textTarget({
    name: "expectations",
    about: "known failures of a driver",
    seeds: () => [
      JSON.stringify({
        "behaviour/a": { expect: "fail", reason: "it does" },
        "faults/b": {
          expect: "skip",
          reason: "harm",
          link: "https://example.org/1",
        },
      }),
      "{}",
    ],
    run: (text) => {
      try {
        readExpectations(text, KNOWN);
        return "taken";
      } catch (error) {
        if (error instanceof BadExpectations) return "refused";
        throw error;
      }
    },
  }),
];
