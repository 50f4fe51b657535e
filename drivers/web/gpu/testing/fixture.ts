/** The driver as the GPU suite wants it, on whatever adapter the platform has. */
import {
  gpuSubject,
  HeldGpu,
} from "../../../../conformance/hal/gpu/hosted_subject.ts";
import type { GpuSubject } from "../../../../conformance/hal/gpu/case.ts";
import { startThread } from "../open.ts";

const HELD = new URL("held_worker.ts", import.meta.url);

/** On a thread of its own. */
export const openHeld = () => new HeldGpu(startThread(HELD));

/** A subject whose threads run `module`. */
export function subjectOn(module: URL = HELD): GpuSubject {
  return gpuSubject(() => startThread(module));
}

export const subject = subjectOn();
