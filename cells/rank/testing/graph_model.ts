/**
 * A record of links that a rank cell can read: the parts of graph `reads` that it calls.
 *
 * Tests let it grow, go away, or break its promises.
 */
import type { Census, Columns, Reads } from "../../../wit/gen/graph_reads.ts";
import type { Authors } from "../../../wit/gen/graph_authors.ts";
import type { Absence } from "../../../wit/gen/kernel_call.ts";
import type { WeightedLink } from "../../../conformance/cells/rank/reference.ts";

/** Links per height: the record's height is that of its last signal. */
export const LINKS_PER_SIGNAL = 5;

/** All links are of one neuron. */
export const ONE_AUTHOR: Authors = {
  scan: (_, limit) => ({ tag: "ok", val: new Uint32Array(limit) }),
  find: () => ({ tag: "ok", val: undefined }),
  identities: () => ({ tag: "ok", val: [] }),
};

export class GraphModel {
  links: WeightedLink[] = [];
  /** The neuron of each link; 0 of those behind its end. */
  neurons: number[] = [];
  /** Changes what is answered about neurons. */
  distortAuthors: (neurons: Uint32Array) => Uint32Array = (neurons) => neurons;
  /** Particles that exist beside those that links name. */
  particlesMin = 0;
  /** What every call answers while it is set. */
  absence: Absence | undefined;
  /** Most links that a scan gives, whatever was asked. */
  scanMax = 65536;
  /** Changes an answer before the cell gets it. */
  distortCensus: (census: Census) => Census = (census) => census;
  distortColumns: (columns: Columns) => Columns = (columns) => columns;
  /** Runs after each scan, so that the record can grow between two. */
  afterScan: () => void = () => {};
  scans = 0;

  #highest = -1;
  #counted = 0;

  constructor(links: readonly WeightedLink[] = []) {
    this.links = [...links];
  }

  /** Height at which the first `count` links stand. */
  static heightOf(count: number): bigint {
    return BigInt(Math.ceil(count / LINKS_PER_SIGNAL));
  }

  get particles(): number {
    if (this.#counted > this.links.length) {
      this.#counted = 0;
      this.#highest = -1;
    }
    for (; this.#counted < this.links.length; this.#counted++) {
      const { origin, target } = this.links[this.#counted]!;
      this.#highest = Math.max(this.#highest, origin, target);
    }
    return Math.max(this.#highest + 1, this.particlesMin);
  }

  #census(): Census {
    return this.distortCensus({
      height: GraphModel.heightOf(this.links.length),
      particles: this.particles,
      links: BigInt(this.links.length),
      axons: 0,
      neurons: this.neurons.reduce((most, one) => Math.max(most, one + 1), 1),
      contents: 0,
      deviceUsed: 0n,
      deviceCapacity: 0n,
      memoryUsed: 0n,
    });
  }

  #scan(index: bigint, limit: number): Columns {
    this.scans++;
    const from = Number(index);
    const run = this.links.slice(from, from + Math.min(limit, this.scanMax));
    const next = BigInt(from + run.length);
    const columns = this.distortColumns({
      origins: Uint32Array.from(run, (link) => link.origin),
      targets: Uint32Array.from(run, (link) => link.target),
      weights: BigInt64Array.from(run, (link) => link.weight),
      next,
      height: GraphModel.heightOf(Number(next)),
    });
    this.afterScan();
    return columns;
  }

  #answer<T>(value: () => T) {
    return this.absence === undefined
      ? { tag: "ok" as const, val: value() }
      : { tag: "err" as const, val: this.absence };
  }

  /** The contract of neurons, as the cell imports it. */
  authors(): Authors {
    return {
      ...ONE_AUTHOR,
      scan: (index, limit) =>
        this.#answer(() => {
          const from = Number(index);
          const length = Math.min(limit, this.links.length - from);
          const of = (_: unknown, i: number) => this.neurons[from + i] ?? 0;
          return this.distortAuthors(Uint32Array.from({ length }, of));
        }),
    };
  }

  /** The contract of links, as the cell imports it. */
  reads(): Reads {
    const answer = <T>(value: () => T) => this.#answer(value);
    const never = (): never => {
      throw new Error("a rank cell has no need of this function");
    };
    return {
      count: () => answer(() => this.#census()),
      scan: (index, limit) => answer(() => this.#scan(index, limit)),
      identify: never,
      find: never,
      describe: never,
      identities: never,
      content: never,
      links: never,
      arrivals: never,
    };
  }
}
