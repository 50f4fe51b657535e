/**
 * What holds for every record: a distribution at each publication, and only net weights
 * between different particles count.
 */
import assert from "node:assert/strict";
import {
  randomLinks,
  seeded,
  shuffled,
} from "../../conformance/cells/rank/random_links.ts";
import {
  distance,
  sum,
  type WeightedLink,
} from "../../conformance/cells/rank/reference.ts";
import { GraphModel } from "./testing/graph_model.ts";
import { openRank, type RankCell } from "./testing/rank_cell.ts";

/** Both are within some 1e-10 of the fixed point; a change of weight is far more. */
const SAME_MAX = 1e-9;
const SEEDS = Array.from({ length: 12 }, (_, i) => 300 + i);

async function settled(links: readonly WeightedLink[]): Promise<RankCell> {
  const cell = (await openRank(new GraphModel(links))).start();
  cell.settle();
  return cell;
}

/** Holds for each seed: the changed record has the vector of the first one. */
function unchanged(
  claim: string,
  change: (links: WeightedLink[], seed: number) => WeightedLink[],
): void {
  Deno.test(`property: ${claim}`, async () => {
    for (const seed of SEEDS) {
      const links = randomLinks(seed, 20 + seed % 7 * 30, 300);
      const before = (await settled(links)).vector();
      const after = (await settled(change(links, seed))).vector();
      const off = distance(before, after);
      assert.ok(off < SAME_MAX, `seed ${seed}: ${off} apart`);
    }
  });
}

unchanged(
  "the order of links does not matter",
  (links, seed) => shuffled(seed, links),
);

unchanged(
  "links of amount 0 between known particles change nothing",
  (links, seed) => {
    const below = seeded(seed);
    const ends = links.flatMap(({ origin, target }) => [origin, target]);
    const draw = () => ends[below(ends.length)]!;
    const zeros = Array.from({ length: 100 }, () => ({
      origin: draw(),
      target: draw(),
      weight: 0n,
    }));
    return [...zeros, ...links];
  },
);

unchanged(
  "loops at known particles change nothing",
  (links) =>
    links.flatMap((link, i) =>
      i % 3 === 0
        ? [link, { origin: link.target, target: link.target, weight: 99n }]
        : [link]
    ),
);

unchanged("duplicates add up", (links, seed) => {
  const below = seeded(seed);
  return shuffled(
    seed,
    links.flatMap(({ weight, ...ends }) => {
      const part = BigInt(below(1_000)) - 500n;
      return [{ ...ends, weight: part }, { ...ends, weight: weight - part }];
    }),
  );
});

unchanged(
  "all weights times a number change nothing",
  (links) => links.map((link) => ({ ...link, weight: link.weight * 3n })),
);

Deno.test("property: a changed weight changes the vector", async () => {
  for (const seed of SEEDS) {
    const links = randomLinks(seed, 60, 300);
    const at = links.findIndex((l) => l.weight > 0n && l.origin !== l.target);
    const before = (await settled(links)).vector();
    const more = { ...links[at]!, weight: links[at]!.weight + (1n << 50n) };
    const after = (await settled(links.with(at, more))).vector();
    assert.ok(distance(before, after) > SAME_MAX, `seed ${seed}`);
  }
});

Deno.test("property: every publication is a distribution over the endpoints of its links", async () => {
  for (const seed of SEEDS) {
    const below = seeded(seed);
    const all = randomLinks(seed, 400, 1_200);
    const graph = new GraphModel(all.slice(0, 1 + below(200)));
    const cell = (await openRank(graph, { yieldEvery: 5 })).start();
    let version = 0n;
    for (let publications = 0; publications < 15;) {
      if (cell.background.step().tag === "idle") {
        const length = graph.links.length + 1 + below(60);
        graph.links = all.slice(0, length);
        if (below(4) === 0) cell.clockUs += 3_000_000n;
      }
      const standing = cell.standing();
      if (standing.version === version) continue;
      version = standing.version;
      publications += 1;
      const vector = cell.vector();
      const note = `seed ${seed}, publication ${version}`;
      assert.ok(Math.abs(sum(vector) - 1) < 1e-12, note);
      assert.ok(standing.residual < 1e-10, note);
      const touched = new Set(
        all.slice(0, Number(standing.links)).flatMap((
          l,
        ) => [l.origin, l.target]),
      );
      vector.forEach((value, i) => {
        assert.equal(value > 0, touched.has(i), note);
      });
    }
  }
});
