/**
 * A cell comes to a system that runs, or leaves it.
 *
 * Loading is whole or not at all: a cell that does not start leaves nothing.
 * An unloaded cell keeps its slot, in the state `unloaded`: who calls it is
 * refused, and the node degrades as when the cell is missing. It reserves
 * nothing, and only a load brings it back.
 */
import { Effect } from "effect";
import { bear } from "../boot.ts";
import { type Component, LoadRefused } from "../cell/nursery.ts";
import type { Slot } from "../cell/slot.ts";
import { SWAP_WAIT_MS } from "../limits.ts";
import type { Machine } from "../machine.ts";
import type { CellSpec } from "../manifest/system_file.ts";
import type { SwapParts } from "../swap/swap.ts";
import { faultsWith } from "./prospect.ts";

/** Why the cell cannot be loaded with this entry. */
export function loadFaults(
  machine: Machine,
  slot: Slot | undefined,
  spec: CellSpec,
): string[] {
  if (slot !== undefined && slot.state !== "unloaded") {
    return [`there is a cell ${slot.name}, and it is ${slot.state}`];
  }
  return faultsWith(machine, spec);
}

/** Starts a cell that was not there, or that had been unloaded. */
export const load = Effect.fnUntraced(
  function* (
    machine: Machine,
    _parts: SwapParts,
    old: Slot | undefined,
    { spec, component }: {
      readonly spec: CellSpec;
      readonly component: Component;
    },
  ) {
    const before = old?.spec;
    const slot = machine.open(spec);
    slot.withdrawn.clear();
    slot.state = "starting";
    slot.detail = "";
    const born = yield* Effect.result(bear(machine, slot, component));
    if (born._tag === "Success") {
      const { current } = slot;
      if (current !== undefined) machine.nursery.ask(slot, current);
      return {
        detail: `${slot.name} is loaded as generation ${slot.generations}`,
        generation: slot.generations,
        pauseMs: undefined,
        probation: false,
      };
    }
    slot.image = undefined;
    if (before === undefined) machine.forget(slot);
    else {
      slot.spec = before;
      slot.state = "unloaded";
      slot.detail = "";
    }
    return yield* born.failure;
  },
  Effect.uninterruptible,
);

/** Stops the cell at a step boundary; its state is given up. */
export const unload = Effect.fnUntraced(
  function* (machine: Machine, parts: SwapParts, slot: Slot) {
    const refuse = (reason: string) =>
      new LoadRefused({ cell: slot.name, stage: "unload", reason });
    if (slot.changing) {
      return yield* refuse("another change of this cell is under way");
    }
    slot.changing = true;
    const isFree = yield* Effect.ensuring(
      parts.atBoundary(slot),
      Effect.sync(() => {
        slot.changing = false;
      }),
    );
    if (!isFree) {
      return yield* refuse(
        `no step boundary in ${SWAP_WAIT_MS} ms: a job of it does not end`,
      );
    }
    if (slot.stopped) return yield* refuse("the node is stopping");
    empty(machine, slot);
    machine.forgetReach();
    return {
      detail: `${slot.name} is unloaded; its state is gone`,
      generation: undefined,
      pauseMs: undefined,
      probation: false,
    };
  },
  Effect.uninterruptible,
);

/** An unloaded cell reserves nothing and holds nothing. */
export function unloadedSpec(spec: CellSpec): CellSpec {
  return { ...spec, budgetMs: 0, grants: new Map() };
}

function empty(machine: Machine, slot: Slot): void {
  const { current, standby } = slot;
  slot.current = undefined;
  slot.standby = undefined;
  slot.image = undefined;
  slot.checkpoint = undefined;
  slot.planned = undefined;
  slot.state = "unloaded";
  slot.detail = "";
  slot.remark = "";
  slot.recentFaults = [];
  slot.recentFalls = [];
  slot.restartAtMs = Infinity;
  slot.probationEndsMs = Infinity;
  slot.checkpointAtMs = Infinity;
  slot.swapPauseMs = undefined;
  if (current !== undefined) machine.nursery.stop(slot, current);
  machine.retire(slot, standby?.generation);
  slot.spec = unloadedSpec(slot.spec);
}
