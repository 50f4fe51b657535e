/** The device that the block suite's cases run on, and what may befall it. */
import type { Block } from "../../../hal/block_contract.ts";
import type { MediumAct } from "./crash/medium.ts";
import {
  type Case,
  type Fixture,
  LeftOut,
  type Subject,
} from "../suite/case.ts";

/** What can be made to fail under a driver: the medium, not the driver. */
export interface BlockFaults {
  /** The next operation of the kind that reaches the medium fails there. */
  failNext(operation: "read" | "write" | "flush"): void | Promise<void>;
}

/** The medium goes away as a whole: a server killed, a cable pulled. */
export interface BlockOutage {
  begin(): void | Promise<void>;
  /** It is back, with everything that was flushed. */
  end(): void | Promise<void>;
}

/** The medium under a driver, where what reaches it can be seen and set. */
export interface BlockRecording {
  /** How long a medium is before anything was written; 0 where it grows. */
  readonly octets: number;
  /**
   * How many states of one history are tried, drawn by the seed, where to open the
   * driver takes long; all if absent. `deno task crash:states` tries them all.
   */
  readonly statesMax?: number;
  /** What reached it since this was asked last, in order. */
  take(): readonly MediumAct[] | Promise<readonly MediumAct[]>;
  /** Ends the driver as it stands; opens it on a medium that holds these. */
  openOn(octets: Uint8Array): Block | Promise<Block>;
}

/** One device under test, over a medium that outlives it. */
export interface BlockFixture extends Fixture {
  readonly device: Block;
  /** Closes the device in order, and opens its medium again. */
  reopen(options: { readOnly: boolean }): Block | Promise<Block>;
  /** Ends driver and medium without order, as a power cut does; opens anew. */
  crash?(): Block | Promise<Block>;
  readonly faults?: BlockFaults;
  readonly outage?: BlockOutage;
  readonly recording?: BlockRecording;
}

/** Makes a fresh device of 64 blocks of 4096 octets that moves 8 at most. */
export type BlockFactory = () => BlockFixture | Promise<BlockFixture>;

export const BLOCK_OCTETS = 4096;
export const BLOCKS = 64;
export const TRANSFER_BLOCKS = 8;

/** What a fixture's device is made with. */
export const BLOCK_GEOMETRY = {
  capacity: BLOCKS * BLOCK_OCTETS,
  blockSize: BLOCK_OCTETS,
  transferMax: TRANSFER_BLOCKS * BLOCK_OCTETS,
} as const;

export type BlockCase = Case<BlockFixture>;
export type BlockSubject = Subject<BlockFixture>;

export function faultsOf({ faults }: BlockFixture): BlockFaults {
  if (faults !== undefined) return faults;
  throw new LeftOut("the fixture cannot make its medium fail");
}

export function outageOf({ outage }: BlockFixture): BlockOutage {
  if (outage !== undefined) return outage;
  throw new LeftOut("the fixture cannot take its medium away");
}

export function crashOf(
  { crash }: BlockFixture,
): NonNullable<BlockFixture["crash"]> {
  if (crash !== undefined) return crash;
  throw new LeftOut("the fixture cannot end without order");
}

export function recordingOf({ recording }: BlockFixture): BlockRecording {
  if (recording !== undefined) return recording;
  throw new LeftOut("what reaches the fixture's medium is not seen");
}
