/** Octets that a device changed: found, reported with their place, never served. */
import assert from "node:assert/strict";
import { blake3 } from "@noble/hashes/blake3.js";
import type { Append } from "./model/history.ts";
import { appendTo, compareAll } from "./testing/compare.ts";
import { graphCell, openGraph, valueOf } from "./testing/graph_cell.ts";
import { BLOCK, Life, refusalOf, signalOf } from "./testing/life.ts";
import { contentsOf, utf8 } from "./testing/signals.ts";

Deno.test("store: a rotten acknowledged record fails the opening with its place", async () => {
  const life = await new Life(2).open();
  for (let i = 0; i < 6; i++) life.append();
  life.cell.settle();
  const begins = [2 * BLOCK, ...life.ends];
  for (let i = 0; i < 6; i++) {
    for (const at of [0, 20, 40, 70, 700]) {
      const device = life.device.reopen({ seed: i });
      life.device = device;
      device.flip(begins[i]! + at, 0x10);
      const cell = await graphCell(device);
      cell.start();
      cell.settle();
      const health = cell.lifecycle.health();
      assert.equal(health.tag, "failed");
      assert.match(
        (health as { val: string }).val,
        new RegExp(`record ${i} at ${begins[i]}: corrupt`),
      );
      const answer = appendTo(cell, life.history.good());
      assert.equal((answer.val as { tag: string }).tag, "unavailable");
      device.flip(begins[i]! + at, 0x10);
    }
  }
  compareAll(await life.anew(), life.model);
});

Deno.test("store: rot in any but the last record is found without a pause between appends", async () => {
  const life = await new Life(13).open();
  for (let i = 0; i < 4; i++) life.append();
  const begins = [2 * BLOCK, ...life.ends];
  for (let i = 0; i < 3; i++) {
    life.device.flip(begins[i]! + 90, 2);
    const cell = await graphCell(life.device.reopen({ seed: 1 }));
    cell.start();
    cell.settle();
    assert.equal(cell.lifecycle.health().tag, "failed", `record ${i}`);
    life.device = life.device.reopen({ seed: 1 });
    life.device.flip(begins[i]! + 90, 2);
  }
});

Deno.test("store: a record of another history is not taken", async () => {
  const lives = [await new Life(14).open(), await new Life(14).open()] as const;
  for (const [i, life] of lives.entries()) {
    life.append(signalOf(life, [utf8(`text ${i}`)]));
    life.append(signalOf(life, [utf8("the same")]));
    life.cell.settle();
  }
  const [own, other] = lives;
  assert.deepEqual(own.ends, other.ends);
  const begin = own.ends[0]!;
  const length = own.ends[1]! - begin;
  const from = other.device.peek(begin, length);
  const to = own.device.peek(begin, length);
  for (let at = 0; at < length; at++) {
    if (from[at] !== to[at]) own.device.flip(begin + at, from[at]! ^ to[at]!);
  }
  const cell = await graphCell(own.device.reopen({ seed: 1 }));
  cell.start();
  cell.settle();
  const health = cell.lifecycle.health() as { tag: string; val: string };
  assert.match(health.val, /record 1 at \d+: corrupt \(no header\)/);
});

Deno.test("store: one lost superblock is repaired, two are refused", async () => {
  const life = await new Life(3).open();
  for (let i = 0; i < 3; i++) life.append();
  life.cell.settle();
  for (const lost of [0, BLOCK]) {
    const device = life.device.reopen({ seed: 1 });
    device.flip(lost + 50, 4);
    const cell = await openGraph(device);
    assert.match(cell.log[0]!, /superblock copy did not read/);
    life.device = device;
    const again = await life.anew();
    assert.equal(again.log.length, 1);
    compareAll(again, life.model);
    life.device = device.reopen({ seed: 2 });
  }
  life.device.flip(50, 4);
  life.device.flip(BLOCK + 50, 4);
  const [tag] = await refusalOf(life.device);
  assert.equal(tag, "unavailable");
});

