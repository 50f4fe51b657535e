/** What the driver's thread does; loading this starts nothing. */
import { serveGpu } from "../../../hal/hosted/gpu_guest.ts";
import type { GpuStart } from "../../../hal/hosted/gpu_thread.ts";
import { Lanes } from "../../../hal/submission/lanes.ts";
import { WebGpu, type WebGpuOptions } from "./device.ts";

/** What the thread is started with. */
export type Start = GpuStart;

export async function serve(
  start: Start,
  onDevice?: WebGpuOptions["onDevice"],
): Promise<void> {
  const options = onDevice === undefined ? start : { ...start, onDevice };
  // Some platforms have no `gpu` at all, whatever their types say.
  const gpu: GPU | undefined = navigator.gpu;
  await serveGpu(
    new Lanes(start.memory, start.lanes),
    new WebGpu(gpu, options),
    start,
  );
}

/** A worker's scope; the window's types do not know it. */
const scope = globalThis as typeof globalThis & {
  postMessage(message: "ready"): void;
};

/**
 * Says that the thread can be waited for. In browsers it starts, and gets its
 * first adapter, only while the thread that made it does not wait.
 */
export async function sayReady(): Promise<void> {
  const gpu: GPU | undefined = navigator.gpu;
  await gpu?.requestAdapter().catch(() => null);
  scope.postMessage("ready");
}
