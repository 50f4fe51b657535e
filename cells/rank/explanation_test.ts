/**
 * Explanations: every part agrees with the reference's, they add up to the published
 * focus within the bound that they state, and refusals say what is missing.
 */
import assert from "node:assert/strict";
import { closedForms } from "../../conformance/cells/rank/closed_forms.ts";
import {
  explained,
  type ExplainedAxon,
} from "../../conformance/cells/rank/explained.ts";
import {
  randomLinks,
  seeded,
  shuffled,
} from "../../conformance/cells/rank/random_links.ts";
import type { WeightedLink } from "../../conformance/cells/rank/reference.ts";
import type { Explanation } from "../../wit/gen/rank_explanations.ts";
import { GraphModel } from "./testing/graph_model.ts";
import { openRank, type RankCell } from "./testing/rank_cell.ts";

/** Of a part that is computed in another order. */
const PART_ERROR_MAX = 1e-13;
const SEEDS = Array.from({ length: 8 }, (_, i) => 700 + i);

function near(found: number, wanted: number, note: string, most = 0): void {
  const off = Math.abs(found - wanted);
  assert.ok(
    off <= Math.max(most, PART_ERROR_MAX),
    `${note}: ${found}, not ${wanted}`,
  );
}

async function settled(
  links: readonly WeightedLink[],
  config: [string, string][] = [],
): Promise<RankCell> {
  const cell = (await openRank(new GraphModel(links))).start(config);
  cell.settle();
  return cell;
}

function addedUp(found: Explanation): number {
  const { prior, stuck, anchor, kept, contributions } = found;
  return contributions.reduce(
    (sum, { diffusion, springs, heat }) => sum + diffusion + springs + heat,
    prior + stuck + anchor + kept + found.restDiffusion + found.restSprings +
      found.restHeat,
  );
}

/** Everything that an explanation says, against the reference's over the same vector. */
function agrees(
  cell: RankCell,
  links: readonly WeightedLink[],
  particle: number,
  note: string,
  diffusionAlone = false,
): Explanation {
  const vector = cell.vector();
  const found = cell.explain(particle);
  const wanted = explained(links, vector, particle, diffusionAlone);
  assert.equal(found.focus, vector[particle], note);
  assert.ok(
    Math.abs(found.total - found.focus) <= found.bound,
    `${note}: ${found.total - found.focus} is above ${found.bound}`,
  );
  assert.ok(found.bound < 2e-10, `${note}: a bound of ${found.bound}`);
  near(addedUp(found), found.total, `${note}, sum`);
  // The mass is that of the last round, over the vector before it.
  const off = Math.max(1, 1 / wanted.mass) * found.bound * 10;
  for (const part of ["prior", "stuck", "anchor", "kept", "total"] as const) {
    near(found[part], wanted[part], `${note}, ${part}`, off);
  }
  const key = (axon: Pick<ExplainedAxon, "particle" | "inward">) =>
    `${axon.particle} ${axon.inward}`;
  assert.equal(found.axons, wanted.axons.length, note);
  const byAxon = new Map(wanted.axons.map((axon) => [key(axon), axon]));
  for (const one of found.contributions) {
    const other = byAxon.get(key(one));
    assert.ok(other !== undefined, `${note}: no axon ${key(one)}`);
    for (const part of ["diffusion", "springs", "heat"] as const) {
      near(one[part], other[part], `${note}, ${key(one)}, ${part}`, off);
      assert.ok(one[part] >= 0, note);
    }
    assert.ok(
      Math.abs(one.weight / other.weight - 1) < 1e-14,
      `${note}: weight ${one.weight}, not ${other.weight}`,
    );
  }
  return found;
}

