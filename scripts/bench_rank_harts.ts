/**
 * One hart and several, as bench:rank --harts measures them: rank here, parts on
 * threads of their own, over the shared snapshots of the kernel.
 *
 * All is time that passes, because processor time of several threads adds up.
 */
import { SharedSnapshots, snapshotMemories } from "../kernel/cell/snapshots.ts";
import type { CompiledCell } from "../kernel/engine/engine.ts";
import type { SnapshotSpec } from "../kernel/manifest/system_file.ts";
import type { Snapshots } from "../wit/gen/kernel_snapshots.ts";
import { type EdgeList, type Kind, makeGraph } from "./bench_rank_graphs.ts";
import { rowFile, rowSet } from "./bench_rank_plain.ts";
import { figure, type Line, type Section } from "./bench_report.ts";
import { type Config, inC, type OpenCell, openCell } from "./bench_rank_run.ts";
import type { EngineShape } from "./bench_timing.ts";
import type { PartOrder } from "./bench_rank_worker.ts";

const SNAPSHOT_MIB = 64;

interface Parts {
  /** What a new rank is answered. */
  service(): Snapshots;
  /** Octets of sums that the last rank took from parts. */
  readonly taken: { octets: number };
  readonly config: Config;
  /** Ends them; octets of memory that each had. */
  end(): Promise<readonly number[]>;
}

/** Starts the parts of a rank on so many further harts. */
async function startParts(
  component: Uint8Array,
  kind: Kind,
  scale: number,
  count: number,
): Promise<Parts> {
  const places = Array.from({ length: count }, (_, at) => at + 1);
  const names = places.map((place) => `part-${place}`);
  const mib = SNAPSHOT_MIB;
  const snapshots: PartOrder["snapshots"] = new Map<string, SnapshotSpec>([
    ["tasks", { mib, writer: "rank", readers: names }],
    ...places.map((place) =>
      [`rows-${place}`, {
        mib,
        writer: `part-${place}`,
        readers: ["rank"],
      }] as const
    ),
  ]);
  const system = {
    network: "",
    drivers: new Map(),
    cells: new Map(),
    snapshots,
  };
  const memories = snapshotMemories(system);
  const stop = new SharedArrayBuffer(4);
  const workers = await Promise.all(places.map(async (place) => {
    const url = new URL("bench_rank_worker.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    const order: PartOrder = {
      component,
      kind,
      scale,
      place,
      snapshots,
      memories,
      stop,
    };
    worker.postMessage(order);
    await said(worker);
    return worker;
  }));
  const shared = new SharedSnapshots(system, memories);
  let generation = 0;
  const taken = { octets: 0 };
  return {
    taken,
    service: () => {
      taken.octets = 0;
      const service = shared.serviceFor({
        cell: "rank",
        generation: ++generation,
        isCurrent: () => true,
      });
      const read: Snapshots["read"] = (name, number, offset, limit) => {
        // What has an offset is behind the head: sums.
        if (offset > 0) taken.octets += limit;
        return service.read(name, number, offset, limit);
      };
      return { ...service, read };
    },
    config: [
      ["tasks", "tasks"],
      ["rows", places.map((place) => `rows-${place}`).join(",")],
    ],
    end: async () => {
      const words = new Int32Array(stop);
      Atomics.store(words, 0, 1);
      Atomics.notify(words, 0);
      const octets = await Promise.all(workers.map(said));
      for (const worker of workers) worker.terminate();
      return octets;
    },
  };
}

function said(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
  });
}

/** Diffusion for as many rounds as it is given, and the tri-kernel to its end. */
const WALKS: Config = [
  ["operators", "diffusion"],
  ["acceleration", "0"],
  ["tolerance", "1e-300"],
];

/** So many rounds are told from what reading the graph takes. */
const ROUNDS = 80;

interface Ran {
  readonly ms: number;
  readonly rounds: number;
  readonly particles: number;
  readonly vector: Uint8Array;
  readonly memoryOctets: number;
}

