/** The driver as the GPU suite wants it, one thread for each that is killed. */
import {
  gpuSubject,
  HeldGpu,
} from "../../../../conformance/hal/gpu/hosted_subject.ts";
import { startThread } from "../open.ts";

const held = () => startThread(new URL("held_worker.ts", import.meta.url));

/** On a thread of its own. */
export const openHeld = () => new HeldGpu(held());

export const subject = gpuSubject(held);
