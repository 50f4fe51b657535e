/** How a node holds a GPU, whatever driver it is: for the generations of one cell. */
import { Effect } from "effect";
import { GpuShare } from "../../hal/gpu/share.ts";
import type { Wish } from "../../hal/gpu_contract.ts";
import type { HostedGpu } from "../../hal/hosted/gpu_host.ts";
import { HostPerGeneration } from "../../kernel/call/absences.ts";
import { gpu } from "../../wit/gen/hal_gpu.ts";

/** A round of rank is some dozens of requests; they are sent by the batch. */
export const GPU_QUEUE = { inFlightMax: 256, ahead: 128, attachMs: 20_000 };
/** A device that is missing is asked for again so often at most. */
const GPU_AGAIN_MS = 10_000;

/** A device for the generations of one cell, asked for again when it is missed. */
export function gpuHosts(open: () => HostedGpu, wish: Wish) {
  return Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const hosted = open();
        // Why there is none, its health says.
        hosted.control.attach(wish);
        return hosted;
      }),
      (hosted) => Effect.sync(() => hosted.close()),
    ),
    (hosted) => {
      let triedAtMs = performance.now();
      const share = new GpuShare(hosted.gpu, () => {
        const nowMs = performance.now();
        if (nowMs - triedAtMs < GPU_AGAIN_MS) return;
        triedAtMs = nowMs;
        hosted.attachSoon(wish);
      });
      const host = new HostPerGeneration((holder) => share.open(holder));
      return new Map([[gpu.name, host]]);
    },
  );
}
