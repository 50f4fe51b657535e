/** What the driver's thread does; loading this starts nothing. */
import { serveGpu } from "../../../hal/hosted/gpu_guest.ts";
import type { GpuStart } from "../../../hal/hosted/gpu_thread.ts";
import { Lanes } from "../../../hal/submission/lanes.ts";
import { CpuGpu } from "./device.ts";

export async function serve(start: GpuStart): Promise<void> {
  const lanes = new Lanes(start.memory, start.lanes);
  await serveGpu(lanes, new CpuGpu(start), start);
}