Deno.test("explanation: every part agrees with the reference", async () => {
  for (const seed of SEEDS) {
    const links = randomLinks(seed, 20 + seed % 5 * 40, 400);
    const cell = await settled(links);
    const below = seeded(seed);
    for (let i = 0; i < 6; i++) {
      const { origin, target } = links[below(links.length)]!;
      const particle = i % 2 === 0 ? origin : target;
      agrees(cell, links, particle, `seed ${seed}, particle ${particle}`);
    }
  }
});

Deno.test("explanation: closed forms, every particle", async () => {
  for (const { name, links } of closedForms()) {
    const cell = await settled(links);
    cell.vector().slice(0, 12).forEach((focus, particle) => {
      if (focus > 0) agrees(cell, links, particle, `${name}, ${particle}`);
    });
  }
});

Deno.test("explanation: diffusion alone, and particles without weight", async () => {
  const links = randomLinks(41, 50, 200);
  const cell = await settled(links, [["operators", "diffusion"]]);
  const found = agrees(cell, links, links[3]!.target, "diffusion", true);
  assert.equal(found.anchor + found.kept + found.restHeat, 0);
  assert.equal(found.share, 1);
  const none = [{ origin: 0, target: 1, weight: 0n }];
  for (const alone of [false, true]) {
    const still = await settled(
      none,
      alone ? [["operators", "diffusion"]] : [],
    );
    agrees(still, none, 1, `no axon, ${alone}`, alone);
  }
});

Deno.test("explanation: a pair of particles by hand", async () => {
  // 0 -> 1 alone: both have half of the prior, of the volume and of the walk's heat.
  const cell = await settled([{ origin: 0, target: 1, weight: 5n }]);
  const { focus, mass, ...found } = cell.explain(1);
  const [only] = found.contributions;
  assert.equal(found.contributions.length, 1);
  assert.deepEqual(
    [found.degree, found.volume, found.largest, only?.weight],
    [5, 10, 5, 5],
  );
  const other = 1 - focus;
  near(found.prior, 0.5 * 0.15 / 2 / mass, "prior");
  near(found.stuck, 0.5 * 0.85 * focus / 2 / mass, "stuck");
  near(found.anchor, 0.3 / 2 / 2 / mass, "anchor");
  near(only?.diffusion ?? 0, 0.5 * 0.85 * other / mass, "diffusion");
  near(only?.springs ?? 0, 0.3 * other / 2 / mass, "springs");
  // cosh and sinh of one: an even or an odd number of hops.
  const stays = (1 + Math.exp(-2)) / 2;
  const heat = stays * focus + (1 - stays) * other;
  near(found.kept + (only?.heat ?? 0), 0.2 * heat / mass, "heat");
});

Deno.test("explanation: the list is the largest, the rest is added up", async () => {
  const links = randomLinks(77, 30, 600);
  const cell = await settled(links);
  const whole = cell.explain(0);
  assert.ok(whole.axons > 10);
  assert.equal(whole.contributions.length, whole.axons);
  assert.equal(whole.restDiffusion + whole.restSprings + whole.restHeat, 0);
  const sizes = whole.contributions.map((one) =>
    one.diffusion + one.springs + one.heat
  );
  assert.deepEqual(sizes, sizes.toSorted((a, b) => b - a));
  for (const limit of [0, 1, 7, whole.axons - 1]) {
    const part = cell.explain(0, limit);
    assert.deepEqual(part.contributions, whole.contributions.slice(0, limit));
    near(addedUp(part), whole.total, `limit ${limit}`);
    assert.equal(part.total, whole.total);
  }
});

