/** States and proofs of past heights, and proofs of one link, against the model. */
import assert from "node:assert/strict";
import { SimulatedBlockDevice } from "../../conformance/sim/block_device.ts";
import { AccountHistory } from "./model/account_history.ts";
import { GraphModel } from "./model/graph_model.ts";
import type { Append } from "./model/history.ts";
import { INDEXES, StateModel } from "./model/state_model.ts";
import { appendTo } from "./testing/compare.ts";
import {
  type GraphCell,
  NETWORK_NAME,
  openGraph,
  valueOf,
} from "./testing/graph_cell.ts";
import {
  bodyOf,
  hex,
  identityOf,
  networkOf,
  signed,
} from "./testing/signals.ts";
import {
  NotProven,
  type Place,
  verifyLink,
  verifyProof,
} from "./verify/mod.ts";

const NETWORK = networkOf(NETWORK_NAME);
const PLACES = [
  ["neuron", "neuron", "by-neuron"],
  ["origin", "from", "by-particle"],
  ["target", "to", "by-particle"],
] as const;

class Past {
  readonly model = new GraphModel(NETWORK);
  readonly history: AccountHistory;
  /** What the state was at each height. */
  readonly states: StateModel[] = [new StateModel(this.model)];
  device: SimulatedBlockDevice;
  cell!: GraphCell;

  /** Of the first signals so many have no operations. */
  constructor(readonly seed: number, readonly plain: number, share = 0.7) {
    this.history = new AccountHistory(seed, this.model, 12, share);
    this.device = new SimulatedBlockDevice({ seed, blockSize: 512 });
  }

  async open(config: [string, string][] = []): Promise<this> {
    this.cell = await openGraph(this.device, { yieldEvery: 2 }, config);
    return this;
  }

  async reopen(config: [string, string][] = []): Promise<void> {
    this.cell.settle();
    this.device = this.device.reopen({ seed: this.seed });
    await this.open(config);
  }

  append(append: Append = this.history.good()): void {
    valueOf(appendTo(this.cell, append));
    for (const entry of append.entries) {
      this.model.apply([entry]);
      this.states.push(new StateModel(this.model));
    }
  }

  stateAt(height: number) {
    return valueOf(this.cell.proofs.latestAt(BigInt(height)));
  }

  /** The state of the height, and a proof of each index. */
  compare(height: number): void {
    const wanted = this.states[height]!;
    const state = valueOf(this.stateAt(height));
    assert.equal(state.height, BigInt(height));
    assert.equal(hex(state.octets), hex(wanted.octets), `height ${height}`);
    assert.equal(hex(state.root), hex(wanted.root));
    const { history } = this;
    for (const index of INDEXES) {
      const tree = wanted.trees[index];
      const size = tree?.namespaceOctets ?? (index === "balance" ? 66 : 33);
      const ends = [
        new Uint8Array(size),
        new Uint8Array(size).fill(255),
        ...(tree?.leaves.map(({ namespace }) => namespace) ?? []),
      ];
      const [first, last] = [history.pick(ends), history.pick(ends)]
        .sort((a, b) => hex(a) < hex(b) ? -1 : 1) as [Uint8Array, Uint8Array];
      const { proofs } = this.cell;
      const answer = valueOf(
        proofs.proveAt(BigInt(height), index, first, last),
      );
      if (!tree) {
        assert.deepEqual(answer, { tag: "err", val: { tag: "not-kept" } });
        continue;
      }
      const proof = valueOf(answer);
      assert.equal(hex(proof.octets), hex(wanted.proof(index, first, last)));
      verifyProof(proof.octets, wanted.root);
    }
  }

  /** A proof of a link of the record, as of a height, in one of its places. */
  proveLink(link: number, place: typeof PLACES[number][0], height?: number) {
    const at = height === undefined ? undefined : BigInt(height);
    return valueOf(this.cell.proofs.proveLink(at, BigInt(link), place));
  }

