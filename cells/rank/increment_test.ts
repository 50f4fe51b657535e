/**
 * A record that grows: increments start from the last vector and from the matrices
 * that are there, and a confirmation follows.
 */
import assert from "node:assert/strict";
import {
  randomLinks,
  seeded,
} from "../../conformance/cells/rank/random_links.ts";
import {
  distance,
  rank,
  sum,
  type WeightedLink,
} from "../../conformance/cells/rank/reference.ts";
import { GraphModel } from "./testing/graph_model.ts";
import { openRank, type RankCell } from "./testing/rank_cell.ts";

const L1_ERROR_MAX = 1e-9;

/** Microseconds after which a publication is confirmed, and some. */
const CONFIRM_US = 2_000_001n;

/** `count` links of weight `weight` among `particles`, no loops, any repetitions. */
function plainLinks(
  seed: number,
  particles: number,
  count: number,
  weight: (below: (bound: number) => number) => bigint = () => 1n,
): WeightedLink[] {
  const below = seeded(seed);
  return Array.from({ length: count }, () => {
    const origin = below(particles);
    const target = (origin + 1 + below(particles - 1)) % particles;
    return { origin, target, weight: weight(below) };
  });
}

/** Distinct pairs only: every axon weighs the same. */
function distinct(links: readonly WeightedLink[]): WeightedLink[] {
  const seen = new Set<string>();
  return links.filter(({ origin, target }) => {
    const pair = `${origin} ${target}`;
    if (seen.has(pair)) return false;
    seen.add(pair);
    return true;
  });
}

function checkAgainstReference(
  cell: RankCell,
  graph: GraphModel,
  note: string,
) {
  const vector = cell.vector();
  const expected = rank(graph.links, { tolerance: 1e-12 });
  const off = distance(vector, expected.focus);
  assert.ok(off < L1_ERROR_MAX, `${note}: ${off} apart`);
  assert.equal(cell.standing().particles, expected.particles, note);
  assert.equal(cell.standing().links, BigInt(graph.links.length), note);
  assert.ok(Math.abs(sum(vector) - 1) < 1e-12, note);
  const touched = new Set(graph.links.flatMap((l) => [l.origin, l.target]));
  vector.forEach((value, i) => assert.equal(value > 0, touched.has(i), note));
}

/** Lets the confirmation come, and compares it with a cell that never saw another record. */
async function checkConfirmed(cell: RankCell, graph: GraphModel, note: string) {
  const { version } = cell.standing();
  cell.settle();
  assert.equal(cell.standing().version, version, `${note}: too early`);
  cell.clockUs += CONFIRM_US;
  cell.settle();
  assert.equal(cell.standing().version, version + 1n, note);
  assert.equal(cell.standing().confirmed, true, note);
  const fresh = (await openRank(graph)).start();
  fresh.settle();
  assert.deepEqual(cell.vector(), fresh.vector(), note);
  assert.deepEqual(cell.residuals(), fresh.residuals(), note);
}

const KINDS: [string, (seed: number) => WeightedLink[]][] = [
  ["alike", (seed) => distinct(plainLinks(seed, 90, 900))],
  [
    "alike, of 7",
    (seed) =>
      distinct(plainLinks(seed, 90, 900)).map((l) => ({ ...l, weight: 7n })),
  ],
  ["repeated", (seed) => plainLinks(seed, 40, 900)],
  ["whole", (seed) => plainLinks(seed, 90, 900, (b) => BigInt(b(1_000)))],
  [
    "huge",
    (seed) => plainLinks(seed, 90, 900, (b) => BigInt(b(2 ** 30)) << 9n),
  ],
  ["any", (seed) => randomLinks(seed, 90, 900)],
];

Deno.test("increment: agrees with the reference, and a confirmation with a fresh cell", async () => {
  for (const [kind, make] of KINDS) {
    const all = make(kind.length);
    const graph = new GraphModel(all.splice(0, 600));
    const cell = (await openRank(graph)).start();
    cell.settle();
    assert.equal(cell.standing().confirmed, true, kind);
    for (const count of [1, 1, 7, 30]) {
      graph.links.push(...all.splice(0, count));
      cell.settle();
      assert.equal(cell.standing().confirmed, false, `${kind}, ${count} more`);
      checkAgainstReference(cell, graph, `${kind}, ${count} more`);
    }
    await checkConfirmed(cell, graph, kind);
  }
});

Deno.test("increment: new particles, links without weight and loops", async () => {
  const graph = new GraphModel(distinct(plainLinks(3, 80, 500)));
  const cell = (await openRank(graph)).start();
  cell.settle();
  const more: WeightedLink[][] = [
    [{ origin: 200, target: 3, weight: 1n }],
    [{ origin: 150, target: 201, weight: 1n }, {
      origin: 4,
      target: 150,
      weight: 1n,
    }],
    [{ origin: 77, target: 300, weight: 0n }],
    [{ origin: 301, target: 301, weight: 5n }],
    [{ origin: 5, target: 5, weight: 0n }],
  ];
  for (const [at, links] of more.entries()) {
    graph.links.push(...links);
    cell.settle();
    assert.equal(cell.standing().confirmed, false, `batch ${at}`);
    checkAgainstReference(cell, graph, `batch ${at}`);
  }
  await checkConfirmed(cell, graph, "after all");
});

