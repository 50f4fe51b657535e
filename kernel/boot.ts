/** The first start of every cell, and their last stop. */
import { Effect, type Result } from "effect";
import { atBoundary, giveUp } from "./call/boundary.ts";
import { type Component, LoadRefused } from "./cell/nursery.ts";
import type { Slot } from "./cell/slot.ts";
import { CellTrap } from "./engine/engine.ts";
import type { WayBack } from "./kernel.ts";
import { PROBATION_MS, STOP_WAIT_MS } from "./limits.ts";
import type { Machine } from "./machine.ts";
import { retire } from "./supervisor/probation.ts";

/**
 * Starts a cell for the first time. A refusal leaves the slot disabled with
 * the reason; where something is only missing, the start is tried again later.
 */
export const startFirst = Effect.fnUntraced(
  function* (machine: Machine, slot: Slot) {
    const { supervisor, options } = machine;
    if (options.unloaded?.has(slot.name) === true) {
      slot.state = "unloaded";
      return;
    }
    slot.state = "starting";
    const way = yield* options.wayBack?.(slot.name) ?? NO_WAY_BACK;
    const born = yield* Effect.result(
      Effect.flatMap(
        options.components(slot.spec),
        (component) => bear(machine, slot, component),
      ),
    );
    if (way !== undefined) return yield* onProbation(machine, slot, way, born);
    if (born._tag === "Success") return;
    const { because, message } = born.failure;
    if (because === "absence") supervisor.plan(slot, true, message);
    else supervisor.disable(slot, message);
  },
);

const NO_WAY_BACK = Effect.succeed(undefined);

/**
 * The node stopped while the slot was on probation: it is so again. Where the
 * new component does not start, the one before does.
 */
const onProbation = Effect.fnUntraced(
  function* (
    { nursery, platform, supervisor }: Machine,
    slot: Slot,
    way: WayBack,
    born: Result.Result<void, LoadRefused>,
  ) {
    const failed = born._tag === "Failure" ? born.failure : undefined;
    const old = yield* Effect.result(
      nursery.compile(slot, way.component.bytes),
    );
    if (old._tag === "Failure") {
      if (failed !== undefined) supervisor.disable(slot, failed.message);
      return;
    }
    const nowMs = platform.monotonicMs();
    slot.standby = {
      generation: undefined,
      image: { compiled: old.success, version: way.component.version },
      grants: way.grants,
      withdrawn: way.withdrawn,
      spec: way.spec,
      checkpoint: undefined,
      recentFaults: [],
      // How the one before was nobody knows: only faults speak against this one.
      degraded: true,
    };
    if (failed !== undefined) return supervisor.rollBack(slot, failed.message);
    slot.probationEndsMs = nowMs + PROBATION_MS;
  },
);

/** Compiles, checks and starts a component in its slot. */
export const bear = Effect.fnUntraced(
  function* (machine: Machine, slot: Slot, component: Component) {
    const { nursery, supervisor } = machine;
    const compiled = yield* nursery.compile(slot, component.bytes);
    // Who calls this cell starts after it, and is refused if it may not.
    const reasons = [
      ...machine.changes(slot, compiled, new Map(), true).refusals,
      ...missingExports(machine, slot),
    ];
    if (reasons.length > 0) {
      return yield* new LoadRefused({
        cell: slot.name,
        stage: "contracts",
        reason: reasons.join("; "),
      });
    }
    slot.image = { compiled, version: component.version };
    const generation = yield* nursery.conceive(
      slot,
      compiled,
      component.version,
    );
    machine.hart.hardDue();
    const refusal = nursery.start(slot, generation, undefined);
    if (refusal !== undefined) return yield* refusal;
    supervisor.install(slot, generation);
    supervisor.emit(
      "started",
      slot,
      `${component.version} ${compiled.hash}`,
    );
  },
);

/** Grants to cells that were loaded but do not export the contract. */
function missingExports(machine: Machine, slot: Slot): string[] {
  return [...slot.spec.grants].flatMap(([contract, provider]) => {
    const [kind, name = ""] = provider.split(":");
    const exports = machine.exportsOf(name);
    return kind !== "cell" || exports?.has(contract) !== false
      ? []
      : [`${name} does not export ${contract}`];
  });
}

/** Nothing starts in these slots any more. */
export function halt(slots: ReadonlyArray<Slot>): void {
  for (const slot of slots) {
    slot.state = "stopped";
    slot.detail = "the node is stopping";
    slot.restartAtMs = Infinity;
  }
}

const STOPPING = new CellTrap("cancelled", "the node is stopping", undefined);

/**
 * The last stop of a halted slot. What is parked may come to its end for
 * `STOP_WAIT_MS`; then it is ended.
 */
export const stopSlot = Effect.fnUntraced(
  function* ({ nursery, hart }: Machine, slot: Slot) {
    const isFree = yield* atBoundary(hart, slot, STOP_WAIT_MS);
    if (!isFree) yield* giveUp(hart, slot, STOPPING);
    const { current, standby } = slot;
    if (current !== undefined) nursery.stop(slot, current);
    slot.current = undefined;
    slot.standby = undefined;
    retire(nursery, slot, standby?.generation);
  },
);

/** Callers before those whom they call. Nothing starts afterwards. */
export const stopAll = Effect.fnUntraced(function* (machine: Machine) {
  halt(machine.slots);
  for (const slot of [...machine.slots].reverse()) {
    yield* stopSlot(machine, slot);
  }
});
