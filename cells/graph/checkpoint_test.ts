/**
 * Checkpoints: written while appends go on, read instead of the log, and of no
 * consequence to what the store holds, whatever becomes of them.
 */
import assert from "node:assert/strict";
import {
  type Fault,
  SimulatedBlockDevice,
} from "../../conformance/sim/block_device.ts";
import { axonOf, GraphModel } from "./model/graph_model.ts";
import { History } from "./model/history.ts";
import { StateModel } from "./model/state_model.ts";
import { appendTo, compareAll } from "./testing/compare.ts";
import { CrashRun } from "./testing/crash_run.ts";
import { NETWORK } from "./testing/fresh.ts";
import { type GraphCell, openGraph, valueOf } from "./testing/graph_cell.ts";
import { hex } from "./testing/signals.ts";

/** As often as the rule allows: when the log has grown by what one takes. */
const OFTEN: [string, string][] = [["checkpoint-octets", "1"]];
const READ = /a checkpoint was read: (\d+) signals/;
const VERSION_AT = 8;
/** Number of late axons in a checkpoint's header. */
const LATE_AXONS_AT = 156;
const DEVICE_SEARCHED = 4 << 20;

function signalsRead(cell: GraphCell): number | undefined {
  const line = cell.log.find((text) => READ.test(text));
  return line === undefined ? undefined : Number(READ.exec(line)![1]);
}

/** Superblock versions, copy 0 and copy 1. */
function versions(device: SimulatedBlockDevice, blockSize: number): number[] {
  return [0, blockSize].map((at) => device.peek(at + VERSION_AT, 1)[0]!);
}

/** Where checkpoints begin. */
function headers(device: SimulatedBlockDevice, blockSize: number): number[] {
  const magic = new TextEncoder().encode("KCHK").toHex();
  return Array.from(
    { length: DEVICE_SEARCHED / blockSize },
    (_, i) => i * blockSize,
  ).filter((at) => device.peek(at, 4).toHex() === magic);
}

function compareWhole(cell: GraphCell, model: GraphModel): void {
  compareAll(cell, model);
  const state = valueOf(valueOf(cell.proofs.latest()));
  assert.equal(hex(state.root), hex(new StateModel(model).root));
}

for (const seed of [71, 72]) {
  Deno.test(`graph: a store opens from its checkpoints and the tail, seed ${seed}`, async () => {
    const model = new GraphModel(NETWORK);
    const history = new History(seed, model, 60);
    let device = new SimulatedBlockDevice({
      seed,
      blockSize: history.pick([512, 4096]),
    });
    let cell = await openGraph(device, { yieldEvery: 1 }, OFTEN);
    const reads: number[] = [];
    for (let i = 0; i < 60; i++) {
      const append = history.good();
      valueOf(appendTo(cell, append));
      model.apply(append.entries, append.note);
      const steps = history.below(4);
      for (let step = 0; step < steps; step++) cell.background.step();
      if (history.random() > 0.15) continue;
      if (history.random() < 0.5) cell.settle();
      device = device.reopen({ seed: seed + i });
      cell = await openGraph(device, { yieldEvery: 1 }, OFTEN);
      const read = signalsRead(cell);
      if (read !== undefined) reads.push(read);
      compareWhole(cell, model);
    }
    cell.settle();
    cell = await openGraph(device.reopen({ seed }), {}, OFTEN);
    compareWhole(cell, model);
    assert.ok(new Set(reads).size > 2, `checkpoints read: ${reads}`);
  });
}

Deno.test("graph: a store without checkpoints has format 1, and gets them later", async () => {
  const model = new GraphModel(NETWORK);
  const history = new History(73, model, 60);
  const never: [string, string][] = [["checkpoint-octets", "0"]];
  const blockSize = 4096;
  let device = new SimulatedBlockDevice({ seed: 73, blockSize });
  let cell = await openGraph(device, {}, never);
  for (let i = 0; i < 20; i++) {
    const append = history.good();
    valueOf(appendTo(cell, append));
    model.apply(append.entries, append.note);
    cell.settle();
  }
  assert.deepEqual(versions(device, blockSize), [1, 1]);
  device = device.reopen({ seed: 1 });
  cell = await openGraph(device, {}, OFTEN);
  assert.equal(signalsRead(cell), undefined);
  compareWhole(cell, model);
  cell.settle();
  assert.deepEqual(versions(device, blockSize), [2, 2]);
  device = device.reopen({ seed: 2 });
  cell = await openGraph(device, {}, OFTEN);
  assert.equal(signalsRead(cell), model.height);
  compareWhole(cell, model);
  const log = await openGraph(device.reopen({ seed: 3 }), {}, [
    ["from-log", "yes"],
  ]);
  assert.equal(signalsRead(log), undefined);
  compareWhole(log, model);
});

