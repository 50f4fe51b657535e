/** What the kernel knows of its cells, as reports and as metrics. */
import type { SlotState } from "../../kernel/cell/slot.ts";
import type { CellStatus } from "../../kernel/cell/status.ts";
import type { CellReport, NodeReport } from "../api.ts";
import { ROLES } from "./system.ts";

export function cellReport(status: CellStatus): CellReport {
  return {
    name: status.name,
    version: status.version,
    hash: status.hash,
    generation: status.generation,
    engine: "v8",
    hart: status.hart,
    class: status.spec.class,
    budget_ms: status.spec.budgetMs,
    used_ms: round(status.usedMs),
    p50_us: round(status.p50Us),
    p99_us: round(status.p99Us),
    faults: status.faults,
    overshoot_p99_us: round(status.overshootP99Us),
    waiting: status.waiting,
    waiting_most: status.waitingMost,
    parks: status.parks,
    missed: status.missed,
    state: status.state,
    ...(status.detail === "" ? {} : { detail: status.detail }),
    calls: status.calls,
    memory_bytes: status.memoryBytes,
    ...(status.swapPauseMs === undefined
      ? {}
      : { swap_pause_ms: round(status.swapPauseMs) }),
  };
}

/**
 * A node is as well as its cells. Without the graph it has failed: nothing is
 * taken any more, and what is stored stays as it is.
 */
export function nodeReport(cells: ReadonlyArray<CellStatus>): NodeReport {
  const states = cells.map(({ state }) => state);
  const well = (state: SlotState) =>
    state === "running" || state === "probation";
  const status = states.every(well)
    ? "ok"
    : states.some((state) => state === "starting")
    ? "starting"
    : cells.some(({ name, serves }) => name === ROLES.graph && serves)
    ? "degraded"
    : "failed";
  return {
    status,
    cells: Object.fromEntries(cells.map(({ name, state }) => [name, state])),
  };
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly value: (report: CellReport) => number;
}

const FAMILIES: ReadonlyArray<Family> = [
  {
    name: "karyon_cell_up",
    help: "1 while the cell serves.",
    type: "gauge",
    value: ({ state }) =>
      ["running", "probation", "degraded"].includes(state) ? 1 : 0,
  },
  {
    name: "karyon_cell_generation",
    help: "Lives of the cell so far.",
    type: "gauge",
    value: ({ generation }) => generation,
  },
  {
    name: "karyon_cell_calls_total",
    help: "Calls and steps of the cell.",
    type: "counter",
    value: ({ calls }) => calls,
  },
  {
    name: "karyon_cell_faults_total",
    help: "Generations that ended by a fault.",
    type: "counter",
    value: ({ faults }) => faults,
  },
  {
    name: "karyon_cell_parks_total",
    help: "Times that a job was parked with its slice over.",
    type: "counter",
    value: ({ parks }) => parks,
  },
  {
    name: "karyon_cell_overshoot_p99_seconds",
    help: "99th percentile of how much too long a job ran that was cut off.",
    type: "gauge",
    value: ({ overshoot_p99_us }) => overshoot_p99_us / 1e6,
  },
  {
    name: "karyon_cell_waiting",
    help: "Calls from outside that wait for the cell.",
    type: "gauge",
    value: ({ waiting }) => waiting,
  },
  {
    name: "karyon_cell_missed_total",
    help: "Steps of a hard cell that ended after their epoch.",
    type: "counter",
    value: ({ missed }) => missed,
  },
  {
    name: "karyon_cell_memory_bytes",
    help: "Linear memory of the cell.",
    type: "gauge",
    value: ({ memory_bytes }) => memory_bytes,
  },
  {
    name: "karyon_cell_budget_seconds",
    help: "Processor time reserved per epoch.",
    type: "gauge",
    value: ({ budget_ms }) => budget_ms / 1_000,
  },
  {
    name: "karyon_cell_used_seconds",
    help: "Processor time used in the last epoch that the cell ran in.",
    type: "gauge",
    value: ({ used_ms }) => used_ms / 1_000,
  },
  {
    name: "karyon_cell_job_p50_seconds",
    help: "Median time of a call or step.",
    type: "gauge",
    value: ({ p50_us }) => p50_us / 1e6,
  },
  {
    name: "karyon_cell_job_p99_seconds",
    help: "99th percentile of the time of a call or step.",
    type: "gauge",
    value: ({ p99_us }) => p99_us / 1e6,
  },
];

/** One number about the whole node, e.g. links in the graph. */
export interface NodeGauge {
  readonly name: string;
  readonly help: string;
  readonly value: number;
}

/** Prometheus text exposition format 0.0.4. */
export function metricsText(
  cells: ReadonlyArray<CellReport>,
  gauges: ReadonlyArray<NodeGauge>,
): string {
  const families = FAMILIES.flatMap(({ name, help, type, value }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...cells.map((cell) => `${name}{cell="${cell.name}"} ${value(cell)}`),
  ]);
  const whole = gauges.flatMap(({ name, help, value }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    `${name} ${value}`,
  ]);
  return [...families, ...whole, ""].join("\n");
}

/** Three digits after the point are enough for people and for JSON. */
function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
