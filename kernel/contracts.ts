/** The contracts that the kernel itself can answer. */
import { clock } from "../wit/gen/kernel_clock.ts";
import { log } from "../wit/gen/kernel_log.ts";
import { scheduling } from "../wit/gen/kernel_scheduling.ts";
import { snapshots } from "../wit/gen/kernel_snapshots.ts";

export const KERNEL_CONTRACTS: ReadonlySet<string> = new Set([
  log.name,
  clock.name,
  scheduling.name,
  snapshots.name,
]);
