/**
 * A bus with one virtio device on it, simulated: memory, registers, one interrupt.
 *
 * Time is virtual: it goes by while the driver waits, and not otherwise, so a
 * stuck device costs a test nothing. The same seed gives the same run.
 */
import type {
  Bus,
  Irq,
  IrqLimits,
  Mmio,
  Width,
} from "../../../hal/bus_contract.ts";
import { DmaMemory, OwnMemory } from "../../../hal/dma_memory.ts";
import { VirtioMmio } from "../../../hal/virtio_mmio.ts";
import type { LyingDevice, Surroundings } from "./device.ts";
import { VirtioDisk } from "./disk.ts";
import { DiskMedium } from "./medium.ts";
import { type Fill, VirtioSource } from "./source.ts";

const MEMORY_OCTETS = 4 << 20;
/** Not zero: a driver that forgets to add it is noticed. */
const BASE = 0x1_0000_0000n;
const WAIT_US_MAX = 60_000_000;
const STORM_US = 20;
const MEDIUM_OCTETS = 1 << 20;

const LIMITS: IrqLimits = Object.freeze({
  lines: 1,
  waitMax: BigInt(WAIT_US_MAX),
});

interface Event {
  readonly atUs: number;
  readonly act: () => void;
}

export class DeviceBus<D extends LyingDevice> implements Bus {
  readonly dma: DmaMemory;
  /** All memory, as the device has it. */
  readonly memory = new Uint8Array(MEMORY_OCTETS);
  readonly irq: Irq;
  readonly mmio: Mmio;
  readonly device: D;
  /** What these registers read as, whatever the device says. */
  readonly forged = new Map<number, number>();
  /** Set, the bus refuses every access, with this reason. */
  broken: string | undefined;
  /** Virtual time in microseconds. */
  nowUs = 0;
  #events: Event[] = [];
  #raised = 0;
  #isStorm = false;
  readonly #registers: VirtioMmio;

  constructor(device: (around: Surroundings) => D, seed: number) {
    this.dma = new DmaMemory(new OwnMemory(this.memory), BASE);
    this.device = device({
      seenAt: (address, length) => this.seenAt(address, length),
      random: seeded(seed),
      registers: () => registers,
      interrupt: () => void this.#raised++,
      later: (us, act) => {
        this.#events.push({ atUs: this.nowUs + us, act });
        this.#events.sort((a, b) => a.atUs - b.atUs);
      },
      forgetLater: () => void (this.#events = []),
      storm: (on) => void (this.#isStorm = on),
    });
    const registers = new VirtioMmio(this.device);
    this.#registers = registers;
    this.mmio = this.#throughBus(registers);
    this.irq = {
      describe: () => LIMITS,
      wait: (line, within) => this.#wait(line, within),
    };
  }

  /** What the device finds at an address, if all of it is leased. */
  seenAt(
    address: bigint,
    octets: number,
  ): Uint8Array<ArrayBuffer> | undefined {
    const at = this.dma.placeOf(address, octets);
    return at === undefined ? undefined : this.memory.subarray(at, at + octets);
  }

  /** Raises the line, with these bits of the interrupt status; none: for nothing. */
  interrupt(bits = 0): void {
    this.#registers.raise(bits);
    this.#raised++;
  }

  /** Raises it when so much time has gone by. */
  interruptIn(us: number): void {
    this.#events.push({ atUs: this.nowUs + us, act: () => this.interrupt() });
    this.#events.sort((a, b) => a.atUs - b.atUs);
  }

  /** Lets time go by while nobody waits. */
  pass(us: number): void {
    const endUs = this.nowUs + us;
    for (
      let next = this.#events[0];
      next !== undefined && next.atUs <= endUs;
      next = this.#events[0]
    ) {
      this.#events.shift();
      this.nowUs = Math.max(this.nowUs, next.atUs);
      next.act();
    }
    this.nowUs = endUs;
  }

  #throughBus(registers: VirtioMmio): Mmio {
    const refused = (): {
      tag: "err";
      val: { tag: "failed"; val: string };
    } => ({
      tag: "err",
      val: { tag: "failed", val: this.broken ?? "" },
    });
    return {
      size: () => registers.size(),
      read: (offset: number, width: Width) => {
        if (this.broken !== undefined) return refused();
        const answer = registers.read(offset, width);
        const forged = this.forged.get(offset);
        return forged === undefined || answer.tag === "err"
          ? answer
          : { tag: "ok", val: forged };
      },
      write: (offset: number, width: Width, value: number) =>
        this.broken === undefined
          ? registers.write(offset, width, value)
          : refused(),
    };
  }

  #wait(line: number, within: bigint): ReturnType<Irq["wait"]> {
    if (line !== 0) return { tag: "err", val: { tag: "unknown" } };
    if (within > LIMITS.waitMax) {
      return { tag: "err", val: { tag: "too-long" } };
    }
    if (this.broken !== undefined) {
      return { tag: "err", val: { tag: "failed", val: this.broken } };
    }
    const begunUs = this.nowUs;
    const endUs = begunUs + Number(within);
    if (this.#isStorm) {
      this.nowUs += STORM_US;
      this.#raised++;
    }
    while (this.#raised === 0) {
      const next = this.#events[0];
      if (next === undefined || next.atUs > endUs) {
        this.nowUs = Math.max(this.nowUs, endUs);
        break;
      }
      this.#events.shift();
      this.nowUs = Math.max(this.nowUs, next.atUs);
      next.act();
    }
    const times = BigInt(this.#raised);
    this.#raised = 0;
    const waited = BigInt(Math.max(1, this.nowUs - begunUs));
    return { tag: "ok", val: { times, waited } };
  }
}

export interface VirtioBusOptions {
  readonly medium?: DiskMedium;
  readonly seed?: number;
}

/** With a disk on it. */
export class VirtioBus extends DeviceBus<VirtioDisk> {
  readonly medium: DiskMedium;

  constructor({ medium, seed = 1 }: VirtioBusOptions = {}) {
    const on = medium ?? new DiskMedium(MEDIUM_OCTETS);
    super((around) => new VirtioDisk(on, around), seed);
    this.medium = on;
  }

  get disk(): VirtioDisk {
    return this.device;
  }
}

/** With a source of entropy on it. */
export class EntropyBus extends DeviceBus<VirtioSource> {
  constructor(fill: Fill, seed = 1) {
    super((around) => new VirtioSource(fill, around), seed);
  }
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
