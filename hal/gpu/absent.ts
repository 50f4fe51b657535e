/** A GPU that is not there, in the words of its contract. */
import type { Device, Gpu } from "../gpu_contract.ts";

export const NO_DEVICE: Device = Object.freeze({
  attachment: 0,
  name: "",
  kind: "unknown",
  limits: Object.freeze({
    bufferMax: 0n,
    memoryMax: 0n,
    buffersMax: 0,
    programsMax: 0,
    bindingsMax: 0,
    bindingAlignment: 0,
    transferMax: 0,
    sourceMax: 0,
    groupsMax: 0,
    invocationsMax: 0,
    inFlightMax: 0,
  }),
});

/** What each method answers, whatever it is asked: plain values. */
export function absentAnswers(why: string) {
  const gone = { tag: "err", val: { tag: "gone" } } as const;
  return {
    describe: NO_DEVICE,
    submit: gone,
    cancel: { tag: "err", val: "unknown" },
    take: [],
    wait: [],
    release: gone,
    health: { tag: "failed", val: why },
  } as const;
}

/** Refuses everything as `gone`; `why` is what its health says. */
export function absentGpu(why: string): Gpu {
  const answers = absentAnswers(why);
  return {
    describe: () => answers.describe,
    submit: () => answers.submit,
    cancel: () => answers.cancel,
    take: () => [],
    wait: () => [],
    release: () => answers.release,
    health: () => answers.health,
  };
}
