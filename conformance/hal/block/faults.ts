/** A medium that fails, goes away or loses power, and what a driver says then. */
import { notStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Block } from "../../../hal/block_contract.ts";
import { seeded } from "../../sim/block_device.ts";
import {
  accepted,
  at,
  pattern,
  read,
  refused,
  same,
  write,
} from "./asserts.ts";
import {
  BLOCK_OCTETS,
  type BlockCase,
  BLOCKS,
  crashOf,
  faultsOf,
  outageOf,
} from "./case.ts";

const group = "recovery";
const CRASHES = 6;
const WRITES = 12;

export const FAULTS: readonly BlockCase[] = [
  {
    group,
    claim: "control: a medium that can fail and does not is used like any",
    promise: "block.flush",
    async run(fixture) {
      faultsOf(fixture);
      write(fixture.device, 1, pattern(1));
      accepted(fixture.device.flush(), "flush");
      strictEqual(fixture.device.health().tag, "ok");
      const device = await fixture.reopen({ readOnly: false });
      same(read(device, 1), pattern(1), "block 1");
    },
  },
  {
    group,
    claim: "a read that fails in the medium is failed, and says why",
    promise: "refusal.failed",
    async run(fixture) {
      const { device } = fixture;
      write(device, 1, pattern(1));
      accepted(device.flush(), "flush");
      await faultsOf(fixture).failNext("read");
      failed(device.read(at(1), BLOCK_OCTETS));
    },
  },
  {
    group,
    claim: "a write that fails in the medium is failed, and says why",
    promise: "refusal.failed",
    async run(fixture) {
      const { device } = fixture;
      write(device, 1, pattern(1));
      accepted(device.flush(), "flush");
      await faultsOf(fixture).failNext("write");
      failed(writeThrough(device, 2));
    },
  },
  {
    group,
    claim: "a failed write leaves other blocks alone",
    promise: "refusal.failed",
    async run(fixture) {
      write(fixture.device, 4, pattern(1, 3));
      accepted(fixture.device.flush(), "flush");
      await faultsOf(fixture).failNext("write");
      fixture.device.write(at(5), pattern(2));
      const device = await fixture.reopen({ readOnly: false });
      same(read(device, 4), pattern(1, 3).slice(0, BLOCK_OCTETS), "before");
      same(read(device, 6), pattern(1, 3).slice(-BLOCK_OCTETS), "after");
    },
  },
  {
    group,
    claim: "a flush that fails in the medium is failed, and says why",
    promise: "block.flush",
    async run(fixture) {
      write(fixture.device, 1, pattern(1));
      await faultsOf(fixture).failNext("flush");
      failed(fixture.device.flush());
    },
  },
  {
    group,
    claim: "after a failed flush the device does not say that it is well",
    promise: "block.health",
    async run(fixture) {
      const { device } = fixture;
      write(device, 1, pattern(1));
      await faultsOf(fixture).failNext("flush");
      strictEqual(device.flush().tag, "err", "the flush");
      notStrictEqual(device.health().tag, "ok", "health");
    },
  },
  {
    group,
    claim: "a flush after a failed one is good only if everything is durable",
    promise: "block.flush",
    async run(fixture) {
      const { device } = fixture;
      write(device, 1, pattern(1));
      accepted(device.flush(), "flush");
      write(device, 1, pattern(2));
      write(device, 30, pattern(3));
      await faultsOf(fixture).failNext("flush");
      strictEqual(device.flush().tag, "err", "the failing flush");
      const again = device.flush().tag === "ok";
      const opened = await (fixture.crash?.bind(fixture) ??
        (() => fixture.reopen({ readOnly: false })))();
      if (!again) return oldOrNew(opened, 1, [pattern(1), pattern(2)]);
      same(read(opened, 1), pattern(2), "block 1");
      same(read(opened, 30), pattern(3), "block 30");
    },
  },
  {
    group,
    claim: "while the medium is away every operation ends as failed",
    promise: "refusal.failed",
    async run(fixture) {
      const outage = outageOf(fixture);
      const { device } = fixture;
      write(device, 1, pattern(1));
      accepted(device.flush(), "flush");
      await outage.begin();
      failed(device.read(at(1), BLOCK_OCTETS));
      failed(writeThrough(device, 2));
      failed(device.flush());
    },
  },
  {
    group,
    claim: "while the medium is away the device does not say that it is well",
    promise: "block.health",
    async run(fixture) {
      const outage = outageOf(fixture);
      write(fixture.device, 1, pattern(1));
      await outage.begin();
      strictEqual(fixture.device.flush().tag, "err", "flush");
      notStrictEqual(fixture.device.health().tag, "ok", "health");
    },
  },
  {
    group,
    claim: "what was flushed before the medium went away is there afterwards",
    promise: "block.flush",
    async run(fixture) {
      const outage = outageOf(fixture);
      write(fixture.device, 1, pattern(1));
      write(fixture.device, BLOCKS - 1, pattern(2));
      accepted(fixture.device.flush(), "flush");
      await outage.begin();
      strictEqual(fixture.device.flush().tag, "err", "flush while it is away");
      await outage.end();
      const device = await fixture.reopen({ readOnly: false });
      same(read(device, 1), pattern(1), "block 1");
      same(read(device, BLOCKS - 1), pattern(2), "the last block");
      write(device, 1, pattern(3));
      accepted(device.flush(), "flush");
    },
  },
  {
    group,
    claim: "a crash leaves old octets, new ones or a mix, and what was flushed",
    promise: "block",
    async run(fixture, { seed }) {
      const crash = crashOf(fixture).bind(fixture);
      const random = seeded(seed);
      let device = fixture.device;
      const durable = new Map<number, Uint8Array>();
      for (let round = 0; round < CRASHES; round++) {
        const since = new Map<number, Uint8Array[]>();
        for (let i = 0; i < WRITES; i++) {
          const number = Math.floor(random() * BLOCKS);
          const data = pattern(round * WRITES + i + 1);
          write(device, number, data);
          since.set(number, [...since.get(number) ?? [], data]);
          if (random() > 0.15) continue;
          accepted(device.flush(), "flush");
          for (const [block, all] of since) durable.set(block, all.at(-1)!);
          since.clear();
        }
        device = await crash();
        for (let number = 0; number < BLOCKS; number++) {
          const old = durable.get(number) ?? new Uint8Array(BLOCK_OCTETS);
          oldOrNew(device, number, [old, ...since.get(number) ?? []]);
          durable.set(number, read(device, number));
        }
      }
    },
  },
];

/** Refused as `failed`, with a reason that is not empty. */
function failed(
  answer: { tag: "ok" } | Parameters<typeof refused>[0],
): void {
  refused(answer, "failed");
  const reason = answer.tag === "err" ? answer.val.val ?? "" : "";
  ok(reason.length > 0, "failed without a reason");
}

/**
 * A driver may take a write in and fail at the flush. Then the flush is what
 * counts: it must not say that a write is durable that the medium refused.
 */
function writeThrough(device: Block, number: number) {
  const done = device.write(at(number), pattern(9));
  return done.tag === "ok" ? device.flush() : done;
}

/** Every octet is that of one of the versions. */
function oldOrNew(
  device: Block,
  number: number,
  versions: ReadonlyArray<Uint8Array>,
): void {
  const now = read(device, number);
  const wrong = now.findIndex((octet, i) =>
    versions.every((version) => version[i] !== octet)
  );
  ok(wrong < 0, `block ${number}, octet ${wrong}: neither old nor new`);
}
