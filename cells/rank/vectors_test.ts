/**
 * Ranks by networkx, numpy and scipy, stored with the program that made them
 * (conformance/vectors/rank/graphs.py): the cell and the reference agree with both.
 */
import assert from "node:assert/strict";
import vectors from "../../conformance/vectors/rank/graphs.json" with {
  type: "json",
};
import {
  distance,
  rank,
  type WeightedLink,
} from "../../conformance/cells/rank/reference.ts";
import { GraphModel } from "./testing/graph_model.ts";
import { openRank } from "./testing/rank_cell.ts";

const L1_ERROR_MAX = 1e-9;
const DIFFUSION_ONLY = [1, 0, 0] as const;

function linksOf(rows: readonly number[][]): WeightedLink[] {
  return rows.map(([origin = 0, target = 0, weight = 0]) => ({
    origin,
    target,
    weight: BigInt(weight),
  }));
}

async function vectorOf(
  links: WeightedLink[],
  config: [string, string][],
): Promise<Float64Array> {
  const cell = (await openRank(new GraphModel(links))).start(config);
  cell.settle();
  return cell.vector();
}

Deno.test("vectors: diffusion alone is networkx's PageRank", async () => {
  for (const { name, links, diffusion } of vectors.graphs) {
    const record = linksOf(links);
    for (const acceleration of ["0", "1", "2", "3"]) {
      const found = await vectorOf(record, [
        ["operators", "diffusion"],
        ["acceleration", acceleration],
      ]);
      const off = distance(found, diffusion);
      assert.ok(off < L1_ERROR_MAX, `${name}, ${acceleration}: ${off} apart`);
    }
    const { focus } = rank(record, { mix: DIFFUSION_ONLY, tolerance: 1e-13 });
    assert.ok(distance(focus, diffusion) < L1_ERROR_MAX, name);
  }
});

Deno.test("vectors: focus is the Perron vector of a round's matrix", async () => {
  for (const { name, links, focus } of vectors.graphs) {
    const record = linksOf(links);
    for (const acceleration of ["0", "1", "2", "3"]) {
      const config: [string, string][] = [["acceleration", acceleration]];
      const off = distance(await vectorOf(record, config), focus);
      assert.ok(off < L1_ERROR_MAX, `${name}, ${acceleration}: ${off} apart`);
    }
    const expected = rank(record, { tolerance: 1e-13 });
    assert.ok(distance(expected.focus, focus) < L1_ERROR_MAX, name);
  }
});

Deno.test("vectors: a wrong weight would be noticed", async () => {
  const [first] = vectors.graphs;
  assert.ok(first !== undefined);
  const record = linksOf(first.links);
  record[0] = { ...record[0]!, weight: record[0]!.weight + 1n };
  assert.ok(distance(await vectorOf(record, []), first.focus) > 1e-6);
});
