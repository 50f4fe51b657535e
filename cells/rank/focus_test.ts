/**
 * What the cell computes: agreement with closed forms and with the reference, and
 * independence of anything but the links.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import bits from "../../conformance/cells/rank/bits.json" with { type: "json" };
import { closedForms } from "../../conformance/cells/rank/closed_forms.ts";
import {
  randomLinks,
  shuffled,
} from "../../conformance/cells/rank/random_links.ts";
import {
  distance,
  rank,
  sum,
  type WeightedLink,
} from "../../conformance/cells/rank/reference.ts";
import { GraphModel } from "./testing/graph_model.ts";
import {
  openRank,
  RankCell,
  type RankCellOptions,
  valueOf,
} from "./testing/rank_cell.ts";

const L1_ERROR_MAX = 1e-9;
const ORDER_ERROR_MAX = 1e-12;

/** Rounds as the data model writes them, without extrapolation: they can be counted and compared. */
const PLAIN: [string, string] = ["acceleration", "0"];

async function computed(
  links: readonly WeightedLink[],
  options: RankCellOptions = {},
  config: [string, string][] = [],
): Promise<RankCell> {
  const cell = await openRank(new GraphModel(links), options);
  cell.start(config).settle();
  return cell;
}

/** A path, and its last particles with numbers that nothing links to. */
function path(length: number): WeightedLink[] {
  return Array.from({ length: length - 1 }, (_, i) => ({
    origin: i,
    target: i + 1,
    weight: 1n,
  }));
}

Deno.test("focus: closed forms", async () => {
  for (const { name, links, focus } of closedForms()) {
    const cell = await computed(links, {}, [["tolerance", "1e-14"]]);
    assert.ok(distance(cell.vector(), focus) < 1e-12, name);
    if (name.startsWith("cycle")) {
      assert.ok(cell.standing().syntropy < 1e-12, name);
    }
  }
});

Deno.test("focus: paths agree with the reference", async () => {
  for (const length of [2, 3, 10, 200]) {
    const links = path(length);
    const off = distance((await computed(links)).vector(), rank(links).focus);
    assert.ok(off < L1_ERROR_MAX, `path of ${length}: ${off} apart`);
  }
});

Deno.test("focus: random records agree with the reference", async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const links = randomLinks(seed, 2 + seed * seed, seed * 60);
    const expected = rank(links);
    for (const config of [[], [PLAIN]]) {
      const cell = await computed(links, {}, config);
      const off = distance(cell.vector(), expected.focus);
      assert.ok(off < L1_ERROR_MAX, `seed ${seed}: ${off} apart`);
      const standing = cell.standing();
      assert.equal(standing.particles, expected.particles, `seed ${seed}`);
      assert.ok(Math.abs(standing.syntropy - expected.syntropy) < L1_ERROR_MAX);
      assert.equal(standing.residual, cell.residuals().at(-1));
      assert.ok(standing.residual < 1e-10, `seed ${seed}`);
    }
  }
});

Deno.test("focus: rounds that are not extrapolated are the data model's", async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const links = randomLinks(seed, 2 + seed * seed, seed * 60);
    const expected = rank(links);
    const cell = await computed(links, {}, [PLAIN]);
    assert.equal(cell.standing().iterations, expected.residuals.length);
    assert.ok(distance(cell.residuals(), expected.residuals) < L1_ERROR_MAX);
  }
});

Deno.test("focus: extrapolation takes fewer rounds to the same vector", async () => {
  // Spokes and a hub swing: the springs throw them over and back.
  const links: WeightedLink[] = [];
  for (let i = 1; i <= 2_000; i++) {
    links.push({ origin: i, target: i % 40 === 0 ? i - 1 : 0, weight: 1n });
  }
  const plain = await computed(links, {}, [PLAIN]);
  const short = await computed(links);
  const [many, few] = [plain, short].map((cell) => cell.standing().iterations);
  assert.ok(few! * 3 < many!, `${few} and ${many} rounds`);
  assert.ok(distance(plain.vector(), short.vector()) < L1_ERROR_MAX);
});

Deno.test("focus: is a distribution over exactly the endpoints of links", async () => {
  for (let seed = 40; seed < 50; seed++) {
    const links = randomLinks(seed, 300, 200);
    const vector = (await computed(links)).vector();
    const touched = new Set(links.flatMap((l) => [l.origin, l.target]));
    vector.forEach((value, number) => {
      assert.equal(value > 0, touched.has(number), `seed ${seed}, ${number}`);
    });
    assert.ok(Math.abs(sum(vector) - 1) < 1e-12, `seed ${seed}`);
  }
});

Deno.test("focus: links without weight share evenly", async () => {
  const cell = await computed([
    { origin: 4, target: 9, weight: 0n },
    { origin: 2, target: 2, weight: 5n },
    { origin: 9, target: 4, weight: -3n },
  ]);
  const third = 1 / 3;
  const expected = [0, 0, third, 0, third, 0, 0, 0, 0, third];
  assert.ok(distance(cell.vector(), expected) < 1e-15);
  assert.equal(cell.standing().particles, 3);
});

