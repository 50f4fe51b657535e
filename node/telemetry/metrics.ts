/**
 * What is known of the cells as OpenTelemetry metrics, beside `/metrics`.
 *
 * Deno sends them on in its own rhythm where `OTEL_DENO=true`; elsewhere nobody
 * notes them.
 *
 * Deliberately absent: observable gauges. A callback would run when Deno exports,
 * whatever else the thread has to do then.
 */
import { metrics } from "@opentelemetry/api";
import { Effect, type Scope } from "effect";
import type { CellReport } from "../api.ts";

const EVERY_MS = 1_000;

/** A number of every cell; names and units as OpenTelemetry has them. */
export interface CellMetric {
  readonly name: string;
  readonly about: string;
  readonly unit: string;
  readonly value: (report: CellReport) => number;
}

export const CELL_METRICS: ReadonlyArray<CellMetric> = [
  {
    name: "karyon.cell.calls",
    about: "Calls and steps of the cell",
    unit: "{call}",
    value: ({ calls }) => calls,
  },
  {
    name: "karyon.cell.faults",
    about: "Generations that ended by a fault",
    unit: "{fault}",
    value: ({ faults }) => faults,
  },
  {
    name: "karyon.cell.parks",
    about: "Times that a job was parked",
    unit: "{park}",
    value: ({ parks }) => parks,
  },
  {
    name: "karyon.cell.memory",
    about: "Linear memory of the cell",
    unit: "By",
    value: ({ memory_bytes }) => memory_bytes,
  },
  {
    name: "karyon.cell.used",
    about: "Processor time in the last epoch that the cell ran in",
    unit: "ms",
    value: ({ used_ms }) => used_ms,
  },
  {
    name: "karyon.cell.job.p99",
    about: "99th percentile of the time of a call or step",
    unit: "us",
    value: ({ p99_us }) => p99_us,
  },
  {
    name: "karyon.cell.overshoot.p99",
    about: "99th percentile of how much too long a job ran",
    unit: "us",
    value: ({ overshoot_p99_us }) => overshoot_p99_us,
  },
];

/** Notes how the cells are, each second, until the scope closes. */
export function recordCells(
  reports: () => ReadonlyArray<CellReport>,
): Effect.Effect<unknown, never, Scope.Scope> {
  const meter = metrics.getMeter("karyon");
  const gauges = CELL_METRICS.map(({ name, about, unit, value }) => {
    const gauge = meter.createGauge(name, { description: about, unit });
    return (report: CellReport) =>
      gauge.record(value(report), { "karyon.cell": report.name });
  });
  const note = () => {
    for (const report of reports()) {
      for (const record of gauges) record(report);
    }
  };
  return Effect.acquireRelease(
    Effect.sync(() => {
      note();
      return setInterval(note, EVERY_MS);
    }),
    (timer) => Effect.sync(() => clearInterval(timer)),
  );
}
