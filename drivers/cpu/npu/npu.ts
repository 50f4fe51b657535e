/**
 * ONNX models on the CPU, by this project's own evaluator, on a thread of its own.
 *
 * For small models and for comparison: every operator that it has is calculated
 * as IEEE 754 says, and every other one is rejected by name.
 */
import type { HostedNpu } from "../../../hal/hosted/npu_host.ts";
import { npuOn } from "../../../hal/hosted/npu_thread.ts";
import type {
  NpuDriverOptions,
  NpuPlatform,
} from "../../../hal/hosted/npu_thread.ts";

/** What it says of itself, and its clock. */
export const PLATFORM: NpuPlatform = {
  kind: "reference",
  nowMs: () => performance.now(),
};

/** Starts the driver's thread, and blocks until it serves. */
export function openCpuNpu(options: NpuDriverOptions = {}): HostedNpu {
  const worker = startThread(new URL("npu_worker.ts", import.meta.url));
  return npuOn(worker, PLATFORM, options);
}

/** A thread that may do nothing. */
export function startThread(module: URL): Worker {
  return new Worker(module, {
    type: "module",
    name: "cpu-npu",
    deno: { permissions: "none" },
  });
}
