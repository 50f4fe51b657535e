/**
 * The GPU contract on the CPU, without a GPU: WGSL is compiled to WebAssembly.
 *
 * Requests are carried out one after the other; the same requests give the same
 * octets. A program that takes too many steps has failed, and the device goes on.
 *
 * Deliberately absent: judging ranges, names and limits (the session does), and
 * being fast.
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
import {
  type AsyncGpu,
  type Attached,
  GpuAbsent,
} from "../../../hal/gpu/link.ts";
import { compile } from "./compile.ts";
import { ALIGNMENT, DeviceMemory, type Span } from "./memory.ts";
import { RunEnded, RunnableProgram } from "./run.ts";
import { WgslRefused } from "./wgsl/refused.ts";

export interface CpuGpuOptions {
  /** Octets of all buffers together. */
  readonly memoryMax: number;
  readonly transferMax: number;
  readonly sourceMax: number;
  readonly inFlightMax: number;
  /** Steps that one dispatch may take; some ten thousand millions by default. */
  readonly stepsMax?: number;
  /** Told of each device how to end it; tests do. */
  readonly onDevice?: (end: (why: string) => void) => void;
}

const STEPS_MAX = 2 ** 34;
const BUFFER_OCTETS_MAX = 2 ** 30;
/** What a WebAssembly memory has room for, and some for gaps. */
const MEMORY_OCTETS_MAX = 3 * 2 ** 30;
/** Those that every WebGPU has at least: what fits here fits there. */
const LIMITS = {
  buffersMax: 1024,
  programsMax: 256,
  bindingsMax: 8,
  bindingAlignment: ALIGNMENT,
  groupsMax: 65_535,
  invocationsMax: 256,
} as const;
const WORKGROUP_OCTETS_MAX = 16_384;

const DONE: Outcome = { tag: "done" };
const GONE: Outcome = { tag: "gone", val: "there is no device" };

interface OpenDevice {
  readonly memory: DeviceMemory;
  readonly buffers: Map<bigint, Span>;
  readonly programs: Map<bigint, RunnableProgram>;
}

