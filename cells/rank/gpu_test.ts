/**
 * The way by a GPU: that it leads to the same fixed point, that what is confirmed never
 * comes of it, and that whatever goes wrong ends on the CPU with the same bits and a reason.
 *
 * The device is a model (`testing/gpu_model.ts`): the programs on adapters are tested in
 * `node/rank_gpu_test.ts`. Plan: agreement on weights of one and others, hubs of several pieces, dangling
 * nodes, diffusion alone; what is confirmed; where steps end; no device, its limits, its loss at any
 * request, silence, lies, halves that are lost; a stop at any request.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import {
  randomLinks,
  seeded,
} from "../../conformance/cells/rank/random_links.ts";
import {
  distance,
  type WeightedLink,
} from "../../conformance/cells/rank/reference.ts";
import { GpuModel } from "./testing/gpu_model.ts";
import { GraphModel } from "./testing/graph_model.ts";
import {
  openRank,
  type RankCell,
  type RankCellOptions,
} from "./testing/rank_cell.ts";

type Config = [string, string][];
const ON: Config = [["gpu", "yes"], ["gpu-min", "0"]];
const L1_ERROR_MAX = 1e-9;
const STEPS_MAX = 100_000;
const REST_US = 3_000_000n;

/** Links that all weigh one, one of four to a hub. */
function hub(particles: number, count: number): WeightedLink[] {
  const below = seeded(7);
  return Array.from({ length: count }, (_, at) => ({
    origin: at % particles,
    target: below(4) === 0 ? 0 : below(particles),
    weight: 1n,
  }));
}

function light(links: readonly WeightedLink[]): WeightedLink[] {
  return links.map((link) => ({ ...link, weight: link.weight % 1000n }));
}

/** Steps until it rests; what waits for the device has its clock moved on. */
function settle(cell: RankCell, waitUs = 1000n): void {
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    const progress = cell.background.step();
    if (progress.tag !== "idle") continue;
    if (!cell.standing().computing) return;
    cell.clockUs += waitUs;
  }
  throw new Error("it never rests");
}

async function started(
  links: readonly WeightedLink[],
  config: Config,
  options: RankCellOptions,
): Promise<RankCell> {
  const cell = await openRank(new GraphModel(links), options);
  return cell.start(config);
}

async function onCpu(
  links: readonly WeightedLink[],
  config: Config = [],
): Promise<Float64Array> {
  const cell = await started(links, config, {});
  settle(cell);
  return cell.vector();
}

const RECORDS: ReadonlyArray<readonly [string, WeightedLink[], Config]> = [
  ["weights", light(randomLinks(3, 200, 2000)), []],
  ["a hub of several pieces", hub(5000, 20_000), []],
  ["diffusion alone", light(randomLinks(5, 300, 1500)), [
    ["operators", "diffusion"],
  ]],
  ["a short path", [{ origin: 0, target: 1, weight: 1n }, {
    origin: 1,
    target: 2,
    weight: 1n,
  }], []],
];

Deno.test("gpu: the same fixed point, by one round in f64, and said to be so", async () => {
  for (const [name, links, config] of RECORDS) {
    const model = new GpuModel();
    const cell = await started(links, [...ON, ...config], { gpu: model.gpu });
    settle(cell);
    deepStrictEqual(cell.lifecycle.health(), { tag: "ok" }, name);
    const standing = cell.standing();
    ok(standing.iterations <= 2, `${name}: ${standing.iterations} rounds`);
    ok(standing.bound < 1e-6, `${name}: bound ${standing.bound}`);
    strictEqual(standing.confirmed, false, name);
    ok(model.accepted > 100, `${name}: ${model.accepted} requests`);
    strictEqual(model.buffers.size, 0, `${name}: buffers are left`);
    const exact = await onCpu(links, [["tolerance", "1e-13"], ...config]);
    const away = distance(cell.vector(), exact);
    ok(away < L1_ERROR_MAX, `${name}: ${away}`);
  }
});

