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

export class CrashRun {
  device: SimulatedBlockDevice;
  cell!: GraphCell;
  model = new GraphModel(networkOf(NETWORK_NAME));
  history: History;
  readonly #acknowledged: Append[] = [];
  #tried: Append[] = [];
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
    try {
      const answer = appendTo(this.cell, append);
      if (answer.tag === "ok") {
        this.model.apply(append.entries, append.note);
        this.#acknowledged.push(append);
        this.#tried = [];
      } else {
        assert.match(answer.val.tag, /^(unavailable|full)$/);
        this.refused.push(answer.val.tag);
        this.#tried.push(append);
      }
    } catch (error) {
      this.#tried.push(append);
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
    const found = worlds.find((model) => this.#looksLike(model));
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

  #replay(last: Append | undefined): GraphModel {
    const model = new GraphModel(networkOf(NETWORK_NAME));
    for (const { entries, note } of this.#acknowledged) {
      model.apply(entries, note);
    }
    if (last) model.apply(last.entries, last.note);
    return model;
  }

  #looksLike(model: GraphModel): boolean {
    const neurons = this.history.neurons;
    return neurons.every((neuron) => {
      const found = this.cell.ledger.head(neuron);
      const wanted = model.head(neuron);
      return found.nextStep === wanted.nextStep &&
        found.previous.toHex() === wanted.previous.toHex();
    });
  }
}
