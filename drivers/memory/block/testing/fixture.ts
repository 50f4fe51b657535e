/** The driver as the block suite wants it: over a medium that outlives it. */
import {
  BLOCK_GEOMETRY,
  type BlockSubject,
} from "../../../../conformance/hal/block/case.ts";
import { memoryBlock, MemoryMedium } from "../block.ts";

export const subject: BlockSubject = {
  contract: "block",
  make() {
    const medium = new MemoryMedium();
    const open = ({ readOnly }: { readOnly: boolean }) =>
      memoryBlock({ ...BLOCK_GEOMETRY, readOnly, medium });
    return { device: open({ readOnly: false }), reopen: open, dispose() {} };
  },
};