Deno.test("gpu: what confirms comes of the CPU, with its bits", async () => {
  const [[, links] = ["", []]] = RECORDS;
  const model = new GpuModel();
  const cell = await started(links, ON, { gpu: model.gpu });
  settle(cell);
  const asked = model.accepted;
  strictEqual(cell.standing().confirmed, false);
  cell.clockUs += REST_US;
  settle(cell);
  strictEqual(cell.standing().confirmed, true);
  strictEqual(model.accepted, asked, "the device was asked");
  deepStrictEqual(cell.vector(), await onCpu(links));
});

Deno.test("gpu: the bits do not depend on where steps end", async () => {
  const [[, links] = ["", []]] = RECORDS;
  const vectors: Float64Array[] = [];
  for (const yieldEvery of [1, 7, Infinity]) {
    const cell = await started(links, ON, {
      gpu: new GpuModel().gpu,
      yieldEvery,
    });
    settle(cell);
    strictEqual(cell.standing().confirmed, false);
    vectors.push(cell.vector());
  }
  deepStrictEqual(vectors[1], vectors[0]);
  deepStrictEqual(vectors[2], vectors[0]);
});

/** Runs with a device that something is wrong with: the CPU's bits, and the reason. */
async function fallsBack(
  model: GpuModel,
  why: RegExp,
  links = RECORDS[0]?.[1] ?? [],
  waitUs?: bigint,
): Promise<RankCell> {
  const cell = await started(links, ON, { gpu: model.gpu });
  settle(cell, waitUs);
  const health = cell.lifecycle.health();
  strictEqual(health.tag, "degraded");
  match(String(health.tag === "degraded" ? health.val : ""), why);
  match(cell.log.join("\n"), why);
  strictEqual(cell.standing().confirmed, true);
  deepStrictEqual(cell.vector(), await onCpu(links));
  strictEqual(model.buffers.size, 0, "buffers are left");
  return cell;
}

Deno.test("gpu: no device, and one that is too small", async () => {
  const absent = new GpuModel();
  absent.absent = "WebGPU finds no adapter here";
  await fallsBack(absent, /^gpu: WebGPU finds no adapter here; on the CPU/m);
  const limited = async (
    limits: Partial<GpuModel["limits"]>,
    why: RegExp,
  ) => {
    const model = new GpuModel();
    model.limits = { ...model.limits, ...limits };
    await fallsBack(model, why);
    strictEqual(model.accepted, 0, "it was asked all the same");
  };
  await limited({ bufferMax: 4096n }, /buffers have 4096 octets at most/);
  await limited({ memoryMax: 100_000n }, /gives 100000 octets at most/);
  await limited({ bindingsMax: 4 }, /it has 4 bindings, and 8 are needed/);
});

Deno.test("gpu: weights that f32 does not hold", async () => {
  const links = [1n, 2n ** 24n, 3n].map((weight, at) => ({
    origin: at,
    target: at + 1,
    weight,
  }));
  await fallsBack(new GpuModel(), /weights above 2\^23/, links);
});

Deno.test("gpu: lost at any request", async () => {
  const links = light(randomLinks(11, 60, 200));
  const whole = new GpuModel();
  settle(await started(links, ON, { gpu: whole.gpu }));
  const below = seeded(23);
  for (let round = 0; round < 25; round++) {
    const model = new GpuModel();
    model.lostAfter = below(whole.accepted - 1);
    await fallsBack(model, /the device was lost: by the test/, links);
  }
});

Deno.test("gpu: one that answers no more is given up after a minute", async () => {
  const model = new GpuModel();
  model.silentAfter = 60;
  await fallsBack(
    model,
    /has not answered for a minute/,
    undefined,
    1_000_000n,
  );
});

