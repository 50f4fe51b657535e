/**
 * The history of a focus: the last confirmed vectors, bounded, handed over.
 */
import assert from "node:assert/strict";
import { randomLinks } from "../../conformance/cells/rank/random_links.ts";
import { GraphModel } from "./testing/graph_model.ts";
import { openRank, type RankCell, valueOf } from "./testing/rank_cell.ts";

const REST_US = 3_000_000n;
const MOMENTS_MAX = 32;
const LINKS = randomLinks(51, 40, 400);

function history(cell: RankCell, particle: number, limit = 100) {
  return valueOf(cell.past.history(particle, limit));
}

/** Adds links, and lets them be ranked and confirmed; answers the vector. */
function confirmed(cell: RankCell, model: GraphModel, more: number) {
  model.links.push(
    ...LINKS.slice(model.links.length, model.links.length + more),
  );
  for (let i = 0; i < 3; i++) {
    cell.clockUs += REST_US;
    cell.settle();
  }
  const { links, ...standing } = cell.standing();
  assert.equal(links, BigInt(model.links.length));
  assert.ok(standing.confirmed);
  return { vector: cell.vector(), links, ...standing };
}

Deno.test("history: each confirmed vector, newest first, to 24 bits", async () => {
  const model = new GraphModel(LINKS.slice(0, 20));
  const cell = (await openRank(model)).start();
  assert.deepEqual(history(cell, 3), []);
  const published = [confirmed(cell, model, 0)];
  for (const more of [1, 2, 100, 3]) {
    published.unshift(confirmed(cell, model, more));
  }
  const ends = [LINKS[0]!.origin, LINKS[122]!.target, 39, 5000];
  for (const particle of ends) {
    const found = history(cell, particle);
    assert.deepEqual(
      found.map(({ ageMs: _, ...moment }) => moment),
      published.map(({ version, height, links, particles, vector }) => ({
        version,
        height,
        links,
        particles,
        focus: Math.fround(vector[particle] ?? 0),
      })),
    );
    assert.deepEqual(history(cell, particle, 2), found.slice(0, 2));
    assert.deepEqual(history(cell, particle, 0), []);
  }
  const [first, second] = history(cell, ends[0]!);
  assert.ok(first!.focus !== second!.focus);
  cell.clockUs += 5_000_000n;
  const [later] = history(cell, ends[0]!);
  assert.equal(later!.ageMs, first!.ageMs + 5000n);
  // Increments are not in it, until they are confirmed.
  model.links.push(...LINKS.slice(model.links.length, model.links.length + 1));
  cell.settle();
  assert.equal(cell.standing().confirmed, false);
  assert.equal(history(cell, 3).length, published.length);
});

Deno.test("history: the oldest go, by number and by octets", async () => {
  const model = new GraphModel(LINKS.slice(0, 20));
  const cell = (await openRank(model)).start();
  const all = [confirmed(cell, model, 0)];
  while (all.length < MOMENTS_MAX + 5) all.unshift(confirmed(cell, model, 1));
  assert.deepEqual(
    history(cell, 1).map(({ version }) => version),
    all.slice(0, MOMENTS_MAX).map(({ version }) => version),
  );
  // Eight million octets each: two fit.
  const large = new GraphModel(LINKS.slice(0, 20));
  large.particlesMin = 2_000_000;
  const big = (await openRank(large)).start();
  for (let i = 0; i < 4; i++) confirmed(big, large, 1);
  assert.equal(history(big, 1).length, 2);
  large.particlesMin = 5_000_000;
  confirmed(big, large, 1);
  assert.equal(history(big, 1).length, 2);
});

Deno.test("history: it is handed over octet for octet, and goes on", async () => {
  const model = new GraphModel(LINKS.slice(0, 20));
  const cell = (await openRank(model)).start();
  for (const more of [0, 5, 5]) confirmed(cell, model, more);
  const before = history(cell, 2);
  const state = cell.snapshot();
  const next = (await openRank(model)).start([], state);
  assert.deepEqual(next.snapshot(), state);
  assert.deepEqual(history(next, 2), before);
  // Computed anew over the same links: the newest takes the place of the one before.
  next.settle();
  assert.equal(next.standing().version, cell.standing().version + 1n);
  assert.deepEqual(
    history(next, 2).map(({ links, focus }) => [links, focus]),
    before.map(({ links, focus }) => [links, focus]),
  );
  confirmed(next, model, 1);
  assert.equal(history(next, 2).length, before.length + 1);
  // Another record has another history.
  model.links = LINKS.slice(50, 60);
  next.settle();
  next.settle();
  assert.equal(history(next, 2).length, 1);
});

Deno.test("history: wrong moments in a state are refused with their place", async () => {
  const model = new GraphModel(LINKS.slice(0, 20));
  const cell = (await openRank(model)).start();
  for (const more of [0, 5]) confirmed(cell, model, more);
  const good = cell.snapshot();
  const view = new DataView(good.octets.buffer, good.octets.byteOffset);
  const at = 80 + 8 * (view.getUint32(4, true) + view.getUint16(36, true));
  const second = at + 40 + 4 * view.getUint32(at + 32, true);
  const wrongs: [string, (view: DataView) => void, RegExp][] = [
    ["count", (v) => v.setUint32(72, 33, true), /33 moments/],
    ["fewer", (v) => v.setUint32(72, 1, true), /after the last moment/],
    ["more", (v) => v.setUint32(72, 3, true), /moment 2: cut off/],
    ["zero", (v) => v.setUint32(76, 1, true), /octet 76/],
    ["version", (v) => v.setBigUint64(second, 0n, true), /moment 1: version/],
    ["future", (v) => v.setBigUint64(second, 99n, true), /moment 1: version/],
    ["height", (v) => v.setBigUint64(at + 8, 0n, true), /moment 0: height/],
    ["links", (v) => v.setBigUint64(at + 16, 26n, true), /moment 0: 26 links/],
    [
      "age",
      (v) => v.setBigUint64(at + 24, 1n << 60n, true),
      /moment 0: the age/,
    ],
    [
      "numbers",
      (v) => v.setUint32(at + 32, 1 << 30, true),
      /moment 0: cut off/,
    ],
    ["particles", (v) => v.setUint32(at + 36, 1, true), /no distribution/],
    ["value", (v) => v.setFloat32(at + 40, -1, true), /no distribution/],
    ["sum", (v) => v.setFloat32(at + 40, 0.9, true), /no distribution/],
    ["NaN", (v) => v.setFloat32(at + 40, NaN, true), /no distribution/],
  ];
  for (const [name, change, wanted] of wrongs) {
    const octets = good.octets.slice();
    change(new DataView(octets.buffer));
    const heir = await openRank(new GraphModel());
    const answer = heir.lifecycle.start([], { ...good, octets });
    assert.ok(answer.tag === "err" && answer.val.tag === "state", name);
    assert.match(answer.val.val, wanted, name);
  }
});
