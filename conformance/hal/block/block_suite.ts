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
 * - hostile: offsets and lengths at the ends of their types, views into larger
 *   buffers, a storm of refused operations
 * - recovery: what flush acknowledged is there after reopening; the geometry too
 *
 * Not here yet: torn and lost writes after a power cut (the simulator's), and
 * latency against a driver's own promise.
 */
import { BEHAVIOUR } from "./behaviour.ts";
import type { BlockCase, BlockFactory } from "./case.ts";
import { HOSTILE } from "./hostile.ts";
import { RECOVERY } from "./recovery.ts";
import { REFUSALS } from "./refusals.ts";

export const BLOCK_CASES: readonly BlockCase[] = [
  ...BEHAVIOUR,
  ...REFUSALS,
  ...HOSTILE,
  ...RECOVERY,
];

/** Registers every case as a test of `driver`. */
export function blockSuite(driver: string, factory: BlockFactory): void {
  for (const each of BLOCK_CASES) {
    const name = `${driver}: block ${each.group}: ${each.claim}`;
    Deno.test(`${name} (${each.promise})`, () => runCase(each, factory));
  }
}

/** Runs one case on a fresh device; throws if the promise is broken. */
export function runCase(each: BlockCase, factory: BlockFactory): void {
  const fixture = factory();
  try {
    each.run(fixture);
  } finally {
    fixture.dispose();
  }
}
