/**
 * What the cell serves while the graph grows, goes away, lies or does not fit.
 */
import assert from "node:assert/strict";
import {
  randomLinks,
  seeded,
} from "../../conformance/cells/rank/random_links.ts";
import { distance, rank } from "../../conformance/cells/rank/reference.ts";
import type { Census, Columns } from "../../wit/gen/graph_reads.ts";
import { GraphModel } from "./testing/graph_model.ts";
import { openRank, RankCell, valueOf } from "./testing/rank_cell.ts";

const L1_ERROR_MAX = 1e-9;

async function started(
  graph: GraphModel,
  options: Parameters<typeof openRank>[1] = {},
): Promise<RankCell> {
  return (await openRank(graph, options)).start();
}

/** Publications agree with the reference over exactly the links that they name. */
function checkPublication(cell: RankCell, graph: GraphModel, note: string) {
  const standing = cell.standing();
  const prefix = graph.links.slice(0, Number(standing.links));
  const off = distance(cell.vector(), rank(prefix).focus);
  assert.ok(off < L1_ERROR_MAX, `${note}: ${off} apart`);
  assert.equal(standing.height, GraphModel.heightOf(prefix.length), note);
}

Deno.test("serving: nothing is published over an empty record", async () => {
  const graph = new GraphModel();
  graph.particlesMin = 3;
  const cell = await started(graph);
  assert.deepEqual(cell.background.step(), { tag: "idle", val: 50 });
  const standing = cell.standing();
  assert.equal(standing.version, 0n);
  assert.equal(standing.ageMs, 0n);
  assert.equal(standing.computing, false);
  assert.deepEqual(cell.lifecycle.health(), { tag: "ok" });
  assert.equal(cell.vector().length, 0);
  assert.equal(cell.residuals().length, 0);
  assert.deepEqual(valueOf(cell.ranks.top(0, 1000)), []);
  assert.deepEqual(
    valueOf(cell.ranks.focus(Uint32Array.of(0, 7))),
    Float64Array.of(0, 0),
  );
});

Deno.test("serving: the old vector stays whole until the new one is", async () => {
  const graph = new GraphModel(randomLinks(1, 400, 900));
  const cell = await started(graph, { yieldEvery: 1 });
  cell.settle();
  const old = cell.vector();
  const oldTop = valueOf(cell.ranks.top(0, 1000));
  graph.links.push(...randomLinks(2, 500, 900));
  let computing = 0;
  while (cell.standing().version === 1n) {
    assert.deepEqual(cell.vector(), old);
    assert.deepEqual(valueOf(cell.ranks.top(0, 1000)), oldTop);
    if (cell.standing().computing) computing++;
    cell.background.step();
  }
  assert.ok(computing > 10, `only ${computing} steps of computing seen`);
  cell.settle();
  assert.equal(cell.standing().version, 2n);
  checkPublication(cell, graph, "second publication");
});

Deno.test("serving: a record that grows meanwhile gives a consistent prefix", async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const below = seeded(seed);
    const all = randomLinks(seed, 150, 4_000);
    const graph = new GraphModel(all.slice(0, 100));
    graph.scanMax = 37;
    const grow = () => graph.links.push(...all.splice(0, below(8)));
    graph.afterScan = grow;
    const cell = await started(graph, { yieldEvery: 3 });
    let version = 0n;
    let publications = 0;
    for (let step = 0; publications < 6; step++) {
      assert.ok(step < 100_000, `seed ${seed}: no publication`);
      const resting = cell.background.step().tag === "idle";
      if (resting || below(50) === 0) grow();
      if (cell.standing().version === version) continue;
      version = cell.standing().version;
      publications++;
      checkPublication(cell, graph, `seed ${seed}, publication ${version}`);
    }
  }
});

Deno.test("serving: known links are not read again", async () => {
  const graph = new GraphModel(randomLinks(3, 100, 1_000));
  graph.scanMax = 100;
  const cell = await started(graph);
  cell.settle();
  assert.equal(graph.scans, 10);
  cell.settle();
  assert.equal(graph.scans, 10);
  graph.links.push(...randomLinks(4, 100, 50));
  cell.settle();
  assert.equal(graph.scans, 11);
  checkPublication(cell, graph, "after growth");
});

