/** Everything but search: identities, views, contents, links, top, absences. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  axonOf,
  cidOf,
  cidOfText,
  GraphModel,
  hex,
} from "./model/graph_model.ts";
import { figuresOf, RankModel } from "./model/rank_model.ts";
import type { Page } from "../../wit/gen/query_answers.ts";
import { must, openQuery, refusalOf } from "./model/query_cell.ts";
import { seeded } from "./model/seeded.ts";

const NOT_UTF8 = new Uint8Array([0x66, 0xc3, 0x28, 0x00, 0xff]);

Deno.test("resolve is the hash of the text, with or without a graph", async () => {
  const graph = new GraphModel();
  const cell = await openQuery(graph, new RankModel());
  const texts = [
    "",
    "bash",
    "ünïcödé 東京 😀",
    "x".repeat(1024),
    "y".repeat(99_999),
  ];
  for (const text of texts) {
    strictEqual(hex(cell.answers.resolve(text)), hex(cidOfText(text)));
  }
  graph.absence = "gone";
  strictEqual(hex(cell.answers.resolve("bash")), hex(cidOfText("bash")));
});

Deno.test("particle describes what is known of it", async () => {
  const graph = new GraphModel();
  const rank = new RankModel();
  const from = graph.add("from");
  const to = graph.add("to", false);
  const binary = graph.add(NOT_UTF8);
  const long = graph.add("é".repeat(3000));
  graph.link(from, to);
  graph.link(from, to);
  rank.focuses.set(from, 0.75);
  const cell = await openQuery(graph, rank);
  const view = (id: Uint8Array) => must(cell.answers.particle(id));
  deepStrictEqual(view(cidOfText("from")), {
    id: cidOfText("from"),
    text: "from",
    size: 4n,
    known: true,
    focus: 0.75,
    linksIn: 0,
    linksOut: 2,
    axon: undefined,
  });
  const unknown = view(cidOfText("to"));
  deepStrictEqual(
    [unknown.known, unknown.text, unknown.size, unknown.linksIn, unknown.focus],
    [false, undefined, undefined, 2, 0],
  );
  deepStrictEqual([view(cidOf(NOT_UTF8)).text, view(cidOf(NOT_UTF8)).size], [
    undefined,
    5n,
  ]);
  strictEqual(view(cidOfText("é".repeat(3000))).text, "é".repeat(2048));
  const axon = view(axonOf(cidOfText("from"), cidOfText("to")));
  deepStrictEqual(axon.axon, [cidOfText("from"), cidOfText("to")]);
  ok(binary !== long);
});

Deno.test("a text is cut at a character, never inside one", async () => {
  const graph = new GraphModel();
  const rank = new RankModel();
  const cases: [string | Uint8Array, string | undefined][] = [
    ["x".repeat(256), "x".repeat(256)],
    ["x".repeat(257), "x".repeat(256)],
    ["x".repeat(255) + "é", "x".repeat(255)],
    ["x".repeat(254) + "é", "x".repeat(254) + "é"],
    ["x".repeat(253) + "😀!", "x".repeat(253)],
    ["", ""],
    [new Uint8Array([...new Array(255).fill(65), 0xc3]), undefined],
    [new Uint8Array([0xed, 0xa0, 0x80]), undefined],
    [new Uint8Array([0xc0, 0x80]), undefined],
    [new Uint8Array([0xf4, 0x90, 0x80, 0x80]), undefined],
  ];
  cases.forEach(([content], i) => {
    rank.focuses.set(graph.add(content), 1 - i / 100);
  });
  const cell = await openQuery(graph, rank);
  deepStrictEqual(
    must(cell.answers.top(100)).map((brief) => brief.text),
    cases.map(([, text]) => text),
  );
});

Deno.test("content gives the octets asked for", async () => {
  const graph = new GraphModel();
  const random = seeded(1);
  const octets = Uint8Array.from({ length: 5000 }, () => random() * 256);
  graph.add(octets);
  graph.add("not here", false);
  const cell = await openQuery(graph, new RankModel());
  const read = (offset: bigint, length: number) =>
    must(cell.answers.content(cidOf(octets), offset, length));
  deepStrictEqual(read(0n, 1 << 20), octets);
  deepStrictEqual(read(1000n, 17), octets.slice(1000, 1017));
  deepStrictEqual(read(4990n, 100), octets.slice(4990));
  deepStrictEqual(read(2n ** 64n - 1n, 1), new Uint8Array());
  const refused = (id: Uint8Array, length: number) =>
    refusalOf(cell.answers.content(id, 0n, length)).tag;
  strictEqual(refused(cidOfText("not here"), 1), "not-found");
  strictEqual(refused(cidOfText("nobody knows"), 1), "not-found");
  strictEqual(refused(cidOf(octets), 0), "invalid");
  strictEqual(refused(cidOf(octets), (1 << 20) + 1), "invalid");
});

Deno.test("pages of links cover every link once, newest first", async () => {
  const graph = new GraphModel();
  const rank = new RankModel();
  const random = seeded(7);
  for (let i = 0; i < 40; i++) {
    rank.focuses.set(graph.add(`text ${i}`), (i + 1) / 820);
  }
  for (let i = 0; i < 700; i++) {
    const other = Math.floor(random() * 40);
    const outward = random() < 0.5;
    const valence = Math.floor(random() * 3) - 1;
    graph.link(outward ? 0 : other, outward ? other : 0, BigInt(i), valence);
  }
  const cell = await openQuery(graph, rank);
  const id = cidOfText("text 0");
  for (const side of ["outward", "inward"] as const) {
    for (const limit of [1, 7, 100, 1000]) {
      const seen: bigint[] = [];
      let cursor: bigint | undefined = undefined;
      do {
        const page: Page = must(cell.answers.links(id, side, cursor, limit));
        ok(page.links.length <= limit);
        for (const link of page.links) seen.push(link.height);
        cursor = page.next;
      } while (cursor !== undefined);
      const expected = graph.edges
        .filter((e) => (side === "outward" ? e.origin : e.target) === 0)
        .map((e) => e.height).toReversed();
      deepStrictEqual(seen, expected);
    }
  }
  for (
    const link of must(cell.answers.links(id, "inward", undefined, 1000)).links
  ) {
    const edge = graph.edges[Number(link.height) - 1];
    const origin = graph.rows[edge?.origin ?? -1];
    ok(edge && origin);
    deepStrictEqual(link, {
      neuron: edge.neuron,
      origin: {
        id: origin.id,
        text: `text ${edge.origin}`,
        focus: (edge.origin + 1) / 820,
      },
      target: { id, text: "text 0", focus: 1 / 820 },
      axon: axonOf(origin.id, id),
      token: edge.token,
      amount: edge.amount,
      valence: edge.valence,
      height: edge.height,
    });
  }
});

Deno.test("a page of a thousand links asks for focus and identities once", async () => {
  const graph = new GraphModel();
  const rank = new RankModel();
  const hub = graph.add("hub");
  for (let i = 0; i < 1001; i++) graph.link(hub, graph.add(`leaf ${i}`));
  const cell = await openQuery(graph, rank);
  graph.calls = 0;
  const page = must(
    cell.answers.links(cidOfText("hub"), "outward", undefined, 1000),
  );
  strictEqual(page.links.length, 1000);
  strictEqual(rank.calls, 1);
  // find, links, identities of 1001 ends in two calls, and a text for each end.
  strictEqual(graph.calls, 1 + 1 + 2 + 1001);
});

Deno.test("a cursor that nobody gave out brings a page, not a fault", async () => {
  const graph = new GraphModel();
  const hub = graph.add("hub");
  for (let i = 0; i < 10; i++) graph.link(hub, graph.add(`leaf ${i}`));
  const cell = await openQuery(graph, new RankModel());
  for (const cursor of [0n, 5n, 10n, 11n, 2n ** 32n, 2n ** 64n - 1n]) {
    const page = must(
      cell.answers.links(cidOfText("hub"), "outward", cursor, 3),
    );
    ok(page.links.length <= 3);
  }
});

Deno.test("top gives the highest focus first", async () => {
  const graph = new GraphModel();
  const rank = new RankModel();
  for (let i = 0; i < 1200; i++) {
    rank.focuses.set(graph.add(`t${i}`), (i * 7919) % 1201);
  }
  const cell = await openQuery(graph, rank);
  for (const limit of [1, 10, 1000]) {
    const briefs = must(cell.answers.top(limit));
    const expected = [...rank.focuses].sort((a, b) => b[1] - a[1]).slice(
      0,
      limit,
    );
    deepStrictEqual(
      briefs.map((b) => b.focus),
      expected.map(([, focus]) => focus),
    );
    deepStrictEqual(briefs.map((b) => b.text), expected.map(([n]) => `t${n}`));
  }
  for (const limit of [0, 1001, 0xffffffff]) {
    const refusal = refusalOf(cell.answers.top(limit));
    ok(refusal.tag === "invalid" && /1 to 1000/.test(refusal.val));
  }
});

Deno.test("rank-status is rank's own", async () => {
  const rank = new RankModel();
  const cell = await openQuery(new GraphModel(), rank);
  const expected = rank.status();
  deepStrictEqual(
    must(cell.answers.rankStatus()),
    { standing: expected.tag === "ok" && expected.val, stale: false },
  );
});

Deno.test("explain gives names to the rank cell's figures, and its refusals words", async () => {
  const graph = new GraphModel();
  const rank = new RankModel();
  const [hub, leaf, far] = ["hub", "leaf", "far"].map((text) =>
    graph.add(text)
  );
  graph.link(leaf!, hub!);
  graph.link(hub!, far!);
  const cell = await openQuery(graph, rank);
  const id = cidOfText("hub");
  const figures = figuresOf([[leaf!, true], [far!, false]]);
  rank.outcome = (particle, limit) => {
    deepStrictEqual([particle, limit], [hub, 1000]);
    return { tag: "explained", val: figures };
  };
  const found = must(cell.answers.explain(id, 1000));
  deepStrictEqual(found.figures, figures);
  strictEqual(found.particle.text, "hub");
  deepStrictEqual(found.others.map(({ text }) => text), ["leaf", "far"]);
  deepStrictEqual(found.axons.map(hex), [
    hex(axonOf(cidOfText("leaf"), id)),
    hex(axonOf(id, cidOfText("far"))),
  ]);
  rank.outcome = () => ({ tag: "preparing" });
  strictEqual(refusalOf(cell.answers.explain(id, 0)).tag, "preparing");
  for (
    const [tag, words] of [["unranked", /no published/], [
      "no-memory",
      /too small/,
    ]] as const
  ) {
    rank.outcome = () => ({ tag });
    const refusal = refusalOf(cell.answers.explain(id, 5));
    ok(refusal.tag === "unavailable" && words.test(refusal.val));
  }
  const over = refusalOf(cell.answers.explain(id, 1001));
  ok(over.tag === "invalid" && /0 to 1000/.test(over.val));
  strictEqual(
    refusalOf(cell.answers.explain(cidOfText("x"), 1)).tag,
    "not-found",
  );
  rank.absence = "gone";
  deepStrictEqual(refusalOf(cell.answers.explain(id, 1)), {
    tag: "unavailable",
    val: "rank: gone",
  });
});

Deno.test("a malformed cid is invalid everywhere, before any call", async () => {
  const graph = new GraphModel();
  const cell = await openQuery(graph, new RankModel());
  const good = cidOfText("x");
  const sha = good.slice();
  sha[0] = 2;
  const bad: [Uint8Array, RegExp][] = [
    [new Uint8Array(), /0 octets; it has 33/],
    [good.subarray(1), /32 octets/],
    [new Uint8Array([...good, 0]), /34 octets/],
    [new Uint8Array(100_000).fill(1), /100000 octets/],
    [sha, /hash id 2/],
    [new Uint8Array(33), /hash id 0/],
  ];
  graph.calls = 0;
  for (const [id, named] of bad) {
    for (
      const refusal of [
        refusalOf(cell.answers.particle(id)),
        refusalOf(cell.answers.content(id, 0n, 1)),
        refusalOf(cell.answers.links(id, "inward", undefined, 1)),
      ]
    ) ok(refusal.tag === "invalid" && named.test(refusal.val), `${named}`);
  }
  strictEqual(graph.calls, 0);
  for (const limit of [0, 1001, 0xffffffff]) {
    const refusal = refusalOf(
      cell.answers.links(good, "inward", undefined, limit),
    );
    ok(refusal.tag === "invalid" && /1 to 1000/.test(refusal.val));
  }
  for (const limit of [0, 33]) {
    const refusal = refusalOf(cell.answers.history(good, limit));
    ok(refusal.tag === "invalid" && /1 to 32/.test(refusal.val));
  }
  strictEqual(refusalOf(cell.answers.particle(good)).tag, "not-found");
  strictEqual(
    refusalOf(cell.answers.links(good, "inward", undefined, 1)).tag,
    "not-found",
  );
});

Deno.test("an absent cell makes answers unavailable, or poorer", async () => {
  const graph = new GraphModel();
  const rank = new RankModel();
  const hub = graph.add("hub");
  graph.link(hub, graph.add("leaf"));
  rank.focuses.set(hub, 0.5);
  const cell = await openQuery(graph, rank);
  const id = cidOfText("hub");
  for (const absence of ["gone", "refused"] as const) {
    rank.absence = absence;
    const noRank = { tag: "unavailable", val: `rank: ${absence}` };
    deepStrictEqual(refusalOf(cell.answers.rankStatus()), noRank);
    deepStrictEqual(refusalOf(cell.answers.top(5)), noRank);
    strictEqual(must(cell.answers.particle(id)).focus, 0);
    strictEqual(
      must(cell.answers.links(id, "outward", undefined, 5)).links.length,
      1,
    );
    rank.absence = undefined;
    graph.absence = absence;
    const noGraph = { tag: "unavailable", val: `graph: ${absence}` };
    deepStrictEqual(refusalOf(cell.answers.particle(id)), noGraph);
    deepStrictEqual(refusalOf(cell.answers.content(id, 0n, 5)), noGraph);
    deepStrictEqual(
      refusalOf(cell.answers.links(id, "outward", undefined, 5)),
      noGraph,
    );
    deepStrictEqual(refusalOf(cell.answers.top(5)), noGraph);
    must(cell.answers.rankStatus());
    graph.absence = undefined;
  }
  strictEqual(must(cell.answers.particle(id)).focus, 0.5);
});
