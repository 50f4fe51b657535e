/**
 * Rank and its parts: the same octets as rank alone, whoever sums which rows, and
 * whoever dies, sleeps or lies about what it has.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  randomLinks,
  seeded,
} from "../../conformance/cells/rank/random_links.ts";
import type { WeightedLink } from "../../conformance/cells/rank/reference.ts";
import { GraphModel } from "./testing/graph_model.ts";
import { openRank, type RankCell } from "./testing/rank_cell.ts";
import { type Config, FAIR, Sharing, type Turns } from "./testing/sharing.ts";

const ROWS_HEAD = 64;
const PIECE_OCTETS = 65_536;
async function alone(graph: GraphModel, config: Config): Promise<RankCell> {
  const cell = (await openRank(graph)).start(config);
  cell.settle();
  return cell;
}

/** What a cell published, as far as it does not depend on its clock. */
function published(cell: RankCell | undefined) {
  ok(cell !== undefined);
  const { ageMs: _age, ...standing } = cell.standing();
  return {
    standing,
    vector: cell.vector(),
    residuals: cell.residuals(),
  };
}

/** Equal weights, so that matrices have no weights and links can be added to them. */
function unitLinks(seed: number, particles: number, count: number) {
  const below = seeded(seed);
  const links: WeightedLink[] = [];
  const seen = new Set<number>();
  while (links.length < count) {
    const origin = below(below(particles) + 1);
    const target = below(particles);
    if (origin === target || seen.has(origin * particles + target)) continue;
    seen.add(origin * particles + target);
    links.push({ origin, target, weight: 1n });
  }
  return links;
}

/** Hubs whose rows are summed in several chunks, and the rest of a record. */
function hubLinks(): WeightedLink[] {
  const spokes = Array.from({ length: 36_000 }, (_, at) => ({
    origin: 10 + at % 9_000,
    target: at % 6,
    weight: BigInt(1 + at % 5),
  }));
  return [...spokes, ...randomLinks(5, 9_000, 4_000)];
}

const RECORDS: readonly (readonly [string, WeightedLink[]])[] = [
  ["some axons", randomLinks(1, 12, 40)],
  ["weights of all sizes", randomLinks(2, 400, 3_000)],
  ["equal weights", unitLinks(3, 500, 4_000)],
  ["hubs", hubLinks()],
];
const CONFIGS: readonly Config[] = [[], [["operators", "diffusion"]], [[
  "acceleration",
  "0",
], ["rounds-max", "12"]]];
const SCHEDULES: readonly Turns[] = [
  FAIR,
  { rank: 8, parts: 1 },
  { rank: 1, parts: 8 },
];

for (const count of [1, 3]) {
  Deno.test(`sharing: rank and ${count} parts publish what rank alone does`, async () => {
    let seed = 0;
    for (const [name, links] of RECORDS) {
      for (const config of CONFIGS) {
        const graph = new GraphModel(links);
        const expected = published(await alone(graph, config));
        const turns = SCHEDULES[seed % SCHEDULES.length] ?? FAIR;
        const sharing = new Sharing(graph, config, count, ++seed);
        await sharing.start();
        sharing.rank?.background.step();
        sharing.prepare();
        sharing.settle(turns);
        const note = `${name}, ${JSON.stringify(config)}, seed ${seed}`;
        deepStrictEqual(published(sharing.rank), expected, note);
        // Control: parts had a share in it.
        ok(sharing.taken > 0 || turns.rank > 1, `${note}: nothing was taken`);
      }
    }
  });
}

Deno.test("sharing: control: other sums give another vector", async () => {
  const graph = new GraphModel(randomLinks(2, 400, 3_000));
  const expected = published(await alone(graph, []));
  const sharing = await new Sharing(graph, [], 1, 7).start();
  sharing.shared.distort = (name, octets) => {
    if (name !== "rows-1" || octets.length <= ROWS_HEAD) return;
    const sums = new Float64Array(octets.slice(ROWS_HEAD).buffer);
    octets.set(new Uint8Array(sums.map((sum) => sum * 1.5).buffer), ROWS_HEAD);
  };
  sharing.rank?.background.step();
  sharing.prepare();
  sharing.settle({ rank: 1, parts: 8 });
  const { vector } = published(sharing.rank);
  ok(vector.some((value, at) => value !== expected.vector[at]));
});

