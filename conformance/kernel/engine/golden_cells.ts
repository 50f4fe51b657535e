/**
 * Real cells as programs of the golden runs: the graph and the rank of a node.
 *
 * Their hosts are small and deterministic: a device in memory, a record of links
 * from a seed, a clock that stands. A cell that was built anew is another
 * component and has other golden runs.
 */
import {
  graphAuthors,
  graphLedger,
  graphReads,
  halBlock,
  halGpu,
  kernelBackground,
  kernelClock,
  kernelLifecycle,
  kernelLog,
  kernelScheduling,
  kernelSnapshots,
  rankMeasures,
  rankRanks,
} from "../../../wit/gen/mod.ts";
import { absentGpu } from "../../../hal/gpu/absent.ts";
import type { Background } from "../../../wit/gen/kernel_background.ts";
import type { Snapshots } from "../../../wit/gen/kernel_snapshots.ts";
import type { Authors } from "../../../wit/gen/graph_authors.ts";
import type { Reads } from "../../../wit/gen/graph_reads.ts";
import type { Grant } from "../../../kernel/engine/engine.ts";
import type { InterfaceBinding } from "../../../wit/abi/binding.ts";
import { SimulatedBlockDevice } from "../../sim/block_device.ts";
import { seeded } from "./chance.ts";
import type { Program } from "./golden.ts";

const MEMORY_MIB = 128;
const STEPS_MAX = 100_000;
export const PARTICLES = 120;
const LINKS = 600;
const DRAFT_LINKS = 60;
const SIGNATURE_OCTETS = 3_373;
const SEED = 15;

export function grant<I>(
  binding: InterfaceBinding<I>,
  host: I,
): readonly [string, Grant] {
  return [binding.name, { binding, host }];
}

export const KERNEL = () => {
  let asked = 0;
  return [
    grant(kernelLog, { write: () => {} }),
    grant(kernelClock, { monotonic: () => 5_000_000n, wall: () => 0n }),
    // Told to yield now and then, so that a step ends in the middle too.
    grant(kernelScheduling, { shouldYield: () => ++asked % 7 === 0 }),
  ];
};

/** No snapshot has any name that the cell could give. */
const ALONE: Snapshots = {
  look: () => ({ tag: "ok", val: undefined }),
  read: () => ({ tag: "ok", val: undefined }),
  write: () => ({ tag: "ok", val: false }),
  publish: () => ({ tag: "ok", val: undefined }),
};

/** Steps until the cell rests. */
function settle(background: Background): number {
  for (let steps = 1; steps <= STEPS_MAX; steps++) {
    if (background.step().tag === "idle") return steps;
  }
  throw new Error(`no rest after ${STEPS_MAX} steps`);
}

export function links() {
  const chance = seeded(SEED);
  const some = () => Math.floor(chance() ** 2 * PARTICLES);
  return Array.from({ length: LINKS }, () => ({
    origin: some(),
    target: some(),
    weight: BigInt(1 + Math.floor(chance() * 9)),
  }));
}

const NEURONS = 3;

/** Links are of some neurons in turn. */
export const authors: Authors = {
  scan: (index, limit) => ({
    tag: "ok",
    val: Uint32Array.from(
      { length: limit },
      (_, i) => (Number(index) + i) % NEURONS,
    ),
  }),
  find: () => ({ tag: "ok", val: undefined }),
  identities: () => ({ tag: "ok", val: [] }),
};

interface RecordedLink {
  readonly origin: number;
  readonly target: number;
  readonly weight: bigint;
}

export function record(): Reads {
  const all = links();
  return recordOf(() => all, PARTICLES, () => 1n);
}