Deno.test("serving: without the graph the last vector stays", async () => {
  const graph = new GraphModel(randomLinks(5, 100, 300));
  const cell = await started(graph);
  cell.settle();
  const vector = cell.vector();
  for (const absence of ["gone", "refused"] as const) {
    graph.absence = absence;
    assert.deepEqual(cell.background.step(), { tag: "idle", val: 250 });
    const degraded = { tag: "degraded", val: `graph: ${absence}` };
    assert.deepEqual(cell.lifecycle.health(), degraded);
    assert.deepEqual(cell.vector(), vector);
  }
  graph.absence = undefined;
  graph.links.push(...randomLinks(6, 100, 30));
  cell.settle();
  assert.deepEqual(cell.lifecycle.health(), { tag: "ok" });
  checkPublication(cell, graph, "after the graph came back");
});

Deno.test("serving: a graph that goes in the middle is asked again", async () => {
  const graph = new GraphModel(randomLinks(7, 100, 600));
  graph.scanMax = 100;
  graph.afterScan = () => {
    if (graph.scans === 3) graph.absence = "gone";
  };
  const cell = await started(graph);
  cell.settle();
  assert.equal(cell.standing().version, 0n);
  assert.equal(cell.standing().computing, false);
  assert.equal(cell.lifecycle.health().tag, "degraded");
  graph.absence = undefined;
  cell.settle();
  // One of them compares the end of what was known.
  assert.equal(graph.scans, 7);
  checkPublication(cell, graph, "after the graph came back");
});

Deno.test("serving: a smaller record is another one", async () => {
  const graph = new GraphModel(randomLinks(8, 200, 600));
  const cell = await started(graph);
  cell.settle();
  graph.links = randomLinks(9, 50, 100);
  cell.settle();
  assert.equal(cell.standing().version, 2n);
  assert.equal(cell.standing().links, 100n);
  checkPublication(cell, graph, "after the change");
  assert.ok(cell.log.some((line) => line.includes("starting over")));
});

Deno.test("serving: a graph that was away is gone on with, and not begun anew", async () => {
  const graph = new GraphModel(randomLinks(12, 300, 4000));
  const cell = await started(graph);
  cell.settle();
  const whole = cell.standing().iterations;
  for (const isMidway of [false, true]) {
    graph.links.push(...randomLinks(13, 300, 10));
    // A start of it reads nothing, or nothing but the first links.
    graph.scanMax = 4;
    if (isMidway) graph.afterScan = () => graph.absence = "refused";
    else graph.absence = "refused";
    const before = cell.vector();
    cell.settle();
    assert.equal(cell.lifecycle.health().tag, "degraded");
    assert.deepEqual(cell.vector(), before, "the last good one");
    graph.afterScan = () => {};
    graph.scanMax = 65_536;
    graph.absence = undefined;
    const scans = graph.scans;
    cell.settle();
    // The end is compared, and what is new is read.
    assert.ok(graph.scans - scans <= 2, `${graph.scans - scans} scans`);
    assert.equal(cell.standing().confirmed, false, "an increment");
    assert.ok(cell.standing().iterations < whole);
    checkPublication(cell, graph, `midway: ${isMidway}`);
  }
  assert.ok(!cell.log.some((line) => line.includes("starting over")));
});

Deno.test("serving: a graph that came back with another record is begun anew", async () => {
  const graph = new GraphModel(randomLinks(14, 100, 300));
  const cell = await started(graph);
  cell.settle();
  graph.absence = "gone";
  cell.settle();
  graph.absence = undefined;
  graph.links = randomLinks(15, 120, 400);
  cell.settle();
  checkPublication(cell, graph, "of the other record");
  assert.ok(cell.log.some((line) => line.includes("starting over")));
});

const LIES: [string, Partial<GraphModel>, RegExp][] = [
  [
    "no links",
    { distortColumns: cut(0) },
    /^graph: scan of 300 links at 0 gave 0$/,
  ],
  ["a short column", {
    distortColumns: (c: Columns) => ({ ...c, targets: c.targets.slice(1) }),
  }, /unequal length/],
  ["a long weight column", {
    distortColumns: (c: Columns) => ({ ...c, weights: new BigInt64Array(999) }),
  }, /unequal length/],
  ["a wrong next", {
    distortColumns: (c: Columns) => ({ ...c, next: c.next + 1n }),
  }, /gave 300 links and next 301$/],
  ["a particle past the last", {
    distortColumns: (c: Columns) => ({
      ...c,
      targets: c.targets.fill(0xffffffff),
    }),
  }, /names particle 4294967295 of/],
  ["more links than fit", {
    distortCensus: (c: Census) => ({ ...c, links: 1n << 40n }),
  }, /1099511627776 links are more than 33554432/],
  ["more particles than memory", {
    distortCensus: (c: Census) => ({ ...c, particles: 0xffffffff }),
  }, /^memory: not enough for 300 links$/],
];

