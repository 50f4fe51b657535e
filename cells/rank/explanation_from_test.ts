/**
 * Explanations of a focus from some particles: every part agrees with the reference's, they
 * add up to that focus within the bound that they state, and refusals say what is missing.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { explained } from "../../conformance/cells/rank/explained.ts";
import { personalForms } from "../../conformance/cells/rank/personal_forms.ts";
import {
  randomLinks,
  seeded,
} from "../../conformance/cells/rank/random_links.ts";
import type { WeightedLink } from "../../conformance/cells/rank/reference.ts";
import type { Explanation } from "../../wit/gen/rank_explanations.ts";
import { GraphModel } from "./testing/graph_model.ts";
import { openRank, type RankCell } from "./testing/rank_cell.ts";

/** Of a part that is computed in another order. */
const PART_ERROR_MAX = 1e-13;
const SEEDS = Array.from({ length: 6 }, (_, i) => 900 + i);
const DIFFUSION: [string, string][] = [["operators", "diffusion"]];

async function settled(
  links: readonly WeightedLink[],
  config: [string, string][] = [],
): Promise<RankCell> {
  const cell = (await openRank(new GraphModel(links))).start(config);
  cell.settle();
  return cell;
}

/** Everything that an explanation says, against the reference's over the same vector. */
function agrees(
  cell: RankCell,
  links: readonly WeightedLink[],
  from: number[],
  particle: number,
  name: string,
  diffusionAlone = false,
): Explanation {
  const note = `${name}: ${particle} from ${from}`;
  const found = cell.explainFrom(from, particle);
  const { focus } = cell.focusFrom(from);
  const wanted = explained(links, focus, particle, diffusionAlone, from);
  strictEqual(found.focus, focus[particle], note);
  const off = Math.abs(found.total - found.focus);
  ok(off <= found.bound, `${note}: ${off} is above ${found.bound}`);
  ok(found.bound < 2e-10, `${note}: a bound of ${found.bound}`);
  // The mass is that of the last round, over the vector before it.
  const most = Math.max(
    PART_ERROR_MAX,
    Math.max(1, 1 / wanted.mass) * found.bound * 10,
  );
  const near = (one: number, other: number, what: string) =>
    ok(Math.abs(one - other) <= most, `${note}, ${what}: ${one}, not ${other}`);
  for (const part of ["prior", "stuck", "anchor", "kept", "total"] as const) {
    near(found[part], wanted[part], part);
  }
  strictEqual(found.axons, wanted.axons.length, note);
  const key = (axon: { particle: number; inward: boolean }) =>
    `${axon.particle} ${axon.inward}`;
  const byAxon = new Map(wanted.axons.map((axon) => [key(axon), axon]));
  for (const one of found.contributions) {
    const other = byAxon.get(key(one));
    ok(other !== undefined, `${note}: no axon ${key(one)}`);
    strictEqual(one.focus, focus[one.particle], note);
    for (const part of ["diffusion", "springs", "heat"] as const) {
      near(one[part], other[part], `${key(one)}, ${part}`);
    }
  }
  return found;
}

Deno.test("explanation from: every part agrees with the reference", async () => {
  for (const seed of SEEDS) {
    const links = randomLinks(seed, 20 + seed % 5 * 40, 400);
    const below = seeded(seed);
    const end = () => links[below(links.length)]!.target;
    const alone = seed % 3 === 0;
    const cell = await settled(links, alone ? DIFFUSION : []);
    const from = Array.from({ length: 1 + seed % 3 }, end);
    for (const particle of [from[0]!, end(), end()]) {
      if (cell.focusFrom(from).focus[particle] === 0) continue;
      agrees(cell, links, [...new Set(from)], particle, `seed ${seed}`, alone);
    }
  }
});

Deno.test("explanation from: closed forms, every particle", async () => {
  for (const { name, links, focus } of personalForms()) {
    const cell = await settled(links);
    for (const particle of focus.slice(0, 6).keys()) {
      agrees(cell, links, [0], particle, name);
    }
  }
});

Deno.test("explanation from: a source without an axon keeps all", async () => {
  const links = [
    { origin: 0, target: 1, weight: 0n },
    { origin: 2, target: 3, weight: 1n },
  ];
  const cell = await settled(links);
  const found = agrees(cell, links, [1], 1, "no axon");
  strictEqual(found.focus, 1);
  strictEqual(found.axons, 0);
  // With diffusion alone it has no focus at all.
  const plain = await settled(links, DIFFUSION);
  deepStrictEqual(plain.outcomeFrom([1], 1), { tag: "unranked", val: 1 });
});

Deno.test("explanation from: it is that of the sources, not of all (control)", async () => {
  const links = randomLinks(12, 60, 400);
  const cell = await settled(links);
  const particle = links[0]!.target;
  const of = (from: number[]) => cell.explainFrom(from, particle).total;
  const all = cell.explain(particle);
  const [one, other] = [of([particle]), of([links[1]!.origin])];
  ok(one > other && one > all.total);
  // Nothing of the publication's own changed meanwhile.
  deepStrictEqual(cell.explain(particle), all);
});

Deno.test("explanation from: refusals", async () => {
  const links = [
    { origin: 0, target: 1, weight: 2n },
    { origin: 2, target: 3, weight: 1n },
  ];
  const graph = new GraphModel(links);
  graph.particlesMin = 9;
  const cell = (await openRank(graph)).start();
  deepStrictEqual(cell.outcomeFrom([0], 1), {
    tag: "preparing",
    val: { ahead: 0, rounds: 0, residual: 0 },
  });
  cell.settle();
  deepStrictEqual(cell.outcomeFrom([0, 8], 1), { tag: "unranked", val: 8 });
  deepStrictEqual(cell.outcomeFrom([0], 7), { tag: "unranked", val: 7 });
  strictEqual(cell.outcomeFrom([], 1).tag, "invalid");
  const many = Array.from({ length: 17 }, (_, at) => at);
  strictEqual(cell.outcomeFrom(many, 1).tag, "invalid");
  cell.focusFrom([0]);
  strictEqual(cell.outcomeFrom([0], 3).tag, "apart");
  strictEqual(cell.explainFrom([0, 2], 3).axons, 1);
});

Deno.test("explanation from: a record that grows all the time is explained nevertheless", async () => {
  const all = randomLinks(23, 300, 5_000);
  const graph = new GraphModel(all.slice(0, 500));
  const cell = (await openRank(graph, { yieldEvery: 3 })).start();
  const { origin: particle, target: source } = all[0]!;
  let explanations = 0;
  for (let steps = 0; steps < 6_000 && explanations < 4; steps++) {
    graph.links = all.slice(0, Math.min(all.length, graph.links.length + 2));
    cell.background.step();
    cell.clockUs += 100n;
    if (steps % 7 !== 0) continue;
    const outcome = cell.outcomeFrom([source], particle);
    if (outcome.tag !== "explained") continue;
    explanations += 1;
    strictEqual(outcome.val.version, cell.standing().version);
    const links = all.slice(0, Number(outcome.val.links));
    agrees(cell, links, [source], particle, `step ${steps}`);
    // The next one is over the next publication.
    cell.clockUs += 300_000n;
    cell.background.step();
  }
  ok(explanations >= 2, `${explanations} explanations`);
});
