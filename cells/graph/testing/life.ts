/** A cell and the model of what it holds, on a device that a test tampers with. */
import assert from "node:assert/strict";
import { SimulatedBlockDevice } from "../../../conformance/sim/block_device.ts";
import { GraphModel } from "../model/graph_model.ts";
import { type Append, History } from "../model/history.ts";
import { appendTo } from "./compare.ts";
import {
  type GraphCell,
  graphCell,
  NETWORK_NAME,
  openGraph,
  valueOf,
} from "./graph_cell.ts";
import {
  DEFAULT_TOKEN,
  identityOf,
  networkOf,
  type Signal,
} from "./signals.ts";

export const BLOCK = 4096;
export const CONFIG: [string, string][] = [["network", NETWORK_NAME]];

export class Life {
  readonly model = new GraphModel(networkOf(NETWORK_NAME));
  readonly history: History;
  device: SimulatedBlockDevice;
  cell!: GraphCell;
  /** Where each record ends. */
  readonly ends: number[] = [];

  constructor(seed: number, capacity = 64 << 20) {
    this.device = new SimulatedBlockDevice({
      seed,
      blockSize: BLOCK,
      capacity,
    });
    this.history = new History(seed, this.model);
  }

  async open(): Promise<this> {
    this.cell = await openGraph(this.device);
    return this;
  }

  append(append: Append = this.history.good()): void {
    valueOf(appendTo(this.cell, append));
    this.model.apply(append.entries, append.note);
    this.ends.push(Number(valueOf(this.cell.reads.count()).deviceUsed));
  }

  /** A started cell over a copy of what the device shows. */
  async anew(): Promise<GraphCell> {
    return await openGraph(this.device.reopen({ seed: 1 }));
  }
}

/** Why a cell would not start on the device. */
export async function refusalOf(
  device: SimulatedBlockDevice,
  config: [string, string][] = CONFIG,
): Promise<[string, string]> {
  const answer = (await graphCell(device)).lifecycle.start(config, undefined);
  assert.equal(answer.tag, "err");
  const { tag, val } = answer.val as { tag: string; val: string };
  return [tag, val];
}

/** An append of one signal that links the contents and brings them. */
export function signalOf(life: Life, contents: Uint8Array[]): Append {
  const bundle = life.history.bundles[0]!;
  const head = life.model.head(identityOf(bundle));
  const signal: Signal = {
    network: life.model.network,
    neuron: identityOf(bundle),
    step: head.nextStep,
    previous: head.previous,
    time: 0n,
    links: contents.map((content) => ({
      from: identityOf(content),
      to: DEFAULT_TOKEN,
      token: DEFAULT_TOKEN,
      amount: 1n,
      valence: 0,
    })),
  };
  return { entries: [{ signal, contents }], note: undefined };
}
