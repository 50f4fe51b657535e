/**
 * The driver's thread with a brake, and with a plug that can be pulled.
 *
 * The device and all that leads to it are the driver's own.
 */
import { serveGpu } from "../../../../hal/hosted/gpu_guest.ts";
import {
  HeldDevice,
  type HeldMessage,
} from "../../../../hal/hosted/testing/gpu_held.ts";
import { Lanes } from "../../../../hal/submission/lanes.ts";
import { WebGpu } from "../device.ts";
import { sayReady, type Start } from "../thread.ts";

let device: GPUDevice | undefined;

async function serve(start: Start, brake: SharedArrayBuffer): Promise<void> {
  const gpu: GPU | undefined = navigator.gpu;
  const options = {
    ...start,
    onDevice: (next: GPUDevice) => void (device = next),
  };
  const held = new HeldDevice(new WebGpu(gpu, options), brake);
  await serveGpu(new Lanes(start.memory, start.lanes), held, start);
  globalThis.close();
}

let brake: SharedArrayBuffer | undefined;

addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  const message: HeldMessage | Start = event.data;
  if (!("test" in message)) {
    if (brake !== undefined) void serve(message, brake);
  } else if (message.test === "lose") device?.destroy();
  else brake = message.brake;
});

void sayReady();
