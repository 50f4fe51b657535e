/**
 * A new generation reads the device while the old one appends: it changes
 * nothing before it succeeds, and then it has every record.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { SimulatedBlockDevice } from "../../conformance/sim/block_device.ts";
import { GraphModel } from "./model/graph_model.ts";
import { History } from "./model/history.ts";
import { appendTo, compareAll } from "./testing/compare.ts";
import { NETWORK } from "./testing/fresh.ts";
import { bring, noise, readBack } from "./testing/apart.ts";
import { graphCell, openGraph, valueOf } from "./testing/graph_cell.ts";
import { Life, signalOf } from "./testing/life.ts";
import { identityOf } from "./testing/signals.ts";

const OFTEN: [string, string][] = [["checkpoint-octets", "1"]];
const CONFIG: [string, string][] = [["network", "test"], ...OFTEN];
const EMPTY = { version: 1, octets: new Uint8Array() };

for (const seed of [91, 92, 93]) {
  Deno.test(`succession: appends go on while the heir follows, seed ${seed}`, async () => {
    const model = new GraphModel(NETWORK);
    const history = new History(seed, model, 60);
    const device = new SimulatedBlockDevice({ seed, blockSize: 512 });
    let cell = await openGraph(device, { yieldEvery: 1 }, OFTEN);
    const append = () => {
      const each = history.good();
      valueOf(appendTo(cell, each));
      model.apply(each.entries, each.note);
    };
    for (let generation = 0; generation < 4; generation++) {
      for (let i = 0; i < 8; i++) append();
      if (history.random() < 0.5) cell.settle();
      deepStrictEqual(valueOf(cell.lifecycle.snapshot()), EMPTY.octets);
      const heir = await graphCell(device, { yieldEvery: 1 });
      heir.start(CONFIG, EMPTY);
      for (let turns = 0; turns < 40; turns++) {
        const before = device.changes.length;
        const { tag } = heir.succession.follow();
        strictEqual(device.changes.length, before, "it writes nothing");
        if (tag === "idle" && history.random() < 0.2) break;
        if (history.random() < 0.5) append();
        if (history.random() < 0.3) cell.background.step();
      }
      const before = device.changes.length;
      deepStrictEqual(heir.succession.succeed(), { tag: "ok" });
      strictEqual(device.changes.length, before, "nor when it succeeds");
      strictEqual(valueOf(heir.reads.count()).height, BigInt(model.height));
      heir.settle();
      compareAll(heir, model);
      cell = heir;
    }
    cell.settle();
    compareAll(await openGraph(device.reopen({ seed }), {}, OFTEN), model);
  });
}

Deno.test("succession: contents come and go while the heir follows", async () => {
  const contents = [1, 2, 3, 4].map((seed) => noise(seed, 90_000 * seed));
  const [first, second, third, fourth] = contents as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const life = await new Life(95).open();
  const { entries } = signalOf(life, contents);
  life.append({
    entries: entries.map(({ signal }) => ({ signal, contents: [] })),
    note: undefined,
  });
  strictEqual(bring(life.cell, first), "kept");
  strictEqual(bring(life.cell, second), "kept");
  valueOf(life.cell.lifecycle.snapshot());
  const heir = await graphCell(life.device, { yieldEvery: 1 });
  heir.start([["network", "test"]], EMPTY);
  const read = () => {
    while (heir.succession.follow().tag !== "idle");
  };
  read();
  // The space of the first is used again by the third.
  strictEqual(
    life.cell.contents.letGo(identityOf(first), "dropped").tag,
    "ok",
  );
  strictEqual(bring(life.cell, third), "kept");
  read();
  strictEqual(bring(life.cell, fourth), "kept");
  strictEqual(heir.succession.succeed().tag, "ok");
  heir.settle();
  strictEqual(
    valueOf(heir.contents.look(identityOf(first))).presence,
    "dropped",
  );
  for (const content of [second, third, fourth]) {
    const particle = valueOf(heir.reads.find(identityOf(content)));
    ok(particle !== undefined);
    const whole = readBack(heir, particle, content.length, 50_000);
    strictEqual(whole?.toHex(), content.toHex());
  }
  deepStrictEqual(
    heir.contents.count(),
    (await openGraph(life.device.reopen({ seed: 1 }))).contents.count(),
  );
});

Deno.test("succession: an heir that cannot read the device says where and does not succeed", async () => {
  const model = new GraphModel(NETWORK);
  const history = new History(94, model, 60);
  const device = new SimulatedBlockDevice({ seed: 94, blockSize: 512 });
  const cell = await openGraph(device);
  for (let i = 0; i < 8; i++) {
    const each = history.good();
    valueOf(appendTo(cell, each));
    model.apply(each.entries, each.note);
  }
  cell.settle();
  const heir = await graphCell(device);
  heir.start([["network", "test"]], EMPTY);
  // In the first record; the old one has it in its tables.
  device.flip(512 * 2 + 100, 0x10);
  while (heir.succession.follow().tag !== "idle");
  const answer = heir.succession.succeed();
  ok(answer.tag === "err");
  match(answer.val, /corrupt/);
  strictEqual(heir.lifecycle.health().tag, "failed");
  strictEqual(cell.lifecycle.health().tag, "ok");
});
