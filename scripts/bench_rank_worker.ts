/** The thread of a part in bench:rank: the same cell over the same graph, told to sum rows. */
import {
  SharedSnapshots,
  type SnapshotMemories,
} from "../kernel/cell/snapshots.ts";
import type { System } from "../kernel/manifest/system_file.ts";
import { kernelBackground } from "../wit/gen/mod.ts";
import { type Kind, makeGraph } from "./bench_rank_graphs.ts";
import { compileLarge, openInstance } from "./bench_rank_run.ts";
import { LONG_MS, valueOf, withEngine } from "./bench_timing.ts";

/** Told by the benchmark; `stop` has one word that is 1 when it is over. */
export interface PartOrder {
  readonly component: Uint8Array;
  readonly kind: Kind;
  readonly scale: number;
  readonly place: number;
  readonly snapshots: NonNullable<System["snapshots"]>;
  readonly memories: SnapshotMemories;
  readonly stop: SharedArrayBuffer;
}

interface WorkerScope {
  onmessage: ((event: { data: PartOrder }) => void) | null;
  /** First 0; when it is over, how many octets its memory had. */
  postMessage(message: number): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = async ({ data: order }) => {
  const graph = makeGraph(order.kind, order.scale);
  const word = new Int32Array(order.stop);
  await withEngine({ mode: "trap" }, async (engine) => {
    const cell = await compileLarge(engine, order.component);
    const { place } = order;
    const snapshots = new SharedSnapshots(order, order.memories)
      .serviceFor({
        cell: `part-${place}`,
        generation: 1,
        isCurrent: () => true,
      });
    const { instance } = openInstance(engine, cell, graph, [
      ["part", `${place}`],
      ["tasks", "tasks"],
      ["rows", `rows-${place}`],
    ], snapshots);
    const background = instance.bind(kernelBackground);
    scope.postMessage(0);
    while (Atomics.load(word, 0) === 0) {
      const next = valueOf(instance.guard(LONG_MS, () => background.step()));
      if (next.tag === "idle") Atomics.wait(word, 0, 0, next.val);
    }
    scope.postMessage(instance.memoryBytes());
    instance.dispose();
  });
};
