/** A sound bus for the check of the suite: every lease is an array of its own. */
import type { Dma, DmaRefusal } from "../../../hal/bus_contract.ts";
import type { DmaSubject } from "./case.ts";

const PAGE = 4096;
const LIMITS = {
  memoryMax: 262_144n,
  leasesMax: 8,
  transferMax: 65_536,
  alignment: PAGE,
};
/** Between two addresses: a device cannot get from one lease to the next. */
const APART = 1n << 20n;

const no = (tag: Exclude<DmaRefusal["tag"], "failed">) => ({
  tag: "err" as const,
  val: { tag },
});

export const REFERENCE: DmaSubject = {
  contract: "dma",
  make() {
    const leases = new Map<number, Uint8Array>();
    let given = 0;
    const pages = (octets: number) => Math.ceil(octets / PAGE) * PAGE;
    const inUse = () =>
      [...leases.values()].reduce((sum, { length }) => sum + pages(length), 0);
    const found = (number: number, offset: number, length: number) => {
      if (length === 0 || length > LIMITS.transferMax) return no("wrong-size");
      const octets = leases.get(number);
      if (octets === undefined) return no("unknown");
      return offset + length > octets.length ? no("out-of-range") : octets;
    };
    const dma: Dma = {
      describe: () => LIMITS,
      take(octets) {
        const most = Number(LIMITS.memoryMax);
        if (octets === 0 || octets > most) return no("wrong-size");
        const isFull = leases.size === LIMITS.leasesMax ||
          inUse() + pages(octets) > most;
        if (isFull) return no("full");
        const number = ++given;
        leases.set(number, new Uint8Array(octets));
        const address = APART * BigInt(number);
        return { tag: "ok", val: { number, address, octets } };
      },
      giveBack: (number) =>
        leases.delete(number) ? { tag: "ok" } : no("unknown"),
      read(number, offset, length) {
        const octets = found(number, offset, length);
        return "tag" in octets
          ? octets
          : { tag: "ok", val: octets.slice(offset, offset + length) };
      },
      write(number, offset, data) {
        const octets = found(number, offset, data.length);
        if ("tag" in octets) return octets;
        octets.set(data, offset);
        return { tag: "ok" };
      },
    };
    const seen = (address: bigint) => {
      const octets = leases.get(Number(address / APART));
      if (octets === undefined) throw new Error(`nothing is at ${address}`);
      return octets.subarray(Number(address % APART));
    };
    return {
      dma,
      peer: {
        read: (address, octets) => seen(address).slice(0, octets),
        write: (address, data) => seen(address).set(data),
      },
      dispose() {},
    };
  },
};
