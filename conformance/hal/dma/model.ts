/** Random operations against a plain model: leases as arrays. */
import { ok } from "node:assert/strict";
import type { Lease } from "../../../hal/bus_contract.ts";
import { seeded } from "../../sim/block_device.ts";
import type { Trial } from "../suite/case.ts";
import { accepted, type DmaFixture, octetsOf, pattern, same } from "./case.ts";

const STEPS = 600;
const LEASE_OCTETS_MAX = 9000;

export function againstModel({ dma, peer }: DmaFixture, { seed }: Trial): void {
  const random = seeded(seed);
  const below = (most: number) => Math.floor(random() * most);
  const { leasesMax } = dma.describe();
  const model: { lease: Lease; octets: Uint8Array }[] = [];
  for (let step = 0; step < STEPS; step++) {
    const one = model[below(model.length)];
    const act = random();
    if (one === undefined || (act < 0.15 && model.length < leasesMax)) {
      const answer = dma.take(1 + below(LEASE_OCTETS_MAX));
      // Where there is no room in one piece a bus may say so.
      if (answer.tag === "err") {
        ok(answer.val.tag === "full" && model.length > 0, answer.val.tag);
        continue;
      }
      const octets = new Uint8Array(answer.val.octets);
      model.push({ lease: answer.val, octets });
    } else if (act < 0.25) {
      accepted(dma.giveBack(one.lease.number));
      model.splice(model.indexOf(one), 1);
    } else {
      const at = below(one.octets.length);
      const length = 1 + below(Math.min(one.octets.length - at, 4096));
      const data = pattern(step, length);
      if (act < 0.5) accepted(dma.write(one.lease.number, at, data));
      else if (act < 0.75) peer.write(one.lease.address + BigInt(at), data);
      else {
        const want = one.octets.subarray(at, at + length);
        same(octetsOf(dma, one.lease, at, length), want, `step ${step}`);
        const { address } = one.lease;
        same(peer.read(address + BigInt(at), length), want, `step ${step}`);
        continue;
      }
      one.octets.set(data, at);
    }
  }
  for (const { lease, octets } of model) {
    same(octetsOf(dma, lease), octets, "in the end");
  }
}
