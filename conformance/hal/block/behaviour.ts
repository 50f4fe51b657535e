/** What a device does with operations that it accepts. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Block } from "../../../hal/block_contract.ts";
import { accepted, at, pattern, read, same, write } from "./asserts.ts";
import {
  BLOCK_OCTETS,
  type BlockCase,
  BLOCKS,
  TRANSFER_BLOCKS,
} from "./case.ts";

const MODEL_OPERATIONS = 400;

const group = "behaviour";

export const BEHAVIOUR: readonly BlockCase[] = [
  {
    group,
    claim: "control: what is written is read",
    promise: "block.write",
    run({ device }) {
      write(device, 3, pattern(1));
      same(read(device, 3), pattern(1), "block 3");
    },
  },
  {
    group,
    claim: "blocks never written read as zeros",
    promise: "block.read",
    run({ device }) {
      for (const number of [0, 1, 31, BLOCKS - 1]) {
        same(read(device, number), new Uint8Array(BLOCK_OCTETS), "fresh");
      }
      write(device, 40, pattern(1));
      same(read(device, 20), new Uint8Array(BLOCK_OCTETS), "before a write");
      same(read(device, 41), new Uint8Array(BLOCK_OCTETS), "after a write");
    },
  },
  {
    group,
    claim: "the geometry is what was asked for, and constant",
    promise: "block.describe",
    run({ device }) {
      const before = { ...device.describe() };
      deepStrictEqual(before, {
        blockSize: BLOCK_OCTETS,
        capacity: at(BLOCKS),
        transferMax: TRANSFER_BLOCKS * BLOCK_OCTETS,
        readOnly: false,
      });
      write(device, 0, pattern(1));
      accepted(device.flush(), "flush");
      deepStrictEqual({ ...device.describe() }, before);
    },
  },
  {
    group,
    claim: "the largest transfer moves whole",
    promise: "geometry.transfer-max",
    run({ device }) {
      write(device, 8, pattern(2, TRANSFER_BLOCKS));
      const all = pattern(2, TRANSFER_BLOCKS);
      same(read(device, 8, TRANSFER_BLOCKS), all, "at once");
      for (let i = 0; i < TRANSFER_BLOCKS; i++) {
        const part = all.subarray(i * BLOCK_OCTETS, (i + 1) * BLOCK_OCTETS);
        same(read(device, 8 + i), part, `block ${i} of the transfer`);
      }
    },
  },
  {
    group,
    claim: "the first and the last block can be used",
    promise: "geometry.capacity",
    run({ device }) {
      write(device, BLOCKS - 1, pattern(3));
      write(device, 0, pattern(4));
      same(read(device, BLOCKS - 1), pattern(3), "last");
      same(read(device, 0), pattern(4), "first");
    },
  },
  {
    group,
    claim: "a write leaves its neighbours alone",
    promise: "block.write",
    run({ device }) {
      write(device, 4, pattern(5, 4));
      write(device, 5, pattern(6, 2));
      const expected = pattern(5, 4);
      expected.set(pattern(6, 2), BLOCK_OCTETS);
      same(read(device, 4, 4), expected, "blocks 4 to 7");
    },
  },
  {
    group,
    claim: "the driver keeps no reference to written data",
    promise: "block.write",
    run({ device }) {
      const data = pattern(7);
      write(device, 2, data);
      data.fill(0xee);
      same(read(device, 2), pattern(7), "after the buffer was used again");
      accepted(device.flush(), "flush");
      same(read(device, 2), pattern(7), "after flush");
    },
  },
  {
    group,
    claim: "what a read gave is the caller's",
    promise: "block.read",
    run({ device }) {
      write(device, 2, pattern(8));
      write(device, 3, pattern(9));
      const first = read(device, 2);
      read(device, 3);
      same(first, pattern(8), "after another read");
      first.fill(0);
      const second = read(device, 2);
      same(second, pattern(8), "read again");
      write(device, 2, pattern(10));
      same(second, pattern(8), "the older answer");
    },
  },
  {
    group,
    claim: "write, read, flush and discard may be repeated",
    promise: "block.discard",
    run({ device }) {
      for (let i = 0; i < 3; i++) write(device, 6, pattern(10));
      for (let i = 0; i < 3; i++) accepted(device.flush(), "flush");
      for (let i = 0; i < 3; i++) same(read(device, 6), pattern(10), "read");
      for (let i = 0; i < 3; i++) {
        accepted(device.discard(at(9), at(2)), "discard");
      }
    },
  },
  {
    group,
    claim: "discarded blocks read as before or as zeros, others as before",
    promise: "block.discard",
    run({ device }) {
      for (const last of [20, BLOCKS - 1]) {
        write(device, last - 2, pattern(11, 3));
        accepted(device.discard(at(last - 1), at(1)), "discard");
        oldOrZeros(device, last - 1, pattern(11, 3), 1);
        same(read(device, last - 2), pattern(11), "the block before");
        same(read(device, last), pattern(11, 3).slice(-BLOCK_OCTETS), "after");
        accepted(device.discard(at(last - 1), at(2)), "discard to the end");
        same(read(device, last - 2), pattern(11), "the block before");
        write(device, last, pattern(12));
        same(read(device, last), pattern(12), "written again");
      }
    },
  },
  {
    group,
    claim: "a discard may be larger than a transfer",
    promise: "geometry.transfer-max",
    run({ device }) {
      write(device, 0, pattern(13));
      accepted(device.discard(0n, at(BLOCKS)), "discard of everything");
      oldOrZeros(device, 0, pattern(13), 0);
    },
  },
  {
    group,
    claim: "a device that works says so",
    promise: "block.health",
    run({ device }) {
      strictEqual(device.health().tag, "ok");
      write(device, 0, pattern(14));
      accepted(device.flush(), "flush");
      strictEqual(device.health().tag, "ok");
    },
  },
  {
    group,
    claim: "random operations agree with a plain model",
    promise: "block",
    run: ({ device }, { seed }) => againstModel(device, seed),
  },
];

function oldOrZeros(
  device: Block,
  number: number,
  old: Uint8Array,
  index: number,
): void {
  const now = read(device, number);
  if (now.every((octet) => octet === 0)) return;
  const part = old.subarray(index * BLOCK_OCTETS, (index + 1) * BLOCK_OCTETS);
  same(now, part, `discarded block ${number}`);
}

/** Random writes, reads and flushes, compared with an array. */
function againstModel(device: Block, seed: number): void {
  const model = new Uint8Array(BLOCKS * BLOCK_OCTETS);
  let state = (seed ^ 0x5eed_b10c) >>> 0;
  const below = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  for (let step = 0; step < MODEL_OPERATIONS; step++) {
    const count = 1 + below(TRANSFER_BLOCKS);
    const number = below(BLOCKS - count + 1);
    const from = number * BLOCK_OCTETS;
    const kind = below(8);
    if (kind < 4) {
      const data = pattern(step, count);
      write(device, number, data);
      model.set(data, from);
    } else if (kind < 7) {
      const expected = model.subarray(from, from + count * BLOCK_OCTETS);
      same(read(device, number, count), expected, `step ${step}, seed ${seed}`);
    } else accepted(device.flush(), "flush");
  }
  ok(model.some((octet) => octet !== 0), "the model was written to");
}
