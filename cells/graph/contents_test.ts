/**
 * Contents that are kept apart: any range is checked against the identity,
 * chunks are shared, what is let go leaves its space and its fact, and a
 * content that is gone or damaged comes back when its octets are offered again.
 */
import assert from "node:assert/strict";
import { SimulatedBlockDevice } from "../../conformance/sim/block_device.ts";
import { bring, noise, official, readBack } from "./testing/apart.ts";
import { BLOCK, CONFIG, Life, signalOf } from "./testing/life.ts";
import { type GraphCell, openGraph, valueOf } from "./testing/graph_cell.ts";
import { identityOf } from "./testing/signals.ts";

const NOTHING = new Uint8Array();

/** A store whose links name the contents, which are not there yet. */
async function linked(seed: number, ...contents: Uint8Array[]): Promise<Life> {
  const life = await new Life(seed).open();
  life.append();
  const { entries } = signalOf(life, contents);
  life.append({
    entries: entries.map(({ signal }) => ({ signal, contents: [] })),
    note: undefined,
  });
  return life;
}

function numberOf(cell: GraphCell, content: Uint8Array): number {
  return valueOf(cell.reads.find(identityOf(content)))!;
}

function look(cell: GraphCell, content: Uint8Array) {
  return valueOf(cell.contents.look(identityOf(content)));
}

Deno.test("contents: every range of a content is what it should be", async () => {
  const sizes = [0, 1, 1024, 16384, 16385, 40000, 102400, 900_001, 3 << 20];
  const contents = sizes.map((size) => official(size));
  const life = await linked(801, ...contents);
  for (const [i, content] of contents.entries()) {
    // The shortest are in the random history, too.
    if (content.length < 2 && look(life.cell, content).presence === "here") {
      continue;
    }
    const piece = [1 << 20, 1000, 333_333][i % 3]!;
    assert.equal(bring(life.cell, content, { piece }), "kept");
  }
  const check = (cell: GraphCell) => {
    for (const content of contents) {
      const particle = numberOf(cell, content);
      const described = valueOf(cell.reads.describe(particle))!;
      assert.equal(described.size, BigInt(content.length));
      assert.equal(look(cell, content).presence, "here");
      const whole = readBack(cell, particle, content.length, 1 << 20)!;
      assert.deepEqual(whole.toHex(), content.toHex());
      for (const [from, length] of [[0, 1], [16383, 2], [99_999, 70_000]]) {
        const part = valueOf(
          cell.reads.content(particle, BigInt(from!), length!),
        );
        assert.deepEqual(part, content.slice(from, from! + length!));
      }
    }
  };
  check(life.cell);
  life.cell.settle();
  check(await life.anew());
  const again = bring(life.cell, contents[3]!);
  assert.deepEqual(again, { tag: "here" });
});

Deno.test("contents: contents share the chunks that they have in common", async () => {
  const first = noise(1, 2_000_000);
  const second = new Uint8Array(2_000_900);
  second.set(first.subarray(0, 700_000));
  second.set(noise(2, 900), 700_000);
  second.set(first.subarray(700_000), 700_900);
  const life = await linked(802, first, second);
  assert.equal(bring(life.cell, first), "kept");
  const one = life.cell.contents.count();
  assert.equal(bring(life.cell, second), "kept");
  const both = life.cell.contents.count();
  assert.ok(both.chunks > one.chunks && both.chunks <= one.chunks + 3);
  life.cell.settle();
  const anew = await life.anew();
  assert.deepEqual(anew.contents.count(), both);
  // The shared chunks stay while one of the two is here.
  assert.equal(anew.contents.letGo(identityOf(first), "dropped").tag, "ok");
  assert.equal(look(anew, first).presence, "dropped");
  const whole = readBack(anew, numberOf(anew, second), second.length, 99_999)!;
  assert.deepEqual(whole.toHex(), second.toHex());
  assert.equal(anew.contents.letGo(identityOf(second), "dropped").tag, "ok");
  const { chunks, area, free } = anew.contents.count();
  assert.deepEqual([chunks, free], [0, area]);
});

