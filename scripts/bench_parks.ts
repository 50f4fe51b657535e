/** Parking: how late a slice ends, and what it costs to park and go on. */
import type { CellInstance } from "../kernel/engine/engine.ts";
import { TICK_MS } from "../kernel/engine/limits.ts";
import type { BenchCells } from "./bench_cell.ts";
import { figure, type Section } from "./bench_report.ts";
import {
  compileCell,
  type EngineShape,
  instantiateCell,
  LONG_MS,
  median,
  quantile,
  valueOf,
} from "./bench_timing.ts";

const SLICE_MS = 2;
const SLICES = 400;
const CALLS = 20_000;

/** Two endless loops in turn, so that one is always parked. */
export async function slices(
  engine: EngineShape,
  cells: BenchCells,
): Promise<Section> {
  const cell = await compileCell(engine, cells.back);
  const spinners = [0, 1].map(() => {
    const spinning = instantiateCell(engine, cell).parkable(
      { binding: cells.loads, method: "spin" },
      [],
      LONG_MS,
      () => {},
    );
    if (spinning === undefined) throw new Error("nothing can be parked here");
    return spinning;
  });
  const late: number[] = [];
  for (let at = 0; at < SLICES; at += 1) {
    const startMs = performance.now();
    const slice = await spinners[at % 2]?.run(SLICE_MS);
    late.push(performance.now() - startMs - SLICE_MS);
    if (!slice?.parked) throw new Error("an endless loop ended");
  }
  const line = (name: string, part: number) => ({
    name,
    value: quantile(late, part),
  });
  return {
    title: `Slices of ${SLICE_MS} ms, two endless loops parked in turn, ` +
      `${figure(SLICES)} slices`,
    unit: "ms",
    lines: [
      line("slice too long by, p50", 0.5),
      line("slice too long by, p99", 0.99),
      line("slice too long by, most", 1),
    ],
    goals: [{ line: "slice too long by, p99", limit: 1 }],
    notes: [`the ticker's period is ${TICK_MS} ms, which is the design`],
  };
}

/** The same small call as a plain one and as one that may be parked. */
export async function parkable(
  engine: EngineShape,
  cells: BenchCells,
  rounds: number,
): Promise<Section> {
  const cell = await compileCell(engine, cells.back);
  const instance = instantiateCell(engine, cell);
  const plain: number[] = [];
  const parking: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const own = [
      plainCalls(instance, cells),
      await parkableCalls(instance, cells),
    ];
    // The first round warms up.
    if (round === 0) continue;
    plain.push(own[0] ?? 0);
    parking.push(own[1] ?? 0);
  }
  return {
    title: "add(u32, u32), on the cell's thread and on a stack of its own",
    unit: "ns",
    lines: [
      {
        name: "guarded, one guard per call",
        value: median(plain),
        yardstick: "of guarded",
      },
      { name: "parkable, one slice per call", value: median(parking) },
    ],
    goals: [],
    notes: ["a parkable call takes some turns of the event loop's microtasks"],
  };
}

function plainCalls(instance: CellInstance, { work }: BenchCells): number {
  const bound = instance.bind(work);
  const startMs = performance.now();
  for (let at = 0; at < CALLS; at += 1) {
    valueOf(instance.guard(LONG_MS, () => bound.add(at, 1)));
  }
  return (performance.now() - startMs) * 1e6 / CALLS;
}

async function parkableCalls(
  instance: CellInstance,
  { work }: BenchCells,
): Promise<number> {
  const what = { binding: work, method: "add" } as const;
  const startMs = performance.now();
  for (let at = 0; at < CALLS; at += 1) {
    const call = instance.parkable(what, [at, 1], LONG_MS, () => {});
    const slice = await call?.run(LONG_MS);
    if (slice?.parked !== false) throw new Error("a short call was parked");
    valueOf(slice.guarded);
  }
  return (performance.now() - startMs) * 1e6 / CALLS;
}
