/** Search against the slow model, and what it promises at its edges. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { GraphModel } from "./model/graph_model.ts";
import { RankModel } from "./model/rank_model.ts";
import { seeded, seededTest } from "./model/seeded.ts";
import { type ModelText, searchModel } from "./model/search_model.ts";
import {
  must,
  openQuery,
  type QueryCell,
  refusalOf,
} from "./model/query_cell.ts";

const WORDS =
  "node graph focus rank Signal CELL libc6 zlib1g-dev ÄPFEL äpfel Straße ΣΊΣΥΦΟΣ σίσυφος Привет ПРИВЕТ мир naïve हिन्दी 東京 京都 カナ 한국어 x86_64 2026"
    .split(" ");
const SEPARATORS = [" ", ", ", "\n", " — ", "/", "(", "\u3000", "…"];

function randomText(random: () => number, wordsMax: number): string {
  const words = 1 + Math.floor(random() * wordsMax);
  let text = "";
  for (let i = 0; i < words; i++) {
    // Squared: few words are frequent, most are rare.
    const word = WORDS[Math.floor(random() ** 2 * WORDS.length)] ?? "";
    const separator = SEPARATORS[Math.floor(random() * SEPARATORS.length)];
    text += (i > 0 ? separator : "") + word;
  }
  return text;
}

function textsOf(graph: GraphModel): ModelText[] {
  return graph.came.flatMap((particle) => {
    const octets = graph.rows[particle]?.content;
    return octets === undefined ? [] : [{ particle, octets }];
  });
}

/** The cell's answer has the model's scores, and its order but for near ties. */
function compare(
  cell: QueryCell,
  graph: GraphModel,
  rank: RankModel,
  query: string,
  limit: number,
): void {
  const hits = must(cell.answers.search(query, limit));
  const model = searchModel(textsOf(graph), query, limit, rank.focuses);
  strictEqual(hits.matches, model.matches, `matches of "${query}"`);
  strictEqual(hits.items.length, model.items.length);
  hits.items.forEach((hit, i) => {
    const expected = model.items[i];
    ok(expected !== undefined);
    const scale = Math.max(1, expected.score);
    ok(
      Math.abs(hit.score - expected.score) <= 1e-12 * scale,
      `"${query}" hit ${i}: ${hit.score}, model ${expected.score}`,
    );
    const number = must(graph.find(hit.particle.id));
    const tie = model.items.some((other) =>
      other.particle === number && Math.abs(other.score - expected.score) <=
        1e-12 * scale
    );
    const last = model.items.at(-1);
    const atEnd = last !== undefined &&
      Math.abs(expected.score - last.score) <= 1e-12 * scale;
    ok(
      number === expected.particle || tie || atEnd && model.matches > limit,
      `"${query}" hit ${i}: particle ${number}, model ${expected.particle}`,
    );
    strictEqual(hit.particle.focus, rank.focuses.get(expected.particle) ?? 0);
  });
}

seededTest("search equals the model on random corpora", 8, async (seed) => {
  const random = seeded(seed);
  const graph = new GraphModel();
  const rank = new RankModel();
  const count = 1 + Math.floor(random() * 300);
  for (let i = 0; i < count; i++) {
    graph.add(randomText(random, random() < 0.2 ? 400 : 6));
  }
  if (seed % 2 === 0) {
    let sum = 0;
    const weights = graph.rows.map(() => random() ** 8);
    for (const weight of weights) sum += weight;
    weights.forEach((weight, number) => {
      if (random() < 0.8) rank.focuses.set(number, weight / sum);
    });
  }
  const cell = await openQuery(graph, rank);
  cell.indexAll();
  for (let i = 0; i < 60; i++) {
    const known = graph.rows[Math.floor(random() * graph.rows.length)];
    const text = i % 6 === 0 && known?.content
      ? new TextDecoder().decode(known.content.subarray(0, 90))
      : randomText(random, 4);
    compare(cell, graph, rank, text, 1 + Math.floor(random() * 20));
  }
});

