/** Roots and proofs: the cell against the model, and against the verifier. */
import assert from "node:assert/strict";
import { SimulatedBlockDevice } from "../../conformance/sim/block_device.ts";
import { GraphModel } from "./model/graph_model.ts";
import { History } from "./model/history.ts";
import { StateModel } from "./model/state_model.ts";
import { appendTo, compareCounts } from "./testing/compare.ts";
import { assertEmpty, fresh, NETWORK, refusal } from "./testing/fresh.ts";
import {
  type GraphCell,
  graphCell,
  NETWORK_NAME,
  openGraph,
  valueOf,
} from "./testing/graph_cell.ts";
import { hex, identityOf } from "./testing/signals.ts";
import {
  linksDigest,
  NotProven,
  verifyProof,
  verifyState,
} from "./verify/mod.ts";

const LEAST = new Uint8Array(33);
const GREATEST = new Uint8Array(33).fill(255);

function stateOf(cell: GraphCell) {
  return valueOf(valueOf(cell.proofs.latest()));
}

function proofOf(
  cell: GraphCell,
  index: "by-neuron" | "by-particle",
  first: Uint8Array,
  last: Uint8Array,
) {
  return valueOf(valueOf(cell.proofs.prove(index, first, last)));
}

function compareState(cell: GraphCell, model: GraphModel): StateModel {
  const wanted = new StateModel(model);
  const state = stateOf(cell);
  assert.equal(state.height, BigInt(model.height));
  assert.equal(hex(state.octets), hex(wanted.octets));
  assert.equal(hex(state.root), hex(wanted.root));
  return wanted;
}

/** Proofs of some ranges: octet by octet, and what they prove. */
function compareProofs(
  cell: GraphCell,
  history: History,
  wanted: StateModel,
): void {
  for (const index of ["by-neuron", "by-particle"] as const) {
    const tree = index === "by-neuron" ? wanted.byNeuron : wanted.byParticle;
    const ends = [
      LEAST,
      GREATEST,
      ...tree.leaves.slice(0, 2).map(({ namespace }) => namespace),
      ...tree.leaves.slice(-2).map(({ namespace }) => namespace),
      ...Array.from({ length: 4 }, () => history.pick(history.ids)),
    ];
    for (let i = 0; i < 8; i++) {
      const [first, last] = [history.pick(ends), history.pick(ends)]
        .sort((a, b) => hex(a) < hex(b) ? -1 : 1) as [Uint8Array, Uint8Array];
      const proof = proofOf(cell, index, first, last);
      assert.equal(hex(proof.last), hex(last));
      assert.equal(hex(proof.octets), hex(wanted.proof(index, first, last)));
      const proven = verifyProof(proof.octets, wanted.root);
      assert.deepEqual(
        proven.entries.map(({ namespace }) => hex(namespace)),
        tree.leaves.map(({ namespace }) => hex(namespace))
          .filter((one) => hex(first) <= one && one <= hex(last)),
      );
    }
  }
}

for (const seed of [51, 52]) {
  Deno.test(`graph: roots and proofs are the model's at each height, seed ${seed}`, async () => {
    const model = new GraphModel(NETWORK);
    const history = new History(seed, model, 30);
    let device = new SimulatedBlockDevice({ seed });
    let cell = await openGraph(device, { yieldEvery: 2 });
    compareProofs(cell, history, compareState(cell, model));
    for (let i = 0; i < 15; i++) {
      const append = history.good();
      valueOf(appendTo(cell, append));
      model.apply(append.entries, append.note);
      // Sometimes in the middle of a round, sometimes after it.
      if (history.random() < 0.4) cell.background.step();
      if (history.random() < 0.3) cell.settle();
      if (history.random() < 0.3) {
        compareProofs(cell, history, compareState(cell, model));
      }
      if (history.random() < 0.1) {
        device = device.reopen({ seed: seed + i });
        cell = await openGraph(device, { yieldEvery: 1 });
      }
    }
    compareProofs(cell, history, compareState(cell, model));
  });
}

Deno.test("graph: a proof's digest holds all links of a namespace, and no others", async () => {
  const model = new GraphModel(NETWORK);
  const history = new History(53, model, 30);
  const cell = await openGraph(new SimulatedBlockDevice({ seed: 53 }));
  for (let i = 0; i < 10; i++) {
    const append = history.good();
    valueOf(appendTo(cell, append));
    model.apply(append.entries, append.note);
  }
  const { octets, root } = proofOf(cell, "by-particle", LEAST, GREATEST);
  const { entries } = verifyProof(octets, root);
  for (const entry of entries) {
    const links = model.links
      .filter(({ from, to }) =>
        [hex(from), hex(to)].includes(hex(entry.namespace))
      )
      .map((link) => ({ ...link, height: BigInt(link.height) }));
    assert.equal(BigInt(links.length), entry.links);
    assert.equal(hex(linksDigest(links)), hex(entry.digest!));
    assert.notEqual(hex(linksDigest(links.slice(1))), hex(entry.digest!));
    const sum = (end: "from" | "to") =>
      links.filter((link) => hex(link[end]) === hex(entry.namespace))
        .reduce((all, { amount }) => all + amount, 0n);
    assert.equal(entry.amountIn, sum("to"));
    assert.equal(entry.amountOut, sum("from"));
  }
});

