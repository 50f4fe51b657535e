/** The driver's thread: it may do nothing, and WebGPU needs nothing. */
import { Lanes, type LaneSizes } from "../../../hal/submission/lanes.ts";
import { type GuestOptions, serveGpu } from "../../../hal/hosted/gpu_guest.ts";
import { WebGpu, type WebGpuOptions } from "./device.ts";

/** What the thread is started with. */
export interface Start extends GuestOptions {
  readonly memory: SharedArrayBuffer;
  readonly lanes: LaneSizes;
  readonly memoryMax: number;
}

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

if (import.meta.url.endsWith("gpu_worker.ts")) {
  addEventListener("message", (event) => {
    if (!(event instanceof MessageEvent)) return;
    void serve(event.data).then(() => globalThis.close());
  }, { once: true });
}
