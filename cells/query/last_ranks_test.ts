/** Without rank: the last good ranks, whole, with their age, or none. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { cidOfText, GraphModel } from "./model/graph_model.ts";
import { RankModel } from "./model/rank_model.ts";
import {
  must,
  openQuery,
  type QueryCell,
  refusalOf,
} from "./model/query_cell.ts";

const SECOND_US = 1_000_000n;

async function world(texts: Readonly<Record<string, number>>) {
  const graph = new GraphModel();
  const rank = new RankModel();
  for (const [text, focus] of Object.entries(texts)) {
    rank.focuses.set(graph.add(text), focus);
  }
  const cell = await openQuery(graph, rank);
  return { graph, rank, cell };
}

const focusOf = (cell: QueryCell, text: string) =>
  must(cell.answers.particle(cidOfText(text))).focus;

/** A second passes, and the cell has its steps. */
function pass(cell: QueryCell): void {
  cell.time.us += SECOND_US;
  cell.indexAll();
}

Deno.test("without rank every answer is made with the last good ranks", async () => {
  const { graph, rank, cell } = await world({
    "one cell": 0.2,
    "two cell": 0.5,
    "six cell": 0.3,
  });
  const hub = graph.add("hub");
  graph.link(hub, 1);
  cell.indexAll();
  const answers = () => ({
    top: must(cell.answers.top(2)),
    search: must(cell.answers.search("cell", 3)),
    particle: must(cell.answers.particle(cidOfText("two cell"))),
    links: must(cell.answers.links(cidOfText("hub"), "outward", undefined, 5)),
  });
  const live = answers();
  deepStrictEqual(live.top.map(({ focus }) => focus), [0.5, 0.3]);
  const { standing } = must(cell.answers.rankStatus());
  for (const absence of ["gone", "refused"] as const) {
    rank.absence = absence;
    deepStrictEqual(answers(), live);
  }
  cell.time.us += 90n * SECOND_US;
  deepStrictEqual(must(cell.answers.rankStatus()), {
    standing: {
      ...standing,
      ageMs: standing.ageMs + 90_000n,
      computing: false,
    },
    stale: true,
  });
  rank.absence = undefined;
  strictEqual(must(cell.answers.rankStatus()).stale, false);
});

Deno.test("control: before the first copy there is nothing to answer with", async () => {
  const { rank, cell } = await world({ one: 0.5 });
  rank.absence = "gone";
  strictEqual(refusalOf(cell.answers.top(5)).tag, "unavailable");
  strictEqual(refusalOf(cell.answers.rankStatus()).tag, "unavailable");
  strictEqual(focusOf(cell, "one"), 0);
  cell.indexAll();
  strictEqual(refusalOf(cell.answers.rankStatus()).tag, "unavailable");
  rank.absence = undefined;
  pass(cell);
  rank.absence = "gone";
  strictEqual(focusOf(cell, "one"), 0.5);
});

Deno.test("no copy of ranks that are not published, nor of a lower height", async () => {
  const { rank, cell } = await world({ one: 0.5 });
  rank.version = 0n;
  cell.indexAll();
  rank.absence = "gone";
  strictEqual(focusOf(cell, "one"), 0);
  rank.absence = undefined;
  rank.version = 1n;
  pass(cell);
  // It begins anew from less of the graph.
  rank.focuses.set(0, 0.9);
  rank.height = 6n;
  pass(cell);
  rank.absence = "gone";
  strictEqual(focusOf(cell, "one"), 0.5);
  rank.absence = undefined;
  rank.height = 7n;
  rank.version = 2n;
  pass(cell);
  rank.absence = "gone";
  strictEqual(focusOf(cell, "one"), 0.9);
});

Deno.test("a copy begins once a second at most, and only of what is new", async () => {
  const { rank, cell } = await world({ one: 0.5 });
  cell.indexAll();
  rank.focuses.set(0, 0.9);
  rank.version = 4n;
  const before = rank.calls;
  cell.time.us += SECOND_US - 1n;
  cell.indexAll();
  strictEqual(rank.calls, before);
  cell.time.us += 1n;
  cell.indexAll();
  ok(rank.calls > before + 1);
  const copied = rank.calls;
  pass(cell);
  strictEqual(rank.calls, copied + 1, "its standing is asked for");
});

Deno.test("a long copy yields, and is whole or not there", async () => {
  const numbers = 20_000;
  const { graph, rank, cell } = await world({});
  for (let at = 0; at < numbers; at += 1) {
    rank.focuses.set(graph.add(`text ${at}`), (at + 1) / numbers);
  }
  cell.indexAll();
  const last = cidOfText(`text ${numbers - 1}`);
  const focus = () => must(cell.answers.particle(last)).focus;
  rank.absence = "gone";
  strictEqual(focus(), 1);

  rank.absence = undefined;
  rank.focuses.set(numbers - 1, 2);
  rank.version = 4n;
  cell.time.us += SECOND_US;
  cell.shouldYield = () => true;
  strictEqual(cell.background.step().tag, "more");
  rank.absence = "gone";
  strictEqual(focus(), 1, "half a copy is none");
  // Something newer is published in its midst: it is given up.
  rank.absence = undefined;
  rank.version = 5n;
  cell.indexAll();
  rank.absence = "gone";
  strictEqual(focus(), 1);

  rank.absence = undefined;
  pass(cell);
  rank.absence = "gone";
  strictEqual(focus(), 2);
});
