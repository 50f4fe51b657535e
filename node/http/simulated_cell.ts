/** What the simulated node says of each cell. */
import type { CellReport } from "../api.ts";

export function simulatedCell(name: string, hash: string): CellReport {
  return {
    name,
    version: "0.1.0",
    hash,
    generation: 1,
    engine: "v8",
    hart: 0,
    class: name === "rank" ? "soft" : "hard",
    budget_ms: 4,
    used_ms: 0.125,
    p50_us: 12,
    p99_us: 340,
    faults: 0,
    overshoot_p99_us: 500,
    waiting: 0,
    waiting_most: 2,
    parks: 3,
    missed: 0,
    state: "running",
    calls: 42,
    memory_bytes: 1 << 20,
  };
}
