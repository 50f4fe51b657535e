/** What the cell finds on a device: blank, its own, another's, full, replaced. */
import assert from "node:assert/strict";
import { SimulatedBlockDevice } from "../../conformance/sim/block_device.ts";
import { appendTo, compareAll } from "./testing/compare.ts";
import {
  graphCell,
  NETWORK_NAME,
  openGraph,
  valueOf,
} from "./testing/graph_cell.ts";
import { BLOCK, CONFIG, Life, refusalOf } from "./testing/life.ts";
import { networkOf } from "./testing/signals.ts";

Deno.test("store: a store of another network is refused, naming both", async () => {
  const life = await new Life(1).open();
  const device = life.device.reopen({ seed: 1 });
  const [tag, text] = await refusalOf(device, [["network", "other"]]);
  assert.equal(tag, "unavailable");
  assert.ok(text.includes(networkOf("other").toHex()));
  assert.ok(text.includes(networkOf(NETWORK_NAME).toHex()));
});

Deno.test("store: another format version is refused, naming both", async () => {
  const life = await new Life(1).open();
  life.device.flip(8, 1 ^ 7);
  life.device.flip(BLOCK + 8, 1 ^ 7);
  const [tag, text] = await refusalOf(life.device.reopen({ seed: 1 }));
  assert.equal(tag, "unavailable");
  assert.match(text, /format 7, this cell reads formats 1 to 4/);
});

Deno.test("store: somebody else's device is refused and left alone", async () => {
  const device = new SimulatedBlockDevice({ seed: 1, blockSize: BLOCK });
  device.flip(1080, 0x53);
  const [tag, text] = await refusalOf(device);
  assert.equal(tag, "unavailable");
  assert.match(text, /octet 1080 of the device is not of a graph store/);
  assert.deepEqual(device.changes, []);
  const lost = new SimulatedBlockDevice({ seed: 1, blockSize: BLOCK });
  lost.flip(2 * BLOCK + 5, 1);
  assert.match((await refusalOf(lost))[1], /superblocks are lost/);
  assert.deepEqual(lost.changes, []);
});

Deno.test("store: a device that is too small or too coarse is refused", async () => {
  const small = new SimulatedBlockDevice({ seed: 1, capacity: 4 * BLOCK });
  assert.match((await refusalOf(small))[1], /less than 8 blocks/);
  const life = await new Life(1).open();
  const [, text] = await refusalOf(
    new SimulatedBlockDevice(
      { seed: 1, blockSize: 512 },
      blocksOf(life.device),
    ),
  );
  assert.match(text, /blocks of 4096 octets, the device of 512/);
});

/** The first blocks of a device, cut into blocks of 512. */
function blocksOf(device: SimulatedBlockDevice): Map<number, Uint8Array> {
  return new Map(
    Array.from({ length: 64 }, (_, i) => [i, device.peek(512 * i, 512)]),
  );
}

Deno.test("store: configuration is checked entry by entry", async () => {
  const device = () => new SimulatedBlockDevice({ seed: 1 });
  const cases: [[string, string][], RegExp][] = [
    [[], /"network" is missing/],
    [[["network", ""]], /name of 0 octets/],
    [[["network", "x".repeat(129)]], /name of 129 octets/],
    [[["network", "a"], ["network", "b"]], /"network" is there twice/],
    [[["network", "a"], ["colour", "b"]], /unknown key "colour"/],
    [[["network", "a"], ["memory-octets", "1e9"]], /not a number/],
    [[["network", "a"], ["salt", "XYZ"]], /hexadecimal/],
  ];
  for (const [config, text] of cases) {
    const [tag, found] = await refusalOf(device(), config);
    assert.equal(tag, "config");
    assert.match(found, text);
  }
  const all: [string, string][] = [
    ["salt", "00ff"],
    ["memory-octets", "1000000000"],
    ["network", "a"],
  ];
  (await graphCell(device())).start(all);
});

