/** A cell on a blank device, and short ways to what tests ask of it. */
import assert from "node:assert/strict";
import { SimulatedBlockDevice } from "../../../conformance/sim/block_device.ts";
import { GraphModel } from "../model/graph_model.ts";
import { compareAll } from "./compare.ts";
import { type GraphCell, graphCell, NETWORK_NAME } from "./graph_cell.ts";
import {
  DEFAULT_TOKEN,
  identityOf,
  type Link,
  networkOf,
  utf8,
} from "./signals.ts";

export const NETWORK = networkOf(NETWORK_NAME);
export const NEURON = identityOf(utf8("a bundle"));
export const NOTHING = new Uint8Array();

export async function fresh(network = NETWORK_NAME): Promise<GraphCell> {
  const cell = await graphCell(new SimulatedBlockDevice({ seed: 1 }));
  cell.start([["network", network]]);
  cell.settle();
  return cell;
}

/** The refusal's case and text. */
export function refusal(
  answer: { tag: string; val?: unknown },
): [string, unknown] {
  assert.equal(answer.tag, "err");
  const { tag, val } = answer.val as { tag: string; val?: unknown };
  return [tag, val];
}

export function assertEmpty(cell: GraphCell): void {
  compareAll(cell, new GraphModel(NETWORK));
}

export function linkOf(from: string, to: string, amount = 1n): Link {
  return {
    from: identityOf(utf8(from)),
    to: identityOf(utf8(to)),
    token: DEFAULT_TOKEN,
    amount,
    valence: 1,
  };
}
