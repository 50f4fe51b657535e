/** What a case of the block suite is, and the device that it runs on. */
import type { Block } from "../../../hal/block_contract.ts";

/** One device under test, over a medium that outlives it. */
export interface BlockFixture {
  readonly device: Block;
  /** Closes the device in order, and opens its medium again. */
  reopen(options: { readOnly: boolean }): Block;
  /** Gives everything back. */
  dispose(): void;
}

/** Makes a fresh device of 64 blocks of 4096 octets that moves 8 at most. */
export type BlockFactory = () => BlockFixture;

export const BLOCK_OCTETS = 4096;
export const BLOCKS = 64;
export const TRANSFER_BLOCKS = 8;

/** What a fixture's device is made with. */
export const BLOCK_GEOMETRY = {
  capacity: BLOCKS * BLOCK_OCTETS,
  blockSize: BLOCK_OCTETS,
  transferMax: TRANSFER_BLOCKS * BLOCK_OCTETS,
} as const;

export interface BlockCase {
  readonly group: "behaviour" | "refusals" | "hostile" | "recovery";
  /** What the driver must do. */
  readonly claim: string;
  /** The item of block.wit that promises it. */
  readonly promise: string;
  run(fixture: BlockFixture): void;
}
