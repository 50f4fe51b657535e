/** What a device refuses: one broken rule per case, and no effect. */
import { strictEqual } from "node:assert/strict";
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
  type BlockFixture,
  BLOCKS,
  TRANSFER_BLOCKS,
} from "./case.ts";

const group = "refusals";
const ONE = BLOCK_OCTETS;
const TOO_MUCH = (TRANSFER_BLOCKS + 1) * BLOCK_OCTETS;

/** A transfer that breaks one rule. */
const TRANSFERS: ReadonlyArray<{
  claim: string;
  reason: "misaligned" | "out-of-range";
  offset: bigint;
  length: number;
}> = [
  {
    claim: "offset inside a block",
    reason: "misaligned",
    offset: at(1) + 1n,
    length: ONE,
  },
  {
    claim: "offset at half a block",
    reason: "misaligned",
    offset: at(1) + 512n,
    length: ONE,
  },
  {
    claim: "length not a multiple of the block",
    reason: "misaligned",
    offset: at(1),
    length: ONE + 1,
  },
  {
    claim: "length below a block",
    reason: "misaligned",
    offset: at(1),
    length: 512,
  },
  { claim: "length of zero", reason: "misaligned", offset: at(1), length: 0 },
  {
    claim: "more than transfer-max",
    reason: "misaligned",
    offset: at(1),
    length: TOO_MUCH,
  },
  {
    claim: "a start at the capacity",
    reason: "out-of-range",
    offset: at(BLOCKS),
    length: ONE,
  },
  {
    claim: "a range across the capacity",
    reason: "out-of-range",
    offset: at(BLOCKS - 1),
    length: 2 * ONE,
  },
];

export const REFUSALS: readonly BlockCase[] = [
  ...TRANSFERS.map(({ claim, reason, offset, length }): BlockCase => ({
    group,
    claim: `read refuses ${claim} as ${reason}`,
    promise: `refusal.${reason}`,
    run: ({ device }) => {
      refused(device.read(offset, length), reason);
      strictEqual(device.health().tag, "ok", "health after a refusal");
    },
  })),
  ...TRANSFERS.map(({ claim, reason, offset, length }): BlockCase => ({
    group,
    claim: `write refuses ${claim} as ${reason}, without effect`,
    promise: `refusal.${reason}`,
    run: ({ device }) => {
      for (const number of [0, 1, 2, BLOCKS - 1]) {
        write(device, number, pattern(number));
      }
      const data = new Uint8Array(length).fill(0xdd);
      refused(device.write(offset, data), reason);
      for (const number of [0, 1, 2, BLOCKS - 1]) {
        same(read(device, number), pattern(number), `block ${number}`);
      }
    },
  })),
  ...TRANSFERS.filter(({ length }) => length !== TOO_MUCH).map(
    ({ claim, reason, offset, length }): BlockCase => ({
      group,
      claim: `discard refuses ${claim} as ${reason}, without effect`,
      promise: `refusal.${reason}`,
      run: ({ device }) => {
        write(device, 1, pattern(1));
        write(device, BLOCKS - 1, pattern(2));
        refused(device.discard(offset, BigInt(length)), reason);
        same(read(device, 1), pattern(1), "block 1");
        same(read(device, BLOCKS - 1), pattern(2), "the last block");
      },
    }),
  ),
  {
    group,
    claim: "control: a device for reading reads, flushes and says what it is",
    promise: "geometry.read-only",
    run: async (fixture) => {
      const device = await filledForReading(fixture);
      strictEqual(device.describe().readOnly, true);
      same(read(device, 1), pattern(1), "block 1");
      accepted(device.flush(), "flush");
    },
  },
  {
    group,
    claim: "a device for reading refuses writes as read-only",
    promise: "refusal.read-only",
    run: async (fixture) => {
      const device = await filledForReading(fixture);
      refused(device.write(at(1), pattern(9)), "read-only");
      same(read(device, 1), pattern(1), "block 1");
    },
  },
  {
    group,
    claim: "a device for reading refuses discards as read-only",
    promise: "refusal.read-only",
    run: async (fixture) => {
      const device = await filledForReading(fixture);
      refused(device.discard(at(1), at(1)), "read-only");
      same(read(device, 1), pattern(1), "block 1");
    },
  },
];

async function filledForReading(fixture: BlockFixture) {
  write(fixture.device, 1, pattern(1));
  accepted(fixture.device.flush(), "flush");
  return await fixture.reopen({ readOnly: true });
}