Deno.test("focus: amounts are summed exactly, and may be huge", async () => {
  const huge = 2n ** 48n - 1n;
  const links: WeightedLink[] = [];
  for (let i = 0; i < 40; i++) {
    links.push({ origin: 0, target: 1, weight: huge });
  }
  links.push({ origin: 0, target: 1, weight: 1n });
  for (let i = 0; i < 40; i++) {
    links.push({ origin: 0, target: 1, weight: -huge });
  }
  links.push({ origin: 1, target: 2, weight: 1n });
  const cell = await computed(links);
  assert.deepEqual(cell.vector(), (await computed(path(3))).vector());
  const largest = [{ origin: 0, target: 1, weight: 2n ** 63n - 1n }];
  const edge = await computed([...largest, ...largest, ...largest]);
  assert.deepEqual(edge.vector(), (await computed(path(2))).vector());
});

Deno.test("focus: a hub with more links than a piece of work", async () => {
  const links: WeightedLink[] = [];
  for (let i = 1; i <= 10_000; i++) {
    links.push({ origin: i, target: 0, weight: BigInt(1 + i % 7) });
    if (i % 3 === 0) links.push({ origin: 0, target: i, weight: 2n });
  }
  const config: [string, string][] = [["rounds-max", "10"], PLAIN];
  const expected = rank(links, { roundsMax: 10 }).focus;
  const cell = await computed(links, {}, config);
  assert.ok(distance(cell.vector(), expected) < L1_ERROR_MAX);
  const yielding = await computed(links, { yieldEvery: 1 }, config);
  assert.deepEqual(yielding.vector(), cell.vector());
  const long = await computed(links, {}, [PLAIN, ["rounds-max", "3000"]]);
  const short = await computed(links, { yieldEvery: 1 });
  assert.ok(distance(short.vector(), long.vector()) < L1_ERROR_MAX);
});

Deno.test("focus: the order of links does not matter", async () => {
  for (let seed = 60; seed < 66; seed++) {
    const links = randomLinks(seed, 100, 500);
    const vector = (await computed(links)).vector();
    const other = (await computed(shuffled(seed, links))).vector();
    assert.ok(distance(vector, other) < ORDER_ERROR_MAX, `seed ${seed}`);
  }
});

Deno.test("focus: the numbers of particles do not matter", async () => {
  const links = randomLinks(70, 100, 500);
  const names = shuffled(71, Array.from({ length: 150 }, (_, i) => i));
  const renamed = links.map((link) => ({
    ...link,
    origin: names[link.origin]!,
    target: names[link.target]!,
  }));
  const vector = (await computed(links)).vector();
  const other = (await computed(renamed)).vector();
  const back = vector.map((_, number) => other[names[number]!] ?? 0);
  assert.ok(distance(vector, back) < ORDER_ERROR_MAX);
});

Deno.test("focus: the same bits wherever steps end", async () => {
  const links = randomLinks(80, 9_000, 30_000);
  const config: [string, string][] = [["rounds-max", "12"]];
  const whole = await computed(links, {}, config);
  for (const yieldEvery of [1, 2, 7, 100]) {
    const parted = await computed(links, { yieldEvery }, config);
    assert.deepEqual(parted.vector(), whole.vector(), `every ${yieldEvery}`);
    assert.deepEqual(parted.residuals(), whole.residuals());
    assert.equal(parted.standing().syntropy, whole.standing().syntropy);
  }
});

Deno.test("focus: the top is the vector's highest, ties by lower number", async () => {
  const links = randomLinks(90, 3_000, 6_000);
  // Two hundred equal pairs that nothing else touches.
  for (let i = 4_000; i < 4_400; i += 2) {
    links.push({ origin: i, target: i + 1, weight: 3n });
  }
  const cell = await computed(links);
  const expected = [...cell.vector().entries()]
    .filter(([, focus]) => focus > 0)
    .sort(([a, x], [b, y]) => y - x || a - b)
    .slice(0, 1000)
    .map(([particle, focus]) => ({ particle, focus }));
  assert.deepEqual(valueOf(cell.ranks.top(0, 1000)), expected);
  assert.deepEqual(valueOf(cell.ranks.top(990, 5)), expected.slice(990, 995));
});

Deno.test("focus: a looser tolerance and fewer rounds end sooner", async () => {
  const links = randomLinks(95, 200, 600);
  const full = (await computed(links)).standing();
  const loose = (await computed(links, {}, [["tolerance", "1e-3"]])).standing();
  assert.ok(loose.iterations < full.iterations);
  assert.ok(loose.residual < 1e-3 && full.residual < 1e-10);
  const few = await computed(links, {}, [["rounds-max", "3"], PLAIN]);
  assert.equal(few.standing().iterations, 3);
  const expected = rank(links, { roundsMax: 3 }).focus;
  assert.ok(distance(few.vector(), expected) < L1_ERROR_MAX);
});

// The digests are the cell's own, first written down when it agreed with the reference: they hold engines
// and compilers to the same bits, and a deliberate change of the order of summation renews them.
Deno.test("focus: the same bits on every engine", async () => {
  for (const { seed, particles, links, roundsMax, rounds, sha256 } of bits) {
    const cell = await computed(randomLinks(seed, particles, links), {}, [
      ["rounds-max", String(roundsMax)],
    ]);
    assert.equal(cell.standing().iterations, rounds, `seed ${seed}`);
    const octets = new Uint8Array(cell.vector().buffer);
    const found = createHash("sha256").update(octets).digest("hex");
    assert.equal(found, sha256, `seed ${seed}`);
  }
});
