/**
 * What every driver of `karyon:hal/block` must do. Names no implementation.
 *
 * Plan. Each case holds one promise of wit/hal/block/block.wit and is named
 * after it; `promise` says where it stands.
 * - behaviour: control (write, then read), zeros at first, geometry, largest
 *   and smallest transfers, neighbours, overwriting, ownership of buffers,
 *   idempotence, discard, health, random operations against a plain model
 * - refusals: alignment, zero length, transfer-max, range, read-only; a refused
 *   operation has no effect
 * - recovery: what flush acknowledged is there after reopening; the geometry too;
 *   a medium that fails a read, a write or a flush, goes away and comes back; a
 *   crash leaves old octets, new ones or a mix, and what was flushed whole
 * - crashes: the power fails at every moment of histories of writes, flushes and
 *   discards; the device is opened on every state that its medium may then have:
 *   what was flushed is whole, the rest old, new or a mix, nobody's block changed;
 *   again while it opens, and after it; a flush also covers what a killed holder left
 * - hostile: offsets and lengths at the ends of their types, views into larger
 *   buffers, a storm of refused operations
 *
 * Not here: concurrency, because a device has one holder and its calls return
 * when they are done; deadlines, which hal/block.ts keeps for every driver. What
 * a driver takes is measured by `profile`, and not judged.
 */
import type { Block } from "../../../hal/block_contract.ts";
import type { Measure, Suite } from "../suite/case.ts";
import { registerSuite } from "../suite/register.ts";
import { at, pattern } from "./asserts.ts";
import { BEHAVIOUR } from "./behaviour.ts";
import {
  BLOCK_OCTETS,
  type BlockCase,
  type BlockFixture,
  BLOCKS,
  type BlockSubject,
  TRANSFER_BLOCKS,
} from "./case.ts";
import { CRASHES } from "./crash/cases.ts";
import { FAULTS } from "./faults.ts";
import { HOSTILE } from "./hostile.ts";
import { RECOVERY } from "./recovery.ts";
import { REFUSALS } from "./refusals.ts";

const BLOCK_CASES: readonly BlockCase[] = [
  ...BEHAVIOUR,
  ...REFUSALS,
  ...HOSTILE,
  ...RECOVERY,
  ...FAULTS,
  ...CRASHES,
];

export const BLOCK_SUITE: Suite<BlockFixture> = {
  contract: "block",
  wit: "wit/hal/block/block.wit",
  about:
    "karyon:hal/block@0.1.0: behaviour, refusals, hostile input, recovery, crashes",
  cases: BLOCK_CASES,
  profile: ({ device }, nowUs) => profileOf(device, nowUs),
};

/** Registers every case as a test of `driver`. */
export function blockSuite(driver: string, subject: BlockSubject): void {
  registerSuite(driver, BLOCK_SUITE, subject);
}

const PROFILE_OPERATIONS = 200;

function profileOf(device: Block, nowUs: () => number): Measure[] {
  const one = pattern(1);
  const most = pattern(2, TRANSFER_BLOCKS);
  const place = (i: number) => at(i % (BLOCKS - TRANSFER_BLOCKS));
  const acts: ReadonlyArray<[string, number, (i: number) => unknown]> = [
    ["write of 4 KiB", BLOCK_OCTETS, (i) => device.write(place(i), one)],
    ["write of 32 KiB", most.length, (i) => device.write(place(i), most)],
    ["read of 4 KiB", BLOCK_OCTETS, (i) => device.read(place(i), BLOCK_OCTETS)],
    ["read of 32 KiB", most.length, (i) => device.read(place(i), most.length)],
    ["write of 4 KiB and flush", BLOCK_OCTETS, (i) => {
      device.write(place(i), one);
      device.flush();
    }],
  ];
  return acts.map(([what, octets, act]) => {
    const took: number[] = [];
    for (let i = 0; i < PROFILE_OPERATIONS; i++) {
      const begun = nowUs();
      act(i);
      took.push(nowUs() - begun);
    }
    took.sort((a, b) => a - b);
    const rank = (share: number) =>
      took[Math.min(took.length - 1, Math.floor(share * took.length))] ?? 0;
    return {
      what,
      octets,
      operations: took.length,
      p50_us: rank(0.5),
      p99_us: rank(0.99),
      max_us: rank(1),
    };
  });
}