Deno.test("property: order, zeros, loops and duplicates explain the same", async () => {
  for (const seed of SEEDS) {
    const links = randomLinks(seed, 40, 300);
    const changed = shuffled(
      seed,
      links.flatMap((link, i) => [
        { ...link, weight: link.weight - 3n },
        { ...link, weight: 3n },
        ...(i % 3 === 0 ? [{ ...link, weight: 0n }] : []),
        ...(i % 5 === 0 ? [{ ...link, origin: link.target, weight: 9n }] : []),
      ]),
    );
    const particle = links[seed % 200]!.target;
    const before = (await settled(links)).explain(particle);
    const after = (await settled(changed)).explain(particle);
    const note = `seed ${seed}`;
    assert.equal(after.axons, before.axons, note);
    near(after.total, before.total, note, 1e-9);
    const by = new Map(
      before.contributions.map((one) => [`${one.particle} ${one.inward}`, one]),
    );
    for (const one of after.contributions) {
      const other = by.get(`${one.particle} ${one.inward}`);
      assert.equal(one.weight, other?.weight, note);
      for (const part of ["diffusion", "springs", "heat"] as const) {
        near(one[part], other?.[part] ?? NaN, `${note}, ${part}`, 1e-9);
      }
    }
  }
});

Deno.test("explanation: a changed weight is seen (control)", async () => {
  const links = randomLinks(5, 40, 300);
  const at = links.findIndex((l) => l.weight > 0n && l.origin !== l.target);
  const { target } = links[at]!;
  const before = (await settled(links)).explain(target);
  const more = { ...links[at]!, weight: links[at]!.weight + (1n << 50n) };
  const after = (await settled(links.with(at, more))).explain(target);
  assert.ok(Math.abs(after.total - before.total) > 1e-6);
});

Deno.test("explanation: refused before a publication, and for what has no focus", async () => {
  const graph = new GraphModel(randomLinks(9, 20, 60));
  graph.particlesMin = 30;
  const cell = (await openRank(graph)).start();
  assert.equal(cell.outcome(0).tag, "preparing");
  cell.settle();
  assert.equal(cell.outcome(29).tag, "unranked");
  assert.equal(cell.outcome(1 << 31).tag, "unranked");
  assert.equal(cell.outcome(graph.links[0]!.origin).tag, "explained");
});

Deno.test("explanation: a record that grows all the time is explained nevertheless", async () => {
  const all = randomLinks(21, 300, 5_000);
  const graph = new GraphModel(all.slice(0, 500));
  const cell = (await openRank(graph, { yieldEvery: 3 })).start();
  const particle = all[0]!.origin;
  let explanations = 0;
  for (let steps = 0; steps < 4_000 && explanations < 5; steps++) {
    const length = Math.min(all.length, graph.links.length + 2);
    graph.links = all.slice(0, length);
    cell.background.step();
    cell.clockUs += 100n;
    if (steps % 7 !== 0) continue;
    const outcome = cell.outcome(particle);
    if (outcome.tag !== "explained") continue;
    explanations += 1;
    const { version, links } = cell.standing();
    assert.equal(outcome.val.version, version);
    agrees(cell, all.slice(0, Number(links)), particle, `step ${steps}`);
  }
  assert.equal(explanations, 5);
});

Deno.test("explanation: asking does not keep the next publication for long", async () => {
  const all = randomLinks(22, 100, 400);
  const graph = new GraphModel(all.slice(0, 300));
  const cell = (await openRank(graph)).start();
  cell.settle();
  cell.outcome(all[0]!.origin);
  cell.settle();
  graph.links = all;
  // Ready, and nobody fetches it.
  cell.background.step();
  assert.equal(cell.standing().links, 300n);
  cell.clockUs += 300_000n;
  cell.settle();
  assert.equal(cell.standing().links, 400n);
});

Deno.test("explanation: the next generation explains once it has computed anew", async () => {
  const links = randomLinks(23, 60, 300);
  const cell = await settled(links);
  const particle = links[0]!.origin;
  const before = cell.explain(particle);
  const heir = await openRank(new GraphModel(links));
  heir.start([], cell.snapshot());
  assert.equal(heir.outcome(particle).tag, "preparing");
  heir.settle();
  heir.settle();
  const after = heir.explain(particle);
  assert.deepEqual(
    { ...after, version: before.version },
    before,
    "a confirmed vector is explained in the same bits",
  );
});
