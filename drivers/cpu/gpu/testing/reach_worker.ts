/** The driver's thread: a program is compiled and run, and nothing else. */
import { tellReach } from "../../../../hal/hosted/testing/reach.ts";
import { CpuGpu } from "../device.ts";

tellReach(async () => {
  const options = {
    memoryMax: 1 << 20,
    transferMax: 1 << 16,
    sourceMax: 1 << 16,
    inFlightMax: 4,
  };
  const gpu = new CpuGpu(options);
  await gpu.attach({ power: "any", software: true }, () => {});
  const made = await gpu.carryOut(1n, {
    tag: "compile",
    val: {
      wgsl: "@compute @workgroup_size(1) fn main() {}",
      entry: "main",
      bindings: [],
    },
  });
  if (made.tag !== "made") throw new Error("it was not compiled");
});