Deno.test("sharing: sums that are no numbers are told, and rank goes on alone", async () => {
  const graph = new GraphModel(randomLinks(2, 400, 3_000));
  const expected = published(await alone(graph, []));
  const sharing = await new Sharing(graph, [], 1, 8).start();
  sharing.shared.distort = (name, octets) => {
    if (name === "rows-1") octets.subarray(ROWS_HEAD).fill(255);
  };
  sharing.rank?.background.step();
  sharing.prepare();
  sharing.settle({ rank: 1, parts: 8 });
  const health = sharing.rank?.lifecycle.health();
  ok(health?.tag === "degraded");
  match(health.val, /sums of a part are no sums/);
  sharing.settle(FAIR);
  deepStrictEqual(published(sharing.rank), expected);
  strictEqual(sharing.rank?.lifecycle.health().tag, "ok");
});

Deno.test("sharing: a record that grows, increments and confirmations", async () => {
  for (const weight of [1n, 2n]) {
    const links = unitLinks(11, 600, 6_000);
    const graph = new GraphModel(links.slice(0, 5_000));
    const other = new GraphModel(links.slice(0, 5_000));
    const single = (await openRank(other)).start();
    const sharing = await new Sharing(graph, [], 2, 9 + Number(weight)).start();
    let most = 0;
    const both = (note: string) => {
      single.settle();
      sharing.rank?.background.step();
      sharing.prepare();
      sharing.settle({ rank: 1, parts: 4 });
      deepStrictEqual(published(sharing.rank), published(single), note);
      ok(sharing.taken > most, `${note}: nothing was taken`);
      most = sharing.taken;
    };
    both("at first");
    const more = [
      links.slice(5_000, 5_001),
      links.slice(5_001, 5_200),
      // One that is there already has a weight of 2: all is built anew.
      [{ ...links[0]!, weight }],
      links.slice(5_200, 5_300),
      // New particles come behind the known ones.
      [{ origin: 700, target: 3, weight: 1n }],
      // A negative link: nothing is added to the matrices any more.
      [{ ...links[9]!, weight: -1n }],
      links.slice(5_300, 5_301),
    ];
    for (const [at, added] of more.entries()) {
      graph.links.push(...added);
      other.links.push(...added);
      both(`weight ${weight}, change ${at}`);
    }
    single.clockUs += 3_000_000n;
    if (sharing.rank !== undefined) sharing.rank.clockUs += 3_000_000n;
    both("confirmed");
    strictEqual(single.standing().confirmed, true);
  }
});

Deno.test("sharing: a part that misses increments catches up", async () => {
  const links = unitLinks(12, 600, 6_000);
  const graph = new GraphModel(links.slice(0, 5_000));
  const other = new GraphModel(links.slice(0, 5_000));
  const single = (await openRank(other)).start();
  const sharing = await new Sharing(graph, [], 1, 13).start();
  const asleep = { rank: 1, parts: 0 };
  for (let round = 0; round < 6; round++) {
    single.settle();
    sharing.rank?.background.step();
    if (round % 3 === 0) sharing.prepare();
    const before = sharing.taken;
    sharing.settle(round % 3 === 0 ? { rank: 1, parts: 4 } : asleep);
    strictEqual(sharing.taken > before, round % 3 === 0, `round ${round}`);
    deepStrictEqual(published(sharing.rank), published(single));
    const added = links.slice(5_000 + 40 * round, 5_040 + 40 * round);
    graph.links.push(...added);
    other.links.push(...added);
  }
});

Deno.test("sharing: parts and rank may end and begin anew at any step", async () => {
  const graph = new GraphModel(randomLinks(4, 600, 5_000));
  const expected = published(await alone(graph, []));
  for (let seed = 1; seed <= 6; seed++) {
    const sharing = await new Sharing(graph, [], 2, seed).start();
    const below = seeded(100 + seed);
    sharing.rank?.background.step();
    sharing.prepare();
    for (let life = 0; life < 5; life++) {
      // Lives end in the middle of whatever it was.
      const end = 1 + below(400);
      let stopped = false;
      try {
        sharing.settle(FAIR, (pass) => {
          if (pass === end) throw new Interrupted();
        });
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        stopped = true;
      }
      if (!stopped) break;
      const which = below(3);
      if (which === 0) await sharing.startRank();
      else if (below(2) === 0) sharing.parts[which - 1] = undefined;
      else await sharing.startPart(which);
    }
    sharing.settle(FAIR);
    const { vector, residuals } = published(sharing.rank);
    deepStrictEqual(vector, expected.vector, `seed ${seed}`);
    deepStrictEqual(residuals, expected.residuals, `seed ${seed}`);
  }
});

