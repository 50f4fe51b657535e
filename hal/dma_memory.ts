/**
 * `karyon:hal/dma` over one piece of memory that the device sees at `base`.
 *
 * Leases are whole pages, the first free run that is long enough.
 *
 * Deliberately absent: the memory itself. A bus may put another one in its place
 * when its device is reset; leases stay, their octets do not.
 */
import type { Dma, DmaLimits, DmaRefusal, Lease } from "./bus_contract.ts";

const PAGE_OCTETS = 4096;
const LEASES_MAX = 16;
const TRANSFER_OCTETS_MAX = 1 << 20;
const U32_MAX = 2 ** 32 - 1;

type Done = ReturnType<Dma["giveBack"]>;
const OK: Done = { tag: "ok" };

/** The memory. Aligned words of 2, 4 and 8 octets are moved as of one moment, in order. */
export interface SeenMemory {
  readonly length: number;
  /** A copy. */
  get(at: number, length: number): Uint8Array;
  set(at: number, data: Uint8Array): void;
  zero(at: number, length: number): void;
}

/** Memory that only this thread has. */
export class OwnMemory implements SeenMemory {
  constructor(readonly octets: Uint8Array) {}

  get length(): number {
    return this.octets.length;
  }

  get(at: number, length: number): Uint8Array {
    return this.octets.slice(at, at + length);
  }

  set(at: number, data: Uint8Array): void {
    this.octets.set(data, at);
  }

  zero(at: number, length: number): void {
    this.octets.fill(0, at, at + length);
  }
}

interface Run {
  readonly at: number;
  readonly octets: number;
}

export class DmaMemory implements Dma {
  readonly #base: bigint;
  readonly #limits: DmaLimits;
  /** By number; in no order. */
  readonly #leases = new Map<number, Run>();
  #memory: SeenMemory;
  #taken = 0;

  /** `memory` is whole pages long. */
  constructor(memory: SeenMemory, base: bigint) {
    if (memory.length === 0 || memory.length % PAGE_OCTETS !== 0) {
      throw new RangeError(`${memory.length} octets are no whole pages`);
    }
    this.#memory = memory;
    this.#base = base;
    this.#limits = Object.freeze({
      memoryMax: BigInt(memory.length),
      leasesMax: LEASES_MAX,
      transferMax: TRANSFER_OCTETS_MAX,
      alignment: PAGE_OCTETS,
    });
  }

  /** Puts another memory of the same length there. */
  replace(memory: SeenMemory): void {
    if (memory.length !== this.#memory.length) {
      throw new RangeError("memory is replaced by as much");
    }
    this.#memory = memory;
  }

  /** Where in the memory an address of the device is, if all of it is leased. */
  placeOf(address: bigint, octets: number): number | undefined {
    const at = address - this.#base;
    if (at < 0n || at > BigInt(this.#memory.length)) return undefined;
    const from = Number(at);
    const isInside = [...this.#leases.values()].some((run) =>
      from >= run.at && from + octets <= run.at + run.octets
    );
    return isInside ? from : undefined;
  }

  describe(): DmaLimits {
    return this.#limits;
  }

  take(octets: number): ReturnType<Dma["take"]> {
    const whole = Math.ceil(octets / PAGE_OCTETS) * PAGE_OCTETS;
    if (octets === 0 || whole > this.#memory.length) return no("wrong-size");
    const at = this.#free(whole);
    if (at === undefined || this.#leases.size >= LEASES_MAX) return no("full");
    if (this.#taken >= U32_MAX) return no("full");
    const number = ++this.#taken;
    this.#leases.set(number, { at, octets });
    this.#memory.zero(at, whole);
    const val: Lease = { number, address: this.#base + BigInt(at), octets };
    return { tag: "ok", val };
  }

  giveBack(number: number): Done {
    return this.#leases.delete(number) ? OK : no("unknown");
  }

  read(
    number: number,
    offset: number,
    length: number,
  ): ReturnType<Dma["read"]> {
    const run = this.#run(number, offset, length);
    if ("tag" in run) return { tag: "err", val: run };
    return { tag: "ok", val: this.#memory.get(run.at + offset, length) };
  }

  write(number: number, offset: number, data: Uint8Array): Done {
    const run = this.#run(number, offset, data.length);
    if ("tag" in run) return { tag: "err", val: run };
    this.#memory.set(run.at + offset, data);
    return OK;
  }

  /** The lease of a transfer, or why it is refused. */
  #run(number: number, offset: number, length: number): Run | DmaRefusal {
    if (length === 0 || length > TRANSFER_OCTETS_MAX) {
      return { tag: "wrong-size" };
    }
    const run = this.#leases.get(number);
    if (run === undefined) return { tag: "unknown" };
    return offset + length > run.octets ? { tag: "out-of-range" } : run;
  }

  /** The first free place for whole pages. */
  #free(octets: number): number | undefined {
    const runs = [...this.#leases.values()].sort((a, b) => a.at - b.at);
    let at = 0;
    for (const run of runs) {
      if (run.at - at >= octets) return at;
      at = Math.ceil((run.at + run.octets) / PAGE_OCTETS) * PAGE_OCTETS;
    }
    return this.#memory.length - at >= octets ? at : undefined;
  }
}

function no(
  tag: Exclude<DmaRefusal["tag"], "failed">,
): { tag: "err"; val: DmaRefusal } {
  return { tag: "err", val: { tag } };
}