Deno.test("search finds folded forms of a word", async () => {
  const cases = [
    ["ÄPFEL", "äpfel"],
    ["Σίσυφος", "ΣΊΣΥΦΟΣ"],
    ["ПРИВЕТ", "привет"],
    ["ŁÓDŹ", "łódź"],
    ["ＦＵＬＬ", "ｆｕｌｌ"],
    ["libc6-dev", "DEV"],
    ["東京都", "京"],
  ];
  const graph = new GraphModel();
  for (const [content] of cases) graph.add(`some ${content ?? ""} here`);
  const cell = await openQuery(graph, new RankModel());
  cell.indexAll();
  cases.forEach(([content, query]) => {
    const hits = must(cell.answers.search(query ?? "", 10));
    deepStrictEqual(
      hits.items.map((hit) => hit.particle.text),
      [`some ${content} here`],
    );
  });
});

Deno.test("search folds every letter of Latin, Greek, Cyrillic, Armenian", async () => {
  const ranges = [[0x41, 0x24f], [0x370, 0x52f], [0x531, 0x556], [
    0x1e00,
    0x1fff,
  ]];
  const pairs: [string, string][] = [];
  for (const [first = 0, last = 0] of ranges) {
    for (let code = first; code <= last; code++) {
      const upper = String.fromCodePoint(code);
      const lower = upper.toLowerCase();
      if (lower !== upper && [...lower].length === 1) {
        pairs.push([upper, lower]);
      }
    }
  }
  ok(pairs.length > 500);
  const graph = new GraphModel();
  for (const [upper] of pairs) graph.add(`before${upper}after`);
  const cell = await openQuery(graph, new RankModel());
  cell.indexAll();
  for (const [upper, lower] of pairs) {
    const hits = must(cell.answers.search(`before${lower}after`, 5));
    const texts = hits.items.map((hit) => hit.particle.text);
    ok(texts.includes(`before${upper}after`), `${upper} as ${lower}`);
  }
});

Deno.test("memory does not grow with the number of calls", async () => {
  const graph = new GraphModel();
  const rank = new RankModel();
  for (let i = 0; i < 5000; i++) {
    rank.focuses.set(graph.add(`text of ${i}`), 1 / 5000);
    graph.link(0, i);
  }
  const cell = await openQuery(graph, rank);
  cell.indexAll();
  const id = must(graph.identities(new Uint32Array([0])))[0] ??
    new Uint8Array();
  const call = () => {
    must(cell.answers.search("text of 7", 100));
    must(cell.answers.links(id, "outward", undefined, 50));
    must(cell.answers.particle(id));
    must(cell.answers.content(id, 0n, 1 << 20));
  };
  for (let i = 0; i < 300; i++) call();
  const before = cell.memory.buffer.byteLength;
  for (let i = 0; i < 1500; i++) call();
  strictEqual(cell.memory.buffer.byteLength, before);
  ok(before < 24 * 2 ** 20, `${before} octets`);
});

Deno.test("the particle that is the query comes first, indexed or not", async () => {
  const graph = new GraphModel();
  const rank = new RankModel();
  for (let i = 0; i < 50; i++) graph.add(`bash bash bash ${i}`);
  graph.add("bash");
  for (let number = 0; number < 50; number++) rank.focuses.set(number, 0.02);
  const cell = await openQuery(graph, rank);
  const early = must(cell.answers.search("bash", 5));
  deepStrictEqual(early.items.map((hit) => hit.particle.text), ["bash"]);
  deepStrictEqual([early.matches, early.pending], [1, 51]);
  ok((early.items[0]?.score ?? 0) > 0);
  cell.indexAll();
  const hits = must(cell.answers.search("bash", 5));
  strictEqual(hits.items[0]?.particle.text, "bash");
  deepStrictEqual([hits.items.length, hits.matches, hits.pending], [5, 51, 0]);
  const scores = hits.items.map((hit) => hit.score);
  deepStrictEqual(scores, scores.toSorted((a, b) => b - a));
});