Deno.test("store: a rotten content is left out and told", async () => {
  const life = await new Life(4).open();
  while (life.model.arrivals.length < 5) life.append();
  const { particle, octets } = life.model.arrivals.find((one) =>
    one.octets.length > 30
  )!;
  const used = Number(valueOf(life.cell.reads.count()).deviceUsed);
  const log = life.device.peek(0, used).toHex();
  const at = log.indexOf(octets.toHex()) / 2;
  life.device.flip(at + 10, 1);
  assert.equal(
    valueOf(life.cell.reads.content(particle, 0n, 1 << 20)),
    undefined,
  );
  const left = valueOf(life.cell.reads.arrivals(0, 1 << 20)).items;
  assert.ok(!left.some((one) => one.particle === particle));
  const health = life.cell.lifecycle.health();
  assert.equal(health.tag, "degraded");
  assert.match(
    (health as { val: string }).val,
    new RegExp(`particle ${particle} `),
  );
  assert.ok(life.cell.log.some((line) => line.startsWith("error: corrupt")));
});

Deno.test("store: an unreadable block fails the opening, a read only", async () => {
  const life = await new Life(5).open();
  for (let i = 0; i < 4; i++) life.append();
  life.cell.settle();
  const device = life.device.reopen({ seed: 1 });
  device.breakReadsAt(2 * BLOCK);
  const cell = await graphCell(device);
  cell.start();
  cell.settle();
  const health = cell.lifecycle.health();
  assert.deepEqual(health.tag, "failed");
  assert.match((health as { val: string }).val, /read at 8192: medium error/);
});

Deno.test("store: a record inside a refused append's content never comes back", async () => {
  // What comes first and second on the device, had the refused append not been.
  const twin = await new Life(12).open();
  const second = signalOf(twin, [utf8("second")]);
  twin.append(second);
  const third = signalOf(twin, [utf8("third")]);
  twin.append(third);
  const begin = twin.ends[0]!;
  const forged = twin.device.peek(begin, twin.ends[1]! - begin);

  const life = await new Life(12).open();
  const padding = 3 * BLOCK;
  const probe = signalOf(life, [new Uint8Array(padding + forged.length)]);
  const skip = begin - 2 * BLOCK - contentsPlace(probe);
  const content = new Uint8Array(padding + forged.length);
  content.set(forged, skip);
  const first = signalOf(life, [content]);
  life.device.failAt(life.device.operations + 1, {
    kind: "refuse",
    refusal: { tag: "failed", val: "it did it, but says no" },
    didAll: true,
  });
  assert.equal(appendTo(life.cell, first).tag, "err");
  assert.deepEqual(life.device.peek(begin, forged.length), forged);
  life.append(second);
  assert.equal(life.ends[0], begin);
  compareAll(await life.anew(), life.model);
});

/** Where the first content's octets lie in the record of an append. */
function contentsPlace(append: Append): number {
  const { signal, contents } = append.entries[0]!;
  const body = 123 + 33 + 76 * signal.links.length;
  return 64 + 4 + body + 3373 + (contentsOf(contents).length > 0 ? 4 : 0);
}

Deno.test("store: a slot that cannot be is refused, also with a right check", async () => {
  for (const format of [2, 3]) {
    const life = await new Life(2).open();
    life.append();
    life.cell.settle();
    const device = life.device.reopen({ seed: 1 });
    for (const at of [0, BLOCK]) {
      const before = device.peek(at, 256);
      const forged = before.slice();
      forged[8] = format;
      forged.set([0, 0, 0x9a, 0x9a], 152);
      forged.set(blake3(forged.subarray(0, 224)), 224);
      forged.forEach((octet, i) => {
        if (octet !== before[i]) device.flip(at + i, octet ^ before[i]!);
      });
    }
    const [tag, why] = await refusalOf(device);
    assert.equal(tag, "unavailable");
    assert.match(why, /place 2593783808 for checkpoints of 2/);
  }
});
