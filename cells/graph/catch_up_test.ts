/** Trees far behind the record: a call does a bounded part, and says how far it is. */
import assert from "node:assert/strict";
import { SimulatedBlockDevice } from "../../conformance/sim/block_device.ts";
import type { State } from "../../wit/gen/graph_proofs.ts";
import { appendTo } from "./testing/compare.ts";
import { fresh, NETWORK, NEURON } from "./testing/fresh.ts";
import { type GraphCell, openGraph, valueOf } from "./testing/graph_cell.ts";
import {
  bodyOf,
  DEFAULT_TOKEN,
  hex,
  identityOf,
  NOBODY,
  type Signal,
} from "./testing/signals.ts";

const SIGNALS = 15;
const LINKS_EACH = 4096;
const ASKED_MAX = 1_000;

/** An identity that nobody has hashed: links may name what is not here. */
function identity(number: number): Uint8Array {
  const octets = new Uint8Array(33);
  octets[0] = 1;
  // Spread as digests are.
  new DataView(octets.buffer).setUint32(1, Math.imul(number, 0x9e3779b1));
  new DataView(octets.buffer).setUint32(5, number);
  return octets;
}

/** Appends the same signals to each cell, and does no step. */
function appendAll(cells: readonly GraphCell[]): void {
  let previous: Uint8Array = NOBODY;
  for (let step = 0; step < SIGNALS; step++) {
    const links = Array.from({ length: LINKS_EACH }, (_, at) => ({
      from: identity(at),
      to: identity((step + 1) * LINKS_EACH + at),
      token: DEFAULT_TOKEN,
      amount: 1n,
      valence: 0,
    }));
    const signal: Signal = {
      network: NETWORK,
      neuron: NEURON,
      step: BigInt(step),
      previous,
      time: 1n,
      links,
    };
    const entries = [{ signal, contents: [] }];
    for (const cell of cells) {
      valueOf(appendTo(cell, { entries, note: undefined }));
    }
    previous = identityOf(bodyOf(signal));
  }
}

Deno.test("graph: a call brings the trees a bounded part nearer, and says so", async () => {
  const other = await openGraph(new SimulatedBlockDevice({ seed: 71 }));
  const cell = await fresh();
  appendAll([cell, other]);
  const first = valueOf(cell.proofs.latest());
  assert.equal(first.tag, "err");
  assert.equal(first.val.tag, "preparing");
  const link = valueOf(other.proofs.proveLink(undefined, 5n, "origin"));
  assert.equal(link.tag === "err" && link.val.tag, "preparing");
  let done = 0n;
  const reached = (): State => {
    for (let asked = 0; asked < ASKED_MAX; asked++) {
      const answer = valueOf(cell.proofs.latest());
      if (answer.tag === "ok") return answer.val;
      assert.ok(answer.val.tag === "preparing");
      const [now, all] = answer.val.val;
      assert.equal(all, BigInt(SIGNALS * LINKS_EACH));
      assert.ok(now >= done && now <= all, "it goes on");
      done = now;
    }
    return assert.fail("it does not come to an end");
  };
  const state = reached();
  assert.equal(state.height, BigInt(SIGNALS));
  other.settle();
  const steady = valueOf(valueOf(other.proofs.latest()));
  assert.equal(hex(state.root), hex(steady.root));
});
