/**
 * Starting, handing over and stopping: what a swap or a restart relies on.
 */
import assert from "node:assert/strict";
import {
  randomLinks,
  seeded,
} from "../../conformance/cells/rank/random_links.ts";
import type { State } from "../../wit/gen/kernel_lifecycle.ts";
import { GraphModel } from "./testing/graph_model.ts";
import { openRank, RankCell, valueOf } from "./testing/rank_cell.ts";

/** Offsets in the state, as `assembly/state.ts` says. */
const HEAD = 80;

async function published(seed: number): Promise<[RankCell, GraphModel]> {
  const graph = new GraphModel(randomLinks(seed, 120, 400));
  const cell = (await openRank(graph)).start();
  cell.settle();
  return [cell, graph];
}

function served(cell: RankCell) {
  return {
    standing: cell.standing(),
    vector: cell.vector(),
    top: valueOf(cell.ranks.top(0, 1000)),
    residuals: cell.residuals(),
  };
}

Deno.test("lifecycle: a handed-over state is served at once, then computed anew", async () => {
  const [cell, graph] = await published(1);
  cell.clockUs += 7_654_321n;
  const before = served(cell);
  assert.equal(before.standing.ageMs, 7654n);
  const state = cell.snapshot();
  assert.deepEqual(served(cell), before);
  const next = (await openRank(graph)).start([], state);
  assert.deepEqual(served(next), before);
  next.clockUs += 1_000_000n;
  assert.equal(next.standing().ageMs, 8654n);
  next.settle();
  assert.equal(next.standing().version, 2n);
  assert.equal(next.standing().ageMs, 0n);
  assert.deepEqual(next.vector(), before.vector);
  next.settle();
  assert.equal(next.standing().version, 2n);
});

Deno.test("lifecycle: a snapshot has no side effect on a computation", async () => {
  const graph = new GraphModel(randomLinks(2, 200, 600));
  const plain = (await openRank(graph)).start();
  plain.settle();
  const asked = (await openRank(graph, { yieldEvery: 1 })).start();
  while (asked.background.step().tag === "more") {
    const { octets } = asked.snapshot();
    assert.equal(octets.length > HEAD, asked.standing().version > 0n);
  }
  assert.deepEqual(asked.vector(), plain.vector());
});

Deno.test("lifecycle: an empty state starts an empty cell", async () => {
  const graph = new GraphModel();
  const cell = (await openRank(graph)).start();
  const state = cell.snapshot();
  assert.equal(state.octets.length, HEAD);
  const next = (await openRank(graph)).start([], state);
  assert.equal(next.standing().version, 0n);
});

Deno.test("lifecycle: a state survives a second hand-over octet for octet", async () => {
  const [cell, graph] = await published(3);
  const state = cell.snapshot();
  const next = (await openRank(graph)).start([], state);
  assert.deepEqual(next.snapshot(), state);
});

/** Where the last value of the vector is. */
function lastValue(view: DataView): number {
  const values = view.getUint32(4, true) + view.getUint16(36, true);
  return HEAD + 8 * values - 8;
}