/** The parts of a graph's record that a rank cell reads. */
export function recordOf(
  links: () => readonly RecordedLink[],
  particles: number,
  height: () => bigint,
): Reads {
  const never = (): never => {
    throw new Error("a rank cell has no need of this function");
  };
  return {
    count: () => ({
      tag: "ok",
      val: {
        height: height(),
        particles,
        links: BigInt(links().length),
        axons: 0,
        neurons: NEURONS,
        contents: 0,
        deviceUsed: 0n,
        deviceCapacity: 0n,
        memoryUsed: 0n,
      },
    }),
    scan: (index, limit) => {
      const run = links().slice(Number(index), Number(index) + limit);
      return {
        tag: "ok",
        val: {
          origins: Uint32Array.from(run, ({ origin }) => origin),
          targets: Uint32Array.from(run, ({ target }) => target),
          weights: BigInt64Array.from(run, ({ weight }) => weight),
          next: index + BigInt(run.length),
          height: height(),
        },
      };
    },
    identify: never,
    find: never,
    describe: never,
    identities: never,
    content: never,
    links: never,
    arrivals: never,
  };
}

/** Ranks a graph to its end, and asks for everything. */
export function rankProgram(component: Uint8Array): Program {
  return {
    name: "rank cell",
    component,
    memoryMib: MEMORY_MIB,
    begin: (open) => {
      const { instance, core, bind } = open(
        new Map([
          ...KERNEL(),
          grant(graphReads, record()),
          grant(graphAuthors, authors),
          grant(kernelSnapshots, ALONE),
          grant(halGpu, absentGpu("none is granted")),
        ]),
      );
      const lifecycle = bind(kernelLifecycle);
      const background = bind(kernelBackground);
      const ranks = bind(rankRanks);
      const measures = bind(rankMeasures);
      const job = () => [
        lifecycle.start([], undefined),
        settle(background),
        ranks.status(),
        ranks.residuals(),
        ranks.top(0, 20),
        ranks.vector(0, PARTICLES),
        measures.karma(Uint32Array.of(0, 1, 2), 3),
        lifecycle.snapshot(),
      ];
      return { instance, core, job };
    },
  };
}

/** A draft of links between short texts, as wit/cells/graph/encodings.md has it. */
function draft(): Uint8Array {
  const octets: number[] = [];
  const put = (value: number, size: number) => {
    for (let at = 0; at < size; at++) {
      octets.push((value / 2 ** (8 * at)) & 255);
    }
  };
  const end = (text: string) => {
    const content = new TextEncoder().encode(text);
    put(0, 1);
    put(content.length, 4);
    octets.push(...content);
  };
  put(DRAFT_LINKS, 2);
  for (const { origin, target, weight } of links().slice(0, DRAFT_LINKS)) {
    end(`particle ${origin}`);
    end(`particle ${target}`);
    put(0, 1);
    put(Number(weight), 8);
    put(1, 1);
  }
  return Uint8Array.from(octets);
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const all = new Uint8Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}

/** Opens a blank store, composes a signal, appends it, and reads it back. */
export function graphProgram(component: Uint8Array): Program {
  return {
    name: "graph cell",
    component,
    memoryMib: MEMORY_MIB,
    begin: (open) => {
      const device = new SimulatedBlockDevice({ seed: SEED });
      const { instance, core, bind } = open(
        new Map([...KERNEL(), grant(halBlock, device)]),
      );
      const lifecycle = bind(kernelLifecycle);
      const background = bind(kernelBackground);
      const ledger = bind(graphLedger);
      const reads = bind(graphReads);
      const identify = (text: string) => {
        const answer = reads.identify(new TextEncoder().encode(text));
        if (answer.tag === "ok") return answer.val;
        throw new Error(`no identity: ${answer.val}`);
      };
      const job = () => {
        const started = lifecycle.start([["network", "golden"]], undefined);
        const steps = settle(background);
        const neuron = identify("a bundle");
        const network = identify("karyon network: golden");
        const composed = ledger.compose(
          neuron,
          network,
          1n,
          undefined,
          draft(),
        );
        if (composed.tag === "err") throw new Error(composed.val.tag);
        const { body, contents } = composed.val;
        const signal = joined(body, new Uint8Array(SIGNATURE_OCTETS));
        return [
          started,
          steps,
          body,
          ledger.append([{ signal, contents }], { key: "at", value: "1" }),
          ledger.head(neuron),
          ledger.recall("at"),
          reads.count(),
          reads.describe(0),
          reads.scan(0n, 1_000),
          reads.arrivals(0, 4_096),
          reads.content(1, 0n, 100),
        ];
      };
      return { instance, core, job };
    },
  };
}
