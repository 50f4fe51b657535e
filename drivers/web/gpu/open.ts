/**
 * A GPU through WebGPU, on a thread of its own that may do nothing else.
 *
 * No device is attached yet: that is the control's. The caller's thread must be
 * one that may block, since `wait` and `attach` do.
 */
import type { HostedGpu } from "../../../hal/hosted/gpu_host.ts";
import {
  type GpuDriverOptions,
  gpuOn,
} from "../../../hal/hosted/gpu_thread.ts";

/** Starts the driver's thread. */
export function openWebGpu(options: GpuDriverOptions = {}): HostedGpu {
  const module = new URL("gpu_worker.ts", import.meta.url);
  return gpuOn(startThread(module), () => performance.now(), options);
}

/** The same for browsers, where a thread must run before it is waited for. */
export async function startWebGpu(
  options: GpuDriverOptions = {},
): Promise<HostedGpu> {
  const worker = startThread(new URL("gpu_worker.ts", import.meta.url));
  await new Promise<void>((resolve) => {
    worker.onmessage = () => resolve();
  });
  return gpuOn(worker, () => performance.now(), options);
}

/** A thread that may do nothing. */
export function startThread(module: URL): Worker {
  return new Worker(module, {
    type: "module",
    name: "web-gpu",
    deno: { permissions: "none" },
  });
}
