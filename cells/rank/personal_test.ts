/**
 * Personal focus: the fixed point with prior and anchor on a few particles, as closed
 * forms, the reference, networkx and numpy have it; a distribution over what axons
 * join to them; the same bits wherever steps end.
 */
import assert from "node:assert/strict";
import { personalForms } from "../../conformance/cells/rank/personal_forms.ts";
import {
  randomLinks,
  seeded,
} from "../../conformance/cells/rank/random_links.ts";
import {
  axonsOf,
  distance,
  rank,
  sum,
  type WeightedLink,
} from "../../conformance/cells/rank/reference.ts";
import vectors from "../../conformance/vectors/rank/graphs.json" with {
  type: "json",
};
import { GraphModel } from "./testing/graph_model.ts";
import { openRank, type RankCell } from "./testing/rank_cell.ts";

const L1_ERROR_MAX = 1e-9;
const DIFFUSION_ONLY = [1, 0, 0] as const;
const DIFFUSION: [string, string][] = [["operators", "diffusion"]];
const SEEDS = Array.from({ length: 10 }, (_, i) => 900 + i);

async function settled(
  links: readonly WeightedLink[],
  config: [string, string][] = [],
  yieldEvery?: number,
): Promise<RankCell> {
  const options = yieldEvery === undefined ? {} : { yieldEvery };
  const cell = (await openRank(new GraphModel(links), options)).start(config);
  cell.settle();
  return cell;
}

/** Some ends of links, in no order, now and then one twice. */
function someEnds(links: readonly WeightedLink[], seed: number): number[] {
  const below = seeded(seed);
  return Array.from(
    { length: 1 + below(5) },
    () => links[below(links.length)]!.origin,
  );
}

/** Particles that axons of positive weight join to one of these, in either direction. */
function joined(links: readonly WeightedLink[], from: number[]): Set<number> {
  const { numbers, origin, target } = axonsOf(links);
  const found = new Set(from);
  for (let size = 0; size !== found.size;) {
    size = found.size;
    origin.forEach((p, i) => {
      const [one, other] = [numbers[p]!, numbers[target[i]!]!];
      if (found.has(one)) found.add(other);
      if (found.has(other)) found.add(one);
    });
  }
  return found;
}

Deno.test("personal: closed forms", async () => {
  for (const { name, links, focus } of personalForms()) {
    const expected = rank(links, {
      from: [0],
      tolerance: 1e-14,
      roundsMax: 5000,
    });
    assert.ok(distance(expected.focus, focus) < 1e-12, `reference, ${name}`);
    const cell = await settled(links);
    const off = distance(cell.focusFrom([0]).focus, focus);
    assert.ok(off < L1_ERROR_MAX, `${name}: ${off} apart`);
    assert.ok(
      distance(cell.vector(), focus) > 1e-4 || focus.length === 2,
      name,
    );
  }
});

Deno.test("personal: what other people's programs have", async () => {
  for (const { name, links, personal } of vectors.graphs) {
    const record = links.map(([origin = 0, target = 0, weight = 0]) => ({
      origin,
      target,
      weight: BigInt(weight),
    }));
    const coupled = await settled(record);
    const alone = await settled(record, DIFFUSION);
    for (const { from, focus, diffusion } of personal) {
      const off = distance(coupled.focusFrom(from).focus, focus);
      assert.ok(off < L1_ERROR_MAX, `${name} from ${from}: ${off} apart`);
      const offAlone = distance(alone.focusFrom(from).focus, diffusion);
      assert.ok(offAlone < L1_ERROR_MAX, `${name}, alone: ${offAlone} apart`);
    }
    const [one, few] = personal;
    assert.ok(distance(one!.focus, few!.focus) > 1e-2, name);
  }
});

