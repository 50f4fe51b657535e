/** The index in the background: yields, arrivals, limits, lifecycle. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { cidOfText, GraphModel } from "./model/graph_model.ts";
import { must, openQuery, type QueryCell } from "./model/query_cell.ts";
import { RankModel } from "./model/rank_model.ts";
import { seeded } from "./model/seeded.ts";

function corpus(contents: number): GraphModel {
  const random = seeded(contents);
  const graph = new GraphModel();
  for (let i = 0; i < contents; i++) {
    let text = `content ${i}`;
    const words = Math.floor(random() ** 3 * 500);
    for (let w = 0; w < words; w++) {
      text += ` w${Math.floor(random() ** 2 * 900)}`;
    }
    graph.add(text);
  }
  return graph;
}

/** Everything that a caller can learn of the index by these queries. */
function observe(cell: QueryCell): unknown {
  return ["content", "w0", "w1 w2 w3", "w40", "w77 content", "w899", "17"]
    .map((query) => must(cell.answers.search(query, 100)));
}

Deno.test("where a step yields changes nothing about the index", async () => {
  const graph = corpus(600);
  const whole = await openQuery(graph, new RankModel());
  whole.indexAll();
  const expected = observe(whole);
  for (const every of [1, 2, 3, 7]) {
    const cell = await openQuery(graph, new RankModel());
    let asked = 0;
    cell.shouldYield = () => ++asked % every === 0;
    const steps = cell.indexAll();
    ok(steps > 20 / every, `${steps} steps`);
    deepStrictEqual(observe(cell), expected, `yield at every ${every}`);
  }
});

Deno.test("a step is bounded even if nobody tells it to yield", async () => {
  const graph = new GraphModel();
  for (let i = 0; i < 40; i++) graph.add(`${i} ${"x ".repeat(32_000)}`);
  const cell = await openQuery(graph, new RankModel());
  deepStrictEqual(cell.background.step(), { tag: "more" });
  const { pending } = must(cell.answers.search("x", 1));
  ok(pending > 0 && pending < 40, `${pending} pending`);
});

Deno.test("answers say what is pending, and arrivals are picked up", async () => {
  const graph = corpus(300);
  const cell = await openQuery(graph, new RankModel());
  strictEqual(must(cell.answers.search("content", 1)).pending, 300);
  strictEqual(must(cell.answers.search("content", 1)).matches, 0);
  cell.indexAll();
  strictEqual(must(cell.answers.search("content", 1)).pending, 0);
  deepStrictEqual(cell.background.step(), { tag: "idle", val: 100 });
  graph.add("a latecomer");
  strictEqual(must(cell.answers.search("latecomer", 1)).pending, 1);
  cell.indexAll();
  const late = must(cell.answers.search("latecomer", 1));
  deepStrictEqual([late.matches, late.pending], [1, 0]);
});

Deno.test("of a long content the first 4096 octets are found", async () => {
  const graph = new GraphModel();
  graph.add("x ".repeat(2042) + "inside" + "é outside");
  graph.add("é".repeat(2047) + "a" + "é tail");
  const cell = await openQuery(graph, new RankModel());
  cell.indexAll();
  strictEqual(must(cell.answers.search("inside", 1)).matches, 0);
  strictEqual(must(cell.answers.search("insideé", 1)).matches, 1);
  strictEqual(must(cell.answers.search("outside", 1)).matches, 0);
  strictEqual(must(cell.answers.search("é".repeat(32), 1)).matches, 1);
});

Deno.test("long words are found by their first 64 octets", async () => {
  const graph = new GraphModel();
  graph.add(`${"é".repeat(40)} ${"z".repeat(64)}`);
  const cell = await openQuery(graph, new RankModel());
  cell.indexAll();
  strictEqual(must(cell.answers.search("é".repeat(99), 1)).matches, 1);
  strictEqual(must(cell.answers.search("é".repeat(31), 1)).matches, 0);
  strictEqual(must(cell.answers.search(`${"z".repeat(64)}y`, 1)).matches, 1);
});

Deno.test("contents that are not text are passed over", async () => {
  const graph = new GraphModel();
  const random = seeded(3);
  const encoder = new TextEncoder();
  for (let i = 0; i < 200; i++) {
    const octets = Uint8Array.from(
      { length: Math.floor(random() ** 4 * 20_000) },
      () => random() * 256,
    );
    graph.add(octets);
    if (i % 20 === 0) graph.add(`text ${i}`);
  }
  for (const tail of [[0xff], [0xc3], [0xe2, 0x82], [0xed, 0xa0, 0x80]]) {
    graph.add(new Uint8Array([...encoder.encode("text "), ...tail]));
  }
  graph.add("");
  graph.add("—");
  const cell = await openQuery(graph, new RankModel());
  cell.indexAll();
  const hits = must(cell.answers.search("text", 100));
  deepStrictEqual([hits.matches, hits.pending], [10, 0]);
});

Deno.test("every term of a full bag is found", async () => {
  const graph = new GraphModel();
  const words = Array.from(
    { length: 1365 },
    (_, i) => String.fromCodePoint(0x4e00 + i),
  );
  graph.add(words.join(""));
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  const pairs = letters.flatMap((a) => letters.map((b) => a + b));
  graph.add([...letters, ...pairs].join(" "));
  const cell = await openQuery(graph, new RankModel());
  cell.indexAll();
  for (const term of [...words, ...letters, ...pairs]) {
    strictEqual(must(cell.answers.search(term, 5)).matches, 1, term);
  }
});

