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

/** Refuses everything as `gone`; `why` is what its health says. */
export function absentGpu(why: string): Gpu {
  return {
    describe: () => NO_DEVICE,
    submit: () => ({ tag: "err", val: { tag: "gone" } }),
    cancel: () => ({ tag: "err", val: "unknown" }),
    take: () => [],
    wait: () => [],
    release: () => ({ tag: "err", val: { tag: "gone" } }),
    health: () => ({ tag: "failed", val: why }),
  };
}
