/**
 * Which hart each cell runs on, and why a placement is refused.
 *
 * A cell runs where its entry says. Who says nothing and has a driver runs on
 * the first hart; a hard cell runs with those whom it calls; everybody else where
 * the reservations leave most room, the largest first. Each hart is admitted by
 * itself.
 */
import { admit } from "../sched/admission.ts";
import type { CellSpec, FileFault, System } from "./system_file.ts";

/** The system with every cell in its place, and the rules that this breaks. */
export function placed(
  system: System,
): { readonly system: System; readonly faults: FileFault[] } {
  const harts = 1 + (system.harts ?? 0);
  const places = placesOf(system, harts);
  const cells = new Map(
    [...system.cells].map(([name, cell]) =>
      [name, withHart(cell, places.get(name) ?? 0)] as const
    ),
  );
  const whole = { ...system, cells };
  return {
    system: whole,
    faults: [
      ...[...cells.values()].flatMap((cell) => faultsOf(whole, cell, harts)),
      ...admissionFaults(whole, harts),
    ],
  };
}

/** On the first hart an entry without a number stays as it is. */
function withHart(cell: CellSpec, hart: number): CellSpec {
  return (cell.hart ?? 0) === hart ? cell : { ...cell, hart };
}

function placesOf({ cells }: System, harts: number): Map<string, number> {
  const places = new Map<string, number>();
  const used = new Array<number>(harts).fill(0);
  const put = ({ name, budgetMs }: CellSpec, hart: number) => {
    places.set(name, hart);
    used[hart] = (used[hart] ?? 0) + budgetMs;
  };
  const rest: CellSpec[] = [];
  for (const cell of cells.values()) {
    if (cell.hart !== undefined) put(cell, cell.hart);
    else if (harts === 1 || driverOf(cell) !== undefined) put(cell, 0);
    else rest.push(cell);
  }
  // The hard ones last: whom they call has its place by then, unless it is hard.
  const isBound = (cell: CellSpec) =>
    cell.class === "hard" && calleesOf(cell).length > 0;
  rest.sort((a, b) =>
    Number(isBound(a)) - Number(isBound(b)) || b.budgetMs - a.budgetMs
  );
  for (const cell of rest) {
    const bound = isBound(cell) ? [...reachOf(cells, cell)] : [];
    const there = bound.map(({ name }) => places.get(name))
      .find((hart) => hart !== undefined);
    put(cell, there ?? used.indexOf(Math.min(...used)));
  }
  return places;
}

function faultsOf(
  system: System,
  cell: CellSpec,
  harts: number,
): FileFault[] {
  const { name, hart = 0 } = cell;
  const fault = (reason: string, fix: string): FileFault[] => [
    { path: ["cells", name, "hart"], reason, fix },
  ];
  if (hart >= harts) {
    return fault(
      `there is no hart ${hart}: "harts" ${harts - 1} makes harts 0 to ${
        harts - 1
      }`,
      'give it one of these, or raise "harts"',
    );
  }
  const driver = driverOf(cell);
  if (hart > 0 && driver !== undefined) {
    return fault(
      `${name} is granted ${driver}, and drivers answer on hart 0 only`,
      'leave "hart" away',
    );
  }
  if (cell.class !== "hard") return [];
  const away = [...reachOf(system.cells, cell)].find((one) =>
    (one.hart ?? 0) !== hart
  );
  return away === undefined ? [] : fault(
    `a hard cell may not call across harts, nothing bounds how long another hart takes: ${name} on hart ${hart} reaches ${away.name} on hart ${
      away.hart ?? 0
    }`,
    "place them on one hart, or make it soft",
  );
}

function admissionFaults({ cells }: System, harts: number): FileFault[] {
  return Array.from({ length: harts }, (_, hart) => hart).flatMap((hart) => {
    const own = [...cells.values()].filter((cell) => (cell.hart ?? 0) === hart);
    const reason = admit(own);
    if (reason === undefined) return [];
    const where = harts === 1 ? "" : `hart ${hart}: `;
    const fix = "lower budget_ms of a cell, or leave one out";
    return [{ path: ["cells"], reason: `${where}${reason}`, fix }];
  });
}

function driverOf({ grants }: CellSpec): string | undefined {
  return [...grants.values()].find((one) => one.startsWith("driver:"));
}

function calleesOf({ grants }: CellSpec): string[] {
  return [...grants.values()]
    .filter((one) => one.startsWith("cell:"))
    .map((one) => one.slice("cell:".length));
}

/** All that a cell may call, directly or not. */
function reachOf(
  cells: System["cells"],
  cell: CellSpec,
): ReadonlySet<CellSpec> {
  const reach = new Set([cell]);
  for (const one of reach) {
    for (const name of calleesOf(one)) {
      const callee = cells.get(name);
      if (callee !== undefined) reach.add(callee);
    }
  }
  return reach;
}
