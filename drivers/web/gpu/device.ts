/**
 * A GPU through the platform's WebGPU, the same in Deno and in browsers.
 *
 * Runs on the driver's thread. Requests go to the one queue that WebGPU has, in
 * the order of the calls; each ends when the queue says so. What the platform
 * finds wrong with a request is caught around that request.
 *
 * Deliberately absent: judging ranges, names and limits (the session does), and
 * stopping a program that runs (WebGPU cannot).
 */
import type {
  Launch,
  Outcome,
  Range,
  Source,
  Transfer,
  Upload,
  Wish,
  Work,
} from "../../../hal/gpu_contract.ts";
import type { AsyncGpu, Attached } from "../../../hal/gpu/link.ts";
import { openDevice, type WebGpuBounds } from "./adapter.ts";

/** How long the platform may take to say that a failure was a loss. */
const LOSS_MS_MAX = 50;

interface Program {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

export interface WebGpuOptions extends WebGpuBounds {
  /** Told of each device; tests take it away. */
  readonly onDevice?: (device: GPUDevice) => void;
}

const DONE: Outcome = { tag: "done" };

export class WebGpu implements AsyncGpu {
  readonly #gpu: GPU | undefined;
  readonly #options: WebGpuOptions;
  readonly #buffers = new Map<bigint, GPUBuffer>();
  readonly #programs = new Map<bigint, Program>();
  #device: GPUDevice | undefined;

  /** `gpu` is `navigator.gpu`, or nothing where the platform has none. */
  constructor(gpu: GPU | undefined, options: WebGpuOptions) {
    this.#gpu = gpu;
    this.#options = options;
  }

  async attach(wish: Wish, lost: (why: string) => void): Promise<Attached> {
    this.detach();
    const { device, attached } = await openDevice(
      this.#gpu,
      wish,
      this.#options,
    );
    this.#device = device;
    void device.lost.then(({ message, reason }) => {
      // One that was detached has nobody to tell.
      if (this.#device !== device) return;
      this.#forget();
      lost(message || reason);
    });
    this.#options.onDevice?.(device);
    return attached;
  }

  detach(): void {
    const device = this.#device;
    this.#forget();
    device?.destroy();
  }

  async carryOut(name: bigint, work: Work): Promise<Outcome> {
    const device = this.#device;
    if (device === undefined) return { tag: "gone", val: "there is no device" };
    try {
      return await this.#start(device, name, work);
    } catch (error) {
      await Promise.race([device.lost, pause(LOSS_MS_MAX)]);
      if (this.#device !== device) return { tag: "gone", val: reason(error) };
      return { tag: "failed", val: reason(error) };
    }
  }

  release(name: bigint): void {
    // What the queue still uses stays until it is through.
    this.#buffers.get(name)?.destroy();
    this.#buffers.delete(name);
    this.#programs.delete(name);
  }

  #forget(): void {
    this.#device = undefined;
    this.#buffers.clear();
    this.#programs.clear();
  }

  /** The part up to the first wait is in the order of the calls. */
  #start(device: GPUDevice, name: bigint, work: Work): Promise<Outcome> {
    switch (work.tag) {
      case "allocate":
        return this.#allocate(device, name, Number(work.val));
      case "compile":
        return this.#compile(device, name, work.val);
      case "write":
        return this.#write(device, work.val);
      case "read":
        return this.#read(device, work.val);
      case "copy":
        return this.#copy(device, work.val);
      case "dispatch":
        return this.#dispatch(device, work.val);
    }
  }

