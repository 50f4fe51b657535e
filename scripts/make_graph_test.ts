/** Edge lists of random graphs: the same for a seed, and what an import takes. */
import { ok, strictEqual } from "node:assert/strict";
import { importEdges } from "../node/import/edges.ts";
import { linksOf, outcome, utf8, whole } from "../node/import/testing.ts";
import { makeGraph } from "./bench_rank_graphs.ts";
import { edgeList } from "./make_graph.ts";

const SCALE = 9;

Deno.test("graph:make: every edge arrives through an import, weights from 1 to 255", async () => {
  for (const kind of ["kronecker", "uniform"] as const) {
    const { origins, targets } = makeGraph(kind, SCALE, 3);
    for (const weighted of [false, true]) {
      const text = [...edgeList(kind, SCALE, 3, weighted)].join("");
      strictEqual(text, [...edgeList(kind, SCALE, 3, weighted)].join(""));
      const read = importEdges(whole(utf8(text)), weighted);
      const { batches, refusal } = await outcome(read);
      strictEqual(refusal, undefined);
      const links = linksOf(batches);
      strictEqual(links.length, origins.length);
      links.forEach(({ from, to, amount }, i) => {
        strictEqual(from, String(origins[i]));
        strictEqual(to, String(targets[i]));
        ok(weighted ? amount >= 1n && amount <= 255n : amount === 1n);
      });
    }
  }
});

Deno.test("graph:make: another seed is another graph (control)", () => {
  const text = (seed: number) =>
    [...edgeList("kronecker", SCALE, seed, false)].join("");
  ok(text(3) !== text(4));
});
