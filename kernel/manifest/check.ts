/**
 * Rules between the parts of a system file, and the order to start in.
 *
 * Every rule is checked; all faults are returned, not just the first.
 */
import { placed } from "./placement.ts";
import type { FileFault, Offer, System } from "./system_file.ts";

const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const CONTRACT =
  /^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*@\d+\.\d+\.\d+$/;

/** Returns the system with its cells in starting order, and what is wrong. */
export function checkSystem(
  unplaced: System,
  offer: Offer,
): { system: System; faults: FileFault[] } {
  const { system, faults: misplaced } = placed(unplaced);
  const faults = [
    ...nameFaults(system),
    ...driverFaults(system, offer),
    ...grantFaults(system, offer),
    ...sharedDeviceFaults(system),
    ...reportFaults(system),
    ...snapshotFaults(system),
    ...misplaced,
  ];
  const { order, cycle } = startingOrder(system);
  if (cycle !== undefined) {
    faults.push({
      path: ["cells", cycle[0] ?? "", "grants"],
      reason: `cells call each other in a circle: ${cycle.join(" -> ")}`,
      fix: "take one of these grants out",
    });
  }
  const cells = new Map(
    order.flatMap((name) => {
      const cell = system.cells.get(name);
      return cell === undefined ? [] : [[name, cell] as const];
    }),
  );
  return { system: { ...system, cells }, faults };
}

function nameFaults(system: System): FileFault[] {
  const paths = [
    ...[...system.drivers.keys()].map((name) => ["drivers", name]),
    ...[...system.cells.keys()].map((name) => ["cells", name]),
    ...[...system.snapshots?.keys() ?? []].map((name) => ["snapshots", name]),
  ];
  return paths.filter(([, name]) => !NAME.test(name ?? "")).map((path) => ({
    path,
    reason: "a name has at most 32 of a-z, 0-9 and -, a letter first",
    fix: "give it such a name",
  }));
}

function driverFaults(system: System, offer: Offer): FileFault[] {
  const known = [...offer.drivers.keys()].sort().join(", ");
  return [...system.drivers.values()]
    .filter(({ driver }) => !offer.drivers.has(driver))
    .map(({ name, driver }) => ({
      path: ["drivers", name, "driver"],
      reason: `no driver ${driver} here; there is ${known || "none"}`,
      fix: "name one that there is",
    }));
}

function grantFaults(system: System, offer: Offer): FileFault[] {
  const faults: FileFault[] = [];
  for (const cell of system.cells.values()) {
    for (const [contract, provider] of cell.grants) {
      const fault = grantFault(system, offer, cell.name, contract, provider);
      if (fault === undefined) continue;
      const [reason, fix] = fault;
      const path = ["cells", cell.name, "grants", contract];
      faults.push({ path, reason, fix });
    }
  }
  return faults;
}

/** What is wrong with a grant, and what mends it. */
function grantFault(
  system: System,
  offer: Offer,
  holder: string,
  contract: string,
  provider: string,
): readonly [string, string] | undefined {
  if (!CONTRACT.test(contract)) {
    return [
      "a contract is written like karyon:graph/reads@0.1.0",
      "write PACKAGE:NAME/INTERFACE@VERSION",
    ];
  }
  const [kind, name] = provider.split(":");
  if (kind === "none") return undefined;
  if (kind === "kernel") {
    if (offer.kernel.has(contract)) return undefined;
    const has = [...offer.kernel].sort().join(", ");
    return [
      `the kernel has no ${contract}; it has ${has}`,
      "name a cell or a driver that has it",
    ];
  }
  if (kind === "cell") {
    if (name === holder) {
      return ["a cell cannot be granted to itself", "take the grant out"];
    }
    return system.cells.has(name ?? "") ? undefined : [
      `no cell ${name} in this file`,
      `add it, or name one of ${[...system.cells.keys()].join(", ")}`,
    ];
  }
  const driver = system.drivers.get(name ?? "");
  if (driver === undefined) {
    const there = [...system.drivers.keys()].join(", ") || "none";
    return [
      `no driver ${name} in this file`,
      `add it under drivers; there is ${there}`,
    ];
  }
  const exports = offer.drivers.get(driver.driver);
  if (exports === undefined || exports.has(contract)) return undefined;
  return [
    `driver ${driver.driver} has no ${contract}`,
    `it has ${[...exports].sort().join(", ")}`,
  ];
}