export class CpuGpu implements AsyncGpu {
  readonly #options: CpuGpuOptions;
  #device: OpenDevice | undefined;
  /** Each starts when the one before has ended. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(options: CpuGpuOptions) {
    this.#options = options;
  }

  attach({ software }: Wish, lost: (why: string) => void): Promise<Attached> {
    this.detach();
    if (!software) {
      const why = "there is only the reference, which is on the CPU";
      return Promise.reject(new GpuAbsent(why));
    }
    const device: OpenDevice = {
      memory: new DeviceMemory(),
      buffers: new Map(),
      programs: new Map(),
    };
    this.#device = device;
    this.#options.onDevice?.((why) => {
      if (this.#device !== device) return;
      this.#device = undefined;
      lost(why);
    });
    const { transferMax, sourceMax, inFlightMax } = this.#options;
    const memoryMax = Math.min(this.#options.memoryMax, MEMORY_OCTETS_MAX);
    const limits = {
      ...LIMITS,
      bufferMax: BigInt(Math.min(memoryMax - memoryMax % 4, BUFFER_OCTETS_MAX)),
      memoryMax: BigInt(memoryMax),
      transferMax,
      sourceMax,
      inFlightMax,
    };
    const name = "the reference on the CPU";
    return Promise.resolve({ name, kind: "reference", limits });
  }

  detach(): void {
    this.#device = undefined;
  }

  carryOut(name: bigint, work: Work): Promise<Outcome> {
    const device = this.#device;
    const own = owned(work);
    return this.#inTurn(async () => {
      if (device === undefined || this.#device !== device) return GONE;
      return await this.#start(device, name, own);
    });
  }

  release(name: bigint): void {
    const device = this.#device;
    void this.#inTurn(() => {
      const span = device?.buffers.get(name);
      if (span !== undefined) device?.memory.free(span);
      device?.buffers.delete(name);
      device?.programs.delete(name);
      return Promise.resolve();
    });
  }

  #inTurn<A>(act: () => Promise<A>): Promise<A> {
    const turn = this.#before.then(act);
    this.#before = turn.catch(() => {});
    return turn;
  }

  #start(
    device: OpenDevice,
    name: bigint,
    work: Work,
  ): Outcome | Promise<Outcome> {
    switch (work.tag) {
      case "allocate":
        return allocate(device, name, Number(work.val));
      case "compile":
        return compiled(device, name, work.val);
      case "write":
        return write(device, work.val);
      case "read":
        return { tag: "octets", val: viewOf(device, work.val).slice() };
      case "copy":
        return copy(device, work.val);
      case "dispatch":
        return this.#dispatch(device, work.val);
    }
  }

  async #dispatch(
    device: OpenDevice,
    { program, ranges, x, y, z }: Launch,
  ): Promise<Outcome> {
    const found = device.programs.get(program);
    if (found === undefined) throw new Error("there is no such program");
    const bound = ranges.map((range) => placeOf(device, range));
    const unfit = found.unfit(bound);
    if (unfit !== undefined) return { tag: "rejected", val: unfit };
    const steps = this.#options.stepsMax ?? STEPS_MAX;
    const pause = async () => {
      await new Promise((resolve) => setTimeout(resolve, 0));
      return this.#device === device;
    };
    try {
      await found.run(bound, [x, y, z], steps, pause);
      return this.#device === device ? DONE : GONE;
    } catch (error) {
      if (!(error instanceof RunEnded)) throw error;
      return { tag: "failed", val: error.message };
    }
  }
}

/** With octets that nobody else changes. */
function owned(work: Work): Work {
  if (work.tag !== "write") return work;
  const octets = new Uint8Array(work.val.octets);
  return { tag: "write", val: { ...work.val, octets } };
}

function allocate(device: OpenDevice, name: bigint, octets: number): Outcome {
  const span = device.memory.allocate(octets);
  if (span === undefined) {
    return { tag: "rejected", val: `there is no room for ${octets} octets` };
  }
  device.buffers.set(name, span);
  return { tag: "made", val: name };
}

function compiled(
  device: OpenDevice,
  name: bigint,
  { wgsl, entry, bindings }: Source,
): Outcome {
  const { invocationsMax } = LIMITS;
  const bounds = { invocationsMax, workgroupOctetsMax: WORKGROUP_OCTETS_MAX };
  try {
    const made = compile(wgsl, entry, bindings, bounds);
    device.programs.set(name, new RunnableProgram(made, device.memory));
    return { tag: "made", val: name };
  } catch (error) {
    if (!(error instanceof WgslRefused)) throw error;
    return { tag: "rejected", val: error.message };
  }
}

function placeOf(device: OpenDevice, { buffer, offset, length }: Range): Span {
  const span = device.buffers.get(buffer);
  if (span === undefined) throw new Error("there is no such buffer");
  const [from, octets] = [Number(offset), Number(length)];
  // The session has looked already; nothing of another buffer may be reached.
  if (from + octets > span.octets) {
    throw new Error("it is outside of the buffer");
  }
  return { at: span.at + from, octets };
}

function viewOf(device: OpenDevice, range: Range): Uint8Array<ArrayBuffer> {
  const { at, octets } = placeOf(device, range);
  return device.memory.view(at, octets);
}

function write(
  device: OpenDevice,
  { buffer, offset, octets }: Upload,
): Outcome {
  const length = BigInt(octets.length);
  viewOf(device, { buffer, offset, length }).set(octets);
  return DONE;
}

function copy(
  device: OpenDevice,
  { source, buffer, offset }: Transfer,
): Outcome {
  const { length } = source;
  viewOf(device, { buffer, offset, length }).set(viewOf(device, source));
  return DONE;
}
