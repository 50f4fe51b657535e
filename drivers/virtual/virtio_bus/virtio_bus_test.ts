/**
 * The simulated bus: the dma suite, and what waiting on it promises.
 *
 * Its registers and its device are judged by drivers/virtio/block, on all of it.
 */
import { deepStrictEqual } from "node:assert/strict";
import { DMA_SUITE } from "../../../conformance/hal/dma/dma_suite.ts";
import { registerWhole } from "../../../conformance/hal/suite/register.ts";
import { VirtioBus } from "./bus.ts";
import { subject } from "./testing/fixture.ts";

registerWhole("virtual/virtio-bus", DMA_SUITE, subject);

Deno.test("virtual/virtio-bus: a wait takes what it says, in virtual time", () => {
  const bus = new VirtioBus();
  const wait = (us: bigint) => bus.irq.wait(0, us);
  const ok = (times: bigint, waited: bigint) => ({
    tag: "ok",
    val: { times, waited },
  });
  deepStrictEqual(wait(0n), ok(0n, 1n));
  deepStrictEqual(wait(5_000n), ok(0n, 5_000n));
  deepStrictEqual(bus.nowUs, 5_000);
  bus.interrupt();
  bus.interrupt();
  deepStrictEqual(wait(5_000n), ok(2n, 1n));
  deepStrictEqual(wait(5_000n), ok(0n, 5_000n));
  const no = (tag: string) => ({ tag: "err", val: { tag } });
  deepStrictEqual(bus.irq.wait(1, 0n), no("unknown"));
  deepStrictEqual(wait(bus.irq.describe().waitMax + 1n), no("too-long"));
});

Deno.test("virtual/virtio-bus: registers are read and written in their widths", () => {
  const { mmio } = new VirtioBus();
  const no = (tag: string) => ({ tag: "err", val: { tag } });
  deepStrictEqual(mmio.read(0, "word"), { tag: "ok", val: 0x7472_6976 });
  deepStrictEqual(mmio.read(0x100, "half"), { tag: "ok", val: 2048 });
  deepStrictEqual(mmio.read(2, "word"), no("misaligned"));
  deepStrictEqual(mmio.read(0, "octet"), no("out-of-range"));
  deepStrictEqual(mmio.read(0x50, "word"), no("out-of-range"));
  deepStrictEqual(mmio.read(mmio.size(), "octet"), no("out-of-range"));
  deepStrictEqual(mmio.read(2 ** 32 - 4, "word"), no("out-of-range"));
  deepStrictEqual(mmio.write(0, "word", 1), no("out-of-range"));
  deepStrictEqual(mmio.write(0x100, "word", 1), no("out-of-range"));
  deepStrictEqual(mmio.write(0x71, "half", 1), no("misaligned"));
  deepStrictEqual(mmio.write(0x30, "word", 2 ** 32 - 1), { tag: "ok" });
  deepStrictEqual(mmio.read(0x34, "word"), { tag: "ok", val: 0 });
});
