/**
 * The registers of virtio over MMIO (Virtio 1.2, section 4.2.2) before any device.
 *
 * A bus has one of these per device: the driver sees registers, the device sees
 * what they come to: features accepted, started with its queues, notified,
 * reset. Accesses in other widths than the specification's are refused.
 *
 * Deliberately absent: shared memory regions, and resetting one queue.
 */
import type { Mmio, MmioRefusal, Width } from "./bus_contract.ts";

export const STATUS = {
  acknowledge: 1,
  driver: 2,
  driverOk: 4,
  featuresOk: 8,
  needsReset: 64,
  failed: 128,
} as const;

/** Bits of the interrupt status. */
export const INTERRUPT = { used: 1, configuration: 2 } as const;

const MAGIC = 0x7472_6976;
const VERSION = 2;
const VENDOR = 0x4e59_524b;
const CONFIG = 0x100;
const OCTETS: Readonly<Record<Width, number>> = { octet: 1, half: 2, word: 4 };

/** A queue as the driver placed it; addresses are the bus's. */
export interface Placed {
  readonly entries: number;
  readonly descriptors: bigint;
  readonly driver: bigint;
  readonly device: bigint;
}

/** The device behind the registers. */
export interface VirtioDevice {
  readonly kind: number;
  readonly features: bigint;
  /** Most entries of each queue. */
  readonly queues: readonly number[];
  readonly config: Uint8Array;
  readonly generation: number;
  /** Whether it works with these features. */
  accepts(features: bigint): boolean;
  /** Takes up its queues; false if it cannot. */
  start(
    features: bigint,
    queues: ReadonlyArray<Placed | undefined>,
  ): boolean;
  notify(queue: number): void;
  /** True once it does nothing any more; asked again until then. */
  reset(): boolean;
}

interface Queue {
  entries: number;
  ready: boolean;
  /** Low and high words of the three addresses. */
  readonly words: Uint32Array;
}

type Answer = ReturnType<Mmio["read"]>;
type Done = ReturnType<Mmio["write"]>;
const OK: Done = { tag: "ok" };

export class VirtioMmio implements Mmio {
  readonly #device: VirtioDevice;
  #status = 0;
  #interrupts = 0;
  #isResetting = false;
  #deviceSelect = 0;
  #driverSelect = 0;
  #accepted = 0n;
  #queueSelect = 0;
  #queues: Queue[] = [];

  constructor(device: VirtioDevice) {
    this.#device = device;
    this.#clear();
  }

  /** The device has done something; whoever waits for it is woken elsewhere. */
  raise(interrupt: number): void {
    this.#interrupts |= interrupt;
  }

  /** The device goes on only after a reset. */
  breakDown(): void {
    if (this.#status === 0) return;
    this.#status |= STATUS.needsReset;
    if ((this.#status & STATUS.driverOk) !== 0) {
      this.raise(INTERRUPT.configuration);
    }
  }

  get isStarted(): boolean {
    const want = STATUS.driverOk | STATUS.needsReset;
    return !this.#isResetting && (this.#status & want) === STATUS.driverOk;
  }

  size(): number {
    return CONFIG + this.#device.config.length;
  }

  read(offset: number, width: Width): Answer {
    const octets = OCTETS[width];
    if (offset % octets !== 0) return misaligned;
    if (offset >= CONFIG) return this.#readConfig(offset - CONFIG, octets);
    if (octets !== 4) return outside;
    const val = this.#register(offset);
    return val === undefined ? outside : { tag: "ok", val: val >>> 0 };
  }

  write(offset: number, width: Width, value: number): Done {
    const octets = OCTETS[width];
    if (offset % octets !== 0) return misaligned;
    // Nothing of a disk's configuration is written by its driver.
    if (octets !== 4 || offset >= CONFIG) return outside;
    return this.#set(offset, value >>> 0) ? OK : outside;
  }

  #readConfig(at: number, octets: number): Answer {
    const { config } = this.#device;
    if (at + octets > config.length) return outside;
    let val = 0;
    for (let i = octets - 1; i >= 0; i--) {
      val = val * 256 + (config[at + i] ?? 0);
    }
    return { tag: "ok", val };
  }

  #register(offset: number): number | undefined {
    const queue = this.#queues[this.#queueSelect];
    switch (offset) {
      case 0x00:
        return MAGIC;
      case 0x04:
        return VERSION;
      case 0x08:
        return this.#device.kind;
      case 0x0c:
        return VENDOR;
      case 0x10:
        return this.#deviceSelect > 1 ? 0 : Number(
          (this.#device.features >> BigInt(32 * this.#deviceSelect)) &
            0xffff_ffffn,
        );
      case 0x34:
        return this.#device.queues[this.#queueSelect] ?? 0;
      case 0x44:
        return queue?.ready ? 1 : 0;
      case 0x60:
        return this.#interrupts;
      case 0x70:
        return this.#readStatus();
      case 0xfc:
        return this.#device.generation;
      default:
        return undefined;
    }
  }

