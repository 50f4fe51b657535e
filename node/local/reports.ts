/** What the kernel knows of its cells, as reports and as metrics. */
import type { Slot, SlotState } from "../../kernel/cell/slot.ts";
import type { CellReport, NodeReport } from "../api.ts";

export function cellReport(slot: Slot): CellReport {
  const generation = slot.current;
  const jobs = slot.meter.jobs;
  return {
    name: slot.name,
    version: generation?.version ?? slot.image?.version ?? "",
    hash: generation?.image.hash ?? slot.image?.compiled.hash ?? "",
    generation: generation?.number ?? slot.generations,
    engine: "v8",
    hart: 0,
    class: slot.spec.class,
    budget_ms: slot.spec.budgetMs,
    used_ms: round(slot.meter.lastUsedMs),
    p50_us: round(jobs.quantileUs(0.5)),
    p99_us: round(jobs.quantileUs(0.99)),
    faults: slot.faults,
    overshoot_p99_us: round(slot.meter.overshoot.quantileUs(0.99)),
    waiting: slot.waiting,
    waiting_most: slot.waitingMost,
    parks: slot.meter.parks,
    missed: slot.meter.missed,
    state: slot.state,
    ...(slot.detail === "" ? {} : { detail: slot.detail }),
    calls: slot.calls,
    memory_bytes: generation?.instance.memoryBytes() ?? 0,
    ...(slot.swapPauseMs === undefined
      ? {}
      : { swap_pause_ms: round(slot.swapPauseMs) }),
  };
}

/** A node is as well as its cells; `failed` only if none of them serves. */
export function nodeReport(slots: ReadonlyArray<Slot>): NodeReport {
  const states = slots.map((slot) => slot.state);
  const well = (state: SlotState) =>
    state === "running" || state === "probation";
  const status = states.every(well)
    ? "ok"
    : states.some((state) => state === "starting")
    ? "starting"
    : slots.some((slot) => slot.serves)
    ? "degraded"
    : "failed";
  return {
    status,
    cells: Object.fromEntries(slots.map((slot) => [slot.name, slot.state])),
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
