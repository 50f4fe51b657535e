/**
 * What the system would be with a change, and the rules that it would break.
 *
 * The same rules as for a system file (manifest/check.ts), over what the slots
 * have now: so a change is admitted exactly if a file with it would be.
 */
import type { Slot } from "../cell/slot.ts";
import { wayBackMs } from "../cell/status.ts";
import { KERNEL_CONTRACTS } from "../contracts.ts";
import { CELLS_MAX, EPOCH_MS } from "../limits.ts";
import type { Machine } from "../machine.ts";
import { checkSystem } from "../manifest/check.ts";
import type { CellSpec, Offer } from "../manifest/system_file.ts";

/** What a slot's cell has now, or from the next epoch on. */
export function specOf(slot: Slot): CellSpec {
  return { ...slot.spec, ...slot.planned?.terms };
}

/** While a way back has a larger reservation, that one must still fit. */
function reserving(spec: CellSpec, wayBackMs: number): CellSpec {
  return { ...spec, budgetMs: Math.max(spec.budgetMs, wayBackMs) };
}

/**
 * The specs of the cells of all harts, with `changed` in its place. Where there
 * are several harts each is on the one that it lives on, also if its entry has no
 * wish.
 */
export function specsWith(
  machine: Machine,
  changed?: CellSpec,
): ReadonlyMap<string, CellSpec> {
  const specs = new Map<string, CellSpec>();
  const { far, here } = machine.place;
  const isOne = (machine.options.system.harts ?? 0) === 0;
  const put = (spec: CellSpec, hart: number) =>
    specs.set(spec.name, isOne ? spec : { ...spec, hart });
  for (const { spec, wayBackMs } of far.cells.values()) {
    put(reserving(spec, wayBackMs), spec.hart ?? 0);
  }
  for (const slot of machine.slots) {
    put(reserving(specOf(slot), wayBackMs(slot)), here);
  }
  if (changed === undefined) return specs;
  const home = specs.get(changed.name)?.hart;
  const isHome = home === undefined || changed.hart !== undefined;
  return specs.set(changed.name, isHome ? changed : { ...changed, hart: home });
}

/** The rules that the system would break with `changed`, one line each. */
export function faultsWith(machine: Machine, changed: CellSpec): string[] {
  const { system } = machine.options;
  const cells = specsWith(machine, changed);
  if (cells.size > CELLS_MAX) {
    return [`${cells.size} cells, at most ${CELLS_MAX} are allowed`];
  }
  return checkSystem({ ...system, cells }, offerOf(machine)).faults
    .map(({ path, reason }) =>
      path.length > 1 ? `${path.join(".")}: ${reason}` : reason
    );
}

/**
 * What reserves how much of an epoch: `graph 2 + rank 2 = 4 of 10 ms`; where
 * there are several harts, of each.
 */
export function admissionText(specs: ReadonlyMap<string, CellSpec>): string {
  const harts = new Set([...specs.values()].map(({ hart = 0 }) => hart));
  if (harts.size <= 1) return reservedText([...specs.values()]);
  return [...harts].sort((a, b) => a - b).map((hart) => {
    const own = [...specs.values()].filter((spec) => (spec.hart ?? 0) === hart);
    return `hart ${hart}: ${reservedText(own)}`;
  }).join("; ");
}

function reservedText(specs: ReadonlyArray<CellSpec>): string {
  const reserving = specs.filter(({ budgetMs }) => budgetMs > 0);
  const sum = reserving.reduce((total, { budgetMs }) => total + budgetMs, 0);
  const terms = reserving.map(({ name, budgetMs }) => `${name} ${budgetMs}`);
  return `${terms.join(" + ") || "nothing"} = ${sum} of ${EPOCH_MS} ms`;
}

function offerOf({ options }: Machine): Offer {
  const drivers = new Map<string, ReadonlySet<string>>();
  for (const { name, driver } of options.system.drivers.values()) {
    const offered = options.drivers.get(name)?.keys() ?? [];
    drivers.set(driver, new Set([...drivers.get(driver) ?? [], ...offered]));
  }
  return { kernel: KERNEL_CONTRACTS, drivers };
}
