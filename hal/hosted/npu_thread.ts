/**
 * A driver's thread from both ends: what it is started with, and serving on it.
 *
 * Deliberately absent: making the thread, and with it what it may do.
 */
import type { Device, Limits } from "../npu_contract.ts";
import type { AsyncNpu } from "../npu/link.ts";
import { Lanes, type LaneSizes } from "../submission/lanes.ts";
import { refuseNpu, serveNpu } from "./npu_guest.ts";
import { HostedNpu } from "./npu_host.ts";
import { laneSizes } from "./npu_wire.ts";

const MIB = 1 << 20;
const OPEN_MS_MAX = 60_000;
const DEFAULTS: Limits = {
  modelMax: 16 * MIB,
  modelsMax: 16,
  transferMax: 4 * MIB,
  tensorsMax: 32,
  rankMax: 8,
  inFlightMax: 32,
};

/** What the thread is started with. */
export interface NpuStart {
  readonly memory: SharedArrayBuffer;
  readonly lanes: LaneSizes;
  readonly limits: Limits;
  /** What this driver alone has to know. */
  readonly config?: unknown;
}

export interface NpuDriverOptions {
  /** In place of the driver's own limits. */
  readonly limits?: Partial<Limits>;
  /** What its thread alone has to know; it is cloned. */
  readonly config?: unknown;
}

/** What stands behind the driver, and its caller's clock. */
export interface NpuPlatform {
  readonly kind: Device["kind"];
  /** Milliseconds. */
  readonly nowMs: () => number;
}

/** The driver on a thread that was started for it; blocks until it serves. */
export function npuOn(
  worker: Worker,
  { kind, nowMs }: NpuPlatform,
  options: NpuDriverOptions = {},
): HostedNpu {
  const limits = { ...DEFAULTS, ...options.limits };
  const sizes = laneSizes(limits);
  const lanes = Lanes.make(sizes);
  const { memory } = lanes;
  const { config } = options;
  const start: NpuStart = { memory, lanes: sizes, limits, config };
  worker.postMessage(start);
  const hosted = new HostedNpu(lanes, {
    limits,
    kind,
    openMs: OPEN_MS_MAX,
    nowMs,
    end: () => worker.terminate(),
  });
  worker.onerror = (event) => {
    event.preventDefault();
    hosted.abort(`the driver's thread ended: ${event.message}`);
  };
  return hosted;
}

/** A driver with its words for itself. */
export interface NamedNpu extends AsyncNpu {
  readonly name: string;
}

/** Makes the driver on its thread; what it throws is why it cannot be opened. */
export type Make = (start: NpuStart) => NamedNpu | Promise<NamedNpu>;

/** On the thread: serves, or says why it cannot. */
export async function serveStart(
  start: NpuStart,
  make: Make,
): Promise<void> {
  const lanes = new Lanes(start.memory, start.lanes);
  let npu: NamedNpu;
  try {
    npu = await make(start);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refuseNpu(lanes, why || "the driver cannot be opened");
  }
  await serveNpu(lanes, npu, { limits: start.limits, name: npu.name });
}

/** The whole of a driver's thread. */
export function onStart(make: Make): void {
  addEventListener("message", (event) => {
    if (!(event instanceof MessageEvent)) return;
    void serveStart(event.data, make).then(() => globalThis.close());
  }, { once: true });
}
