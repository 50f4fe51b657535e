/**
 * A bus to one virtio device behind a vhost-user socket.
 *
 * Memory is a memfd that the back end maps, an interrupt is an eventfd, and the
 * registers are kept here. Waiting blocks the thread in the system's `poll`. A
 * back end that hangs up raises the line, and its registers say that it has to be
 * reset; it is connected to again by that.
 */
import type { Bus, Irq, IrqLimits, Mmio } from "../../../hal/bus_contract.ts";
import { DmaMemory } from "../../../hal/dma_memory.ts";
import { INTERRUPT, VirtioMmio } from "../../../hal/virtio_mmio.ts";
import { VhostDevice } from "./device.ts";
import type { Libc } from "./libc.ts";

const BASE = 0x1_0000_0000n;
const WAIT_US_MAX = 60_000_000;
const LIMITS: IrqLimits = Object.freeze({
  lines: 1,
  waitMax: BigInt(WAIT_US_MAX),
});

export interface VhostBusOptions {
  readonly libc: Libc;
  readonly path: string;
  /** Virtio's number of the kind of device; 2 is a disk. */
  readonly kind: number;
  /** Octets that the driver may lease, whole pages. */
  readonly memoryOctets: number;
  readonly nowMs: () => number;
}

export class VhostBus implements Bus {
  readonly dma: DmaMemory;
  readonly mmio: Mmio;
  readonly irq: Irq;
  readonly #options: VhostBusOptions;
  readonly #device: VhostDevice;
  readonly #registers: VirtioMmio;
  /** What accesses took that no wait has told of yet. */
  #accessMs = 0;

  /** Connects to nobody yet: the driver's first reset does. */
  constructor(options: VhostBusOptions) {
    const { libc, path, kind, memoryOctets, nowMs } = options;
    this.#options = options;
    const memory = libc.memory(memoryOctets);
    this.dma = new DmaMemory(memory, BASE);
    const ground = { libc, path, kind, dma: this.dma, base: BASE, nowMs };
    this.#device = new VhostDevice(ground, memory);
    this.#registers = new VirtioMmio(this.#device);
    this.mmio = this.#timed(this.#registers);
    this.irq = {
      describe: () => LIMITS,
      wait: (line, within) => this.#wait(line, within),
    };
  }

  /** Why there is no back end, where there is none. */
  get lost(): string {
    return this.#device.lost;
  }

  /** Gives everything back; the driver has ended. */
  end(): void {
    this.#device.end();
  }

  /** The registers, each access on the clock: one may connect to a back end. */
  #timed(registers: Mmio): Mmio {
    const { nowMs } = this.#options;
    const timed = <T>(act: () => T): T => {
      const begunMs = nowMs();
      const answer = act();
      this.#accessMs += nowMs() - begunMs;
      return answer;
    };
    return {
      size: () => registers.size(),
      read: (offset, width) => timed(() => registers.read(offset, width)),
      write: (offset, width, value) =>
        timed(() => registers.write(offset, width, value)),
    };
  }

  #wait(line: number, within: bigint): ReturnType<Irq["wait"]> {
    if (line !== 0) return { tag: "err", val: { tag: "unknown" } };
    if (within > LIMITS.waitMax) {
      return { tag: "err", val: { tag: "too-long" } };
    }
    const { nowMs } = this.#options;
    const begunMs = nowMs();
    const endMs = begunMs + Number(within) / 1000;
    let times = 0n;
    for (let leftMs = endMs - begunMs;; leftMs = endMs - nowMs()) {
      times = this.#look(Math.max(0, leftMs));
      if (times > 0n || nowMs() >= endMs) break;
    }
    const tookMs = nowMs() - begunMs + this.#accessMs;
    this.#accessMs = 0;
    const waitedUs = Math.max(1, Math.ceil(tookMs * 1000));
    return { tag: "ok", val: { times, waited: BigInt(waitedUs) } };
  }

  /** Waits once; what came. */
  #look(ms: number): bigint {
    const { libc } = this.#options;
    const waits = this.#device.waits;
    if (waits === undefined) {
      libc.readable([], ms);
      return 0n;
    }
    const [called, spoke] = libc.readable([waits.call, waits.socket], ms);
    let times = called === true ? libc.take(waits.call) : 0n;
    if (times > 0n) this.#registers.raise(INTERRUPT.used);
    // Nothing is said that was not asked for: it hung up, or lost its mind.
    if (spoke === true) {
      this.#device.drop("the back end hung up");
      this.#registers.breakDown();
      times += 1n;
    }
    return times;
  }
}
