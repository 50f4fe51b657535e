/**
 * The graphs that bench:rank ranks: Kronecker and uniform, as Graph500 makes them.
 *
 * 2^scale vertices and 16 times as many edges; a Kronecker edge falls into a quadrant with
 * the probabilities 0.57, 0.19, 0.19 and 0.05 at each of `scale` halvings, and vertices are
 * then shuffled. Like GAP's reference, loops and repetitions are left out.
 */
import type { Columns, Reads } from "../wit/gen/graph_reads.ts";

const EDGE_FACTOR = 16;
const A = 0.57;
const B = 0.19;
const C = 0.19;

export type Kind = "kronecker" | "uniform";

/** Directed edges, in no order that means anything. */
export interface EdgeList {
  readonly vertices: number;
  readonly origins: Uint32Array;
  readonly targets: Uint32Array;
}

/** Numbers from 0 to 1, the same for the same seed (sfc32). */
export function chance(seed: number): () => number {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, seed];
  const next = () => {
    const sum = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i += 1) next();
  return next;
}

export function makeGraph(kind: Kind, scale: number, seed = 27): EdgeList {
  const vertices = 2 ** scale;
  const next = chance(seed);
  const names = shuffled(vertices, next);
  // One double per edge holds both ends exactly, and sorts.
  const keys = new Float64Array(vertices * EDGE_FACTOR);
  let count = 0;
  for (let i = 0; i < keys.length; i += 1) {
    const [from, to] = kind === "uniform"
      ? [Math.floor(next() * vertices), Math.floor(next() * vertices)]
      : kroneckerEdge(scale, next);
    const origin = names[from] ?? 0;
    const target = names[to] ?? 0;
    if (origin !== target) keys[count++] = origin * vertices + target;
  }
  const sorted = keys.subarray(0, count).sort();
  return distinct(vertices, sorted);
}

function kroneckerEdge(scale: number, next: () => number): [number, number] {
  let from = 0;
  let to = 0;
  for (let bit = 0; bit < scale; bit += 1) {
    const draw = next();
    const low = draw >= A + B;
    const right = low ? draw >= A + B + C : draw >= A;
    from = from * 2 + Number(low);
    to = to * 2 + Number(right);
  }
  return [from, to];
}

function distinct(vertices: number, sorted: Float64Array): EdgeList {
  const origins = new Uint32Array(sorted.length);
  const targets = new Uint32Array(sorted.length);
  let count = 0;
  let last = -1;
  for (const key of sorted) {
    if (key === last) continue;
    last = key;
    origins[count] = Math.floor(key / vertices);
    targets[count++] = key % vertices;
  }
  return {
    vertices,
    origins: origins.slice(0, count),
    targets: targets.slice(0, count),
  };
}

function shuffled(count: number, next: () => number): Uint32Array {
  const names = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = Math.floor(next() * (i + 1));
    [names[i], names[j]] = [names[j] ?? 0, names[i] ?? 0];
  }
  return names;
}

/** `count` more edges between random vertices. */
export function withMore(
  graph: EdgeList,
  count: number,
  seed: number,
): EdgeList {
  const next = chance(seed);
  const draw = () => Math.floor(next() * graph.vertices);
  const more = Uint32Array.from({ length: count }, draw);
  const ends = Uint32Array.from({ length: count }, draw);
  return {
    vertices: graph.vertices,
    origins: joined(graph.origins, more),
    targets: joined(graph.targets, ends),
  };
}

function joined(
  one: Uint32Array,
  other: Uint32Array,
): Uint32Array<ArrayBuffer> {
  const both = new Uint32Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/** A record of one link per edge, as the rank cell reads it. `graph` may be replaced by a longer one. */
export class EdgeReads {
  constructor(public graph: EdgeList) {}

  reads(): Pick<Reads, "count" | "scan"> {
    return {
      count: () => {
        const { vertices, origins } = this.graph;
        const census = {
          height: BigInt(origins.length),
          particles: vertices,
          links: BigInt(origins.length),
          axons: origins.length,
          neurons: 1,
          contents: 0,
          deviceUsed: 0n,
          deviceCapacity: 0n,
          memoryUsed: 0n,
        };
        return { tag: "ok", val: census };
      },
      scan: (index, limit) => ({ tag: "ok", val: this.#columns(index, limit) }),
    };
  }

  #columns(index: bigint, limit: number): Columns {
    const from = Number(index);
    const origins = this.graph.origins.slice(from, from + limit);
    const next = BigInt(from + origins.length);
    return {
      origins,
      targets: this.graph.targets.slice(from, from + limit),
      weights: new BigInt64Array(origins.length).fill(1n),
      next,
      height: next,
    };
  }
}
