/**
 * Changes beside the hot swap: budgets, grants, loading and unloading.
 *
 * `preview` says what a change would do, and every reason why it would be
 * refused; `apply` does it whole or not at all. A budget is in force from the
 * next epoch on. A grant needs a new generation, because what an instance may
 * import is fixed when it is made: so the cell goes through a hot swap with the
 * component that it has, with probation. A revocation is in force at the next
 * call, and for every generation to come.
 *
 * Deliberately absent: who may ask for it. Only governance calls this.
 */
import { Effect } from "effect";
import { type Component, LoadRefused } from "../cell/nursery.ts";
import { Slot } from "../cell/slot.ts";
import type { Machine } from "../machine.ts";
import type { CellSpec } from "../manifest/system_file.ts";
import type { ContractChanges } from "../swap/contract_changes.ts";
import { type Reform, swap, type SwapParts } from "../swap/swap.ts";
import { grantFault, grantOf, revocable } from "./grants.ts";
import { load, loadFaults, unload } from "./loading.ts";
import { admissionText, faultsWith, specOf, specsWith } from "./prospect.ts";
import { setTerms, type Terms, termsFault } from "./terms.ts";

export type Change =
  | {
    readonly kind: "swap";
    readonly cell: string;
    readonly component: Component;
    /** The cell's new entry, whole; without one it keeps what it has. */
    readonly spec?: CellSpec;
  }
  | {
    readonly kind: "load";
    readonly cell: string;
    readonly spec: CellSpec;
    readonly component: Component;
  }
  | { readonly kind: "unload"; readonly cell: string }
  | {
    readonly kind: "set-budget";
    readonly cell: string;
    readonly terms: Terms;
  }
  | {
    readonly kind: "grant";
    readonly cell: string;
    readonly contract: string;
    readonly provider: string;
  }
  | {
    readonly kind: "revoke";
    readonly cell: string;
    readonly contract: string;
  };

/** What a change did. */
export interface Changed {
  readonly detail: string;
  /** Number of the generation that serves, where it is a new one. */
  readonly generation: number | undefined;
  /** Of a new generation, where there is one. */
  readonly pauseMs: number | undefined;
  /** True where a generation before stands by. */
  readonly probation: boolean;
}

/** What a change would do; nothing was changed. */
export interface Preview {
  readonly contracts: Omit<ContractChanges, "refusals">;
  /** Grants, as `CONTRACT from PROVIDER`. */
  readonly capabilitiesGained: ReadonlyArray<string>;
  readonly capabilitiesLost: ReadonlyArray<string>;
  readonly before: CellSpec | undefined;
  readonly after: CellSpec | undefined;
  readonly admissionBefore: string;
  readonly admissionAfter: string;
  readonly effect: "nothing" | "restart" | "start" | "stop";
  /** Why the change would be refused; empty if it would be tried. */
  readonly refusals: ReadonlyArray<string>;
}

const NO_CONTRACTS = { gained: [], lost: [], uses: [], leaves: [] };

/** What the change would do. A cell that is not there is a refusal. */
export const preview = Effect.fnUntraced(
  function* (machine: Machine, change: Change) {
    const slot = yield* slotFor(machine, change);
    const before = slot === undefined || slot.state === "unloaded"
      ? undefined
      : specOf(slot);
    const after = specAfter(change, before);
    const { contracts, refusals } = yield* judged(machine, slot, change);
    const specs = specsWith(machine, after);
    const rest = after === undefined
      ? new Map([...specs].filter(([name]) => name !== change.cell))
      : specs;
    const had = grantLines(slot, before);
    const has = grantLines(slot, after, change);
    const told: Preview = {
      contracts,
      capabilitiesGained: has.filter((line) => !had.includes(line)),
      capabilitiesLost: had.filter((line) => !has.includes(line)),
      before,
      after,
      admissionBefore: admissionText(specsWith(machine)),
      admissionAfter: admissionText(rest),
      effect: EFFECTS[change.kind],
      refusals,
    };
    return told;
  },
);

const EFFECTS: Readonly<Record<Change["kind"], Preview["effect"]>> = {
  "swap": "restart",
  "grant": "restart",
  "load": "start",
  "unload": "stop",
  "set-budget": "nothing",
  "revoke": "nothing",
};

/** Does it, or leaves everything as it was. */
export const apply = Effect.fnUntraced(
  function* (machine: Machine, parts: SwapParts, change: Change) {
    const slot = yield* slotFor(machine, change);
    if (change.kind !== "swap" || change.spec !== undefined) {
      const { refusals } = yield* judged(machine, slot, change);
      if (refusals.length > 0) {
        return yield* refused(change, refusals.join("; "));
      }
    }
    if (change.kind === "load") {
      return yield* load(machine, parts, slot, change);
    }
    if (slot === undefined) return yield* noSuchCell(machine, change.cell);
    switch (change.kind) {
      case "swap":
        return swapped(
          yield* swap(parts, slot, change.component, entryOf(machine, change)),
          slot,
        );
      case "grant":
        return swapped(yield* grantOf(machine, parts, slot, change), slot);
      case "unload":
        return yield* unload(machine, parts, slot);
      case "set-budget":
        return yield* setTerms(machine, slot, change.terms);
      case "revoke":
        machine.withdraw(slot, change.contract);
        return done(`${slot.name} may no longer call ${change.contract}`);
    }
  },
);

