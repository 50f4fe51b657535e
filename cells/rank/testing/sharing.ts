/**
 * A rank and its parts under test, over shared snapshots in one thread.
 *
 * Who has the next turn is chance from a seed, so any of them may be slow, and any
 * order of their steps can come.
 */
import { seeded } from "../../../conformance/cells/rank/random_links.ts";
import type { GraphModel } from "./graph_model.ts";
import { openRank, type RankCell } from "./rank_cell.ts";
import { SnapshotModel } from "./snapshot_model.ts";

export type Config = [string, string][];

const PASSES_MAX = 2_000_000;
/** Questions between two times that a cell gives way: steps of some pieces. */
const YIELD_EVERY = 3;

/** How often each cell has a turn, of `sum`. */
export interface Turns {
  readonly rank: number;
  readonly parts: number;
}
export const FAIR: Turns = { rank: 1, parts: 1 };

/** A rank and some parts, each with a turn by chance. */
export class Sharing {
  readonly shared: SnapshotModel;
  readonly #below: (bound: number) => number;
  rank: RankCell | undefined;
  parts: (RankCell | undefined)[] = [];
  /** Told what rank copies. */
  watch: (cell: RankCell, octets: number) => void = () => {};

  constructor(
    readonly graph: GraphModel,
    readonly config: Config,
    readonly count: number,
    readonly seed: number,
    octetsMax?: number,
  ) {
    const rows = this.#rows.map((name, at) => [name, `part-${at + 1}`]);
    this.shared = new SnapshotModel(
      Object.fromEntries([["tasks", "rank"], ...rows]),
      octetsMax,
    );
    this.#below = seeded(seed);
  }

  get #rows(): string[] {
    return Array.from({ length: this.count }, (_, at) => `rows-${at + 1}`);
  }

  async openRank(): Promise<RankCell> {
    const shared = this.shared.serviceFor("rank");
    const snapshots: typeof shared = {
      ...shared,
      read: (name, number, offset, limit) => {
        this.watch(cell, limit);
        return shared.read(name, number, offset, limit);
      },
      write: (name, offset, octets) => {
        this.watch(cell, octets.length);
        return shared.write(name, offset, octets);
      },
    };
    const cell: RankCell = await openRank(this.graph, {
      snapshots,
      yieldEvery: YIELD_EVERY,
    });
    this.rank = cell;
    return cell;
  }

  /** A new rank, with what the one before handed over. */
  async startRank(): Promise<RankCell> {
    const state = this.rank?.snapshot();
    const cell = await this.openRank();
    const config: Config = [
      ...this.config,
      ["tasks", "tasks"],
      ["rows", this.#rows.join(",")],
      ["share-min", "0"],
    ];
    return cell.start(config, state);
  }

  async startPart(place: number): Promise<void> {
    const snapshots = this.shared.serviceFor(`part-${place}`);
    const cell = await openRank(this.graph, {
      snapshots,
      yieldEvery: YIELD_EVERY,
    });
    this.parts[place - 1] = cell.start([
      ["part", `${place}`],
      ["tasks", "tasks"],
      ["rows", `rows-${place}`],
    ]);
  }

  async start(): Promise<this> {
    await this.startRank();
    for (let place = 1; place <= this.count; place++) {
      await this.startPart(place);
    }
    return this;
  }

  /** Steps of all by chance until rank rests; `between` comes before each. */
  settle(turns: Turns, between: (pass: number) => void = () => {}): void {
    const sum = turns.rank + turns.parts;
    for (let pass = 0; pass < PASSES_MAX; pass++) {
      between(pass);
      if (this.#below(sum) < turns.rank) {
        if (this.rank?.background.step().tag === "idle") return;
      } else if (this.count > 0) {
        this.parts[this.#below(this.count)]?.background.step();
      }
    }
    throw new Error(`seed ${this.seed}: rank never rests`);
  }

  /** Lets the parts build what rank told them to. */
  prepare(): void {
    for (const part of this.parts) {
      // It rests once it has what it was told to have, and has looked for more.
      for (let pass = 0; pass < PASSES_MAX; pass++) {
        if ((part?.background.step().tag ?? "idle") === "idle") break;
      }
    }
  }

  get taken(): number {
    return this.shared.taken.get("rank") ?? 0;
  }
}