  async #allocate(
    device: GPUDevice,
    name: bigint,
    size: number,
  ): Promise<Outcome> {
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    const usage = STORAGE | COPY_SRC | COPY_DST;
    device.pushErrorScope("out-of-memory");
    const [buffer, wrong] = judged(
      device,
      () => device.createBuffer({ size, usage }),
    );
    const [none, invalid] = await Promise.all([device.popErrorScope(), wrong]);
    const error = none ?? invalid;
    if (error !== null) {
      buffer.destroy();
      return { tag: "rejected", val: error.message };
    }
    if (this.#device !== device) return { tag: "gone", val: "the device" };
    this.#buffers.set(name, buffer);
    return { tag: "made", val: name };
  }

  async #compile(
    device: GPUDevice,
    name: bigint,
    { wgsl, entry, bindings }: Source,
  ): Promise<Outcome> {
    const [module, wrong] = judged(
      device,
      () => device.createShaderModule({ code: wgsl }),
    );
    const [info, invalid] = await Promise.all([
      module.getCompilationInfo(),
      wrong,
    ]);
    const errors = info.messages.filter(({ type }) => type === "error");
    if (errors.length > 0) {
      const texts = errors.map(({ lineNum, linePos, message }) =>
        `${lineNum}:${linePos}: ${message.trim()}`
      );
      return { tag: "rejected", val: texts.join("\n") };
    }
    if (invalid !== null) return { tag: "rejected", val: invalid.message };
    const entries = bindings.map((access, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: {
        type: access === "read" ? "read-only-storage" : "storage",
      } as const,
    }));
    const layout = device.createBindGroupLayout({ entries });
    const whole = device.createPipelineLayout({ bindGroupLayouts: [layout] });
    try {
      const pipeline = await device.createComputePipelineAsync({
        layout: whole,
        compute: { module, entryPoint: entry },
      });
      if (this.#device !== device) return { tag: "gone", val: "the device" };
      this.#programs.set(name, { pipeline, layout });
      return { tag: "made", val: name };
    } catch (error) {
      if (this.#device !== device) throw error;
      return { tag: "rejected", val: reason(error) };
    }
  }

  async #write(
    device: GPUDevice,
    { buffer, offset, octets }: Upload,
  ): Promise<Outcome> {
    const own = new Uint8Array(octets);
    device.queue.writeBuffer(this.#buffer(buffer), Number(offset), own);
    await device.queue.onSubmittedWorkDone();
    return DONE;
  }

  async #read(
    device: GPUDevice,
    { buffer, offset, length }: Range,
  ): Promise<Outcome> {
    const size = Number(length);
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const staging = device.createBuffer({ size, usage });
    try {
      const encoder = device.createCommandEncoder();
      const from = this.#buffer(buffer);
      encoder.copyBufferToBuffer(from, Number(offset), staging, 0, size);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      const val = new Uint8Array(staging.getMappedRange()).slice();
      return { tag: "octets", val };
    } finally {
      staging.destroy();
    }
  }

  async #copy(
    device: GPUDevice,
    { source, buffer, offset }: Transfer,
  ): Promise<Outcome> {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(
      this.#buffer(source.buffer),
      Number(source.offset),
      this.#buffer(buffer),
      Number(offset),
      Number(source.length),
    );
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return DONE;
  }

  async #dispatch(
    device: GPUDevice,
    { program, ranges, x, y, z }: Launch,
  ): Promise<Outcome> {
    const found = this.#programs.get(program);
    if (found === undefined) throw new Error("there is no such program");
    const entries = ranges.map(({ buffer, offset, length }, binding) => ({
      binding,
      resource: {
        buffer: this.#buffer(buffer),
        offset: Number(offset),
        size: Number(length),
      },
    }));
    const [, wrong] = judged(device, () => {
      const { layout, pipeline } = found;
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
      pass.dispatchWorkgroups(x, y, z);
      pass.end();
      device.queue.submit([encoder.finish()]);
    });
    const [invalid] = await Promise.all([
      wrong,
      device.queue.onSubmittedWorkDone(),
    ]);
    return invalid === null ? DONE : { tag: "rejected", val: invalid.message };
  }

  #buffer(name: bigint): GPUBuffer {
    const buffer = this.#buffers.get(name);
    if (buffer === undefined) throw new Error("there is no such buffer");
    return buffer;
  }
}

/** What the platform finds wrong with `act`; nothing else is in the scope. */
function judged<A>(
  device: GPUDevice,
  act: () => A,
): [A, Promise<GPUError | null>] {
  device.pushErrorScope("validation");
  try {
    const value = act();
    return [value, device.popErrorScope()];
  } catch (error) {
    void device.popErrorScope();
    throw error;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
