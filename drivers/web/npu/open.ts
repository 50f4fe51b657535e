/**
 * ONNX models in a page, by onnxruntime's WebAssembly on a thread of its own.
 *
 * The caller's thread must be one that may block, since `wait` does: a worker.
 */
import type { HostedNpu } from "../../../hal/hosted/npu_host.ts";
import { npuOn } from "../../../hal/hosted/npu_thread.ts";
import type {
  NpuDriverOptions,
  NpuPlatform,
} from "../../../hal/hosted/npu_thread.ts";
import { readyThread } from "./ready.ts";

/** What it says of itself, and its clock. */
export const PLATFORM: NpuPlatform = {
  kind: "software",
  nowMs: () => performance.now(),
};

/**
 * Starts the driver's thread and loads its library. Rejects with `NpuNotOpened`
 * where that cannot be.
 */
export async function startWebNpu(
  options: NpuDriverOptions = {},
): Promise<HostedNpu> {
  const worker = await readyThread(new URL("npu_worker.ts", import.meta.url));
  return npuOn(worker, PLATFORM, options);
}