class Interrupted extends Error {}

Deno.test("sharing: between two questions to the scheduler one piece is copied", async () => {
  const links = unitLinks(14, 30_000, 60_000);
  const graph = new GraphModel(links);
  const sharing = await new Sharing(graph, [["rounds-max", "3"]], 1, 15)
    .start();
  const copied: [number, number][] = [];
  sharing.watch = (cell, octets) => copied.push([cell.questions, octets]);
  sharing.rank?.background.step();
  sharing.prepare();
  copied.length = 0;
  sharing.settle({ rank: 1, parts: 8 });
  const most = new Map<number, number>();
  for (const [question, octets] of copied) {
    most.set(question, (most.get(question) ?? 0) + octets);
  }
  // A whole piece, and the head of what it is a piece of.
  ok(Math.max(...most.values()) <= PIECE_OCTETS + 256, `${[...most.values()]}`);
  // Control: vectors have more than one piece.
  ok(copied.some(([, octets]) => octets === PIECE_OCTETS));
});

Deno.test("sharing: a snapshot that is too small, or not there, costs nothing but the help", async () => {
  const graph = new GraphModel(randomLinks(2, 400, 3_000));
  const expected = published(await alone(graph, []));
  const small = await new Sharing(graph, [], 1, 3, 1_024).start();
  small.rank?.background.step();
  small.prepare();
  small.settle(FAIR);
  deepStrictEqual(published(small.rank), expected);
  strictEqual(small.taken > 0, false);
  const cell = (await openRank(graph)).start([["tasks", "a"], ["rows", "b"]]);
  cell.settle();
  deepStrictEqual(published(cell), expected);
});

Deno.test("sharing: a part believes no task that cannot be", async () => {
  const graph = new GraphModel(randomLinks(2, 100, 500));
  const below = seeded(17);
  for (let round = 0; round < 20; round++) {
    const sharing = await new Sharing(graph, [], 1, 20 + round).start();
    sharing.shared.distort = (name, octets) => {
      if (name !== "tasks") return;
      const at = 4 + below(Math.min(octets.length, 96) - 4);
      octets[at] = below(256);
    };
    sharing.rank?.background.step();
    for (let pass = 0; pass < 300; pass++) {
      sharing.parts[0]?.background.step();
      if (pass % 2 === 0) sharing.rank?.background.step();
    }
    const tag = sharing.parts[0]?.lifecycle.health().tag;
    ok(tag === "ok" || tag === "degraded", `round ${round}: ${tag}`);
  }
});

Deno.test("sharing: configuration that does not fit together is refused", async () => {
  const graph = new GraphModel([]);
  const refusal = async (config: Config) => {
    const answer = (await openRank(graph)).lifecycle.start(config, undefined);
    return answer.tag === "ok" ? "ok" : JSON.stringify(answer.val);
  };
  const pair: Config = [["tasks", "a"], ["rows", "b"]];
  strictEqual(await refusal(pair), "ok");
  strictEqual(await refusal([...pair, ["part", "7"]]), "ok");
  match(await refusal([["part", "1"]]), /tasks and rows: one/);
  match(await refusal([["tasks", "a"]]), /tasks and rows: one/);
  match(await refusal([...pair, ["part", "0"]]), /from 1 to 7/);
  match(await refusal([...pair, ["part", "8"]]), /from 1 to 7/);
  match(await refusal([["tasks", "a"], ["rows", "b,c"], ["part", "1"]]), /one/);
  match(await refusal([["tasks", "a"], ["rows", "a,b,c,d,e,f,g,h"]]), /than 7/);
  match(await refusal([...pair, ["share-min", "x"]]), /share-min/);
  match(await refusal([...pair, ["rows", "b"]]), /rows: given twice/);
});
