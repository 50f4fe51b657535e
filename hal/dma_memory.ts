/**
 * `karyon:hal/dma` over one piece of memory that the device sees at `base`.
 *
 * Leases are whole pages, the first free run that is long enough. Words of 2, 4
 * and 8 octets are moved by atomic operations, so that the device sees them
 * whole and in order.
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

interface Run {
  readonly at: number;
  readonly octets: number;
}

export class DmaMemory implements Dma {
  readonly #base: bigint;
  readonly #limits: DmaLimits;
  /** By number; in no order. */
  readonly #leases = new Map<number, Run>();
  #octets: Uint8Array<ArrayBuffer>;
  #taken = 0;

  /** `octets` begins at a multiple of 8 of its buffer, and is whole pages long. */
  constructor(octets: Uint8Array<ArrayBuffer>, base: bigint) {
    if (octets.length === 0 || octets.length % PAGE_OCTETS !== 0) {
      throw new RangeError(`${octets.length} octets are no whole pages`);
    }
    this.#octets = octets;
    this.#base = base;
    this.#limits = Object.freeze({
      memoryMax: BigInt(octets.length),
      leasesMax: LEASES_MAX,
      transferMax: TRANSFER_OCTETS_MAX,
      alignment: PAGE_OCTETS,
    });
  }

  /** All of it, as the device sees it. */
  get octets(): Uint8Array<ArrayBuffer> {
    return this.#octets;
  }

  /** Puts another memory of the same length there. */
  replace(octets: Uint8Array<ArrayBuffer>): void {
    if (octets.length !== this.#octets.length) {
      throw new RangeError("memory is replaced by as much");
    }
    this.#octets = octets;
  }

  /** The octets at an address of the device, if all of them are leased. */
  seenAt(
    address: bigint,
    octets: number,
  ): Uint8Array<ArrayBuffer> | undefined {
    const at = address - this.#base;
    if (at < 0n || at > BigInt(this.#octets.length)) return undefined;
    const from = Number(at);
    const isInside = [...this.#leases.values()].some((run) =>
      from >= run.at && from + octets <= run.at + run.octets
    );
    return isInside ? this.#octets.subarray(from, from + octets) : undefined;
  }

  describe(): DmaLimits {
    return this.#limits;
  }

  take(octets: number): ReturnType<Dma["take"]> {
    const whole = Math.ceil(octets / PAGE_OCTETS) * PAGE_OCTETS;
    if (octets === 0 || whole > this.#octets.length) return no("wrong-size");
    const at = this.#free(whole);
    if (at === undefined || this.#leases.size >= LEASES_MAX) return no("full");
    if (this.#taken >= U32_MAX) return no("full");
    const number = ++this.#taken;
    this.#leases.set(number, { at, octets });
    this.#octets.fill(0, at, at + whole);
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
    const val = new Uint8Array(length);
    const at = run.at + offset;
    switch (this.#word(at, length)) {
      case 2:
        new Uint16Array(val.buffer)[0] = Atomics.load(this.#half(at), 0);
        break;
      case 4:
        new Uint32Array(val.buffer)[0] = Atomics.load(this.#whole(at), 0);
        break;
      case 8:
        new BigUint64Array(val.buffer)[0] = Atomics.load(this.#double(at), 0);
        break;
      default:
        val.set(this.#octets.subarray(at, at + length));
    }
    return { tag: "ok", val };
  }

  write(number: number, offset: number, data: Uint8Array): Done {
    const { length } = data;
    const run = this.#run(number, offset, length);
    if ("tag" in run) return { tag: "err", val: run };
    const at = run.at + offset;
    const view = new DataView(data.buffer, data.byteOffset, length);
    switch (this.#word(at, length)) {
      case 2:
        Atomics.store(this.#half(at), 0, view.getUint16(0, true));
        break;
      case 4:
        Atomics.store(this.#whole(at), 0, view.getUint32(0, true));
        break;
      case 8:
        Atomics.store(this.#double(at), 0, view.getBigUint64(0, true));
        break;
      default:
        this.#octets.set(data, at);
    }
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
    return this.#octets.length - at >= octets ? at : undefined;
  }

  /** 2, 4 or 8 where the octets are one aligned word. */
  #word(at: number, length: number): number {
    const isWord = length === 2 || length === 4 || length === 8;
    return isWord && at % length === 0 ? length : 0;
  }

  #half(at: number): Uint16Array<ArrayBuffer> {
    const { buffer, byteOffset } = this.#octets;
    return new Uint16Array(buffer, byteOffset + at, 1);
  }

  #whole(at: number): Uint32Array<ArrayBuffer> {
    const { buffer, byteOffset } = this.#octets;
    return new Uint32Array(buffer, byteOffset + at, 1);
  }

  #double(at: number): BigUint64Array<ArrayBuffer> {
    const { buffer, byteOffset } = this.#octets;
    return new BigUint64Array(buffer, byteOffset + at, 1);
  }
}

function no(
  tag: Exclude<DmaRefusal["tag"], "failed">,
): { tag: "err"; val: DmaRefusal } {
  return { tag: "err", val: { tag } };
}
