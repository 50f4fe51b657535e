/**
 * The bound of the distance to the fixed point is above the distance, and of use.
 */
import assert from "node:assert/strict";
import { closedForms } from "../../conformance/cells/rank/closed_forms.ts";
import { randomLinks } from "../../conformance/cells/rank/random_links.ts";
import {
  distance,
  rank,
  type WeightedLink,
} from "../../conformance/cells/rank/reference.ts";
import { GraphModel } from "./testing/graph_model.ts";
import { openRank, type RankCell } from "./testing/rank_cell.ts";

/** What a closed form or the reference is off by itself. */
const KNOWN_ERROR_MAX = 1e-13;

async function settled(
  links: readonly WeightedLink[],
  config: [string, string][] = [],
): Promise<RankCell> {
  const cell = (await openRank(new GraphModel(links))).start(config);
  cell.settle();
  return cell;
}

/** Holds at every tolerance; at a loose one both are large, so a wrong bound is seen. */
async function holds(
  name: string,
  links: readonly WeightedLink[],
  fixed: Float64Array,
  config: [string, string][] = [],
): Promise<void> {
  for (const tolerance of ["1e-2", "1e-4", "1e-6", "1e-8", "1e-10", "1e-12"]) {
    for (const acceleration of ["0", "3"]) {
      const cell = await settled(links, [
        ...config,
        ["tolerance", tolerance],
        ["acceleration", acceleration],
        ["rounds-max", "5000"],
      ]);
      const { bound } = cell.standing();
      const off = distance(cell.vector(), fixed);
      const note = `${name}, ${tolerance}, ${acceleration}: ${off} of ${bound}`;
      assert.ok(off <= bound + KNOWN_ERROR_MAX, note);
      assert.ok(bound >= 0 && bound <= 2, note);
    }
  }
}

Deno.test("bound: above the distance to closed forms, at every tolerance", async () => {
  for (const { name, links, focus } of closedForms()) {
    await holds(name, links, focus);
  }
});

Deno.test("bound: above the distance to the reference on random graphs", async () => {
  for (let seed = 900; seed < 906; seed++) {
    const links = randomLinks(seed, 20 + seed % 3 * 40, 200);
    const { focus } = rank(links, { tolerance: 1e-15, roundsMax: 3000 });
    await holds(`seed ${seed}`, links, focus);
    const alone = rank(links, {
      tolerance: 1e-15,
      roundsMax: 3000,
      mix: [1, 0, 0],
    });
    await holds(`seed ${seed} alone`, links, alone.focus, [
      ["operators", "diffusion"],
    ]);
  }
});

Deno.test("bound: it is small at the default tolerance, and 2 after one round", async () => {
  for (
    const [particles, count] of [[30, 200], [300, 3_000], [
      3_000,
      20_000,
    ]] as const
  ) {
    const links = randomLinks(5, particles, count);
    const { bound, residual } = (await settled(links)).standing();
    assert.ok(bound < 1e-6, `${particles} particles: ${bound}`);
    assert.ok(bound > residual, `${particles} particles: ${bound}`);
  }
  const star = Array.from({ length: 500 }, (_, i) => ({
    origin: i + 1,
    target: 0,
    weight: 1n,
  }));
  const first = await settled(star, [["rounds-max", "1"]]);
  assert.equal(first.standing().bound, 2);
  const last = await settled(star);
  assert.ok(last.standing().bound < 1e-6, `${last.standing().bound}`);
});

Deno.test("bound: increments and their confirmation have one each; a state carries it", async () => {
  const all = randomLinks(31, 100, 600);
  const graph = new GraphModel(all.slice(0, 500));
  const cell = (await openRank(graph)).start();
  cell.settle();
  for (let length = 501; length <= 520; length++) {
    graph.links = all.slice(0, length);
    cell.settle();
    const { bound, links } = cell.standing();
    assert.equal(links, BigInt(length));
    const { focus } = rank(graph.links, { tolerance: 1e-14, roundsMax: 3000 });
    const off = distance(cell.vector(), focus);
    assert.ok(off <= bound + KNOWN_ERROR_MAX, `${length}: ${off} of ${bound}`);
  }
  const heir = (await openRank(graph)).start([], cell.snapshot());
  assert.equal(heir.standing().bound, cell.standing().bound);
  const fresh = (await openRank(new GraphModel())).start();
  assert.equal(fresh.standing().bound, 2);
});
