/** The first start of every cell, and their last stop. */
import { Effect } from "effect";
import { atBoundary } from "./call/boundary.ts";
import { LoadRefused } from "./cell/nursery.ts";
import type { Slot } from "./cell/slot.ts";
import { STOP_WAIT_MS } from "./limits.ts";
import type { Machine } from "./machine.ts";
import { retire } from "./supervisor/probation.ts";

/**
 * Starts a cell for the first time. A refusal leaves the slot disabled with
 * the reason; where something is only missing, the start is tried again later.
 */
export const startFirst = Effect.fnUntraced(
  function* (machine: Machine, slot: Slot) {
    const { supervisor } = machine;
    slot.state = "starting";
    const born = yield* Effect.result(bear(machine, slot));
    if (born._tag === "Success") return;
    const { because, message } = born.failure;
    if (because === "absence") supervisor.plan(slot, true, message);
    else supervisor.disable(slot, message);
  },
);

const bear = Effect.fnUntraced(
  function* (machine: Machine, slot: Slot) {
    const { nursery, options, slotByName, supervisor } = machine;
    const component = yield* options.components(slot.spec);
    const compiled = yield* nursery.compile(slot, component.bytes);
    // Who calls this cell starts after it, and is refused if it may not.
    const reasons = [
      ...machine.changes(slot, compiled, new Map()).refusals,
      ...missingExports(slotByName, slot),
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
function missingExports(
  slotByName: ReadonlyMap<string, Slot>,
  slot: Slot,
): string[] {
  return [...slot.spec.grants].flatMap(([contract, provider]) => {
    const [kind, name = ""] = provider.split(":");
    const image = slotByName.get(name)?.image;
    return kind !== "cell" || image === undefined ||
        image.compiled.exports.has(contract)
      ? []
      : [`${name} does not export ${contract}`];
  });
}

/**
 * Callers before those whom they call. Nothing starts afterwards. What is parked
 * may come to its end for `STOP_WAIT_MS`; then it is given up.
 */
export const stopAll = Effect.fnUntraced(function* (machine: Machine) {
  const { slots, nursery, hart } = machine;
  for (const slot of slots) {
    slot.state = "stopped";
    slot.detail = "the node is stopping";
    slot.restartAtMs = Infinity;
  }
  for (const slot of [...slots].reverse()) {
    yield* atBoundary(hart, slot, STOP_WAIT_MS);
    const { current, standby } = slot;
    if (current?.busy) current.abandon();
    else if (current !== undefined) nursery.stop(slot, current);
    slot.current = undefined;
    slot.standby = undefined;
    retire(nursery, slot, standby?.generation);
  }
});