  #set(offset: number, value: number): boolean {
    const queue = this.#queues[this.#queueSelect];
    switch (offset) {
      case 0x14:
        this.#deviceSelect = value;
        return true;
      case 0x20:
        this.#acceptWord(value);
        return true;
      case 0x24:
        this.#driverSelect = value;
        return true;
      case 0x30:
        this.#queueSelect = value;
        return true;
      case 0x38:
        if (queue !== undefined) queue.entries = value;
        return true;
      case 0x44:
        if (queue !== undefined) queue.ready = value === 1;
        return true;
      case 0x50:
        if (this.isStarted) this.#device.notify(value);
        return true;
      case 0x64:
        this.#interrupts &= ~value;
        return true;
      case 0x70:
        this.#writeStatus(value);
        return true;
      default:
        return this.#setAddress(offset, value);
    }
  }

  #setAddress(offset: number, value: number): boolean {
    const words = [0x80, 0x84, 0x90, 0x94, 0xa0, 0xa4].indexOf(offset);
    if (words < 0) return false;
    const queue = this.#queues[this.#queueSelect];
    if (queue !== undefined) queue.words[words] = value;
    return true;
  }

  #acceptWord(value: number): void {
    if (this.#driverSelect > 1) return;
    const shift = BigInt(32 * this.#driverSelect);
    const others = this.#accepted & ~(0xffff_ffffn << shift);
    this.#accepted = others | (BigInt(value) << shift);
  }

  /** Not zero before the device is done resetting itself. */
  #readStatus(): number {
    if (this.#isResetting && this.#device.reset()) this.#clear();
    return this.#isResetting ? this.#status | STATUS.needsReset : this.#status;
  }

  #writeStatus(value: number): void {
    if (value === 0) {
      this.#isResetting = true;
      return;
    }
    if (this.#isResetting) return;
    const fresh = value & ~this.#status;
    this.#status |= value & 0xff;
    if ((fresh & STATUS.featuresOk) !== 0) {
      const isKnown = (this.#accepted & ~this.#device.features) === 0n;
      if (!isKnown || !this.#device.accepts(this.#accepted)) {
        this.#status &= ~STATUS.featuresOk;
      }
    }
    if ((fresh & STATUS.driverOk) !== 0 && !this.#start()) this.breakDown();
  }

  #start(): boolean {
    const placed = this.#queues.map((queue, index) => {
      if (!queue.ready) return undefined;
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = queue.words;
      const most = this.#device.queues[index] ?? 0;
      const entries = queue.entries > most ? 0 : queue.entries;
      return {
        entries,
        descriptors: pair(a, b),
        driver: pair(c, d),
        device: pair(e, f),
      };
    });
    return this.#device.start(this.#accepted, placed);
  }

  #clear(): void {
    this.#status = 0;
    this.#interrupts = 0;
    this.#isResetting = false;
    this.#accepted = 0n;
    this.#queues = this.#device.queues.map(() => ({
      entries: 0,
      ready: false,
      words: new Uint32Array(6),
    }));
  }
}

const misaligned: { tag: "err"; val: MmioRefusal } = {
  tag: "err",
  val: { tag: "misaligned" },
};
const outside: { tag: "err"; val: MmioRefusal } = {
  tag: "err",
  val: { tag: "out-of-range" },
};

function pair(low: number, high: number): bigint {
  return BigInt(low) | (BigInt(high) << 32n);
}
