/** Asks the platform for a device, and says what it takes. */
import type { Kind, Limits, Wish } from "../../../hal/gpu_contract.ts";
import { type Attached, GpuAbsent } from "../../../hal/gpu/link.ts";

/** What the driver itself bounds. */
export interface WebGpuBounds {
  /** Octets of all buffers together. */
  readonly memoryMax: number;
  readonly transferMax: number;
  readonly sourceMax: number;
  readonly inFlightMax: number;
}

const BUFFERS_MAX = 1024;
const PROGRAMS_MAX = 256;
/** More bindings than this are asked of no platform. */
const BINDINGS_WISHED = 16;
/** How emulations on the CPU call themselves. */
const EMULATION = /llvmpipe|lavapipe|softpipe|swiftshader|basic render/i;

export interface Opened {
  readonly device: GPUDevice;
  readonly attached: Attached;
}

/** Throws `GpuAbsent` where the platform has no device as it is wished. */
export async function openDevice(
  gpu: GPU | undefined,
  { power, software }: Wish,
  bounds: WebGpuBounds,
): Promise<Opened> {
  if (gpu === undefined) throw new GpuAbsent("the platform has no WebGPU");
  const adapter = await gpu.requestAdapter(
    power === "any" ? {} : { powerPreference: POWERS[power] },
  );
  if (adapter === null) {
    throw new GpuAbsent("WebGPU finds no adapter here");
  }
  const name = nameOf(adapter.info);
  const kind = kindOf(adapter, name);
  if (kind === "software" && !software) {
    throw new GpuAbsent(`there is only an emulation: ${name}`);
  }
  const { limits } = adapter;
  const device = await adapter.requestDevice({
    requiredLimits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxStorageBuffersPerShaderStage: Math.min(
        BINDINGS_WISHED,
        limits.maxStorageBuffersPerShaderStage,
      ),
      maxComputeInvocationsPerWorkgroup:
        limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    },
  });
  return {
    device,
    attached: { name, kind, limits: limitsOf(device.limits, bounds) },
  };
}

const POWERS = { low: "low-power", high: "high-performance" } as const;

function nameOf(info: GPUAdapterInfo): string {
  const { description, vendor, architecture, device } = info;
  const parts = [vendor, architecture, device].filter((part) => part !== "");
  return description || parts.join(" ") || "a WebGPU adapter";
}

function kindOf(adapter: GPUAdapter, name: string): Kind {
  const fallback = "isFallbackAdapter" in adapter.info &&
    adapter.info.isFallbackAdapter === true;
  if (fallback || EMULATION.test(name)) return "software";
  return name === "a WebGPU adapter" ? "unknown" : "hardware";
}

function limitsOf(limits: GPUSupportedLimits, bounds: WebGpuBounds): Limits {
  const octets = Math.min(
    limits.maxBufferSize,
    limits.maxStorageBufferBindingSize,
    bounds.memoryMax,
  );
  return {
    // A buffer is whole words.
    bufferMax: BigInt(octets - octets % 4),
    memoryMax: BigInt(bounds.memoryMax),
    buffersMax: BUFFERS_MAX,
    programsMax: PROGRAMS_MAX,
    bindingsMax: limits.maxStorageBuffersPerShaderStage,
    bindingAlignment: limits.minStorageBufferOffsetAlignment,
    transferMax: bounds.transferMax,
    sourceMax: bounds.sourceMax,
    groupsMax: limits.maxComputeWorkgroupsPerDimension,
    invocationsMax: limits.maxComputeInvocationsPerWorkgroup,
    inFlightMax: bounds.inFlightMax,
  };
}