Deno.test("store: only an empty state of version 1 is taken", async () => {
  const start = async (version: number, octets: number) =>
    (await graphCell(new SimulatedBlockDevice({ seed: 1 }))).lifecycle
      .start(CONFIG, { version, octets: new Uint8Array(octets) });
  assert.equal((await start(1, 0)).tag, "ok");
  for (const [version, octets] of [[2, 0], [1, 1]] as const) {
    const answer = await start(version, octets);
    assert.equal(answer.tag, "err");
    assert.equal((answer.val as { tag: string }).tag, "state");
  }
  const cell = await openGraph(new SimulatedBlockDevice({ seed: 1 }));
  assert.equal(cell.lifecycle.stateVersion(), 1);
  const older = { version: 0, octets: new Uint8Array() };
  assert.equal(cell.lifecycle.migrate(older).tag, "err");
});

Deno.test("store: a read-only device serves reads and refuses appends", async () => {
  const life = await new Life(6).open();
  for (let i = 0; i < 4; i++) life.append();
  const device = life.device.reopen({ seed: 1, readOnly: true });
  const cell = await openGraph(device);
  assert.equal(cell.lifecycle.health().tag, "degraded");
  compareAll(cell, life.model);
  const answer = appendTo(cell, life.history.good());
  assert.deepEqual(answer.val, {
    tag: "unavailable",
    val: "the device is read-only",
  });
  cell.lifecycle.stop();
  assert.deepEqual(device.changes, []);
});

Deno.test("store: a full device refuses, keeps what it has, and goes on with room", async () => {
  const life = await new Life(7, 40 * BLOCK).open();
  let refused = 0;
  for (let i = 0; i < 200; i++) {
    const append = life.history.good();
    const answer = appendTo(life.cell, append);
    if (answer.tag === "ok") life.model.apply(append.entries, append.note);
    else refused += Number(answer.val.tag === "full");
  }
  assert.ok(refused > 100);
  compareAll(life.cell, life.model);
  compareAll(await life.anew(), life.model);

  const sparse = await new Life(8).open();
  sparse.append();
  sparse.device.setRoom(0);
  const append = sparse.history.good();
  const answer = appendTo(sparse.cell, append);
  assert.deepEqual(answer, { tag: "err", val: { tag: "full" } });
  assert.equal(sparse.cell.lifecycle.health().tag, "degraded");
  sparse.device.setRoom(Infinity);
  sparse.append(append);
  assert.equal(sparse.cell.lifecycle.health().tag, "ok");
  compareAll(await sparse.anew(), sparse.model);
});

Deno.test("store: a generation that was replaced notices it and gives up", async () => {
  const life = await new Life(9).open();
  life.append();
  assert.deepEqual(valueOf(life.cell.lifecycle.snapshot()), new Uint8Array());
  life.append();
  assert.equal(life.cell.lifecycle.health().tag, "ok");
  const next = await openGraph(life.device);
  const append = life.history.good();
  valueOf(appendTo(next, append));
  const answer = appendTo(life.cell, append);
  assert.equal((answer.val as { tag: string }).tag, "unavailable");
  assert.equal(life.cell.lifecycle.health().tag, "failed");
});

Deno.test("store: a generation whose replacement only opened the store goes on", async () => {
  const life = await new Life(15).open();
  for (let i = 0; i < 3; i++) life.append();
  valueOf(life.cell.lifecycle.snapshot());
  const changes = life.device.changes.length;
  await openGraph(life.device);
  assert.ok(life.device.changes.length > changes, "it sealed the store");
  for (let i = 0; i < 3; i++) life.append();
  assert.deepEqual(life.cell.lifecycle.health(), { tag: "ok" });
  compareAll(await life.anew(), life.model);
});

Deno.test("store: health says how far opening has come, appends wait for it", async () => {
  const life = await new Life(10).open();
  for (let i = 0; i < 20; i++) life.append();
  life.cell.settle();
  const cell = await graphCell(life.device, { yieldEvery: 1 });
  cell.start();
  const seen = new Set<string>();
  let last = -1n;
  while (cell.background.step().tag === "more") {
    const health = cell.lifecycle.health() as { tag: string; val: string };
    // What goes on in an open store is folding.
    if (health.tag === "ok") continue;
    assert.equal(health.tag, "starting");
    seen.add(health.val);
    const { height } = valueOf(cell.reads.count());
    assert.ok(height >= last);
    last = height;
    const answer = appendTo(cell, { entries: [], note: undefined });
    assert.deepEqual(answer.val, { tag: "unavailable", val: health.val });
  }
  assert.ok(seen.size > 10);
  compareAll(cell, life.model);
});