/** The best of some rankings of new cells, in time that passes. */
function bestRun(open: () => OpenCell, times: number): Ran {
  let best: Ran | undefined;
  for (let at = 0; at < times; at += 1) {
    const cell = open();
    const startMs = performance.now();
    const { rounds, particles, memoryOctets } = cell.settle();
    const ms = performance.now() - startMs;
    const vector = cell.vector();
    cell.dispose();
    if (ms < (best?.ms ?? Infinity)) {
      best = { ms, rounds, particles, vector, memoryOctets };
    }
  }
  if (best === undefined) throw new Error("nothing was run");
  return best;
}

interface Measured {
  readonly roundMs: number;
  readonly whole: Ran;
  readonly walked: Ran;
  /** Which part of the rows the parts summed. */
  readonly lent: number;
}

function measure(
  engine: EngineShape,
  cell: CompiledCell,
  graph: EdgeList,
  times: number,
  parts?: Parts,
): Measured {
  const open = (config: Config) => () =>
    openCell(
      engine,
      cell,
      graph,
      [...config, ...parts?.config ?? []],
      parts?.service(),
    );
  const whole = bestRun(open([]), times + 1);
  const run = (rounds: number) =>
    bestRun(open([...WALKS, ["rounds-max", `${rounds}`]]), times);
  const walked = run(ROUNDS + 1);
  const octets = walked.rounds * walked.particles * 8;
  const lent = (parts?.taken.octets ?? 0) / octets;
  const roundMs = (walked.ms - run(1).ms) / ROUNDS;
  if (roundMs <= 0) {
    throw new Error("reading varied by more than the rounds took: --rounds 3");
  }
  return { roundMs, whole, walked, lent };
}

function same(one: Ran, other: Ran): boolean {
  return one.vector.length === other.vector.length &&
    one.vector.every((octet, at) => octet === other.vector[at]);
}

/** One hart and `harts` over one graph; throws where an octet differs. */
export async function hartsSections(
  engine: EngineShape,
  component: Uint8Array,
  cell: CompiledCell,
  about: { kind: Kind; scale: number; harts: number; rounds: number },
): Promise<Section[]> {
  const { kind, scale, harts, rounds } = about;
  const graph = makeGraph(kind, scale);
  const edges = graph.origins.length;
  const one = measure(engine, cell, graph, rounds);
  const parts = await startParts(component, kind, scale, harts - 1);
  const more = measure(engine, cell, graph, rounds, parts);
  const [partOctets = 0] = await parts.end();
  const isSame = same(one.whole, more.whole) && same(one.walked, more.walked);
  if (!isSame) throw new Error(`${kind} ${scale}: the octets differ`);
  const native = await inC(rowFile(rowSet(graph)), harts);
  const line = (name: string, ms: number, rest: Partial<Line> = {}): Line => {
    const value = ms * 1e6 / edges;
    const detail = `${figure(1 / value)} G edge-iterations/s`;
    return { name, value, detail, ...rest };
  };
  const lines = [
    line("one hart", one.roundMs, { yardstick: "of one" }),
    line(`${harts} harts`, more.roundMs),
  ];
  if (native !== undefined) {
    const yardstick = `of C on ${harts}`;
    lines.push(line(`C -O3, ${harts} threads`, native[0].ms, { yardstick }));
  }
  const title = `${kind} ${scale}, ${figure(edges)} edges`;
  const perLink = (ran: Ran) => figure(ran.memoryOctets / edges);
  return [{
    title: `Diffusion alone on harts, one edge in one round: ${title}`,
    unit: "ns",
    lines,
    notes: [
      "time that passes; the vectors are equal octet by octet",
      `the parts summed ${figure(100 * more.lent)} % of the rows`,
      `memory of the cell: ${perLink(one.whole)} octets per link alone, ${
        perLink(more.whole)
      } with parts; of a part ${figure(partOctets / edges)}`,
    ],
  }, {
    title: `Tri-kernel to 1e-10 on harts: ${title}`,
    unit: "ms",
    lines: [
      {
        name: "one hart, whole ranking",
        value: one.whole.ms,
        yardstick: "of one",
        detail: `${one.whole.rounds} rounds`,
      },
      {
        name: `${harts} harts, whole ranking`,
        value: more.whole.ms,
        detail: `${more.whole.rounds} rounds`,
      },
    ],
  }];
}
