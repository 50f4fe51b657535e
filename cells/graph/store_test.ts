/** What the cell finds on a device: blank, its own, another's, rotten, replaced. */
import assert from "node:assert/strict";
import { SimulatedBlockDevice } from "../../conformance/sim/block_device.ts";
import { GraphModel } from "./model/graph_model.ts";
import { type Append, History } from "./model/history.ts";
import { appendTo, compareAll } from "./testing/compare.ts";
import {
  type GraphCell,
  graphCell,
  NETWORK_NAME,
  openGraph,
  valueOf,
} from "./testing/graph_cell.ts";
import {
  contentsOf,
  DEFAULT_TOKEN,
  identityOf,
  networkOf,
  type Signal,
  utf8,
} from "./testing/signals.ts";

const BLOCK = 4096;
const CONFIG: [string, string][] = [["network", NETWORK_NAME]];

class Life {
  readonly model = new GraphModel(networkOf(NETWORK_NAME));
  readonly history: History;
  device: SimulatedBlockDevice;
  cell!: GraphCell;
  /** Where each record ends. */
  readonly ends: number[] = [];

  constructor(seed: number, capacity = 64 << 20) {
    this.device = new SimulatedBlockDevice({
      seed,
      blockSize: BLOCK,
      capacity,
    });
    this.history = new History(seed, this.model);
  }

  async open(): Promise<this> {
    this.cell = await openGraph(this.device);
    return this;
  }

  append(append: Append = this.history.good()): void {
    valueOf(appendTo(this.cell, append));
    this.model.apply(append.entries, append.note);
    this.ends.push(Number(valueOf(this.cell.reads.count()).deviceUsed));
  }

  /** A started cell over a copy of what the device shows. */
  async anew(): Promise<GraphCell> {
    return await openGraph(this.device.reopen({ seed: 1 }));
  }
}

async function refusalOf(
  device: SimulatedBlockDevice,
  config: [string, string][] = CONFIG,
): Promise<[string, string]> {
  const answer = (await graphCell(device)).lifecycle.start(config, undefined);
  assert.equal(answer.tag, "err");
  const { tag, val } = answer.val as { tag: string; val: string };
  return [tag, val];
}

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
  assert.match(text, /format 7, this cell reads format 1/);
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

function signalOf(life: Life, contents: Uint8Array[]): Append {
  const bundle = life.history.bundles[0]!;
  const head = life.model.head(identityOf(bundle));
  const signal: Signal = {
    network: life.model.network,
    neuron: identityOf(bundle),
    step: head.nextStep,
    previous: head.previous,
    time: 0n,
    links: contents.map((content) => ({
      from: identityOf(content),
      to: DEFAULT_TOKEN,
      token: DEFAULT_TOKEN,
      amount: 1n,
      valence: 0,
    })),
  };
  return { entries: [{ signal, contents }], note: undefined };
}

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
