/**
 * The device behind a vhost-user socket, as the registers see it.
 *
 * A reset is a new connection and a new piece of memory: what a back end still
 * does for the old one goes to memory that nobody reads any more.
 */
import type { DmaMemory } from "../../../hal/dma_memory.ts";
import type { Placed, VirtioDevice } from "../../../hal/virtio_mmio.ts";
import { Connection, Lost } from "./connection.ts";
import type { Libc, SharedMemory } from "./libc.ts";
import { PROTOCOL_FEATURES, u64, words } from "./wire.ts";

/** Below the second that one access to a register may take. */
const ACCESS_MS = 900;
const CONFIG_OCTETS = 60;
const QUEUE_ENTRIES_MAX = 256;
/** Disk features, indirect tables, event index, Virtio 1.0: what needs no help of the bus. */
const CARRIED = 0xff_ffffn | (1n << 28n) | (1n << 29n) | (1n << 32n);

export interface Ground {
  readonly libc: Libc;
  readonly path: string;
  /** Virtio's number of the kind of device that is there. */
  readonly kind: number;
  readonly dma: DmaMemory;
  readonly base: bigint;
  readonly nowMs: () => number;
}

interface Live {
  readonly connection: Connection;
  readonly kick: number;
  readonly call: number;
}

export class VhostDevice implements VirtioDevice {
  readonly kind: number;
  readonly queues = [QUEUE_ENTRIES_MAX];
  readonly generation = 0;
  readonly #ground: Ground;
  #memory: SharedMemory;
  #live: Live | undefined;
  #features = 0n;
  #config = new Uint8Array(CONFIG_OCTETS);
  /** Why there is no connection. */
  lost = "it was never connected to";

  constructor(ground: Ground, memory: SharedMemory) {
    this.kind = ground.kind;
    this.#ground = ground;
    this.#memory = memory;
  }

  get features(): bigint {
    return this.#features & CARRIED;
  }

  get config(): Uint8Array {
    return this.#config;
  }

  /** What can be waited for: interrupts, and the end of the connection. */
  get waits(): { readonly call: number; readonly socket: number } | undefined {
    const live = this.#live;
    return live && { call: live.call, socket: live.connection.fd };
  }

  accepts(): boolean {
    return this.#live !== undefined;
  }

  start(
    features: bigint,
    [placed]: ReadonlyArray<Placed | undefined>,
  ): boolean {
    const live = this.#live;
    if (live === undefined || placed === undefined) return false;
    const { connection, kick, call } = live;
    const { base, nowMs } = this.#ground;
    connection.untilMs = nowMs() + ACCESS_MS;
    const size = BigInt(this.#memory.length);
    try {
      connection.set("setFeatures", u64(features | PROTOCOL_FEATURES));
      connection.set("setMemory", words([1, 0], [base, size, base, 0n]), [
        this.#memory.fd,
      ]);
      connection.set("setVringNum", words([0, placed.entries]));
      connection.set("setVringBase", words([0, 0]));
      const { descriptors, device, driver } = placed;
      connection.set(
        "setVringAddress",
        words([0, 0], [descriptors, device, driver, 0n]),
      );
      connection.set("setVringCall", u64(0n), [call]);
      connection.set("setVringKick", u64(0n), [kick]);
      connection.set("setVringEnable", words([0, 1]));
      return true;
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      this.drop(error.message);
      return false;
    }
  }

  notify(): void {
    if (this.#live !== undefined) this.#ground.libc.signal(this.#live.kick);
  }

  /** One attempt to connect anew. */
  reset(): boolean {
    this.drop("it was reset");
    const { libc, path, nowMs, dma } = this.#ground;
    let connection: Connection;
    try {
      connection = new Connection({
        libc,
        path,
        nowMs,
        untilMs: nowMs() + ACCESS_MS,
        configOctets: CONFIG_OCTETS,
      });
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      this.lost = error.message;
      return false;
    }
    const before = this.#memory;
    this.#memory = libc.memory(before.length);
    dma.replace(this.#memory);
    before.end();
    this.#features = connection.features;
    this.#config = connection.config.slice();
    this.#live = { connection, kick: libc.eventfd(), call: libc.eventfd() };
    return true;
  }

  /** The back end is given up. */
  drop(reason: string): void {
    this.lost = reason;
    const live = this.#live;
    this.#live = undefined;
    if (live === undefined) return;
    live.connection.close();
    this.#ground.libc.close(live.kick);
    this.#ground.libc.close(live.call);
  }

  /** Gives everything back; nothing is called afterwards. */
  end(): void {
    this.drop("closed");
    this.#memory.end();
  }
}
