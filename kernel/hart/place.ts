/** Which of several harts a machine runs, and its way to the others. */
import { must } from "../limits.ts";
import type { Far } from "./far.ts";

export interface Place {
  /** Number of the hart that the machine runs. */
  readonly here: number;
  readonly far: Far;
}

/** The only hart that there is. */
export const ONE_HART: Place = {
  here: 0,
  far: {
    cells: new Map(),
    messagesOf: () => undefined,
    call: () => {
      must(false, "there is no other hart");
    },
  },
};