Deno.test("contents: refusals, in the contract's words", async () => {
  const content = noise(3, 70_000);
  const other = noise(4, 70_000);
  const life = await linked(803, content, new Uint8Array([7]));
  const { cell } = life;
  assert.deepEqual(bring(cell, noise(5, 9)), { tag: "unknown-particle" });
  assert.deepEqual(bring(cell, other, { id: identityOf(content) }), {
    tag: "mismatch",
  });
  const tag = (answer: { tag: string; val?: unknown }) =>
    answer.tag === "err" ? (answer.val as { tag: string }).tag : "ok";
  const id = identityOf(content);
  assert.equal(
    tag(cell.contents.begin(id, (1n << 30n) + 1n, undefined)),
    "malformed",
  );
  assert.equal(tag(cell.contents.begin(id, 1n, 1n)), "malformed");
  assert.equal(tag(cell.contents.begin(NOTHING, 1n, undefined)), "malformed");
  assert.equal(tag(cell.contents.write(99, content)), "no-upload");
  const upload = valueOf(cell.contents.begin(id, 70_000n, undefined));
  assert.equal(tag(cell.contents.write(upload, noise(6, 70_001))), "malformed");
  assert.equal(tag(cell.contents.finish(upload)), "malformed");
  cell.contents.cancel(upload);
  assert.equal(tag(cell.contents.finish(upload)), "no-upload");
  // A fifth upload gives up the one that was quiet for longest.
  const ids = [0, 1, 2, 3, 4].map(() =>
    valueOf(cell.contents.begin(id, 70_000n, undefined))
  );
  assert.equal(tag(cell.contents.write(ids[0]!, content)), "no-upload");
  assert.equal(tag(cell.contents.write(ids[4]!, content)), "ok");
  assert.equal(tag(cell.contents.letGo(id, "here")), "malformed");
  const bundle = life.history.bundles.find((one) =>
    valueOf(cell.reads.find(identityOf(one))) !== undefined
  )!;
  assert.equal(
    tag(cell.contents.letGo(identityOf(bundle), "dropped")),
    "needed",
  );
  assert.equal(
    tag(cell.contents.letGo(identityOf(noise(5, 9)), "dropped")),
    "unknown-particle",
  );
  // Control: the octets themselves are taken.
  assert.equal(bring(cell, content), "kept");
  assert.equal(tag(cell.contents.letGo(id, "expired")), "malformed");
});

Deno.test("contents: rot is found by the range that it is in, and repaired", async () => {
  const content = noise(7, 800_000);
  const life = await linked(804, content);
  assert.equal(bring(life.cell, content), "kept");
  life.cell.settle();
  const particle = numberOf(life.cell, content);
  const at = placeOf(life.device, content.subarray(400_000, 400_064));
  life.device.flip(at, 4);
  const damaged = await life.anew();
  const first = valueOf(damaged.reads.content(particle, 0n, 100_000));
  assert.deepEqual(first, content.slice(0, 100_000));
  assert.equal(
    valueOf(damaged.reads.content(particle, 390_000n, 20_000)),
    undefined,
  );
  assert.equal(look(damaged, content).presence, "damaged");
  assert.equal(damaged.lifecycle.health().tag, "degraded");
  assert.equal(valueOf(damaged.reads.describe(particle))!.size, undefined);
  assert.deepEqual(
    bring(damaged, noise(8, 800_000), { id: identityOf(content) }),
    { tag: "mismatch" },
  );
  assert.equal(bring(damaged, content), "kept");
  assert.equal(damaged.lifecycle.health().tag, "ok");
  const whole = readBack(damaged, particle, content.length, 1 << 20)!;
  assert.deepEqual(whole.toHex(), content.toHex());
});

