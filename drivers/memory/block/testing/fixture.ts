/** The driver as the block suite wants it: over a medium that outlives it. */
import {
  BLOCK_GEOMETRY,
  type BlockSubject,
} from "../../../../conformance/hal/block/case.ts";
import { Recorder } from "../../../../conformance/hal/block/crash/medium.ts";
import { memoryBlock, MemoryMedium } from "../block.ts";

const { blockSize, capacity } = BLOCK_GEOMETRY;

/** Blocks of a medium, seen. They have no cache: each one that is set stays. */
class SeenBlocks extends Map<bigint, Uint8Array> {
  constructor(readonly recorder: Recorder) {
    super();
  }

  override set(number: bigint, octets: Uint8Array): this {
    this.recorder.write(Number(number) * blockSize, octets);
    this.recorder.flush();
    return super.set(number, octets);
  }

  override delete(number: bigint): boolean {
    this.recorder.zero(Number(number) * blockSize, blockSize);
    this.recorder.flush();
    return super.delete(number);
  }
}

class SeenMedium extends MemoryMedium {
  override readonly blocks: SeenBlocks;

  constructor(recorder: Recorder, octets: Uint8Array) {
    super();
    this.blocks = new SeenBlocks(recorder);
    for (let at = 0; at < octets.length; at += blockSize) {
      const block = octets.slice(at, at + blockSize);
      this.blocks.set(BigInt(at / blockSize), block);
    }
    recorder.take();
  }
}

export const subject: BlockSubject = {
  contract: "block",
  make() {
    const recorder = new Recorder();
    let medium = new SeenMedium(recorder, new Uint8Array());
    const open = ({ readOnly }: { readOnly: boolean }) =>
      memoryBlock({ ...BLOCK_GEOMETRY, readOnly, medium });
    return {
      device: open({ readOnly: false }),
      reopen: open,
      recording: {
        octets: capacity,
        take: () => recorder.take(),
        openOn(octets) {
          medium = new SeenMedium(recorder, octets);
          return open({ readOnly: false });
        },
      },
      dispose() {},
    };
  },
};
