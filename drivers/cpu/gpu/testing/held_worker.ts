/** The driver's thread with a brake, and with a plug that can be pulled. */
import { serveGpu } from "../../../../hal/hosted/gpu_guest.ts";
import type { GpuStart } from "../../../../hal/hosted/gpu_thread.ts";
import {
  HeldDevice,
  type HeldMessage,
} from "../../../../hal/hosted/testing/gpu_held.ts";
import { Lanes } from "../../../../hal/submission/lanes.ts";
import { CpuGpu } from "../device.ts";

let pull: ((why: string) => void) | undefined;

async function serve(start: GpuStart, brake: SharedArrayBuffer): Promise<void> {
  const options = {
    ...start,
    onDevice: (end: (why: string) => void) => void (pull = end),
  };
  const held = new HeldDevice(new CpuGpu(options), brake);
  await serveGpu(new Lanes(start.memory, start.lanes), held, start);
  globalThis.close();
}

let brake: SharedArrayBuffer | undefined;

addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  const message: HeldMessage | GpuStart = event.data;
  if (!("test" in message)) {
    if (brake !== undefined) void serve(message, brake);
  } else if (message.test === "lose") pull?.("the plug was pulled");
  else brake = message.brake;
});

/** A worker's scope; the window's types do not know it. */
const scope = globalThis as typeof globalThis & {
  postMessage(message: "ready"): void;
};
scope.postMessage("ready");