function cut(length: number): (columns: Columns) => Columns {
  return (c) => ({
    ...c,
    origins: c.origins.slice(0, length),
    targets: c.targets.slice(0, length),
    weights: c.weights.slice(0, length),
  });
}

Deno.test("serving: a graph that breaks its contract degrades the cell", async () => {
  for (const [name, lie, expected] of LIES) {
    const graph = new GraphModel(randomLinks(10, 80, 300));
    const honest = { ...graph };
    const cell = await started(graph);
    Object.assign(graph, lie);
    cell.settle();
    const health = cell.lifecycle.health();
    assert.equal(health.tag, "degraded", name);
    assert.match(String("val" in health ? health.val : ""), expected, name);
    assert.equal(cell.standing().version, 0n, name);
    Object.assign(graph, {
      distortCensus: honest.distortCensus,
      distortColumns: honest.distortColumns,
    });
    cell.settle();
    assert.deepEqual(cell.lifecycle.health(), { tag: "ok" }, name);
    checkPublication(cell, graph, name);
  }
});

Deno.test("serving: memory that runs out at any stage is an answer", async () => {
  const graph = new GraphModel(randomLinks(11, 60_000, 30_000));
  let short = 0;
  let published = 0;
  for (let pages = 240; pages <= 360; pages += 4) {
    const cell = await openRank(graph, { memoryPagesMax: pages });
    cell.start([["rounds-max", "1"]]).settle();
    const health = cell.lifecycle.health();
    if (health.tag === "degraded") {
      assert.match(health.val, /^memory: not enough for 30000 links$/);
      assert.equal(cell.standing().version, 0n);
      short++;
    } else {
      assert.equal(cell.standing().links, 30_000n);
      published++;
    }
  }
  assert.ok(short >= 5 && published >= 5, `${short} short, ${published} not`);
});

Deno.test("serving: a million links and particles stay under 200 MiB", async () => {
  const count = 1_000_000;
  const below = seeded(12);
  const graph = new GraphModel();
  for (let i = 0; i < count; i++) {
    const link = { origin: i, target: below(count), weight: 1n };
    graph.links.push(link);
  }
  const cell = await openRank(graph);
  cell.start([["rounds-max", "1"]]).settle();
  assert.equal(cell.standing().particles, count);
  assert.equal(
    cell.snapshot().octets.length,
    80 + 8 + 8 * count + 40 + 4 * count,
  );
  assert.ok(cell.memory.buffer.byteLength < 200 * 2 ** 20);
});

Deno.test("serving: requests over a limit are answered up to it", async () => {
  const graph = new GraphModel(randomLinks(13, 90_000, 60_000));
  const cell = await openRank(graph);
  cell.start([["rounds-max", "1"]]).settle();
  const { ranks } = cell;
  const vector = cell.vector();
  assert.equal(vector.length, graph.particles);
  const many = Uint32Array.from({ length: 5000 }, (_, i) => i);
  assert.deepEqual(valueOf(ranks.focus(many)), vector.slice(0, 4096));
  assert.deepEqual(
    valueOf(ranks.focus(Uint32Array.of(5, 0xffffffff, 5))),
    Float64Array.of(vector[5]!, 0, vector[5]!),
  );
  assert.equal(valueOf(ranks.vector(0, 0xffffffff)).length, 65536);
  assert.deepEqual(
    valueOf(ranks.vector(70_000, 3)),
    vector.slice(70_000, 70_003),
  );
  for (const start of [vector.length, 0xffffffff]) {
    assert.equal(valueOf(ranks.vector(start, 10)).length, 0);
  }
  assert.equal(valueOf(ranks.vector(0, 0)).length, 0);
  assert.equal(valueOf(ranks.top(0, 0xffffffff)).length, 1000);
  assert.equal(valueOf(ranks.top(995, 100)).length, 5);
  assert.equal(valueOf(ranks.top(0xffffffff, 0xffffffff)).length, 0);
});
