/**
 * The system file of a node, checked whole before anything is made or started.
 *
 * The kernel checks form, budgets and grants; what only a node can know is
 * checked here: its drivers' settings, where components lie, and that the graph
 * is of the file's network. Every fault is told with its place.
 */
import { Effect, Result } from "effect";
import { KERNEL_CONTRACTS } from "../../kernel/kernel.ts";
import { SYSTEM_FILE_OCTETS_MAX } from "../../kernel/limits.ts";
import { parsePlaced, type Path } from "../../kernel/manifest/json_places.ts";
import {
  readSystem,
  type System,
  SystemRefused,
} from "../../kernel/manifest/system_file.ts";
import { Refusal } from "../api.ts";
import { CONTENT_KINDS } from "../contents/policy.ts";
import { reasonOf } from "./data_directory.ts";
import {
  DRIVER_CONTRACTS,
  type DriverPlan,
  isBelow,
  isInside,
  planDrivers,
  type Wrong,
} from "./drivers.ts";

/** Which cells of the system file do the node's work. */
export const ROLES = { graph: "graph", rank: "rank", query: "query" } as const;

const SALT_OCTETS = 16;

export interface NodeSystem {
  readonly system: System;
  readonly drivers: DriverPlan;
  /** Components lie relative to it. */
  readonly folder: string;
}

/** Reads and checks the system file at `path`. */
export const loadSystem = Effect.fn("node.system")(
  function* (path: string) {
    const text = yield* Effect.try({
      try: () => read(path),
      catch: (error) => refused(`${path}: ${reasonOf(error)}`),
    });
    const system = yield* Effect.fromResult(
      readSystem(path, text, {
        kernel: KERNEL_CONTRACTS,
        drivers: DRIVER_CONTRACTS,
        kinds: CONTENT_KINDS,
      }).pipe(Result.mapError(({ message }) => refused(message))),
    );
    const placed = parsePlaced(text);
    const faults: string[] = [];
    const wrong = (at: Path, reason: string) => {
      const { line, column } = placed.placeOf(at);
      faults.push(`${path}:${line}:${column}: ${at.join(".")}: ${reason}`);
    };
    const drivers = planDrivers(system, wrong);
    checkCells(system, wrong);
    checkReportPaths(system, wrong);
    if (faults.length > 0) {
      return yield* refused(new SystemRefused({ file: path, faults }).message);
    }
    const loaded: NodeSystem = {
      system: salted(system),
      drivers,
      folder: folderOf(path),
    };
    return loaded;
  },
);

/**
 * The system with chance in the graph's configuration, so that nobody outside
 * can choose identities that crowd its tables. A salt in the file is kept.
 */
function salted(system: System): System {
  const graph = system.cells.get(ROLES.graph);
  if (graph === undefined || new Map(graph.config).has("salt")) return system;
  const salt = crypto.getRandomValues(new Uint8Array(SALT_OCTETS)).toHex();
  const config = [...graph.config, ["salt", salt] as const];
  const cells = new Map(system.cells).set(ROLES.graph, { ...graph, config });
  return { ...system, cells };
}

function checkCells({ cells, network }: System, wrong: Wrong): void {
  for (const { name, component } of cells.values()) {
    if (!isInside(component)) {
      wrong(
        ["cells", name, "component"],
        "must be a .wasm file in the folder of this file or below",
      );
    }
  }
  const graph = cells.get(ROLES.graph);
  if (graph === undefined) {
    return wrong(["cells"], `a node needs a cell ${ROLES.graph}`);
  }
  const theirs = new Map(graph.config).get("network");
  if (theirs !== network) {
    wrong(
      ["cells", ROLES.graph, "config", "network"],
      `must be the file's network, ${JSON.stringify(network)}`,
    );
  }
}

function checkReportPaths({ drivers, cells }: System, wrong: Wrong): void {
  const named = [
    ...[...drivers.values()].map((spec) => ["drivers", spec] as const),
    ...[...cells.values()].map((spec) => ["cells", spec] as const),
  ];
  for (const [kind, { name, report }] of named) {
    if (report === undefined || isBelow(report) && report.endsWith(".json")) {
      continue;
    }
    wrong(
      [kind, name, "report"],
      "must be a .json file in the folder of this file or below",
    );
  }
}

function read(path: string): string {
  const { size } = Deno.statSync(path);
  if (size > SYSTEM_FILE_OCTETS_MAX) {
    throw new Error(`longer than ${SYSTEM_FILE_OCTETS_MAX} octets`);
  }
  const octets = Deno.readFileSync(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(octets);
  } catch {
    throw new Error("it is not UTF-8");
  }
}

function refused(message: string): Refusal {
  return new Refusal({
    kind: "failed",
    message,
    fix: "correct the system file at the places named, then start again",
  });
}

function folderOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "." : path.slice(0, end);
}
