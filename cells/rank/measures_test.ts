/**
 * Karma, focus finality and spectral position: each against a slow model, and what has
 * to hold for every record.
 */
import assert from "node:assert/strict";
import {
  finalityOf,
  karmaOf,
  type SignedLink,
  slowestMode,
} from "../../conformance/cells/rank/measured.ts";
import {
  randomLinks,
  seeded,
  shuffled,
} from "../../conformance/cells/rank/random_links.ts";
import { distance, sum } from "../../conformance/cells/rank/reference.ts";
import { GraphModel } from "./testing/graph_model.ts";
import { openRank, type RankCell, valueOf } from "./testing/rank_cell.ts";

const OFF_MAX = 1e-9;
const SEEDS = Array.from({ length: 8 }, (_, i) => 700 + i);
const NEURONS = 7;

function signed(seed: number, count = 300): SignedLink[] {
  const below = seeded(seed);
  const links = randomLinks(seed, 20 + seed % 5 * 30, count);
  return links.map((link) => ({ ...link, neuron: below(NEURONS) }));
}

function modelOf(links: readonly SignedLink[]): GraphModel {
  const graph = new GraphModel(links);
  graph.neurons = links.map(({ neuron }) => neuron);
  return graph;
}

async function settled(
  links: readonly SignedLink[],
  config: [string, string][] = [],
  yieldEvery?: number,
): Promise<RankCell> {
  const options = yieldEvery === undefined ? {} : { yieldEvery };
  const cell = (await openRank(modelOf(links), options)).start(config);
  cell.settle();
  return cell;
}

const OF = Uint32Array.from({ length: NEURONS + 2 }, (_, i) => i);

function earned(cell: RankCell, limit = 1000) {
  const view = valueOf(cell.measures.karma(OF, limit));
  if (view === undefined) throw new Error("no karma");
  return view;
}

Deno.test("karma: the reference's, whole and by neuron, for any weights and both sets of operators", async () => {
  for (const seed of SEEDS) {
    const positive = signed(seed).map((link) => ({
      ...link,
      weight: link.weight < 0n ? -link.weight : link.weight,
    }));
    const alike = positive.map((link) => ({ ...link, weight: 3n }));
    for (const links of [signed(seed), positive, alike]) {
      for (const operators of ["tri-kernel", "diffusion"]) {
        const cell = await settled(links, [["operators", operators]], 3);
        const view = earned(cell);
        const wanted = karmaOf(links, cell.vector());
        const note = `seed ${seed}, ${operators}`;
        assert.ok(distance(view.karma, wanted) < OFF_MAX, note);
        assert.ok(Math.abs(view.total - sum(wanted)) < OFF_MAX, note);
        assert.equal(view.version, cell.standing().version);
        assert.equal(view.links, BigInt(links.length));
        const ranked = [...view.karma.entries()].filter(([, k]) => k > 0)
          .toSorted(([a, x], [b, y]) => y - x || a - b);
        assert.deepEqual(
          view.top.map(({ neuron, karma }) => [neuron, karma]),
          ranked,
        );
        assert.deepEqual(earned(cell, 2).top, view.top.slice(0, 2));
      }
    }
  }
});

Deno.test("karma: by hand, where one link is two neurons' and one is taken back", async () => {
  const link = (
    neuron: number,
    origin: number,
    target: number,
    weight: bigint,
  ) => ({ neuron, origin, target, weight });
  const links = [
    link(0, 0, 1, 3n),
    link(1, 0, 1, 1n),
    link(2, 0, 2, 6n),
    link(3, 0, 2, -2n),
    link(1, 1, 0, 5n),
    link(3, 1, 1, 50n),
    link(3, 2, 0, 1n),
    link(0, 2, 0, -1n),
  ];
  const cell = await settled(links);
  const focus = cell.vector();
  // Axon 0 -> 2 has a weight of 4; 2 -> 0 has none, so 2 has no way out.
  const wanted = [
    focus[0]! * 4 / 8 * 3 / 4,
    focus[0]! * 4 / 8 * 1 / 4 + focus[1]!,
    focus[0]! * 4 / 8,
    0,
  ];
  const { karma, total, neurons } = earned(cell);
  assert.ok(distance(karma, wanted) < 1e-15, `${karma}`);
  assert.ok(Math.abs(total - (1 - focus[2]!)) < 1e-12);
  assert.equal(neurons, 4);
});

