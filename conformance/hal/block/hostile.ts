/** Input at the ends of its types: refused like any other, never a crash. */
import { strictEqual } from "node:assert/strict";
import { at, pattern, read, refused, same, write } from "./asserts.ts";
import {
  BLOCK_OCTETS,
  type BlockCase,
  BLOCKS,
  TRANSFER_BLOCKS,
} from "./case.ts";

const group = "hostile";
const U64_MAX = 2n ** 64n - 1n;
/** The last offset that is a multiple of every block size. */
const LAST_ALIGNED = 2n ** 64n - 65_536n;
const REFUSED_OPERATIONS = 2000;

export const HOSTILE: readonly BlockCase[] = [
  {
    group,
    claim: "a range that wraps round 64 bits is out of range",
    promise: "refusal.out-of-range",
    run({ device }) {
      for (const offset of [LAST_ALIGNED, 2n ** 63n, 2n ** 53n, 2n ** 32n]) {
        refused(device.read(offset, BLOCK_OCTETS), "out-of-range");
        refused(device.write(offset, pattern(1)), "out-of-range");
        refused(device.discard(offset, 65_536n), "out-of-range");
      }
      refused(device.discard(at(1), LAST_ALIGNED), "out-of-range");
    },
  },
  {
    group,
    claim: "the largest offset and length are refused",
    promise: "refusal.misaligned",
    run({ device }) {
      refused(device.read(U64_MAX, BLOCK_OCTETS), "misaligned");
      refused(device.read(0n, 2 ** 32 - 1), "misaligned");
      refused(device.read(0n, 2 ** 32 - BLOCK_OCTETS), "misaligned");
      refused(device.write(U64_MAX, pattern(1)), "misaligned");
      refused(device.discard(U64_MAX, U64_MAX), "misaligned");
    },
  },
  {
    group,
    claim: "data that is a view into a larger buffer is written as seen",
    promise: "block.write",
    run({ device }) {
      const buffer = new Uint8Array(4 * BLOCK_OCTETS).fill(0xaa);
      const view = buffer.subarray(777, 777 + BLOCK_OCTETS);
      view.set(pattern(3));
      write(device, 5, view);
      same(read(device, 5), pattern(3), "block 5");
      same(read(device, 6), new Uint8Array(BLOCK_OCTETS), "block 6");
    },
  },
  {
    group,
    claim: "a storm of refused operations changes nothing",
    promise: "refusal",
    run({ device }) {
      write(device, 0, pattern(4, TRANSFER_BLOCKS));
      for (let i = 1; i <= REFUSED_OPERATIONS; i++) {
        device.write(BigInt(i * BLOCK_OCTETS + 1), pattern(5));
        device.read(at(BLOCKS + i), BLOCK_OCTETS);
        device.discard(BigInt(i), 1n);
      }
      strictEqual(device.health().tag, "ok");
      const expected = pattern(4, TRANSFER_BLOCKS);
      same(read(device, 0, TRANSFER_BLOCKS), expected, "the octets");
    },
  },
];