Deno.test("graph: a particle that becomes an axon while a checkpoint is written", async () => {
  const model = new GraphModel(NETWORK);
  const history = new History(74, model, 60);
  let device = new SimulatedBlockDevice({ seed: 74 });
  let cell = await openGraph(device, { yieldEvery: 1 }, OFTEN);
  const [from, to] = [history.ids[1]!, history.ids[2]!];
  const axon = axonOf(from, to);
  const append = (ends: readonly [Uint8Array, Uint8Array]) => {
    const signal = history.signal(history.bundles[0]!, []);
    const link = { ...signal.links[0]!, from: ends[0], to: ends[1] };
    const entries = [{ signal: { ...signal, links: [link] }, contents: [] }];
    valueOf(appendTo(cell, { entries, note: undefined }));
    model.apply(entries);
  };
  append([axon, from]);
  const before = model.height;
  // A checkpoint begins with its gap; the cell yields before its first piece.
  const used = () => valueOf(cell.reads.count()).deviceUsed;
  for (const begun = used(); used() === begun;) cell.background.step();
  append([from, to]);
  cell.settle();
  const late = headers(device, 4096).map((at) =>
    device.peek(at + LATE_AXONS_AT, 1)[0]
  );
  assert.ok(late.includes(1), "the axon came too late or too early");
  device = device.reopen({ seed: 1 });
  cell = await openGraph(device, {}, OFTEN);
  assert.ok((signalsRead(cell) ?? 0) >= before);
  compareWhole(cell, model);
});

Deno.test("graph: a checkpoint that rots is left alone, the log is replayed", async () => {
  const model = new GraphModel(NETWORK);
  const history = new History(75, model, 60);
  const device = new SimulatedBlockDevice({ seed: 75, blockSize: 512 });
  const cell = await openGraph(device, {}, OFTEN);
  for (let i = 0; i < 10; i++) {
    const append = history.good();
    valueOf(appendTo(cell, append));
    model.apply(append.entries, append.note);
    cell.settle();
  }
  const places = headers(device, 512);
  assert.ok(places.length > 0, "no checkpoint was written");
  let left = 0;
  for (const place of places) {
    for (const offset of [0, 30, 120, 512, 700, 2000]) {
      const rotten = device.reopen({ seed: 1 });
      rotten.flip(place + offset, 4);
      const again = await openGraph(rotten, {}, OFTEN);
      const warned = again.log.some((line) =>
        /replayed from its beginning/.test(line)
      );
      assert.equal(warned, signalsRead(again) === undefined);
      if (warned) left++;
      compareWhole(again, model);
    }
  }
  // One of two slots at most holds a checkpoint that does not count.
  assert.ok(left >= 6, `only ${left} were left alone`);
});

const POWER: Fault = { kind: "power" };
const FAILED: Fault = {
  kind: "refuse",
  refusal: { tag: "failed", val: "controller reset" },
};

/** A life whose checkpoints are written between appends. */
async function live(run: CrashRun, appends: number): Promise<boolean> {
  await run.open();
  for (let i = 0; i < appends; i++) {
    if (!run.append()) return false;
    for (let step = 0; step < 1 + i % 3; step++) {
      if (!run.step()) return false;
    }
  }
  return run.rest();
}

const SEED = 81;
/** Enough for three checkpoints: the third is written over the first. */
const APPENDS = 6;

function crashRun(seed: number): CrashRun {
  return new CrashRun(seed, { transferMax: 1 << 16 }, OFTEN);
}

/** The writes and flushes of a life without faults that has checkpoints. */
async function changes(): Promise<readonly number[]> {
  const run = crashRun(SEED);
  assert.ok(await live(run, APPENDS));
  const numbers = [...run.device.changes];
  run.crash();
  await run.open();
  assert.ok(signalsRead(run.cell) !== undefined, "no checkpoint was written");
  return numbers;
}

Deno.test("graph: survives a power failure at each write and flush of checkpoints", async () => {
  let read = 0;
  for (const at of await changes()) {
    const run = crashRun(SEED);
    run.device.failAt(at, POWER);
    await live(run, APPENDS);
    assert.equal(run.crashes, 1, `no crash at operation ${at}`);
    await run.recover();
    if (signalsRead(run.cell) !== undefined) read++;
    if (at % 3 !== 0) continue;
    run.append();
    run.crash();
    await run.recover();
  }
  assert.ok(read > 10, `only ${read} openings read a checkpoint`);
});

Deno.test("graph: a refused write or flush of a checkpoint has no effect", async () => {
  for (const at of await changes()) {
    const run = crashRun(SEED);
    run.device.failAt(at, FAILED);
    assert.ok(await live(run, APPENDS));
    run.append();
    run.crash();
    await run.recover();
  }
});

Deno.test("graph: random faults, several a life, with checkpoints", async () => {
  let read = 0;
  let crashes = 0;
  for (let seed = 200; seed < 212; seed++) {
    const run = crashRun(seed);
    await run.open();
    const { random } = run.history;
    for (let i = 0; i < 16; i++) {
      if (random() < 0.3) {
        run.plan(Math.floor(random() * 30), random() < 0.7 ? POWER : FAILED);
      }
      const alive = random() < 0.5 ? run.step() : run.append();
      if (!alive || random() < 0.1) {
        if (alive) run.crash();
        await run.recover();
        if (signalsRead(run.cell) !== undefined) read++;
      }
    }
    run.crash();
    await run.recover();
    crashes += run.crashes;
  }
  assert.ok(crashes > 20, `only ${crashes} crashes`);
  assert.ok(read > 10, `only ${read} openings read a checkpoint`);
});
