/**
 * What every bus that gives `karyon:hal/dma` must do. Names no implementation.
 *
 * Plan. Each case holds one promise of wit/hal/dma/dma.wit.
 * - behaviour: control, zeroed leases, leases apart, addresses, numbers, both
 *   directions to the device, words and odd places, neighbours, ownership of
 *   lists, limits that can be reached, giving back, random operations on a model
 * - refusals: each case of `refusal`, their order, no effect
 * - hostile: the ends of the types, a storm of refused operations
 *
 * Not here: what order a device on another processor sees, which a run of one
 * thread cannot show; deadlines, since nothing waits.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Suite } from "../suite/case.ts";
import { type DmaCase, type DmaFixture } from "./case.ts";
import {
  accepted,
  fill,
  lease,
  octetsOf,
  pattern,
  refused,
  same,
} from "./case.ts";
import { againstModel } from "./model.ts";
import { REFUSALS } from "./refusals.ts";

const SMALL = 5000;

const BEHAVIOUR: readonly DmaCase[] = [
  {
    group: "behaviour",
    claim: "control: what is written is read",
    promise: "dma.write",
    run({ dma }) {
      const one = lease(dma, SMALL);
      fill(dma, one, pattern(1, SMALL));
      same(octetsOf(dma, one), pattern(1, SMALL), "the lease");
    },
  },
  {
    group: "behaviour",
    claim: "a lease is zeroed, also where another one was before",
    promise: "dma.take",
    run({ dma }) {
      for (let round = 0; round < 3; round++) {
        const all = [lease(dma, SMALL), lease(dma, 1), lease(dma, 9000)];
        for (const one of all) {
          same(octetsOf(dma, one), new Uint8Array(one.octets), "fresh");
          fill(dma, one, pattern(round, one.octets));
        }
        for (const { number } of all) accepted(dma.giveBack(number));
      }
    },
  },
  {
    group: "behaviour",
    claim: "no two leases have an octet in common",
    promise: "dma.take",
    run({ dma, peer }) {
      const sizes = [1, 4096, SMALL, 100];
      const all = sizes.map((octets) => lease(dma, octets));
      all.forEach((one, i) => fill(dma, one, pattern(i, one.octets)));
      all.forEach((one, i) => {
        const want = pattern(i, one.octets);
        same(octetsOf(dma, one), want, `lease ${i}`);
        same(peer.read(one.address, one.octets), want, `lease ${i}, outside`);
      });
    },
  },
  {
    group: "behaviour",
    claim: "a lease has the octets that were asked for",
    promise: "lease.octets",
    run({ dma }) {
      for (const octets of [1, 4095, 4096, 4097]) {
        strictEqual(lease(dma, octets).octets, octets);
      }
    },
  },
  {
    group: "behaviour",
    claim: "no number is given twice",
    promise: "lease.number",
    run({ dma }) {
      const seen = new Set<number>();
      for (let i = 0; i < 50; i++) {
        const { number } = lease(dma, 100);
        ok(!seen.has(number), `number ${number} again`);
        seen.add(number);
        if (i % 4 !== 0 || i > 8) accepted(dma.giveBack(number));
      }
    },
  },
  {
    group: "behaviour",
    claim: "addresses are aligned as the bus says",
    promise: "limits.alignment",
    run({ dma }) {
      const { alignment } = dma.describe();
      ok(alignment >= 4096 && (alignment & (alignment - 1)) === 0);
      for (const octets of [1, SMALL, 33, 4096]) {
        const { address } = lease(dma, octets);
        strictEqual(address % BigInt(alignment), 0n, `${address}`);
      }
    },
  },
  {
    group: "behaviour",
    claim: "the device finds at the address what was written",
    promise: "lease.address",
    run({ dma, peer }) {
      const one = lease(dma, SMALL);
      fill(dma, one, pattern(2, SMALL));
      same(peer.read(one.address, SMALL), pattern(2, SMALL), "at the address");
      const at = one.address + 4097n;
      same(peer.read(at, 9), pattern(2, SMALL).subarray(4097, 4106), "inside");
    },
  },
  {
    group: "behaviour",
    claim: "what the device writes is read",
    promise: "dma.read",
    run({ dma, peer }) {
      const one = lease(dma, SMALL);
      peer.write(one.address + 7n, pattern(3, 100));
      same(octetsOf(dma, one, 7, 100), pattern(3, 100), "the device's octets");
      peer.write(one.address + 7n, pattern(4, 100));
      same(octetsOf(dma, one, 7, 100), pattern(4, 100), "newer ones");
    },
  },
  {
    group: "behaviour",
    claim: "words and odd lengths go to any place, and to no other",
    promise: "dma.write",
    run({ dma, peer }) {
      const one = lease(dma, 256);
      const model = new Uint8Array(256);
      let seed = 0;
      for (const length of [1, 2, 3, 4, 5, 8, 9, 16]) {
        for (const at of [0, 1, 2, 4, 6, 8, 100, 256 - length]) {
          const data = pattern(++seed, length);
          accepted(dma.write(one.number, at, data));
          model.set(data, at);
          same(octetsOf(dma, one, at, length), data, `${length} at ${at}`);
          same(octetsOf(dma, one), model, `around ${length} at ${at}`);
          same(peer.read(one.address, 256), model, "as the device sees it");
        }
      }
    },
  },
  {
    group: "behaviour",
    claim: "a list that was written stays the caller's own",
    promise: "dma.write",
    run({ dma }) {
      const one = lease(dma, 100);
      for (const length of [100, 8]) {
        const data = pattern(5, length);
        accepted(dma.write(one.number, 0, data));
        data.fill(0);
        same(octetsOf(dma, one, 0, length), pattern(5, length), "the lease");
      }
    },
  },
  {
    group: "behaviour",
    claim: "a list that was read stays as it was",
    promise: "dma.read",
    run({ dma, peer }) {
      const one = lease(dma, 100);
      fill(dma, one, pattern(6, 100));
      const read = dma.read(one.number, 0, 100);
      ok(read.tag === "ok");
      peer.write(one.address, pattern(7, 100));
      same(read.val, pattern(6, 100), "the list");
      read.val.fill(0);
      same(octetsOf(dma, one), pattern(7, 100), "the lease");
    },
  },
  {
    group: "behaviour",
    claim: "the limits are what the contract asks for, and constant",
    promise: "dma.describe",
    run({ dma }) {
      const before = { ...dma.describe() };
      ok(before.memoryMax >= 65_536n && before.leasesMax >= 4);
      ok(before.transferMax >= 4096);
      const one = lease(dma, SMALL);
      deepStrictEqual({ ...dma.describe() }, before);
      accepted(dma.giveBack(one.number));
      deepStrictEqual({ ...dma.describe() }, before);
    },
  },
  {
    group: "behaviour",
    claim: "the largest transfer moves whole",
    promise: "limits.transfer-max",
    run({ dma }) {
      const { transferMax, memoryMax } = dma.describe();
      const octets = Math.min(transferMax, Number(memoryMax));
      const one = lease(dma, octets);
      const data = pattern(8, octets);
      accepted(dma.write(one.number, 0, data));
      const read = dma.read(one.number, 0, octets);
      ok(read.tag === "ok");
      same(read.val, data, "at once");
    },
  },
  {
    group: "behaviour",
    claim: "as many leases can be had as the bus says",
    promise: "limits.leases-max",
    run({ dma }) {
      const { leasesMax } = dma.describe();
      const all = Array.from({ length: leasesMax }, () => lease(dma, 1));
      refused(dma.take(1), "full");
      accepted(dma.giveBack(all[0]?.number ?? 0));
      lease(dma, 1);
    },
  },
  {
    group: "behaviour",
    claim: "all memory can be leased at once",
    promise: "limits.memory-max",
    run({ dma }) {
      const octets = Number(dma.describe().memoryMax);
      const one = lease(dma, octets);
      accepted(dma.write(one.number, octets - 8, pattern(9, 8)));
      same(octetsOf(dma, one, octets - 8, 8), pattern(9, 8), "the end");
    },
  },
  {
    group: "behaviour",
    claim: "what is given back can be leased anew, again and again",
    promise: "dma.give-back",
    run({ dma }) {
      const octets = Number(dma.describe().memoryMax);
      for (let round = 0; round < 100; round++) {
        accepted(dma.giveBack(lease(dma, octets).number));
      }
    },
  },
  {
    group: "behaviour",
    claim: "giving one back leaves the others as they are",
    promise: "dma.give-back",
    run({ dma }) {
      const all = [1, 2, 3].map(() => lease(dma, SMALL));
      all.forEach((one, i) => fill(dma, one, pattern(i, SMALL)));
      const [first, middle, last] = all;
      ok(first && middle && last);
      accepted(dma.giveBack(middle.number));
      same(octetsOf(dma, first), pattern(0, SMALL), "the one before");
      same(octetsOf(dma, last), pattern(2, SMALL), "the one behind");
    },
  },
  {
    group: "behaviour",
    claim: "random operations do as a plain model does",
    promise: "dma",
    run: againstModel,
  },
];

export const DMA_SUITE: Suite<DmaFixture> = {
  contract: "dma",
  wit: "wit/hal/dma/dma.wit",
  about: "karyon:hal/dma@0.1.0: behaviour, refusals, hostile input",
  cases: [...BEHAVIOUR, ...REFUSALS],
};
