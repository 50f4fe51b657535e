/** The focus from particles, and its history: names to the rank cell's figures, and a bounded question. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { cidOfText, GraphModel } from "./model/graph_model.ts";
import { must, openQuery, refusalOf } from "./model/query_cell.ts";
import { figuresOf, RankModel } from "./model/rank_model.ts";

Deno.test("personal gives names to the rank cell's figures, says how far it is, and bounds the question", async () => {
  const graph = new GraphModel();
  const rank = new RankModel();
  const [hub, leaf] = ["hub", "leaf"].map((text) => graph.add(text));
  graph.link(leaf!, hub!);
  const cell = await openQuery(graph, rank);
  const [id, other] = ["hub", "leaf"].map(cidOfText);
  const ask = (sources: Uint8Array[], subject?: Uint8Array, limit = 10) =>
    cell.answers.personal(sources, subject, limit);
  deepStrictEqual(must(ask([id!])), {
    tag: "preparing",
    val: { ahead: 1, rounds: 2, residual: 0.5 },
  });
  rank.personally = (sources, particles, limit) => {
    deepStrictEqual([sources, particles, limit], [[hub], [hub, leaf], 10]);
    const top = [{ particle: leaf!, focus: 0.75 }];
    const focus = Float64Array.of(0.25, 0.75);
    const about = { version: 2n, height: 3n, links: 4n, particles: 2 };
    const val = { ...about, rounds: 5, residual: 1e-11, focus, top };
    return { tag: "computed", val };
  };
  const found = must(ask([id!], other));
  ok(found.tag === "computed");
  const named = (one?: { text?: string | undefined; focus: number }) =>
    `${one?.text} ${one?.focus}`;
  deepStrictEqual(found.val.sources.map(named), ["hub 0.25"]);
  strictEqual(named(found.val.subject), "leaf 0.75");
  deepStrictEqual(found.val.top.map(named), ["leaf 0.75"]);
  const rows = [
    [{ tag: "unranked", val: 3 }, /no published focus/],
    [{ tag: "no-memory" }, /too small/],
    [{ tag: "invalid" }, /refused the sources/],
  ] as const;
  for (const [outcome, words] of rows) {
    rank.personally = () => outcome;
    const refusal = refusalOf(ask([id!]));
    ok(refusal.tag === "unavailable" && words.test(refusal.val));
  }
  rank.calls = 0;
  for (const count of [0, 17]) {
    const refusal = refusalOf(ask(Array<Uint8Array>(count).fill(id!)));
    ok(refusal.tag === "invalid" && /1 to 16/.test(refusal.val));
  }
  for (const limit of [0, 1001]) {
    const refusal = refusalOf(ask([id!], undefined, limit));
    ok(refusal.tag === "invalid" && /1 to 1000/.test(refusal.val));
  }
  strictEqual(refusalOf(ask([cidOfText("x")])).tag, "not-found");
  strictEqual(refusalOf(ask([id!], cidOfText("x"))).tag, "not-found");
  strictEqual(rank.calls, 0);
});

Deno.test("history is the rank cell's, of the particle that is named", async () => {
  const graph = new GraphModel();
  const rank = new RankModel();
  const hub = graph.add("hub");
  const cell = await openQuery(graph, rank);
  const moment = { version: 3n, height: 2n, links: 9n, particles: 4 };
  const all = [{ ...moment, ageMs: 12n, focus: 0.25 }];
  rank.moments = (particle, limit) => {
    deepStrictEqual([particle, limit], [hub, 7]);
    return all;
  };
  const id = cidOfText("hub");
  deepStrictEqual(must(cell.answers.history(id, 7)), all);
  const unknown = refusalOf(cell.answers.history(cidOfText("x"), 7));
  strictEqual(unknown.tag, "not-found");
  rank.absence = "gone";
  deepStrictEqual(refusalOf(cell.answers.history(id, 7)), {
    tag: "unavailable",
    val: "rank: gone",
  });
});

Deno.test("explain-from gives names to figures, its refusals words, and bounds the question", async () => {
  const graph = new GraphModel();
  const rank = new RankModel();
  const [hub, leaf] = ["hub", "leaf"].map((text) => graph.add(text));
  graph.link(leaf!, hub!);
  const cell = await openQuery(graph, rank);
  const [id, other] = ["hub", "leaf"].map(cidOfText);
  const ask = (sources: Uint8Array[], limit = 10) =>
    cell.answers.explainFrom(sources, id!, limit);
  deepStrictEqual(must(ask([other!])), {
    tag: "preparing",
    val: { ahead: 1, rounds: 2, residual: 0.5 },
  });
  const figures = figuresOf([[leaf!, true]]);
  rank.outcomeFrom = (sources, particle, limit) => {
    deepStrictEqual([sources, particle, limit], [[leaf], hub, 10]);
    return { tag: "explained", val: figures };
  };
  const about = { version: 2n, height: 3n, links: 4n, particles: 2 };
  rank.personally = () => ({
    tag: "computed",
    val: {
      ...about,
      rounds: 5,
      residual: 1e-11,
      focus: Float64Array.of(0.5),
      top: [],
    },
  });
  const found = must(ask([other!]));
  ok(found.tag === "explained");
  const { answer, sources } = found.val;
  deepStrictEqual(answer.figures, figures);
  strictEqual(answer.particle.text, "hub");
  deepStrictEqual(answer.others.map(({ text }) => text), ["leaf"]);
  deepStrictEqual(
    sources.map(({ text, focus }) => `${text} ${focus}`),
    ["leaf 0.5"],
  );
  const rows = [
    [{ tag: "unranked", val: hub! }, /the particle has no published/],
    [{ tag: "unranked", val: leaf! }, /a source has no published/],
    [{ tag: "no-memory" }, /too small/],
    [{ tag: "invalid" }, /refused the sources/],
  ] as const;
  for (const [outcome, words] of rows) {
    rank.outcomeFrom = () => outcome;
    const refusal = refusalOf(ask([other!]));
    ok(refusal.tag === "unavailable" && words.test(refusal.val));
  }
  rank.outcomeFrom = () => ({ tag: "apart" });
  const apart = refusalOf(ask([other!]));
  ok(apart.tag === "invalid" && /no links join/.test(apart.val));
  rank.calls = 0;
  for (const count of [0, 17]) {
    const refusal = refusalOf(ask(Array<Uint8Array>(count).fill(id!)));
    ok(refusal.tag === "invalid" && /1 to 16/.test(refusal.val));
  }
  const over = refusalOf(ask([other!], 1001));
  ok(over.tag === "invalid" && /0 to 1000/.test(over.val));
  strictEqual(refusalOf(ask([cidOfText("x")])).tag, "not-found");
  strictEqual(rank.calls, 0);
});
