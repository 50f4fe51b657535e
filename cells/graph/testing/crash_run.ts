/**
 * A life of appends on a device that fails, and what may be left of it.
 *
 * Keeps what was acknowledged, and the appends that were tried after it: after
 * a crash the store holds the former and at most one of the latter, whole.
 */
import assert from "node:assert/strict";
import {
  type Fault,
  PowerLoss,
  SimulatedBlockDevice,
  type SimulatedOptions,
} from "../../../conformance/sim/block_device.ts";
import { GraphModel } from "../model/graph_model.ts";
import { AccountHistory } from "../model/account_history.ts";
import type { Append, History } from "../model/history.ts";
import { appendTo, compareAll, compareCounts } from "./compare.ts";
import { StateModel } from "../model/state_model.ts";
import {
  type GraphCell,
  graphCell,
  NETWORK_NAME,
  valueOf,
} from "./graph_cell.ts";
import { hex, networkOf } from "./signals.ts";

const OPENINGS_MAX = 50;
/** Links of a large signal: several blocks, and quick to compare. */
const LINKS_MAX = 40;
/** Of all signals, how many have operations. */
const OPERATIONS_SHARE = 0.25;

/** What an accepted call does to the model. */
export type Change = (model: GraphModel) => void;

const appended = ({ entries, note }: Append): Change => (model) =>
  model.apply(entries, note);

export class CrashRun {
  device: SimulatedBlockDevice;
  cell!: GraphCell;
  model = new GraphModel(networkOf(NETWORK_NAME));
  history: History;
  readonly #acknowledged: Change[] = [];
  #tried: Change[] = [];
  /** Outcomes, so that a test can see that its faults struck. */
  readonly refused: string[] = [];
  crashes = 0;

  constructor(
    readonly seed: number,
    options: Omit<SimulatedOptions, "seed"> = {},
    /** Entries of the cell's section beside the network. */
    readonly config: readonly [string, string][] = [],
  ) {
    this.device = new SimulatedBlockDevice({
      blockSize: 512,
      capacity: 8 << 20,
      transferMax: 8192,
      ...options,
      seed,
    });
    this.history = new AccountHistory(
      seed,
      this.model,
      LINKS_MAX,
      OPERATIONS_SHARE,
    );
  }

  /** Opens the store, again and again while faults prevent it. */
  async open(): Promise<void> {
    for (let i = 0; i < OPENINGS_MAX; i++) {
      try {
        this.cell = await graphCell(this.device, { yieldEvery: 2 });
        const answer = this.cell.lifecycle.start(
          [["network", NETWORK_NAME], ...this.config],
          undefined,
        );
        if (answer.tag === "err") {
          this.refused.push(answer.val.tag);
          continue;
        }
        this.cell.settle();
        if (this.cell.lifecycle.health().tag !== "failed") return;
        this.refused.push("failed");
      } catch (error) {
        this.#powerOff(error);
      }
    }
    throw new Error(
      `not open: ${JSON.stringify(this.cell.lifecycle.health())}`,
    );
  }

  #powerOff(error: unknown): void {
    if (!(error instanceof PowerLoss)) throw error;
    this.crashes++;
    this.device = this.device.crash({
      seed: this.seed + 1000 * this.crashes,
      transferMax: 8192,
    });
  }

  /** Lets something go wrong some operations from now. */
  plan(operations: number, fault: Fault): void {
    this.device.failAt(this.device.operations + operations, fault);
  }

  /** Appends something good; false if the power failed. */
  append(): boolean {
    const append = this.history.good();
    return this.attempt(appended(append), () => {
      const answer = appendTo(this.cell, append);
      return answer.tag === "ok" ? undefined : answer.val.tag;
    });
  }

  /** Calls for a change; false if the power failed. */
  attempt(change: Change, call: () => string | undefined): boolean {
    try {
      const refusal = call();
      if (refusal === undefined) {
        change(this.model);
        this.#acknowledged.push(change);
        this.#tried = [];
      } else {
        assert.match(refusal, /^(unavailable|full|no-upload)$/);
        this.refused.push(refusal);
        this.#tried.push(change);
      }
    } catch (error) {
      this.#tried.push(change);
      this.#powerOff(error);
      return false;
    }
    compareCounts(this.cell, this.model);
    return true;
  }

  /** Lets the cell do its background work; false if the power failed. */
  rest(): boolean {
    try {
      this.cell.settle();
      return true;
    } catch (error) {
      this.#powerOff(error);
      return false;
    }
  }

  /** Lets the cell do one step; false if the power failed. */
  step(): boolean {
    try {
      this.cell.background.step();
      return true;
    } catch (error) {
      this.#powerOff(error);
      return false;
    }
  }

  /** The power fails while nothing is under way. */
  crash(): void {
    this.#powerOff(new PowerLoss("between operations"));
  }

  /** After a crash: the store holds what it must and nothing that it must not. */
  async recover(): Promise<void> {
    await this.open();
    const worlds = [undefined, ...this.#tried].map((last) =>
      this.#replay(last)
    );
    const apart = new Set(worlds.flatMap((model) => [...model.apart.keys()]));
    const found = worlds.find((model) => this.#looksLike(model, apart));
    assert.ok(
      found,
      `the store holds neither what was acknowledged nor one more`,
    );
    compareAll(this.cell, found);
    const state = valueOf(valueOf(this.cell.proofs.latest()));
    assert.equal(hex(state.root), hex(new StateModel(found).root));
    if (found !== worlds[0]) {
      this.#acknowledged.push(this.#tried[worlds.indexOf(found) - 1]!);
    }
    this.#tried = [];
    this.model = found;
    this.history = new AccountHistory(
      this.seed + this.crashes,
      found,
      LINKS_MAX,
      OPERATIONS_SHARE,
    );
  }

  #replay(last: Change | undefined): GraphModel {
    const model = new GraphModel(networkOf(NETWORK_NAME));
    for (const change of this.#acknowledged) change(model);
    last?.(model);
    return model;
  }

  #looksLike(model: GraphModel, apart: ReadonlySet<string>): boolean {
    const neurons = this.history.neurons;
    const sameContents = [...apart].every((key) => {
      const id = Uint8Array.fromHex(key);
      const look = this.cell.contents.look(id);
      const found = look.tag === "ok" ? look.val.presence : "unknown";
      return found === model.presence(key);
    });
    return sameContents && neurons.every((neuron) => {
      const found = this.cell.ledger.head(neuron);
      const wanted = model.head(neuron);
      return found.nextStep === wanted.nextStep &&
        found.previous.toHex() === wanted.previous.toHex();
    });
  }
}
