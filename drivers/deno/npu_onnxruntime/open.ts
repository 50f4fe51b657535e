/**
 * ONNX models by onnxruntime, on a thread that may read and load that library only.
 *
 * The permission to load native code is the most that there is: see the README
 * for what that means.
 */
import type { HostedNpu } from "../../../hal/hosted/npu_host.ts";
import { npuOn } from "../../../hal/hosted/npu_thread.ts";
import type {
  NpuDriverOptions,
  NpuPlatform,
} from "../../../hal/hosted/npu_thread.ts";

import { LIBRARY } from "./library.ts";

/** What it says of itself, and its clock. */
export const PLATFORM: NpuPlatform = {
  kind: "software",
  nowMs: () => performance.now(),
};

/**
 * Starts the driver's thread, and blocks until it serves. Throws `NpuNotOpened`,
 * also where the library is not installed: the message names the command.
 */
export function openOnnxRuntime(options: NpuDriverOptions = {}): HostedNpu {
  const worker = startThread(new URL("npu_worker.ts", import.meta.url));
  return npuOn(worker, PLATFORM, options);
}

/** A thread that may load the library, and nothing else. */
export function startThread(module: URL): Worker {
  return new Worker(module, {
    type: "module",
    name: "npu-onnxruntime",
    deno: { permissions: { read: [LIBRARY], ffi: [LIBRARY] } },
  });
}