Deno.test("karma: order changes nothing but rounding, loops and zeros nothing, steps no octet", async () => {
  for (const seed of SEEDS) {
    const links = signed(seed);
    const whole = earned(await settled(links));
    const parted = earned(await settled(links, [], 1));
    assert.deepEqual(parted.karma, whole.karma, `seed ${seed}`);
    const other = shuffled(seed, links);
    const more = other.flatMap((one) => [
      one,
      { ...one, target: one.origin, weight: 9n, neuron: 0 },
      { ...one, weight: 0n, neuron: 1 },
    ]);
    const off = distance(earned(await settled(more)).karma, whole.karma);
    assert.ok(off < OFF_MAX, `seed ${seed}: ${off}`);
    // Two neurons in place of one have together what it had.
    const split = links.map((one, i) =>
      one.neuron === 2 && i % 2 === 0 ? { ...one, neuron: 7 } : one
    );
    const two = earned(await settled(split)).karma;
    const gap = two[2]! + two[7]! - whole.karma[2]!;
    assert.ok(Math.abs(gap) < 1e-12, `seed ${seed}: ${gap}`);
  }
});

Deno.test("karma: of confirmed vectors only, asked again where the graph was away, none without it", async () => {
  const links = signed(9);
  const graph = modelOf(links.slice(0, 200));
  const cell = (await openRank(graph)).start();
  assert.equal(valueOf(cell.measures.karma(OF, 9)), undefined);
  cell.settle();
  const first = earned(cell);
  const more = modelOf(links.slice(0, 201));
  graph.links = more.links;
  graph.neurons = more.neurons;
  cell.settle();
  assert.equal(cell.standing().confirmed, false);
  assert.deepEqual(earned(cell).karma, first.karma);
  assert.equal(earned(cell).links, 200n);
  cell.clockUs += 3_000_000n;
  graph.afterScan = () => {};
  graph.distortAuthors = (neurons) => {
    graph.absence = "gone";
    return neurons.slice(0, 1);
  };
  cell.settle();
  assert.ok(cell.standing().confirmed);
  assert.equal(earned(cell).links, 200n);
  graph.absence = undefined;
  graph.distortAuthors = (neurons) => neurons;
  cell.clockUs += 300_000n;
  cell.settle();
  cell.settle();
  const wanted = karmaOf(links.slice(0, 201), cell.vector());
  assert.ok(distance(earned(cell).karma, wanted) < OFF_MAX);
  assert.equal(earned(cell).ageMs, 0n);
});

Deno.test("karma: a graph that names neurons it does not have gives none, and ranks stay", async () => {
  const lies: ((neurons: Uint32Array) => Uint32Array)[] = [
    (neurons) => neurons.map(() => NEURONS),
    () => new Uint32Array(),
    (neurons) => Uint32Array.from([...neurons, 0]),
  ];
  for (const lie of lies) {
    const graph = modelOf(signed(3));
    graph.distortAuthors = lie;
    const cell = (await openRank(graph)).start();
    cell.settle();
    assert.equal(valueOf(cell.measures.karma(OF, 9)), undefined);
    assert.equal(cell.standing().version, 1n);
    assert.equal(cell.lifecycle.health().tag, "ok");
    assert.ok(cell.log.some((line) => line.startsWith("graph: no karma: ")));
  }
});

function judged(cell: RankCell, of: number, rivals: number[], k: number) {
  const outcome = valueOf(
    cell.measures.finality(of, Uint32Array.from(rivals), k),
  );
  if (outcome.tag === "judged") return outcome.val;
  throw new Error(outcome.tag);
}

Deno.test("finality: the model's, whoever is named twice or has no focus", async () => {
  for (const seed of SEEDS) {
    const cell = await settled(signed(seed));
    const focus = cell.vector();
    const below = seeded(seed);
    const ranked = [...focus.keys()].filter((i) => focus[i]! > 0);
    for (let time = 0; time < 20; time++) {
      const of = ranked[below(ranked.length)]!;
      const set = new Set(
        Array.from({ length: below(30) }, () => ranked[below(ranked.length)]!),
      );
      set.delete(of);
      const k = 1 + below(1000) / 1000;
      const rivals = [...set, ...set, of, 100_000];
      const verdict = judged(cell, of, shuffled(time, rivals), k);
      const others = [...set].map((one) => focus[one]!);
      const { final, ...wanted } = finalityOf(focus[of]!, others, k);
      const note = `seed ${seed}, time ${time}`;
      assert.equal(verdict.members, set.size + 1, note);
      assert.equal(verdict.focus, focus[of]!, note);
      const { mean, deviation, score } = verdict;
      const off = distance(
        [mean, deviation, score],
        [wanted.mean, wanted.deviation, wanted.score],
      );
      assert.ok(off < OFF_MAX, `${note}: ${off}`);
      assert.ok(score <= verdict.scoreMax + OFF_MAX, note);
      if (Math.abs(wanted.score - k) > OFF_MAX) {
        assert.equal(verdict.final, final, note);
      }
    }
  }
});

