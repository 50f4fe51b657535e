/** What a bus refuses, and that a refusal has no effect. */
import {
  accepted,
  type DmaCase,
  fill,
  lease,
  octetsOf,
  pattern,
  refused,
  same,
} from "./case.ts";

const U32_MAX = 2 ** 32 - 1;
const STORM = 2000;

export const REFUSALS: readonly DmaCase[] = [
  {
    group: "refusals",
    claim: "control: the sizes at the limits are taken",
    promise: "refusal.wrong-size",
    run({ dma }) {
      const one = lease(dma, 1);
      accepted(dma.write(one.number, 0, pattern(1, 1)));
      accepted(dma.read(one.number, 0, 1));
    },
  },
  {
    group: "refusals",
    claim: "nothing, and more than the limits, is of the wrong size",
    promise: "refusal.wrong-size",
    run({ dma }) {
      const { memoryMax, transferMax } = dma.describe();
      const one = lease(dma, 4096);
      refused(dma.take(0), "wrong-size");
      refused(dma.take(Number(memoryMax) + 1), "wrong-size");
      refused(dma.read(one.number, 0, 0), "wrong-size");
      refused(dma.write(one.number, 0, new Uint8Array()), "wrong-size");
      refused(dma.read(one.number, 0, transferMax + 1), "wrong-size");
      const large = new Uint8Array(transferMax + 1);
      refused(dma.write(one.number, 0, large), "wrong-size");
    },
  },
  {
    group: "refusals",
    claim: "before the first lease every number is unknown",
    promise: "refusal.unknown",
    run({ dma }) {
      for (const number of [0, 1, U32_MAX]) {
        refused(dma.read(number, 0, 1), "unknown");
        refused(dma.write(number, 0, pattern(1, 1)), "unknown");
        refused(dma.giveBack(number), "unknown");
      }
    },
  },
  {
    group: "refusals",
    claim: "a lease that is not there is unknown",
    promise: "refusal.unknown",
    run({ dma }) {
      const { number } = lease(dma, 100);
      for (const other of [number + 1, U32_MAX, 0]) {
        if (other === number) continue;
        refused(dma.read(other, 0, 1), "unknown");
        refused(dma.write(other, 0, pattern(1, 1)), "unknown");
        refused(dma.giveBack(other), "unknown");
      }
    },
  },
  {
    group: "refusals",
    claim: "a lease that was given back is unknown",
    promise: "refusal.unknown",
    run({ dma }) {
      const { number } = lease(dma, 100);
      accepted(dma.giveBack(number));
      refused(dma.giveBack(number), "unknown");
      lease(dma, 100);
      refused(dma.read(number, 0, 1), "unknown");
      refused(dma.write(number, 0, pattern(1, 1)), "unknown");
    },
  },
  {
    group: "refusals",
    claim: "a range that leaves the lease is out of range",
    promise: "refusal.out-of-range",
    run({ dma, peer }) {
      const [one, next] = [lease(dma, 100), lease(dma, 100)];
      for (const [at, length] of [[100, 1], [99, 2], [0, 101], [101, 4]]) {
        refused(dma.read(one.number, at ?? 0, length ?? 0), "out-of-range");
        const data = pattern(1, length ?? 0);
        refused(dma.write(one.number, at ?? 0, data), "out-of-range");
      }
      same(octetsOf(dma, one), new Uint8Array(100), "the lease");
      same(peer.read(next.address, 100), new Uint8Array(100), "the next one");
    },
  },
  {
    group: "refusals",
    claim: "memory that is leased is full",
    promise: "refusal.full",
    run({ dma }) {
      const octets = Number(dma.describe().memoryMax);
      const one = lease(dma, octets / 2);
      refused(dma.take(octets), "full");
      const two = lease(dma, octets / 2);
      refused(dma.take(1), "full");
      accepted(dma.giveBack(one.number));
      lease(dma, octets / 2);
      refused(dma.take(1), "full");
      accepted(dma.giveBack(two.number));
    },
  },
  {
    group: "refusals",
    claim: "the first case that holds is the one that is given",
    promise: "refusal",
    run({ dma }) {
      const one = lease(dma, 100);
      refused(dma.read(one.number + 1, 200, 0), "wrong-size");
      refused(dma.read(one.number + 1, 200, 1), "unknown");
      refused(dma.read(one.number, 200, 0), "wrong-size");
    },
  },
  {
    group: "refusals",
    claim: "a refused operation changes nothing",
    promise: "refusal",
    run({ dma, peer }) {
      const one = lease(dma, 100);
      fill(dma, one, pattern(3, 100));
      dma.write(one.number, 96, pattern(4, 8));
      dma.write(one.number + 1, 0, pattern(4, 8));
      dma.giveBack(one.number + 1);
      dma.take(0);
      same(octetsOf(dma, one), pattern(3, 100), "the lease");
      same(peer.read(one.address, 100), pattern(3, 100), "for the device");
    },
  },
  {
    group: "hostile",
    claim: "the ends of the types are refused",
    promise: "refusal.out-of-range",
    run({ dma }) {
      const one = lease(dma, 4096);
      refused(dma.read(one.number, U32_MAX, 1), "out-of-range");
      refused(dma.read(one.number, U32_MAX - 3, 8), "out-of-range");
      refused(dma.write(one.number, U32_MAX, pattern(1, 2)), "out-of-range");
      refused(dma.write(one.number, 2 ** 31, pattern(1, 2)), "out-of-range");
      refused(dma.take(U32_MAX), "wrong-size");
      refused(dma.read(one.number, 0, U32_MAX), "wrong-size");
    },
  },
  {
    group: "hostile",
    claim: "a storm of refused operations takes no room",
    promise: "refusal",
    run({ dma }) {
      const octets = Number(dma.describe().memoryMax);
      const one = lease(dma, octets);
      for (let i = 0; i < STORM; i++) {
        refused(dma.take(1 + i), "full");
        refused(dma.giveBack(one.number + 1 + i), "unknown");
      }
      accepted(dma.giveBack(one.number));
      lease(dma, octets);
    },
  },
];
