/**
 * The simulated device of the graph's tests, its octets on a real driver.
 *
 * What survives a power failure is drawn by the simulation as ever; what is left
 * is then written to the driver, which is ended and opened again. Every new
 * device gets a region of its own that nobody has written.
 */
import { ok } from "node:assert/strict";
import {
  type Blocks,
  type BlockStore,
  SimulatedBlockDevice as Simulated,
  type SimulatedOptions,
} from "../../conformance/sim/block_device.ts";
import type { Block } from "../../hal/block_contract.ts";
import { HostedBlock } from "../../hal/hosted/block_host.ts";
import { Mailbox } from "../../hal/hosted/mailbox.ts";
import type { DeviceStart } from "./device_worker.ts";

const BLOCK_OCTETS = 512;
const TRANSFER_OCTETS = 64 * 1024;
const REGION_OCTETS = 64 << 20;
const REGIONS = 4096;
const ANSWER_MS = 60_000;

/** One real device for all regions, on a thread that outlives every test. */
class Shared {
  readonly #mailbox = Mailbox.make(TRANSFER_OCTETS);
  readonly #last = new Int32Array(new SharedArrayBuffer(4));
  #device: HostedBlock;
  #regions = 0;

  constructor(kind: string) {
    const worker = new Worker(new URL("device_worker.ts", import.meta.url), {
      type: "module",
    });
    const start: DeviceStart = {
      kind,
      memory: this.#mailbox.memory,
      last: this.#last.buffer,
      capacity: REGION_OCTETS * REGIONS,
      blockSize: BLOCK_OCTETS,
      transferMax: TRANSFER_OCTETS,
    };
    worker.postMessage(start);
    this.#device = this.#open();
    // A server and its file would outlive the tests.
    addEventListener("unload", () => this.#end());
  }

  get device(): Block {
    return this.#device;
  }

  region(): number {
    ok(this.#regions < REGIONS, "no region is left");
    return REGION_OCTETS * this.#regions++;
  }

  reopen(): void {
    this.#device.close();
    this.#device = this.#open();
  }

  #end(): void {
    Atomics.store(this.#last, 0, 1);
    this.#device.close();
    Atomics.wait(this.#last, 0, 1, ANSWER_MS);
  }

  #open(): HostedBlock {
    return new HostedBlock(this.#mailbox, {
      answerMs: ANSWER_MS,
      openMs: ANSWER_MS,
      nowMs: () => performance.now(),
      end: () => {},
    });
  }
}

class DriverStore implements BlockStore {
  constructor(
    readonly shared: Shared,
    readonly blockSize: number,
    readonly from: number,
    readonly written = new Set<number>(),
  ) {}

  get size(): number {
    return this.written.size;
  }

  has(block: number): boolean {
    return this.written.has(block);
  }

  get(block: number): Uint8Array | undefined {
    if (!this.written.has(block)) return undefined;
    const answer = this.shared.device.read(this.#at(block), this.blockSize);
    ok(answer.tag === "ok", JSON.stringify(answer));
    return answer.val;
  }

  /** What was never written is not asked for: the device has terabytes of it. */
  fill(first: number, into: Uint8Array): void {
    const count = into.length / this.blockSize;
    for (let from = 0; from < count; from++) {
      if (!this.written.has(first + from)) continue;
      let to = from + 1;
      while (
        to < count && this.written.has(first + to) &&
        (to + 1 - from) * this.blockSize <= TRANSFER_OCTETS
      ) to++;
      const octets = (to - from) * this.blockSize;
      const answer = this.shared.device.read(this.#at(first + from), octets);
      ok(answer.tag === "ok", JSON.stringify(answer));
      into.set(answer.val, from * this.blockSize);
      from = to - 1;
    }
  }

  set(block: number, octets: Uint8Array): void {
    const done = this.shared.device.write(this.#at(block), octets);
    ok(done.tag === "ok", JSON.stringify(done));
    this.written.add(block);
  }

  flush(): void {
    const done = this.shared.device.flush();
    ok(done.tag === "ok", JSON.stringify(done));
  }

  reopen(): BlockStore {
    this.shared.reopen();
    const { shared, blockSize, from, written } = this;
    return new DriverStore(shared, blockSize, from, new Set(written));
  }

  #at(block: number): bigint {
    return BigInt(this.from + block * this.blockSize);
  }
}

/** The class that takes the place of the simulated device. */
export function simulatedOn(kind: string): typeof Simulated {
  const shared = new Shared(kind);
  return class SimulatedBlockDevice extends Simulated {
    constructor(options: SimulatedOptions, visible?: BlockStore | Blocks) {
      super(options, storeOf(shared, options, visible));
    }
  };
}

function storeOf(
  shared: Shared,
  { blockSize = 4096 }: SimulatedOptions,
  visible: BlockStore | Blocks | undefined,
): BlockStore {
  if (visible !== undefined && !(visible instanceof Map)) return visible;
  const store = new DriverStore(shared, blockSize, shared.region());
  for (const [block, octets] of visible ?? []) store.set(block, octets);
  store.flush();
  return store;
}