  compareLink(link: number, height: number): void {
    const wanted = this.model.links[link]!;
    for (const [place, end, index] of PLACES) {
      const proof = valueOf(this.proveLink(link, place, height));
      assert.equal(hex(proof.root), hex(this.states[height]!.root));
      const proven = verifyLink(proof.octets, proof.root);
      assert.equal(proven.state.height, BigInt(height));
      const { neuron, from, to, token, amount, valence } = wanted;
      assert.deepEqual(proven.link, {
        neuron,
        from,
        to,
        token,
        amount,
        valence,
        height: BigInt(wanted.height),
      });
      const others = this.model.links.filter((one) =>
        one.height <= height &&
        (index === "by-neuron"
          ? hex(one.neuron) === hex(neuron)
          : [hex(one.from), hex(one.to)].includes(hex(wanted[end])))
      );
      assert.equal(proven.place, end);
      assert.equal(proven.links, BigInt(others.length));
      assert.equal(proven.position, BigInt(others.indexOf(wanted)));
    }
  }
}

for (const [seed, plain] of [[81, 0], [82, 6]] as const) {
  Deno.test(`past: states and proofs of each height are the model's, seed ${seed}`, async () => {
    const past = await new Past(seed, plain, seed === 82 ? 0.3 : 0.7).open();
    past.compare(0);
    for (let i = 0; i < 10; i++) {
      past.append();
      const { history, model } = past;
      for (let n = history.below(4); n > 0; n--) past.cell.background.step();
      past.compare(history.below(model.height + 1));
      if (history.random() < 0.15) await past.reopen();
    }
    const { model, history } = past;
    // Forwards, then backwards.
    for (let height = 0; height <= model.height; height += 3) {
      past.compare(height);
    }
    for (let height = model.height; height >= 0; height -= 5) {
      past.compare(height);
    }
    for (let i = 0; i < 8; i++) {
      const link = history.below(model.links.length);
      const least = model.links[link]!.height;
      past.compareLink(
        link,
        least + history.below(model.height - least + 1),
      );
    }
    const above = valueOf(past.cell.proofs.latestAt(BigInt(model.height + 1)));
    assert.deepEqual(above, {
      tag: "err",
      val: {
        tag: "unknown",
        val: `the record has height ${model.height}, not ${model.height + 1}`,
      },
    });
  });
}

Deno.test("past: behind a checkpoint accounts are known from it on, links for ever", async () => {
  const often: [string, string][] = [["checkpoint-octets", "1"]];
  const past = await new Past(83, 0, 0).open(often);
  for (let i = 0; i < 5; i++) past.append();
  await past.reopen(often);
  for (let height = 0; height <= past.model.height; height++) {
    past.compare(height);
  }
  const withOperations = await new Past(84, 0).open(often);
  while (withOperations.model.accounts.first === undefined) {
    withOperations.append();
  }
  for (let i = 0; i < 6; i++) withOperations.append();
  await withOperations.reopen(often);
  const first = withOperations.model.accounts.first!;
  const { height } = withOperations.model;
  const outcomes = new Set<string>();
  for (let at = 0; at <= height; at++) {
    const answer = withOperations.stateAt(at);
    outcomes.add(answer.tag);
    if (answer.tag === "ok") withOperations.compare(at);
    else {
      assert.equal(answer.val.tag, "unknown");
      assert.ok(at >= first);
    }
  }
  assert.deepEqual([...outcomes].sort(), ["err", "ok"]);
  for (let i = 0; i < 3; i++) withOperations.append();
  for (let at = height; at <= withOperations.model.height; at++) {
    withOperations.compare(at);
  }
});