Deno.test("gpu: halves that are lost are noticed, and the device is not asked again", async () => {
  const model = new GpuModel();
  model.isCoarse = true;
  const cell = await fallsBack(model, /come no nearer|in a round, more than/);
  const { accepted } = model;
  ok(accepted > 0);
  strictEqual(cell.standing().computing, false);
});

Deno.test("gpu: what it says wrong", async () => {
  const lies: ReadonlyArray<readonly [GpuModel["distort"], RegExp]> = [
    [
      (work) =>
        work.tag === "compile"
          ? { tag: "rejected", val: "1:1: no" }
          : undefined,
      /does not take it: 1:1: no/,
    ],
    [
      (work) =>
        work.tag === "dispatch" ? { tag: "failed", val: "smoke" } : undefined,
      /the device failed: smoke/,
    ],
    [
      (work) =>
        work.tag === "read"
          ? { tag: "octets", val: new Uint8Array(4) }
          : undefined,
      /other octets than were asked for/,
    ],
    [
      (work) =>
        work.tag === "read"
          ? {
            tag: "octets",
            val: new Uint8Array(Number(work.val.length)).fill(255),
          }
          : undefined,
      /no distribution/,
    ],
    [
      (work) => work.tag === "write" ? { tag: "overrun" } : undefined,
      /did not answer in time/,
    ],
  ];
  for (const [distort, why] of lies) {
    const model = new GpuModel();
    model.distort = distort;
    await fallsBack(model, why);
  }
});

/** Another vector than the one that was computed, and a distribution all the same. */
Deno.test("gpu: a result that is wrong is found by the first round in f64", async () => {
  const model = new GpuModel();
  const n = 200;
  model.distort = (work) => {
    if (work.tag !== "read" || work.val.length < 1000n) return undefined;
    const halves = new Float32Array(Number(work.val.length) / 4);
    for (let at = 0; at < halves.length; at += 2) halves[at] = 1 / n;
    return { tag: "octets", val: new Uint8Array(halves.buffer) };
  };
  const cell = await fallsBack(model, /changes by .* in a round, more than/);
  const { accepted } = model;
  cell.clockUs += REST_US;
  settle(cell);
  strictEqual(model.accepted, accepted, "it was asked again");
});

Deno.test("gpu: stopped at any request, nothing is left on the device", async () => {
  const links = light(randomLinks(13, 60, 200));
  const below = seeded(29);
  for (let round = 0; round < 10; round++) {
    const model = new GpuModel();
    const cell = await started(links, ON, { gpu: model.gpu, yieldEvery: 1 });
    const last = below(400);
    for (let steps = 0; steps < STEPS_MAX && model.accepted < last; steps++) {
      const progress = cell.background.step();
      cell.clockUs += 1000n;
      if (progress.tag === "idle" && !cell.standing().computing) break;
    }
    cell.lifecycle.stop();
    model.gpu.take(1000);
    model.gpu.take(1000);
    // What was being made when it ended is the share's to release (hal/gpu/share.ts).
    ok(model.buffers.size <= 16, `${model.buffers.size} buffers are left`);
    const next = await started(links, ON, { gpu: model.gpu });
    settle(next);
    deepStrictEqual(next.lifecycle.health(), { tag: "ok" });
  }
});

Deno.test("gpu: not asked unless the configuration says so, nor for a small graph", async () => {
  const [[, links] = ["", []]] = RECORDS;
  for (const config of [[], [["gpu", "no"]], [["gpu", "yes"]]] as Config[]) {
    const model = new GpuModel();
    const cell = await started(
      config.some(([, value]) => value === "yes") ? links.slice(0, 5) : links,
      [...config, ["gpu-min", "1000"]],
      { gpu: model.gpu },
    );
    settle(cell);
    strictEqual(model.accepted, 0);
    strictEqual(cell.standing().confirmed, true);
    deepStrictEqual(cell.lifecycle.health(), { tag: "ok" });
  }
});