/** State has one owner (invariant 8): a device is granted to one cell. */
function sharedDeviceFaults(system: System): FileFault[] {
  const owners = new Map<string, string>();
  const faults: FileFault[] = [];
  for (const cell of system.cells.values()) {
    for (const [contract, provider] of cell.grants) {
      if (!provider.startsWith("driver:")) continue;
      const owner = owners.get(`${provider} ${contract}`);
      if (owner !== undefined && owner !== cell.name) {
        faults.push({
          path: ["cells", cell.name, "grants", contract],
          reason: `${provider} is already ${owner}'s; state has one owner`,
          fix: `give ${cell.name} another driver, or let it ask ${owner}`,
        });
      }
      owners.set(`${provider} ${contract}`, cell.name);
    }
  }
  return faults;
}

/** A report that nobody asks for would be believed to have been judged. */
function reportFaults({ reports, drivers, cells }: System): FileFault[] {
  if (reports !== undefined) return [];
  const named = [
    ...[...drivers.values()].map((spec) => ["drivers", spec] as const),
    ...[...cells.values()].map((spec) => ["cells", spec] as const),
  ];
  return named.flatMap(([kind, { name, report }]) =>
    report === undefined ? [] : [{
      path: [kind, name, "report"],
      reason: "nobody looks at it",
      fix: 'write "reports": "required" at the top, or take it out',
    }]
  );
}

/** Who writes and reads a snapshot is there, and is named once. */
function snapshotFaults({ cells, snapshots }: System): FileFault[] {
  const faults: FileFault[] = [];
  for (const [name, { writer, readers }] of snapshots ?? []) {
    const wrong = (key: string, reason: string, fix: string) =>
      faults.push({ path: ["snapshots", name, key], reason, fix });
    const named = [
      { key: "writer", cell: writer },
      ...readers.map((cell) => ({ key: "readers", cell })),
    ];
    for (const { key, cell } of named) {
      if (cells.has(cell)) continue;
      const there = [...cells.keys()].join(", ");
      wrong(key, `no cell ${cell} in this file`, `name one of ${there}`);
    }
    if (new Set([writer, ...readers]).size === named.length) continue;
    wrong("readers", "a cell is named twice", "name each cell once");
  }
  return faults;
}

/**
 * Kinds that can be told apart, and a time within its own bound. Of the file
 * only: no proposal changes them.
 */
export function contentFaults(
  { contents }: System,
  { kinds }: Offer,
): FileFault[] {
  const faults: FileFault[] = [];
  for (const [kind, { ttl, ttlMax }] of contents ?? []) {
    if (!kinds?.has(kind)) {
      faults.push({
        path: ["contents", kind],
        reason: `no kind of content ${kind} here`,
        fix: `name one of ${[...kinds ?? []].join(", ") || "none"}`,
      });
    }
    if (ttlMax === undefined || (ttl >= 1 && ttl <= ttlMax)) continue;
    faults.push({
      path: ["contents", kind, "ttl"],
      reason: ttl === 0
        ? `for ever is more than ttl_max, ${ttlMax}`
        : `${ttl} is more than ttl_max, ${ttlMax}`,
      fix: `write 1 to ${ttlMax}, or take ttl_max out`,
    });
  }
  return faults;
}

/** Depth first over "calls"; stops at the first circle. */
function startingOrder(
  system: System,
): { order: string[]; cycle: string[] | undefined } {
  const order: string[] = [];
  const done = new Set<string>();
  let cycle: string[] | undefined;
  const visit = (name: string, trail: ReadonlyArray<string>): void => {
    if (done.has(name) || cycle !== undefined) return;
    if (trail.includes(name)) {
      cycle = [...trail.slice(trail.indexOf(name)), name];
      return;
    }
    for (const provider of system.cells.get(name)?.grants.values() ?? []) {
      // One that calls itself is refused for that, and is no circle.
      if (provider.startsWith("cell:") && provider !== `cell:${name}`) {
        visit(provider.slice("cell:".length), [...trail, name]);
      }
    }
    done.add(name);
    order.push(name);
  };
  for (const name of system.cells.keys()) visit(name, []);
  return { order, cycle };
}