Deno.test("past: no octet of a link's proof can be changed, and no proof fits another link", async () => {
  const past = await new Past(85, 0, 0).open();
  for (let i = 0; i < 3; i++) past.append();
  const { model, history, cell } = past;
  const link = history.below(model.links.length);
  let changed = 0;
  for (const [place] of PLACES) {
    const { octets, root } = valueOf(past.proveLink(link, place));
    verifyLink(octets, root);
    for (const [i, octet] of octets.entries()) {
      // All of one proof; of the others those that are their own.
      if (place !== "origin" && i > 220 && i % 9 > 0) continue;
      const forged = octets.slice();
      forged[i] = octet ^ (1 << history.below(8));
      assert.throws(() => verifyLink(forged, root), NotProven, `octet ${i}`);
      changed++;
    }
    for (const cut of [0, 5, 100, octets.length - 1]) {
      assert.throws(() => verifyLink(octets.slice(0, cut), root), NotProven);
    }
    const longer = Uint8Array.from([...octets, 0]);
    assert.throws(() => verifyLink(longer, root), NotProven);
  }
  assert.ok(changed > 1000, `${changed} octets`);
  // The link of one proof, the chain and the leaf of another one.
  const other = model.links.findIndex((one, i) =>
    i !== link && hex(one.neuron) === hex(model.links[link]!.neuron)
  );
  const a = valueOf(past.proveLink(link, "neuron"));
  const b = valueOf(past.proveLink(other, "neuron"));
  const mixed = a.octets.slice();
  mixed.set(b.octets.slice(6, 155), 6);
  assert.throws(() => verifyLink(mixed, a.root), NotProven);
  const elsewhere: Place = "from";
  const moved = a.octets.slice();
  moved[5] = 1;
  assert.throws(() => verifyLink(moved, a.root), NotProven, elsewhere);
  const count = BigInt(model.links.length);
  assert.deepEqual(valueOf(cell.proofs.proveLink(undefined, count, "neuron")), {
    tag: "err",
    val: { tag: "malformed", val: `link ${count} of ${count}` },
  });
  const before = valueOf(
    cell.proofs.proveLink(0n, 0n, "neuron"),
  );
  assert.deepEqual(before, {
    tag: "err",
    val: { tag: "unknown", val: "the link has height 1, above 0" },
  });
});

Deno.test("past: what is large is made in steps, one height at a time", async () => {
  const history = new AccountHistory(86, new GraphModel(NETWORK), 5, 0);
  const cell = await openGraph(new SimulatedBlockDevice({ seed: 86 }), {
    yieldEvery: 1,
  });
  const roots: string[] = [];
  const first = history.signal(history.bundles[0]!, []);
  const ids = Array.from({ length: 4096 }, (_, n) => {
    const id = first.neuron.slice();
    id.set([n & 255, n >> 8], 5);
    return id;
  });
  let previous = first.previous;
  for (let i = 0; i < 20; i++) {
    const links = ids.map((to, n) => ({
      ...first.links[0]!,
      from: ids[i]!,
      to: ids[(n * 7 + i) % 4096] ?? to,
    }));
    const body = bodyOf({ ...first, step: BigInt(i), previous, links });
    previous = identityOf(body);
    const entry = { signal: signed(body), contents: new Uint8Array() };
    valueOf(cell.ledger.append([entry], undefined));
    roots.push(hex(valueOf(valueOf(cell.proofs.latest())).root));
  }
  const ask = (height: number) => valueOf(cell.proofs.latestAt(BigInt(height)));
  const root = (height: number) => hex(valueOf(ask(height)).root);
  assert.equal(root(3), roots[2]);
  assert.equal(root(16), roots[15], "on from the one before");
  assert.equal(root(2), roots[1], "small again");
  assert.deepEqual(ask(19), {
    tag: "err",
    val: { tag: "preparing", val: [8192n, 77824n] },
  });
  const busy = { tag: "err", val: { tag: "busy", val: 19n } };
  assert.deepEqual(ask(18), busy);
  cell.settle();
  assert.deepEqual(ask(18), busy, "nobody has read it yet");
  assert.equal(root(19), roots[18]);
  // It was read, so another one may be made; one that nobody reads goes away.
  assert.equal(ask(18).tag, "err");
  cell.settle();
  const waits = () => {
    const answer = ask(17);
    return answer.tag === "err" && answer.val.tag === "busy";
  };
  let told = 0;
  while (waits()) told++;
  assert.equal(told, 63);
  cell.settle();
  assert.equal(root(17), roots[16]);
});
