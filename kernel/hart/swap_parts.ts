/** What a swap on a machine's hart takes. */
import { atBoundary } from "../call/boundary.ts";
import { SWAP_WAIT_MS } from "../limits.ts";
import type { Machine } from "../machine.ts";
import type { SwapParts } from "../swap/swap.ts";

export function swapPartsOf(machine: Machine): SwapParts {
  const { nursery, platform, supervisor } = machine;
  return {
    nursery,
    now: platform.monotonicMs,
    turn: machine.hart.turn,
    hardDue: machine.hart.hardDue,
    atBoundary: (slot) => atBoundary(machine.hart, slot, SWAP_WAIT_MS),
    changes: (slot, next) => machine.changes(slot, next),
    install: (slot, next) => supervisor.install(slot, next),
  };
}
