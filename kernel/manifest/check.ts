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
    ...misplaced,
  ];
  const { order, cycle } = startingOrder(system);
  if (cycle !== undefined) {
    faults.push({
      path: ["cells", cycle[0] ?? "", "grants"],
      reason: `cells call each other in a circle: ${cycle.join(" -> ")}`,
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
  ];
  return paths.filter(([, name]) => !NAME.test(name ?? "")).map((path) => ({
    path,
    reason: "a name has at most 32 of a-z, 0-9 and -, a letter first",
  }));
}

function driverFaults(system: System, offer: Offer): FileFault[] {
  const known = [...offer.drivers.keys()].sort().join(", ");
  return [...system.drivers.values()]
    .filter(({ driver }) => !offer.drivers.has(driver))
    .map(({ name, driver }) => ({
      path: ["drivers", name, "driver"],
      reason: `no driver ${driver} here; there is ${known || "none"}`,
    }));
}

function grantFaults(system: System, offer: Offer): FileFault[] {
  const faults: FileFault[] = [];
  for (const cell of system.cells.values()) {
    for (const [contract, provider] of cell.grants) {
      const reason = grantFault(system, offer, cell.name, contract, provider);
      if (reason !== undefined) {
        faults.push({ path: ["cells", cell.name, "grants", contract], reason });
      }
    }
  }
  return faults;
}

function grantFault(
  system: System,
  offer: Offer,
  holder: string,
  contract: string,
  provider: string,
): string | undefined {
  if (!CONTRACT.test(contract)) {
    return "a contract is written like karyon:graph/reads@0.1.0";
  }
  const [kind, name] = provider.split(":");
  if (kind === "kernel") {
    return offer.kernel.has(contract)
      ? undefined
      : `the kernel has no ${contract}; it has ${
        [...offer.kernel].sort().join(", ")
      }`;
  }
  if (kind === "cell") {
    if (name === holder) return "a cell cannot be granted to itself";
    return system.cells.has(name ?? "")
      ? undefined
      : `no cell ${name} in this file`;
  }
  const driver = system.drivers.get(name ?? "");
  if (driver === undefined) return `no driver ${name} in this file`;
  const exports = offer.drivers.get(driver.driver);
  return exports === undefined || exports.has(contract)
    ? undefined
    : `driver ${driver.driver} has no ${contract}`;
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
        });
      }
      owners.set(`${provider} ${contract}`, cell.name);
    }
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
      if (provider.startsWith("cell:")) {
        visit(provider.slice("cell:".length), [...trail, name]);
      }
    }
    done.add(name);
    order.push(name);
  };
  for (const name of system.cells.keys()) visit(name, []);
  return { order, cycle };
}