/** Every reason against a change, and what it changes of contracts. */
const judged = Effect.fnUntraced(
  function* (machine: Machine, slot: Slot | undefined, change: Change) {
    const reasons = (refusals: ReadonlyArray<string>) => ({
      contracts: NO_CONTRACTS,
      refusals,
    });
    if (change.kind === "load") {
      return reasons(loadFaults(machine, slot, change.spec));
    }
    if (slot === undefined) return yield* noSuchCell(machine, change.cell);
    if (slot.state === "unloaded") {
      return reasons([`${slot.name} is unloaded; propose to load it`]);
    }
    switch (change.kind) {
      case "swap": {
        const { component, spec = slot.spec } = change;
        const next = probe(slot, spec);
        const image = yield* machine.nursery.compile(next, component.bytes);
        const { refusals, ...contracts } = machine.changes(next, image);
        const faults = change.spec === undefined
          ? []
          : faultsWith(machine, change.spec);
        return { contracts, refusals: [...faults, ...refusals] };
      }
      case "set-budget": {
        const next = { ...specOf(slot), ...change.terms };
        const fault = termsFault(slot, next);
        const faults = faultsWith(machine, next);
        return reasons(fault === undefined ? faults : [fault, ...faults]);
      }
      case "grant": {
        const fault = grantFault(machine, slot, change);
        const faults = faultsWith(machine, specWith(specOf(slot), change));
        return reasons(fault === undefined ? faults : [fault, ...faults]);
      }
      case "revoke":
        return reasons(revocable(slot, change.contract));
      case "unload":
        return reasons([]);
    }
  },
);

/** What a swap with a new entry changes. Every grant of it is a new one. */
function entryOf(
  machine: Machine,
  { spec }: Extract<Change, { kind: "swap" }>,
): Reform | undefined {
  if (spec === undefined) return undefined;
  const next = () => {
    machine.forgetReach();
    return { spec, withdrawn: new Set<string>() };
  };
  return { next, terms: true };
}

/** The slot as it would be with the entry, to ask what would be refused. */
function probe(slot: Slot, spec: CellSpec): Slot {
  if (spec === slot.spec) return slot;
  const next = new Slot(spec);
  next.image = slot.image;
  return next;
}

function specWith(
  spec: CellSpec,
  { contract, provider }: Extract<Change, { kind: "grant" }>,
): CellSpec {
  return { ...spec, grants: new Map(spec.grants).set(contract, provider) };
}

function specAfter(
  change: Change,
  before: CellSpec | undefined,
): CellSpec | undefined {
  if (change.kind === "load") return change.spec;
  if (change.kind === "swap") return change.spec ?? before;
  if (change.kind === "unload" || before === undefined) return undefined;
  if (change.kind === "set-budget") return { ...before, ...change.terms };
  return change.kind === "grant" ? specWith(before, change) : before;
}

function grantLines(
  slot: Slot | undefined,
  spec: CellSpec | undefined,
  change?: Change,
): string[] {
  const isHeld = (contract: string) => {
    const named = change !== undefined && "contract" in change &&
      change.contract === contract;
    if (named) return change.kind === "grant";
    if (change !== undefined && "spec" in change) return true;
    return slot?.withdrawn.has(contract) !== true;
  };
  return [...spec?.grants ?? []]
    .filter(([contract]) => isHeld(contract))
    .map(([contract, provider]) => `${contract} from ${provider}`);
}

function swapped(
  report: { readonly generation: number; readonly pauseMs: number },
  slot: Slot,
): Changed {
  const { generation, pauseMs } = report;
  return {
    detail: `${slot.name} is generation ${generation} after a pause of ${
      pauseMs.toFixed(3)
    } ms`,
    generation,
    pauseMs,
    probation: slot.standby !== undefined,
  };
}

function done(detail: string): Changed {
  return {
    detail,
    generation: undefined,
    pauseMs: undefined,
    probation: false,
  };
}

function slotFor(
  machine: Machine,
  { kind, cell }: Change,
): Effect.Effect<Slot | undefined, LoadRefused> {
  const slot = machine.slotByName.get(cell);
  return slot !== undefined || kind === "load"
    ? Effect.succeed(slot)
    : noSuchCell(machine, cell);
}

function noSuchCell(
  { slots }: Machine,
  cell: string,
): Effect.Effect<never, LoadRefused> {
  const names = slots.map(({ name }) => name).join(", ");
  const reason = `no such cell; there is ${names}`;
  return Effect.fail(new LoadRefused({ cell, stage: "look-up", reason }));
}

function refused({ kind, cell }: Change, reason: string): LoadRefused {
  return new LoadRefused({ cell, stage: kind, reason });
}