Deno.test("personal: random records agree with the reference, and are distributions over what is joined", async () => {
  for (const seed of SEEDS) {
    const links = randomLinks(seed, 30 + seed % 4 * 60, 60 + seed % 3 * 150);
    const from = someEnds(links, seed);
    const note = `seed ${seed}, from ${from}`;
    const cell = await settled(links);
    const found = cell.focusFrom(from);
    const expected = rank(links, { from, tolerance: 1e-13, roundsMax: 5000 });
    const off = distance(found.focus, expected.focus);
    assert.ok(off < L1_ERROR_MAX, `${note}: ${off} apart`);
    assert.ok(found.residual < 1e-10, note);
    assert.ok(Math.abs(sum(found.focus) - 1) < 1e-12, note);
    const reached = joined(links, from);
    found.focus.forEach((value, particle) =>
      assert.equal(value > 0, reached.has(particle), `${note}, at ${particle}`)
    );
    assert.equal(found.particles, reached.size, note);
    const alone = await settled(links, DIFFUSION);
    if (from.some((source) => !(alone.vector()[source]! > 0))) {
      // By diffusion alone, a particle without axons has no published focus.
      assert.equal(alone.from(from).tag, "unranked", note);
      continue;
    }
    const wanted = rank(links, {
      from,
      mix: DIFFUSION_ONLY,
      tolerance: 1e-13,
      roundsMax: 5000,
    });
    const offAlone = distance(alone.focusFrom(from).focus, wanted.focus);
    assert.ok(offAlone < L1_ERROR_MAX, `${note}, alone: ${offAlone} apart`);
  }
});

Deno.test("personal: top is the focus in order", async () => {
  const links = randomLinks(77, 200, 900);
  const cell = await settled(links);
  const found = cell.focusFrom([links[0]!.origin], 40);
  const wanted = [...found.focus]
    .map((focus, particle) => ({ particle, focus }))
    .sort((a, b) => b.focus - a.focus || a.particle - b.particle)
    .slice(0, 40);
  assert.deepEqual(found.top, wanted);
});

Deno.test("personal: order and repetition of the sources, and where steps end, change no bit", async () => {
  const links = randomLinks(78, 300, 2000);
  const [a, b, c] = [links[1]!.origin, links[2]!.target, links[3]!.origin];
  const cell = await settled(links);
  const published = cell.vector();
  const standing = cell.standing();
  const found = cell.focusFrom([a, b, c]);
  assert.deepEqual(cell.focusFrom([c, a, b, a]), found);
  const often = await settled(links, [], 2);
  assert.deepEqual(often.focusFrom([b, a, c]), found);
  assert.deepEqual(cell.vector(), published);
  assert.deepEqual(cell.standing(), standing);
});

Deno.test("personal: explanations and later publications are not touched by it", async () => {
  const links = randomLinks(79, 120, 800);
  const model = new GraphModel(links);
  const cell = (await openRank(model)).start();
  const other = (await openRank(new GraphModel(links))).start();
  cell.settle();
  other.settle();
  cell.focusFrom([links[0]!.origin]);
  const particle = links[5]!.target;
  assert.deepEqual(cell.explain(particle), other.explain(particle));
  model.links.push(...randomLinks(80, 120, 200));
  const grown = (await openRank(new GraphModel(model.links))).start();
  grown.settle();
  // What was asked for is held for a moment, then links are read.
  cell.clockUs += 300_000n;
  cell.settle();
  assert.deepEqual(cell.vector(), grown.vector());
  assert.ok(
    distance(
      cell.focusFrom([links[0]!.origin]).focus,
      rank(model.links, {
        from: [links[0]!.origin],
        tolerance: 1e-13,
      }).focus,
    ) < L1_ERROR_MAX,
  );
});

Deno.test("personal: particles without axons keep all of it", async () => {
  const none = [{ origin: 0, target: 1, weight: 0n }];
  for (const config of [[], DIFFUSION]) {
    const cell = await settled(none, config);
    assert.deepEqual([...cell.focusFrom([1]).focus], [0, 1]);
    const both = cell.focusFrom([0, 1]).focus;
    assert.ok(distance(both, [0.5, 0.5]) < 1e-15);
  }
  const lone = [...none, { origin: 2, target: 3, weight: 4n }];
  const cell = await settled(lone);
  assert.deepEqual([...cell.focusFrom([0]).focus], [1, 0, 0, 0]);
});