Deno.test("a full index says so and goes on over what is there", async () => {
  const limits: [string, string, RegExp][] = [
    ["terms-max", "50", /index full: 50 terms/],
    ["postings-octets-max", "400", /index full: 400 octets of postings/],
    ["contents-max", "20", /index full: 20 contents/],
  ];
  for (const [key, value, named] of limits) {
    const graph = new GraphModel();
    for (let i = 0; i < 200; i++) graph.add(`common word${i} and w${i}`);
    const cell = await openQuery(graph, new RankModel(), [[key, value]]);
    cell.indexAll();
    const condition = cell.lifecycle.health();
    ok(condition.tag === "degraded" && named.test(condition.val), key);
    deepStrictEqual(cell.background.step(), { tag: "idle", val: 1000 });
    const hits = must(cell.answers.search("common", 100));
    ok(hits.matches > 0 && hits.pending > 0, key);
    strictEqual(hits.matches + hits.pending, 200);
    strictEqual(must(cell.answers.search("word0", 1)).matches, 1);
    strictEqual(must(cell.answers.search("word199", 1)).matches, 0);
    ok(cell.logs.some((line) => named.test(line)));
  }
});

Deno.test("a cell out of memory is a full index, and no call traps", async () => {
  const random = seeded(5);
  const graph = new GraphModel();
  const rank = new RankModel();
  const hub = graph.add("hub ".repeat(300_000));
  for (let i = 0; i < 9000; i++) {
    let text = `leaf ${i}`;
    for (let w = 0; w < 60; w++) text += ` w${Math.floor(random() * 1e9)}`;
    const leaf = graph.add(text);
    if (i < 1500) graph.link(hub, leaf);
    rank.focuses.set(leaf, 1 / 9000);
  }
  const cell = await openQuery(graph, rank, [], 512);
  cell.indexAll();
  strictEqual(cell.lifecycle.health().tag, "degraded");
  // What is left is less than a block of the index.
  ok(cell.memory.buffer.byteLength > 508 * 65536);
  ok(cell.logs.some((line) => /index full: no memory left/.test(line)));
  const id = cidOfText("hub ".repeat(300_000));
  for (let i = 0; i < 30; i++) {
    const hits = must(cell.answers.search("leaf", 100));
    ok(hits.matches > 1000 && hits.pending > 1000);
    strictEqual(
      must(cell.answers.links(id, "outward", undefined, 1000)).links.length,
      1000,
    );
    strictEqual(must(cell.answers.top(1000)).length, 1000);
    strictEqual(must(cell.answers.content(id, 0n, 1 << 20)).length, 1 << 20);
    must(cell.answers.particle(id));
  }
});

Deno.test("an absent graph degrades the index until it is back", async () => {
  const graph = corpus(50);
  const cell = await openQuery(graph, new RankModel());
  deepStrictEqual(cell.lifecycle.health(), { tag: "ok" });
  graph.absence = "gone";
  deepStrictEqual(cell.background.step(), { tag: "idle", val: 1000 });
  deepStrictEqual(cell.lifecycle.health(), {
    tag: "degraded",
    val: "index not fed: graph: gone",
  });
  graph.absence = undefined;
  cell.indexAll();
  deepStrictEqual(cell.lifecycle.health(), { tag: "ok" });
  strictEqual(must(cell.answers.search("content", 1)).matches, 50);
});

Deno.test("start refuses unknown keys, bad values and foreign state", async () => {
  const start = async (
    config: [string, string][],
    previous?: { version: number; octets: Uint8Array },
  ) => {
    const cell = await openQuery(new GraphModel(), new RankModel(), null);
    return cell.lifecycle.start(config, previous);
  };
  const refused = async (
    tag: string,
    named: RegExp,
    ...input: Parameters<typeof start>
  ) => {
    const answer = await start(...input);
    ok(answer.tag === "err" && answer.val.tag === tag, `${named}`);
    ok(named.test(answer.val.val), answer.val.val);
  };
  await refused("config", /unknown key colour/, [["colour", "red"]]);
  for (
    const value of [
      "",
      "0",
      "-1",
      "1.5",
      "0x10",
      " 7",
      "07",
      "1048577",
      "9".repeat(40),
    ]
  ) {
    await refused("config", /terms-max: .* 1 to 1048576/, [[
      "terms-max",
      value,
    ]]);
  }
  const octets = new Uint8Array();
  await refused("state", /version 2/, [], { version: 2, octets });
  await refused("state", /3 octets/, [], {
    version: 1,
    octets: new Uint8Array(3),
  });
  strictEqual(
    (await start([["terms-max", "1048576"]], { version: 1, octets })).tag,
    "ok",
  );
});

Deno.test("the state is empty, and only version 1 migrates", async () => {
  const cell = await openQuery(corpus(20), new RankModel());
  cell.indexAll();
  strictEqual(cell.lifecycle.stateVersion(), 1);
  deepStrictEqual(cell.lifecycle.snapshot(), {
    tag: "ok",
    val: new Uint8Array(),
  });
  const octets = new Uint8Array();
  deepStrictEqual(cell.lifecycle.migrate({ version: 1, octets }), {
    tag: "ok",
    val: octets,
  });
  for (const version of [0, 2, 0xffffffff]) {
    const answer = cell.lifecycle.migrate({ version, octets });
    ok(answer.tag === "err" && answer.val.includes(`version ${version}`));
  }
  cell.lifecycle.stop();
  cell.lifecycle.stop();
  deepStrictEqual(cell.background.step(), { tag: "idle", val: 60000 });
});