Deno.test("graph: a range of many leaves is proven in several proofs", async () => {
  const model = new GraphModel(NETWORK);
  const history = new History(54, model, 30);
  const cell = await openGraph(new SimulatedBlockDevice({ seed: 54 }));
  const bundle = history.bundles[0]!;
  const signal = history.signal(bundle, []);
  const many = Array.from({ length: 1300 }, (_, i) => ({
    ...signal.links[0]!,
    from: Uint8Array.of(1, i & 255, i >> 8, ...signal.neuron.slice(3)),
  }));
  const append = {
    entries: [{ signal: { ...signal, links: many }, contents: [] }],
    note: undefined,
  };
  valueOf(appendTo(cell, append));
  model.apply(append.entries);
  const wanted = new StateModel(model);
  const found: string[] = [];
  let first = LEAST;
  for (let proofs = 0;; proofs++) {
    const proof = proofOf(cell, "by-particle", first, GREATEST);
    const { entries, last } = verifyProof(proof.octets, wanted.root);
    assert.equal(hex(last), hex(proof.last));
    found.push(...entries.map(({ namespace }) => hex(namespace)));
    if (hex(last) === hex(GREATEST)) {
      assert.equal(proofs, 1);
      break;
    }
    assert.equal(entries.length, 1000);
    first = last.slice();
    first[32] = first[32]! + 1;
  }
  assert.deepEqual(
    found,
    wanted.byParticle.leaves.map(({ namespace }) => hex(namespace)),
  );
});

Deno.test("graph: wrong questions for proofs are refused", async () => {
  const cell = await fresh();
  assertEmpty(cell);
  const ask = (
    index: Parameters<GraphCell["proofs"]["prove"]>[0],
    first: Uint8Array,
    last: Uint8Array,
  ) => refusal(valueOf(cell.proofs.prove(index, first, last)));
  for (const index of ["focus", "coins", "cards"] as const) {
    assert.deepEqual(ask(index, LEAST, GREATEST), ["not-kept", undefined]);
  }
  const two = (end: Uint8Array) => new Uint8Array(66).fill(end[0]!);
  assert.deepEqual(ask("balance", two(LEAST), two(GREATEST)), [
    "not-kept",
    undefined,
  ]);
  assert.deepEqual(ask("balance", LEAST, GREATEST), [
    "malformed",
    "first has 33 octets, not 66",
  ]);
  assert.deepEqual(ask("by-neuron", GREATEST, LEAST), [
    "malformed",
    "first is above last",
  ]);
  assert.deepEqual(ask("by-neuron", LEAST.slice(1), GREATEST), [
    "malformed",
    "first has 32 octets, not 33",
  ]);
  const state = stateOf(cell);
  const { roots, height, network } = verifyState(state.octets, state.root);
  assert.equal(height, 0n);
  assert.equal(hex(network), hex(NETWORK));
  assert.deepEqual([...roots.keys()], ["by-neuron", "by-particle"]);
  assert.throws(() => verifyState(state.octets, GREATEST), NotProven);
});

Deno.test("graph: namespaces with long common beginnings make a deep tree, and proofs of it", async () => {
  const model = new GraphModel(NETWORK);
  const history = new History(55, model, 30);
  const cell = await openGraph(new SimulatedBlockDevice({ seed: 55 }));
  const signal = history.signal(history.bundles[0]!, []);
  // Each differs from the next one in one bit only, all the way down.
  const deep = Array.from({ length: 256 }, (_, bit) => {
    const id = new Uint8Array(33).fill(0);
    id[0] = 1;
    id[1 + (bit >> 3)] = 128 >> (bit & 7);
    return id;
  });
  const links = deep.map((to) => ({ ...signal.links[0]!, from: deep[0]!, to }));
  const append = {
    entries: [{ signal: { ...signal, links }, contents: [] }],
    note: undefined,
  };
  valueOf(appendTo(cell, append));
  model.apply(append.entries);
  const wanted = compareState(cell, model);
  for (const end of [deep[255]!, deep[0]!, deep[100]!]) {
    const proof = proofOf(cell, "by-particle", end, end);
    const { entries } = verifyProof(proof.octets, wanted.root);
    assert.deepEqual(entries.map(({ namespace }) => namespace), [end]);
    assert.equal(
      hex(proof.octets),
      hex(wanted.proof("by-particle", end, end)),
    );
  }
});

Deno.test("graph: a memory without room for the trees refuses proofs, not the record", async () => {
  const outcomes = new Set<string>();
  for (const mib of [22, 23]) {
    const cell = await graphCell(new SimulatedBlockDevice({ seed: 56 }));
    cell.start([
      ["network", NETWORK_NAME],
      ["memory-octets", String(mib << 20)],
    ]);
    cell.settle();
    const model = new GraphModel(NETWORK);
    const history = new History(56, model, 30);
    for (let i = 0;; i++) {
      const { signal } = history.entry([]);
      const links = Array.from({ length: 4000 }, (_, n) => ({
        ...signal.links[0]!,
        to: identityOf(Uint8Array.of(i, n & 255, n >> 8)),
      }));
      const entries = [{ signal: { ...signal, links }, contents: [] }];
      const answer = appendTo(cell, { entries, note: undefined });
      if (answer.tag === "err") {
        assert.equal(answer.val.tag, "full");
        break;
      }
      model.apply(entries);
    }
    cell.settle();
    const answer = valueOf(cell.proofs.latest());
    outcomes.add(answer.tag);
    if (answer.tag === "ok") {
      assert.equal(answer.val.height, BigInt(model.height));
    } else {
      assert.deepEqual(answer.val, {
        tag: "unavailable",
        val: "the memory has no room for the trees",
      });
    }
    compareCounts(cell, model);
  }
  assert.ok(outcomes.has("err"), "the trees always had room");
});
