/** A small graph cell in WebAssembly that is opened anew from the same blocks. */
import { SimulatedBlockDevice } from "../../../conformance/sim/block_device.ts";
import { GraphModel } from "../../../cells/graph/model/graph_model.ts";
import { type Append, History } from "../../../cells/graph/model/history.ts";
import { bring } from "../../../cells/graph/testing/apart.ts";
import { appendTo } from "../../../cells/graph/testing/compare.ts";
import {
  type GraphCell,
  NETWORK_NAME,
  openGraph,
  valueOf,
} from "../../../cells/graph/testing/graph_cell.ts";
import {
  hex,
  identityOf,
  networkOf,
} from "../../../cells/graph/testing/signals.ts";
import { hold } from "../target.ts";

export const BLOCK = 512;
export const CAPACITY = 8 << 20;
const LINKS_MAX = 10;

export const NETWORK = networkOf(NETWORK_NAME);

/** Numbers of the blocks that are not all zeros; most of an image is. */
export function usedBlocks(image: Uint8Array): number[] {
  const whole = Math.ceil(image.length / BLOCK) * BLOCK;
  const octets = new Uint8Array(whole);
  octets.set(image);
  const words = new BigUint64Array(octets.buffer);
  const used: number[] = [];
  for (let block = 0; block < whole / BLOCK; block += 1) {
    const from = block * BLOCK / 8;
    for (let i = from; i < from + BLOCK / 8; i += 1) {
      if (words[i] === 0n) continue;
      used.push(block);
      break;
    }
  }
  return used;
}

export function deviceOf(image: Uint8Array): SimulatedBlockDevice {
  const blocks = new Map<number, Uint8Array>();
  for (const number of usedBlocks(image)) {
    const block = new Uint8Array(BLOCK);
    block.set(image.subarray(number * BLOCK, (number + 1) * BLOCK));
    blocks.set(number, block);
  }
  return new SimulatedBlockDevice(
    { seed: 1, blockSize: BLOCK, capacity: CAPACITY },
    blocks,
  );
}

/** A record of some appends: its blocks, and what may come next. */
export interface Base {
  readonly image: Uint8Array;
  readonly history: History;
}

export async function baseOf(
  appends: number,
  config: [string, string][] = [],
  apart = false,
): Promise<Base> {
  const model = new GraphModel(NETWORK);
  const history = new History(31, model, LINKS_MAX);
  const device = deviceOf(new Uint8Array());
  const cell = await openGraph(device, {}, config);
  for (let i = 0; i < appends; i += 1) {
    const append: Append = history.good();
    valueOf(appendTo(cell, append));
    model.apply(append.entries, append.note);
    cell.settle();
  }
  if (apart) keepApart(cell, history);
  cell.lifecycle.stop();
  const used = Number(valueOf(cell.reads.count()).deviceUsed);
  return { image: device.peek(0, used), history };
}

/** Two contents that share chunks, one for a while only; and one that is gone. */
function keepApart(cell: GraphCell, history: History): void {
  const known = history.texts.filter((_, i) => {
    const found = valueOf(cell.reads.find(history.ids[i]!));
    return found !== undefined &&
      valueOf(cell.reads.describe(found))?.size === undefined;
  });
  for (const [i, text] of known.slice(0, 3).entries()) {
    const until = i === 1 ? 1000n : undefined;
    hold(bring(cell, text, { until }) === "kept", "a seed cannot be made");
  }
  cell.contents.letGo(identityOf(known[0]!), "dropped");
  cell.settle();
}

export const openBase = ({ image }: Base): Promise<GraphCell> =>
  openGraph(deviceOf(image));

/** Everything that the cell says of what it holds, short. */
export function answersOf(cell: GraphCell, { history }: Base): string {
  const { memoryUsed: _, ...census } = valueOf(cell.reads.count());
  const { tag } = cell.lifecycle.health();
  const state = valueOf(valueOf(cell.proofs.latest()));
  const texts = valueOf(cell.reads.arrivals(0, 1 << 20));
  return [
    tag,
    ...Object.values(census),
    hex(state.octets),
    texts.items.length,
    texts.next,
    ...history.neurons.map((neuron) => {
      const { nextStep, previous } = cell.ledger.head(neuron);
      return `${nextStep} ${hex(previous)}`;
    }),
    ...[0, 1, 2, 3].map((i) => cell.ledger.recall(`key ${i}`)),
  ].join("\n");
}

/** A refusal leaves the cell as it was. */
export function isUntouched(before: string, cell: GraphCell, base: Base): void {
  hold(before === answersOf(cell, base), "a refusal changed what it answers");
}
