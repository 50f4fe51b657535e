/** The rank cell as the benchmarks run it: on an engine, over a fixed graph. */
import { randomLinks } from "../conformance/cells/rank/random_links.ts";
import { NO_SNAPSHOTS } from "../cells/rank/testing/rank_cell.ts";
import { GraphModel, ONE_AUTHOR } from "../cells/rank/testing/graph_model.ts";
import { absentGpu } from "../hal/gpu/absent.ts";
import type { Gpu } from "../hal/gpu_contract.ts";
import type { Grant, Grants } from "../kernel/engine/engine.ts";
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import type { Reads } from "../wit/gen/graph_reads.ts";
import type { Snapshots } from "../wit/gen/kernel_snapshots.ts";
import {
  graphAuthors,
  graphReads,
  halGpu,
  kernelClock,
  kernelLog,
  kernelScheduling,
  kernelSnapshots,
} from "../wit/gen/mod.ts";

const SEED = 2_026;

/** The component that the build made. */
export async function rankComponent(): Promise<Uint8Array<ArrayBuffer>> {
  const url = new URL("../build/cells/rank.wasm", import.meta.url);
  try {
    return await Deno.readFile(url);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error("the rank cell is not built: deno task build");
  }
}

/** Columns are made once per index, so that rounds measure the cell alone. */
export function fixedReads(particles: number, links: number): Reads {
  const reads = new GraphModel(randomLinks(SEED, particles, links)).reads();
  const known = new Map<bigint, ReturnType<Reads["scan"]>>();
  const census = reads.count();
  return {
    ...reads,
    count: () => census,
    scan: (index, limit) => {
      const found = known.get(index) ?? reads.scan(index, limit);
      known.set(index, found);
      return found;
    },
  };
}

/** What the rank cell imports; it is never told to yield. */
export function rankGrants(
  reads: Reads,
  snapshots: Snapshots = NO_SNAPSHOTS,
  gpu: Gpu = absentGpu("none is granted"),
): Grants {
  const grant = <I>(
    binding: InterfaceBinding<I>,
    host: I,
  ): [string, Grant] => [binding.name, {
    binding: binding as InterfaceBinding<unknown>,
    host,
  }];
  return new Map([
    grant(graphReads, reads),
    grant(graphAuthors, ONE_AUTHOR),
    grant(kernelClock, { monotonic: () => 5_000_000n, wall: () => 0n }),
    grant(kernelLog, { write: () => {} }),
    grant(kernelScheduling, { shouldYield: () => false }),
    grant(kernelSnapshots, snapshots),
    grant(halGpu, gpu),
  ]);
}
