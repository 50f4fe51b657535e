/** What is still there after the device was closed and opened again. */
import { deepStrictEqual } from "node:assert/strict";
import { accepted, at, pattern, read, same, write } from "./asserts.ts";
import { BLOCK_OCTETS, type BlockCase, BLOCKS } from "./case.ts";

const group = "recovery";

export const RECOVERY: readonly BlockCase[] = [
  {
    group,
    claim: "what flush acknowledged is there after reopening",
    promise: "block.flush",
    async run(fixture) {
      write(fixture.device, 0, pattern(1));
      write(fixture.device, BLOCKS - 1, pattern(2));
      accepted(fixture.device.flush(), "flush");
      write(fixture.device, 7, pattern(3, 2));
      accepted(fixture.device.flush(), "flush");
      const device = await fixture.reopen({ readOnly: false });
      same(read(device, 0), pattern(1), "first");
      same(read(device, 7, 2), pattern(3, 2), "second flush");
      same(read(device, BLOCKS - 1), pattern(2), "last");
      same(read(device, 30), new Uint8Array(BLOCK_OCTETS), "never written");
    },
  },
  {
    group,
    claim: "the newest of several flushed writes is the one that is there",
    promise: "block.flush",
    async run(fixture) {
      for (let i = 0; i < 5; i++) {
        write(fixture.device, 9, pattern(i));
        accepted(fixture.device.flush(), "flush");
      }
      const device = await fixture.reopen({ readOnly: false });
      same(read(device, 9), pattern(4), "block 9");
    },
  },
  {
    group,
    claim: "the geometry is the same after reopening",
    promise: "block.describe",
    async run(fixture) {
      const before = { ...fixture.device.describe() };
      const device = await fixture.reopen({ readOnly: false });
      deepStrictEqual({ ...device.describe() }, before);
    },
  },
  {
    group,
    claim: "a discard takes nothing with it over reopening",
    promise: "block.discard",
    async run(fixture) {
      write(fixture.device, 10, pattern(1, 3));
      accepted(fixture.device.discard(at(11), at(2)), "discard");
      accepted(fixture.device.flush(), "flush");
      const device = await fixture.reopen({ readOnly: false });
      same(read(device, 10), pattern(1), "the block before");
      write(device, 12, pattern(2));
      same(read(device, 12), pattern(2), "written again");
    },
  },
];