Deno.test("increment: what the matrices cannot tell is built anew", async () => {
  const pair = { origin: 0, target: 1 };
  const batches: [string, WeightedLink[]][] = [
    ["an axon twice", [{ ...pair, weight: 1n }]],
    ["another weight", [{ origin: 1, target: 0, weight: 3n }]],
    ["over 2^23", [{ ...pair, weight: 2n ** 23n }]],
    ["a negative link", [{ ...pair, weight: -(2n ** 23n) - 5n }]],
    ["after a negative link", [{ ...pair, weight: 4n }]],
  ];
  const base = distinct([{ ...pair, weight: 1n }, ...plainLinks(4, 60, 400)]);
  const graph = new GraphModel(base);
  const cell = (await openRank(graph)).start();
  cell.settle();
  for (const [name, links] of batches) {
    graph.links.push(...links);
    cell.settle();
    assert.equal(cell.standing().confirmed, false, name);
    checkAgainstReference(cell, graph, name);
  }
  await checkConfirmed(cell, graph, "after all");
});

Deno.test("increment: the same bits wherever steps end", async () => {
  const hub = Array.from({ length: 9_000 }, (_, i) => ({
    origin: i + 1,
    target: 0,
    weight: 1n,
  }));
  const base = distinct([...hub, ...plainLinks(5, 9_000, 20_000)]);
  const fixed = new Set(base.map((l) => `${l.origin} ${l.target}`));
  const more = distinct(plainLinks(6, 9_500, 3_000))
    .filter((l) => !fixed.has(`${l.origin} ${l.target}`));
  const run = async (yieldEvery?: number) => {
    const graph = new GraphModel(base);
    const options = yieldEvery === undefined ? {} : { yieldEvery };
    const cell = (await openRank(graph, options)).start([[
      "tolerance",
      "1e-6",
    ]]);
    cell.settle();
    graph.links.push(...more);
    const steps = cell.settle();
    assert.equal(cell.standing().confirmed, false);
    return { steps, vector: cell.vector(), residuals: cell.residuals() };
  };
  const whole = await run();
  for (const yieldEvery of [1, 3]) {
    const parted = await run(yieldEvery);
    assert.ok(parted.steps > 30, `${parted.steps} steps`);
    assert.deepEqual(parted.vector, whole.vector, `every ${yieldEvery}`);
    assert.deepEqual(parted.residuals, whole.residuals);
  }
});

Deno.test("increment: is less work than all anew", async () => {
  const graph = new GraphModel(distinct(plainLinks(7, 20_000, 60_000)));
  const cell = (await openRank(graph, { yieldEvery: 1 })).start();
  const anew = cell.settle();
  const { iterations } = cell.standing();
  graph.links.push({ origin: 11, target: 1_100, weight: 1n });
  const more = cell.settle();
  assert.ok(more * 5 < anew * 4, `${more} pieces, and ${anew} for all`);
  assert.ok(cell.standing().iterations < iterations);
});

Deno.test("increment: much growth starts anew, and so does another record", async () => {
  const all = plainLinks(8, 70, 900);
  const graph = new GraphModel(all.slice(0, 300));
  const cell = (await openRank(graph)).start();
  cell.settle();
  graph.links = all.slice(0, 330);
  cell.settle();
  assert.equal(cell.standing().confirmed, false);
  graph.links = all;
  cell.settle();
  assert.equal(cell.standing().confirmed, true);
  checkAgainstReference(cell, graph, "three times as much");
  graph.links = plainLinks(9, 50, 310);
  cell.settle();
  assert.equal(cell.standing().confirmed, true);
  checkAgainstReference(cell, graph, "another record");
});

Deno.test("increment: after so many of them one starts anew", async () => {
  const all = plainLinks(10, 200, 3_000);
  const graph = new GraphModel(all.slice(0, 2_000));
  const cell = (await openRank(graph)).start([["tolerance", "1e-3"]]);
  cell.settle();
  const confirmed: number[] = [];
  for (let i = 1; i <= 70; i++) {
    graph.links.push(all[2_000 + i]!);
    cell.settle();
    if (cell.standing().confirmed) confirmed.push(i);
  }
  assert.deepEqual(confirmed, [65]);
});

Deno.test("increment: a new generation starts anew, and serves meanwhile", async () => {
  const graph = new GraphModel(plainLinks(11, 70, 400));
  const cell = (await openRank(graph)).start();
  cell.settle();
  graph.links.push(...plainLinks(12, 70, 5));
  cell.settle();
  const state = cell.snapshot();
  const heir = (await openRank(graph)).start([], state);
  assert.deepEqual(heir.standing(), cell.standing());
  assert.equal(heir.standing().confirmed, false);
  heir.settle();
  assert.equal(heir.standing().confirmed, true);
  checkAgainstReference(heir, graph, "the heir");
});