Deno.test("equal scores come by particle number, whatever came first", async () => {
  const graph = new GraphModel();
  const texts = ["a b c", "a c b", "b a c", "b c a", "c a b", "c b a"];
  const numbers = texts.map((text) => graph.add(text, false));
  for (const text of texts.toReversed()) graph.add(text);
  const cell = await openQuery(graph, new RankModel());
  cell.indexAll();
  for (let limit = 1; limit <= 6; limit++) {
    const hits = must(cell.answers.search("c a", limit)).items;
    deepStrictEqual(
      hits.map((hit) => must(graph.find(hit.particle.id))),
      numbers.slice(0, limit),
    );
    ok(hits.every((hit) => hit.score === hits[0]?.score));
  }
});

Deno.test("focus decides between equally relevant particles", async () => {
  const graph = new GraphModel();
  const rank = new RankModel();
  const numbers = ["one cell", "two cell", "six cell"].map((t) => graph.add(t));
  numbers.forEach((number, i) =>
    rank.focuses.set(number, [0.2, 0.5, 0.3][i] ?? 0)
  );
  const found = async () => {
    const cell = await openQuery(graph, rank);
    cell.indexAll();
    return must(cell.answers.search("cell", 3)).items.map(({ particle }) => [
      particle.text,
      particle.focus,
    ]);
  };
  deepStrictEqual(await found(), [
    ["two cell", 0.5],
    ["six cell", 0.3],
    ["one cell", 0.2],
  ]);
  // One that never saw any ranks.
  rank.absence = "gone";
  deepStrictEqual(await found(), [
    ["one cell", 0],
    ["two cell", 0],
    ["six cell", 0],
  ]);
});

Deno.test("search refuses what is out of bounds and names the limit", async () => {
  const cell = await openQuery(new GraphModel(), new RankModel());
  const invalid = (text: string, limit: number, named: RegExp) => {
    const refusal = refusalOf(cell.answers.search(text, limit));
    strictEqual(refusal.tag, "invalid");
    ok(refusal.tag === "invalid" && named.test(refusal.val), `${named}`);
  };
  invalid("", 10, /no term/);
  invalid(" ++ — !", 10, /no term/);
  invalid("word", 0, /1 to 100/);
  invalid("word", 101, /1 to 100/);
  invalid("word", 0xffffffff, /1 to 100/);
  invalid("x".repeat(4097), 10, /4097 octets; at most 4096/);
  invalid("word ".repeat(200_000), 10, /at most 4096/);
  const seventeen = Array.from({ length: 17 }, (_, i) => `w${i}`).join(" ");
  invalid(seventeen, 10, /17 terms; at most 16/);
  must(cell.answers.search("w0 ".repeat(1000), 10));
  must(cell.answers.search("\u0000 x \u{10ffff}", 100));
  strictEqual(must(cell.answers.search("x".repeat(4096), 1)).matches, 0);
});

Deno.test("search without the graph is unavailable, and says so", async () => {
  const graph = new GraphModel();
  graph.add("some text");
  const cell = await openQuery(graph, new RankModel());
  cell.indexAll();
  for (const absence of ["gone", "refused"] as const) {
    graph.absence = absence;
    deepStrictEqual(refusalOf(cell.answers.search("text", 5)), {
      tag: "unavailable",
      val: `graph: ${absence}`,
    });
  }
  graph.absence = undefined;
  strictEqual(must(cell.answers.search("text", 5)).matches, 1);
});

Deno.test("more postings than one search reads: bounded, rarest first", async () => {
  const graph = new GraphModel();
  for (let i = 0; i < 140_000; i++) graph.add(`a b ${i}`);
  const cell = await openQuery(graph, new RankModel());
  cell.indexAll();
  const hits = must(cell.answers.search("a b 139999", 3));
  strictEqual(hits.items[0]?.particle.text, "a b 139999");
  strictEqual(hits.matches, 140_000);
});
