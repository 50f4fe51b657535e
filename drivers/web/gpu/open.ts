/**
 * A GPU through WebGPU, on a thread of its own that may do nothing else.
 *
 * No device is attached yet: that is the control's. The caller's thread must be
 * one that may block, since `wait` and `attach` do.
 */
import { laneSizes } from "../../../hal/hosted/gpu_wire.ts";
import { HostedGpu } from "../../../hal/hosted/gpu_host.ts";
import { Lanes } from "../../../hal/submission/lanes.ts";
import type { Start } from "./thread.ts";

const MIB = 1 << 20;
const DEFAULT_MEMORY_OCTETS = 512 * MIB;
const DEFAULT_TRANSFER_OCTETS = MIB;
const DEFAULT_SOURCE_OCTETS = 256 * 1024;
const DEFAULT_IN_FLIGHT = 64;
const DEFAULT_AHEAD = 32;
const DEFAULT_ATTACH_MS = 60_000;

export interface WebGpuDriverOptions {
  /** Octets of all buffers together; default 512 MiB. */
  readonly memoryMax?: number;
  /** Octets of one write or read; default 1 MiB. */
  readonly transferMax?: number;
  /** Octets of one WGSL source; default 256 KiB. */
  readonly sourceMax?: number;
  /** Requests accepted and not taken; default 64. */
  readonly inFlightMax?: number;
  /** Requests that have begun and not ended; default 32. */
  readonly ahead?: number;
  /** How long the platform may take to give a device; default a minute. */
  readonly attachMs?: number;
}

/** Starts the driver's thread. */
export function openWebGpu(options: WebGpuDriverOptions = {}): HostedGpu {
  const module = new URL("gpu_worker.ts", import.meta.url);
  return openOn(startThread(module), options);
}

/** The same for browsers, where a thread must run before it is waited for. */
export async function startWebGpu(
  options: WebGpuDriverOptions = {},
): Promise<HostedGpu> {
  const worker = startThread(new URL("gpu_worker.ts", import.meta.url));
  await new Promise<void>((resolve) => {
    worker.onmessage = () => resolve();
  });
  return openOn(worker, options);
}

/** A thread that may do nothing. */
export function startThread(module: URL): Worker {
  return new Worker(module, {
    type: "module",
    name: "web-gpu",
    deno: { permissions: "none" },
  });
}

/** The driver on a thread that was started for it. */
export function openOn(
  worker: Worker,
  options: WebGpuDriverOptions = {},
): HostedGpu {
  const bounds = {
    memoryMax: options.memoryMax ?? DEFAULT_MEMORY_OCTETS,
    transferMax: options.transferMax ?? DEFAULT_TRANSFER_OCTETS,
    sourceMax: options.sourceMax ?? DEFAULT_SOURCE_OCTETS,
    inFlightMax: options.inFlightMax ?? DEFAULT_IN_FLIGHT,
  };
  const sizes = laneSizes(bounds);
  const lanes = Lanes.make(sizes);
  const { memory } = lanes;
  const ahead = options.ahead ?? DEFAULT_AHEAD;
  const start: Start = { ...bounds, ahead, memory, lanes: sizes };
  worker.postMessage(start);
  const hosted = new HostedGpu(lanes, {
    ...bounds,
    attachMs: options.attachMs ?? DEFAULT_ATTACH_MS,
    nowMs: () => performance.now(),
    end: () => worker.terminate(),
  });
  worker.onerror = (event) => {
    event.preventDefault();
    hosted.abort(`the driver's thread ended: ${event.message}`);
  };
  return hosted;
}