/** Changes to a good state, and what the refusal says. */
const WRONGS: [
  string,
  (state: Uint8Array, view: DataView) => unknown,
  RegExp,
][] = [
  ["magic", (s) => s[0] = 0x6b, /octet 0: the magic is not KRNK/],
  ["numbers", (_, v) => v.setUint32(4, 7, true), /particles have a focus/],
  ["numbers, huge", (_, v) => v.setUint32(4, 0xffffffff, true), /need 343/],
  ["numbers, none", (_, v) => v.setUint32(4, 0, true), /octet 8: not 0/],
  ["version", (_, v) => v.setBigUint64(8, 0n, true), /octet 8/],
  ["height", (_, v) => v.setBigUint64(16, 0n, true), /octet 16/],
  ["links", (_, v) => v.setBigUint64(24, 0n, true), /octet 24/],
  ["particles", (_, v) => v.setUint32(32, 1, true), /octet (48|32)/],
  ["rounds", (_, v) => v.setUint32(36, 0, true), /octet 36/],
  ["confirmed", (_, v) => v.setUint16(38, 2, true), /octet 38/],
  ["residual", (_, v) => v.setFloat64(40, 0.5, true), /octet 40/],
  ["syntropy", (_, v) => v.setFloat64(48, NaN, true), /octet 48/],
  ["syntropy, high", (_, v) => v.setFloat64(48, 99, true), /octet 48/],
  ["age", (_, v) => v.setBigUint64(56, 1n << 60n, true), /octet 56/],
  ["bound", (_, v) => v.setFloat64(64, -1e-9, true), /octet 64/],
  ["bound, NaN", (_, v) => v.setFloat64(64, NaN, true), /octet 64/],
  ["bound, high", (_, v) => v.setFloat64(64, 3, true), /octet 64/],
  ["history", (_, v) => v.setFloat64(HEAD, -1, true), /round 0/],
  ["history, NaN", (_, v) => v.setFloat64(HEAD, NaN, true), /round 0/],
  ["focus", (_, v) => v.setFloat64(lastValue(v), -0.1, true), /particle 1/],
  ["focus, NaN", (_, v) => v.setFloat64(lastValue(v), NaN, true), /particle/],
  ["focus, 2", (_, v) => v.setFloat64(lastValue(v), 2, true), /particle/],
  ["focus, -0", (_, v) => v.setFloat64(lastValue(v), -0, true), /particle/],
  ["sum", (_, v) => v.setFloat64(lastValue(v), 0.9, true), /adds up to/],
];

async function refusal(state: State): Promise<string> {
  const cell = await openRank(new GraphModel());
  const answer = cell.lifecycle.start([], state);
  assert.equal(answer.tag, "err");
  assert.ok(answer.tag === "err" && answer.val.tag === "state");
  assert.equal(cell.standing().version, 0n);
  return answer.val.val;
}

Deno.test("lifecycle: a wrong state is refused with its place", async () => {
  const [cell] = await published(4);
  const good = cell.snapshot();
  for (const [name, change, expected] of WRONGS) {
    const octets = good.octets.slice();
    change(octets, new DataView(octets.buffer));
    const told = await refusal({ ...good, octets });
    assert.match(told, expected, name);
  }
  const empty = new Uint8Array(HEAD);
  new DataView(empty.buffer).setUint32(0, 0x4b4e524b, true);
  empty[63] = 1;
  assert.match(await refusal({ ...good, octets: empty }), /octet 63: not 0/);
});

Deno.test("lifecycle: a state of another length is refused", async () => {
  const [cell] = await published(5);
  const good = cell.snapshot();
  const { octets } = good;
  for (
    const length of [0, 1, 4, 63, 64, 71, octets.length - 8, octets.length - 1]
  ) {
    await refusal({ ...good, octets: octets.slice(0, length) });
  }
  const longer = new Uint8Array(octets.length + 1);
  longer.set(octets);
  await refusal({ ...good, octets: longer });
});

Deno.test("lifecycle: random states never trap, and never show an impossible vector", async () => {
  const [cell] = await published(6);
  const good = cell.snapshot();
  const below = seeded(6);
  let refused = 0;
  for (let round = 0; round < 300; round++) {
    const octets = good.octets.slice();
    for (let i = below(4); i >= 0; i--) {
      octets[below(octets.length)] = below(256);
    }
    const next = await openRank(new GraphModel());
    if (next.lifecycle.start([], { ...good, octets }).tag === "err") {
      refused++;
      continue;
    }
    const total = next.vector().reduce((sum, focus) => sum + focus, 0);
    assert.ok(Math.abs(total - 1) < 1e-9, `round ${round}`);
  }
  assert.ok(refused > 100, `only ${refused} of 300 refused`);
});

