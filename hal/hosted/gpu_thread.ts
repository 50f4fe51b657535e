/**
 * A GPU driver's thread: what it is started with, and the driver on it.
 *
 * Deliberately absent: making the thread, and with it what it may do.
 */
import { Lanes, type LaneSizes } from "../submission/lanes.ts";
import type { GuestOptions } from "./gpu_guest.ts";
import { HostedGpu } from "./gpu_host.ts";
import { laneSizes } from "./gpu_wire.ts";

const MIB = 1 << 20;
const DEFAULT_MEMORY_OCTETS = 512 * MIB;
const DEFAULT_TRANSFER_OCTETS = MIB;
const DEFAULT_SOURCE_OCTETS = 256 * 1024;
const DEFAULT_IN_FLIGHT = 64;
const DEFAULT_AHEAD = 32;
const DEFAULT_ATTACH_MS = 60_000;

/** What the thread is started with. */
export interface GpuStart extends GuestOptions {
  readonly memory: SharedArrayBuffer;
  readonly lanes: LaneSizes;
  readonly memoryMax: number;
  /** Steps of one dispatch, where the driver counts them. */
  readonly stepsMax?: number;
}

export interface GpuDriverOptions {
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
  /** Steps of one dispatch, where the driver counts them. */
  readonly stepsMax?: number;
}

/** The driver on a thread that was started for it; `nowMs` is its caller's clock. */
export function gpuOn(
  worker: Worker,
  nowMs: () => number,
  options: GpuDriverOptions = {},
): HostedGpu {
  const bounds = {
    memoryMax: options.memoryMax ?? DEFAULT_MEMORY_OCTETS,
    transferMax: options.transferMax ?? DEFAULT_TRANSFER_OCTETS,
    sourceMax: options.sourceMax ?? DEFAULT_SOURCE_OCTETS,
    inFlightMax: options.inFlightMax ?? DEFAULT_IN_FLIGHT,
  };
  const { stepsMax } = options;
  const sizes = laneSizes(bounds);
  const lanes = Lanes.make(sizes);
  const { memory } = lanes;
  const ahead = options.ahead ?? DEFAULT_AHEAD;
  const plain = { ...bounds, ahead, memory, lanes: sizes };
  const start: GpuStart = stepsMax === undefined
    ? plain
    : { ...plain, stepsMax };
  worker.postMessage(start);
  const hosted = new HostedGpu(lanes, {
    ...bounds,
    attachMs: options.attachMs ?? DEFAULT_ATTACH_MS,
    nowMs,
    end: () => worker.terminate(),
  });
  worker.onerror = (event) => {
    event.preventDefault();
    hosted.abort(`the driver's thread ended: ${event.message}`);
  };
  return hosted;
}
