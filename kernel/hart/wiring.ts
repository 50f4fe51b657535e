/** The first hart and the others as one kernel: where what is done, in which order. */
import { Effect } from "effect";
import { halt, stopAll, stopSlot } from "../boot.ts";
import { LoadRefused } from "../cell/nursery.ts";
import { type CellStatus, statusOf } from "../cell/status.ts";
import type { Change } from "../change/change.ts";
import { specsWith } from "../change/prospect.ts";
import type { Machine } from "../machine.ts";
import { checkSystem } from "../manifest/check.ts";
import type { Harts } from "./harts.ts";

/** All cells, as far as they are known here. */
export function cellsOf(
  machine: Machine,
  harts: Harts | undefined,
): ReadonlyArray<CellStatus> {
  return namesOf(machine, harts).flatMap((name) => {
    const slot = machine.slotByName.get(name);
    if (slot !== undefined) return [statusOf(slot)];
    return harts?.has(name) === true ? [harts.status(name)] : [];
  });
}

/** In the order of their first start; what was loaded later is behind. */
function namesOf(machine: Machine, harts: Harts | undefined): string[] {
  const first = [...machine.options.system.cells.keys()];
  const own = machine.slots.map(({ name }) => name);
  return [...new Set([...first, ...own, ...harts?.names ?? []])];
}

/** Callers before those whom they call, on all harts; then the threads end. */
export const endAll = Effect.fnUntraced(
  function* (machine: Machine, harts: Harts | undefined) {
    if (harts === undefined) return yield* stopAll(machine);
    harts.halt();
    halt(machine.slots);
    for (const name of namesOf(machine, harts).reverse()) {
      const slot = machine.slotByName.get(name);
      if (slot !== undefined) yield* stopSlot(machine, slot);
      else yield* Effect.promise(() => harts.stop(name));
    }
    yield* Effect.promise(() => harts.closeRecords());
    harts.close();
  },
);

interface Ways<A> {
  readonly here: (change: Change) => Effect.Effect<A, LoadRefused>;
  readonly there: (
    harts: Harts,
    change: Change,
  ) => Effect.Effect<A, LoadRefused>;
}

/** Does a change on the hart where its cell lives, or is going to. */
export const routed = Effect.fnUntraced(
  function* <A>(
    machine: Machine,
    harts: Harts | undefined,
    change: Change,
    { here, there }: Ways<A>,
  ) {
    if (harts === undefined) return yield* here(change);
    if (change.kind !== "load" && change.kind !== "swap") {
      if (!harts.has(change.cell)) return yield* here(change);
      return yield* there(harts, change);
    }
    const name = change.kind === "load" ? change.spec.name : change.cell;
    const home = harts.has(name)
      ? harts.status(name).hart
      : machine.slotByName.has(name)
      ? 0
      : undefined;
    if (home !== undefined && (change.spec?.hart ?? home) !== home) {
      return yield* new LoadRefused({
        cell: name,
        stage: change.kind,
        reason: `it lives on hart ${home} until the node starts anew`,
      });
    }
    if (change.kind === "swap") {
      if (home === undefined || home === 0) return yield* here(change);
      const { spec } = change;
      return yield* there(
        harts,
        spec === undefined
          ? change
          : { ...change, spec: { ...spec, hart: home } },
      );
    }
    const hart = home ?? placeOf(machine, change.spec);
    const spec = { ...change.spec, hart };
    if (hart === 0) return yield* here({ ...change, spec });
    harts.expect(spec);
    return yield* Effect.ensuring(
      there(harts, { ...change, spec }),
      Effect.sync(() => harts.forget(name)),
    );
  },
);

/** Where a cell comes that says nothing of a hart. */
function placeOf(
  machine: Machine,
  spec: Parameters<Machine["open"]>[0],
): number {
  const cells = specsWith(machine, spec);
  const offer = { kernel: new Set<string>(), drivers: new Map() };
  const { system } = checkSystem({ ...machine.options.system, cells }, offer);
  return system.cells.get(spec.name)?.hart ?? 0;
}