Deno.test("contents: an opening from the log reads every chunk", async () => {
  const content = noise(9, 500_000);
  const life = await linked(805, content);
  assert.equal(bring(life.cell, content), "kept");
  life.cell.settle();
  const at = placeOf(life.device, content.subarray(300_000, 300_064));
  life.device.flip(at, 4);
  const device = life.device.reopen({ seed: 1 });
  const cell = await openGraph(device, {}, [["from-log", "yes"]]);
  assert.equal(look(cell, content).presence, "damaged");
  assert.ok(
    cell.log.some((line) => /corrupt: the content of particle/.test(line)),
  );
});

Deno.test("contents: expired ones are let go in the background, by height", async () => {
  const content = noise(10, 300_000);
  const other = noise(11, 300_000);
  const life = await linked(806, content, other);
  const now = look(life.cell, content).height;
  assert.equal(bring(life.cell, content, { until: now + 2n }), "kept");
  assert.equal(bring(life.cell, other, { until: now + 9n }), "kept");
  life.cell.settle();
  assert.equal(look(life.cell, content).presence, "here");
  const heights = (cell: GraphCell) => valueOf(cell.reads.count()).height;
  while (heights(life.cell) < now + 2n) life.append();
  // By height, before anything was done.
  assert.equal(look(life.cell, content).presence, "expired");
  assert.equal(
    valueOf(life.cell.reads.content(numberOf(life.cell, content), 0n, 9)),
    undefined,
  );
  const before = life.cell.contents.count();
  life.cell.settle();
  const after = life.cell.contents.count();
  assert.ok(after.free > before.free + 290_000n);
  assert.deepEqual([before.contents, after.contents], [2, 1]);
  const anew = await life.anew();
  assert.deepEqual(look(anew, content), look(life.cell, content));
  assert.equal(look(anew, other).presence, "here");
  // The space is used again: the same content needs no more of the device.
  const used = valueOf(anew.reads.count()).deviceUsed;
  assert.equal(bring(anew, content), "kept");
  assert.ok(valueOf(anew.reads.count()).deviceUsed - used < 8192n);
});

Deno.test("contents: what is gone comes again with a signal", async () => {
  const content = noise(12, 50_000);
  const life = await linked(807, content);
  assert.equal(bring(life.cell, content), "kept");
  const gone = life.cell.contents.letGo(identityOf(content), "dropped");
  assert.equal(gone.tag, "ok");
  life.append(signalOf(life, [content]));
  assert.equal(look(life.cell, content).presence, "here");
  const check = (cell: GraphCell) => {
    const particle = numberOf(cell, content);
    assert.deepEqual(
      valueOf(cell.reads.content(particle, 0n, 1 << 20)),
      content,
    );
    assert.equal(look(cell, content).apart, false);
  };
  check(life.cell);
  life.cell.settle();
  check(await life.anew());
});

Deno.test("contents: a store without them keeps its format; one with them says 4", async () => {
  const content = noise(13, 5000);
  const life = await linked(808, content);
  life.cell.settle();
  const version = (at: number) => life.device.peek(at + 8, 1)[0];
  assert.ok(Number(version(0)) < 4 && Number(version(BLOCK)) < 4);
  assert.equal(bring(life.cell, content), "kept");
  assert.deepEqual([version(0), version(BLOCK)], [4, 4]);
  assert.equal(
    (await openGraph(life.device, {}, CONFIG.slice(1))).lifecycle.health().tag,
    "ok",
  );
});

/** Where the device holds these octets. */
function placeOf(device: SimulatedBlockDevice, octets: Uint8Array): number {
  const wanted = octets.toHex();
  for (let at = 0; at < 16 << 20; at += 1 << 20) {
    const found = device.peek(at, (1 << 20) + octets.length).toHex().indexOf(
      wanted,
    );
    if (found >= 0 && found % 2 === 0) return at + found / 2;
  }
  throw new Error("the device does not hold the octets");
}
