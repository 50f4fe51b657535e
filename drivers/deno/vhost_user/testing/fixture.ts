/** The bus's memory as the dma suite wants it; the peer has a mapping of its own. */
import type { DmaSubject } from "../../../../conformance/hal/dma/case.ts";
import { DmaMemory } from "../../../../hal/dma_memory.ts";
import { Libc } from "../libc.ts";

const MEMORY_OCTETS = 1 << 20;
const BASE = 0x1_0000_0000n;

export const subject: DmaSubject = {
  contract: "dma",
  absent() {
    try {
      new Libc();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : "no C library";
    }
  },
  make() {
    const libc = new Libc();
    const own = libc.memory(MEMORY_OCTETS);
    const peers = libc.mapped(libc.duplicate(own.fd), MEMORY_OCTETS);
    const dma = new DmaMemory(own, BASE);
    const place = (address: bigint, octets: number) => {
      const at = dma.placeOf(address, octets);
      if (at === undefined) throw new Error(`${address} is not leased`);
      return at;
    };
    return {
      dma,
      peer: {
        read: (address, octets) => peers.get(place(address, octets), octets),
        write: (address, data) => peers.set(place(address, data.length), data),
      },
      dispose() {
        own.end();
        peers.end();
      },
    };
  },
};
