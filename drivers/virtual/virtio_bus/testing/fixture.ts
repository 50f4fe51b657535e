/** The bus as the dma suite wants it. */
import type { DmaSubject } from "../../../../conformance/hal/dma/case.ts";
import { VirtioBus } from "../bus.ts";

export const subject: DmaSubject = {
  contract: "dma",
  make() {
    const bus = new VirtioBus();
    const seen = (address: bigint, octets: number) => {
      const found = bus.seenAt(address, octets);
      if (found === undefined) throw new Error(`${address} is not leased`);
      return found;
    };
    return {
      dma: bus.dma,
      peer: {
        read: (address, octets) => seen(address, octets).slice(),
        write: (address, data) => seen(address, data.length).set(data),
      },
      dispose() {},
    };
  },
};