Deno.test("lifecycle: unknown state versions are refused", async () => {
  const [cell] = await published(7);
  const { octets, version } = cell.snapshot();
  assert.equal(version, 4);
  for (const other of [0, 5, 0xffffffff]) {
    const expected = `state version ${other} is unknown; known: 1 to 4`;
    assert.equal(await refusal({ version: other, octets }), expected);
    const migrated = cell.lifecycle.migrate({ version: other, octets });
    assert.deepEqual(migrated, { tag: "err", val: expected });
  }
  const same = cell.lifecycle.migrate({ version, octets });
  assert.deepEqual(same, { tag: "ok", val: octets });
  // Version 3 had no moments of before; version 2 no bound behind octet 64 either;
  // version 1 no confirmation either.
  const end = lastValue(new DataView(octets.buffer, octets.byteOffset)) + 8;
  for (const past of [3, 2, 1]) {
    const head = octets.slice(0, past === 3 ? 72 : 64);
    const older = Uint8Array.from([...head, ...octets.slice(HEAD, end)]);
    if (past === 1) older[38] = 0;
    const next = valueOf(
      cell.lifecycle.migrate({ version: past, octets: older.slice() }),
    );
    const heir = await openRank(new GraphModel());
    heir.start([], { version, octets: next });
    assert.deepEqual(heir.standing(), {
      ...cell.standing(),
      confirmed: past === 1 ? false : cell.standing().confirmed,
      bound: past === 3 ? cell.standing().bound : 2,
    });
    assert.deepEqual(heir.vector(), cell.vector());
    assert.deepEqual(valueOf(heir.past.history(0, 32)), []);
  }
  const short = new Uint8Array(63);
  const kept = cell.lifecycle.migrate({ version: 2, octets: short });
  assert.deepEqual(kept, { tag: "ok", val: short });
});

const CONFIG_WRONGS: [[string, string][], RegExp][] = [
  [
    [["tolerence", "1"]],
    /unknown key "tolerence"; known: tolerance, rounds-max/,
  ],
  [[["tolerance", "0"]], /tolerance: "0" is not a number above 0 and below 1/],
  [[["tolerance", "1"]], /tolerance/],
  [[["tolerance", "-1e-9"]], /tolerance/],
  [[["tolerance", "1e-9x"]], /tolerance/],
  [[["tolerance", "1e-999"]], /tolerance/],
  [[["tolerance", "nan"]], /tolerance/],
  [[["tolerance", ""]], /tolerance/],
  [[["tolerance", "0."]], /tolerance/],
  [[["tolerance", "0x1"]], /tolerance/],
  [[["tolerance", "1e-9"], ["tolerance", "1e-8"]], /tolerance: given twice/],
  [
    [["rounds-max", "0"]],
    /rounds-max: "0" is not a whole number from 1 to 10000/,
  ],
  [[["rounds-max", "10001"]], /rounds-max/],
  [[["rounds-max", "4294967297"]], /rounds-max/],
  [[["rounds-max", "+5"]], /rounds-max/],
  [[["rounds-max", " 5"]], /rounds-max/],
  [[["rounds-max", "5"], ["rounds-max", "5"]], /rounds-max: given twice/],
  [[["rounds-max", "1".repeat(100)]], /rounds-max: more than 32 characters/],
];

Deno.test("lifecycle: a wrong configuration is refused", async () => {
  for (const [config, expected] of CONFIG_WRONGS) {
    const cell = await openRank(new GraphModel());
    const answer = cell.lifecycle.start(config, undefined);
    assert.ok(answer.tag === "err" && answer.val.tag === "config");
    assert.match(answer.val.val, expected);
  }
  for (const tolerance of ["1e-10", "0.001", "0.5E-3", "5e-1", "00.1e+0"]) {
    (await openRank(new GraphModel())).start([["tolerance", tolerance]]);
  }
});

Deno.test("lifecycle: after stop nothing is computed, and stop may come twice", async () => {
  const graph = new GraphModel(randomLinks(8, 200, 600));
  const cell = (await openRank(graph, { yieldEvery: 1 })).start();
  for (let i = 0; i < 20; i++) cell.background.step();
  cell.lifecycle.stop();
  cell.lifecycle.stop();
  const { scans } = graph;
  assert.equal(cell.background.step().tag, "idle");
  assert.equal(graph.scans, scans);
  assert.equal(cell.standing().computing, false);
});
