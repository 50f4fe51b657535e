/**
 * The reference of the GPU contract, on a thread of its own that may do nothing.
 *
 * No device is attached yet: that is the control's. It is attached where a
 * wish says that software will do.
 */
import type { HostedGpu } from "../../../hal/hosted/gpu_host.ts";
import {
  type GpuDriverOptions,
  gpuOn,
} from "../../../hal/hosted/gpu_thread.ts";

/** Starts the driver's thread. */
export function openCpuGpu(options: GpuDriverOptions = {}): HostedGpu {
  const module = new URL("gpu_worker.ts", import.meta.url);
  return gpuOn(startThread(module), () => performance.now(), options);
}

/** A thread that may do nothing. */
export function startThread(module: URL): Worker {
  return new Worker(module, {
    type: "module",
    name: "cpu-gpu",
    deno: { permissions: "none" },
  });
}