Deno.test("finality: who is far above is final, who is alone or even is not; wrong questions are refused", async () => {
  const links: SignedLink[] = [];
  for (let leaf = 1; leaf <= 20; leaf++) {
    links.push({ neuron: 0, origin: leaf, target: 0, weight: 1n });
  }
  const cell = await settled(links);
  const leaves = Array.from({ length: 20 }, (_, i) => i + 1);
  assert.equal(judged(cell, 0, leaves, 2).final, true);
  assert.equal(judged(cell, 1, [0, ...leaves], 1).final, false);
  assert.equal(judged(cell, 1, leaves, 1).final, false);
  const alone = judged(cell, 0, [], 1);
  assert.deepEqual([alone.members, alone.score, alone.final], [1, 0, false]);
  // Among two nobody is more than one deviation above the mean.
  assert.equal(judged(cell, 0, [1], 1).final, false);
  const tag = (of: number, rivals: number, k: number) =>
    valueOf(cell.measures.finality(of, new Uint32Array(rivals), k)).tag;
  assert.equal(tag(50, 1, 1), "unranked");
  for (const k of [0.999, 2.001, NaN, Infinity]) {
    assert.equal(tag(0, 1, k), "invalid");
  }
  assert.equal(tag(0, 65_537, 1), "invalid");
  assert.equal(tag(0, 65_536, 1), "judged");
});

function asked(cell: RankCell) {
  const of = Uint32Array.from(cell.vector().keys());
  const ask = () => valueOf(cell.measures.position(of));
  if (ask().tag === "preparing") cell.settle();
  const outcome = ask();
  if (outcome.tag === "computed") return outcome.val;
  throw new Error(outcome.tag);
}

Deno.test("position: the last change of as many plain rounds of the reference, and their rate", async () => {
  for (const seed of SEEDS.slice(0, 4)) {
    const links = signed(seed, 150);
    const cell = await settled(links, [], 4);
    const explained = cell.explain(links[0]!.origin);
    const found = asked(cell);
    const rounds = found.residuals.length;
    const note = `seed ${seed}, ${rounds} rounds`;
    const wanted = slowestMode(links, rounds);
    const off = distance(found.positions, wanted.positions);
    assert.ok(off < OFF_MAX, `${note}: ${off}`);
    assert.ok(distance(found.residuals, wanted.residuals) < OFF_MAX, note);
    const ratios = wanted.residuals.slice(-6).map((change, i, all) =>
      change / all[i - 1]!
    ).slice(1).toSorted((a, b) => a - b);
    assert.ok(Math.abs(found.rate - ratios[2]!) < OFF_MAX, note);
    assert.ok(Math.abs(found.spread - (ratios[4]! - ratios[0]!)) < OFF_MAX);
    const all = sum(found.positions.map(Math.abs));
    assert.ok(Math.abs(all - 1) < OFF_MAX, note);
    assert.ok(Math.abs(sum(found.positions)) < OFF_MAX, note);
    assert.ok(found.drift < 2, note);
    // Nothing of the publication was touched.
    assert.deepEqual(cell.explain(links[0]!.origin), explained);
  }
});

Deno.test("position: two halves that hardly meet lie on two sides, and the rate is slow", async () => {
  const links: SignedLink[] = [];
  for (let i = 0; i < 10; i++) {
    for (let k = 0; k < 10; k++) {
      if (i === k) continue;
      links.push({ neuron: 0, origin: i, target: k, weight: 9n });
      if (k < 8 && i < 8) {
        links.push({ neuron: 0, origin: 10 + i, target: 10 + k, weight: 9n });
      }
    }
  }
  links.push({ neuron: 0, origin: 0, target: 10, weight: 1n });
  const found = asked(await settled(links));
  const sides = [...found.positions].map(Math.sign);
  assert.equal(new Set(sides.slice(0, 10)).size, 1);
  assert.equal(new Set(sides.slice(10)).size, 1);
  assert.notEqual(sides[0], sides[10]);
  assert.ok(found.rate > 0.7 && found.drift < 1e-3, `${found.rate}`);
});

Deno.test("position: without a change there is no direction; a new publication is looked at anew", async () => {
  const cycle = Array.from({ length: 6 }, (_, i) => ({
    neuron: 0,
    origin: i,
    target: (i + 1) % 6,
    weight: 1n,
  }));
  const graph = modelOf(cycle);
  const cell = (await openRank(graph)).start();
  cell.settle();
  const still = asked(cell);
  assert.equal(still.residuals.length, 1);
  assert.deepEqual([still.rate, still.drift], [0, 2]);
  graph.links.push({ origin: 0, target: 3, weight: 1n });
  cell.settle();
  const moved = asked(cell);
  assert.equal(moved.links, 7n);
  assert.ok(moved.rate > 0 && moved.residuals.length > 5);
});
