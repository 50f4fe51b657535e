/**
 * Rank by a real adapter: its programs on the cell alone, and whole nodes whose system file
 * grants a GPU.
 *
 * Where there is no adapter, the tests that need one say that they are left out. The others
 * hold everywhere: what is confirmed has the octets of a node without a GPU, and a
 * device that is not there is said.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { randomLinks, seeded } from "../conformance/cells/rank/random_links.ts";
import {
  distance,
  type WeightedLink,
} from "../conformance/cells/rank/reference.ts";
import { GraphModel } from "../cells/rank/testing/graph_model.ts";
import { openRank, type RankCell } from "../cells/rank/testing/rank_cell.ts";
import { openWebGpu } from "../drivers/web/gpu/open.ts";
import type { HostedGpu } from "../hal/hosted/gpu_host.ts";
import type { Gpu } from "../hal/gpu_contract.ts";
import { ranksOf } from "./local/local_node.ts";
import { replayFile } from "./record/replay_file.ts";
import { builtComponent, relabelled } from "./testing/components.ts";
import { openTestNode, type TestNode, until } from "./testing/node.ts";
import { settledRanks } from "./testing/ranks.ts";
import { systemFile } from "./testing/system_file.ts";

type Config = [string, string][];
const ON: Config = [["gpu", "yes"], ["gpu-min", "0"]];
const L1_ERROR_MAX = 1e-9;
const WAIT_MS = 240_000;
const GPU = "karyon:hal/gpu@0.1.0";
const WISH = { power: "any", software: true } as const;

/** Runs `body` with an adapter, or says why there is none. */
async function withAdapter(
  body: (hosted: HostedGpu) => Promise<void>,
): Promise<void> {
  const hosted = openWebGpu({ inFlightMax: 256, ahead: 128 });
  try {
    const attached = hosted.control.attach(WISH);
    if (attached.tag === "err") {
      return console.log(`  left out: ${attached.val.val ?? attached.val.tag}`);
    }
    await body(hosted);
  } finally {
    hosted.close();
  }
}

/** Steps until it rests, and leaves the device time between two looks. */
async function settle(
  cell: RankCell,
  between: () => void = () => {},
): Promise<void> {
  for (;;) {
    between();
    if (cell.background.step().tag !== "idle") continue;
    if (!cell.standing().computing) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function computed(
  links: readonly WeightedLink[],
  config: Config,
  gpu?: Gpu,
): Promise<RankCell> {
  const options = gpu === undefined ? {} : { gpu };
  const cell = await openRank(new GraphModel(links), options);
  await settle(cell.start(config));
  return cell;
}

const light = (links: readonly WeightedLink[]) =>
  links.map((link) => ({ ...link, weight: link.weight % 1000n }));

/** All leaves lead to one, and it to the first of them. */
const star = (leaves: number): WeightedLink[] =>
  Array.from({ length: leaves }, (_, at) => ({
    origin: at + 1,
    target: 0,
    weight: 1n,
  }));

const RECORDS: ReadonlyArray<readonly [string, WeightedLink[], Config]> = [
  [
    "weights, and nodes without a way out",
    light(randomLinks(3, 200, 2000)),
    [],
  ],
  ["a hub of three pieces", star(10_000), []],
  ["diffusion alone", light(randomLinks(5, 300, 1500)), [
    ["operators", "diffusion"],
  ]],
];

Deno.test("rank on an adapter: one round in f64 proves what it came to", async () => {
  await withAdapter(async ({ gpu }) => {
    for (const [name, links, config] of RECORDS) {
      const cell = await computed(links, [...ON, ...config], gpu);
      deepStrictEqual(cell.lifecycle.health(), { tag: "ok" }, name);
      const { iterations, confirmed } = cell.standing();
      ok(iterations <= 2, `${name}: ${iterations} rounds`);
      strictEqual(confirmed, false, name);
      const exact = await computed(links, [["tolerance", "1e-13"], ...config]);
      const away = distance(cell.vector(), exact.vector());
      ok(away < L1_ERROR_MAX, `${name}: ${away}`);
    }
  });
});

Deno.test("rank on an adapter: taken away in the middle, the CPU's octets and the reason", async () => {
  const links = light(randomLinks(17, 100, 800));
  const cpu = (await computed(links, [])).vector();
  await withAdapter(async ({ gpu, control }) => {
    const below = seeded(31);
    for (let round = 0; round < 2; round++) {
      if (round > 0) strictEqual(control.attach(WISH).tag, "ok");
      let left = 40 + below(60);
      const counted: Gpu = {
        ...gpu,
        submit: (work, within) => {
          left -= 1;
          if (left === 0) control.detach();
          return gpu.submit(work, within);
        },
      };
      const cell = await computed(links, ON, counted);
      const health = cell.lifecycle.health();
      ok(health.tag === "degraded");
      match(health.val, /^gpu: no device is attached; on the CPU instead$/);
      deepStrictEqual(cell.vector(), cpu);
    }
  });
});

/** A node whose rank is granted a GPU, an emulation too if it may be one. */
function granted(folder: string, software: "yes" | "no"): string {
  return systemFile(folder, ({ drivers, cells }) => {
    drivers.gpu = { driver: "web/gpu", config: { software } };
    const rank = Object(cells.rank);
    rank.grants[GPU] = "driver:gpu";
    rank.config = { gpu: "yes", "gpu-min": "0" };
  });
}

const LINKS = Array.from({ length: 300 }, (_, at) => ({
  from: { text: `particle ${at}` },
  to: { text: `particle ${(at * at) % 37}` },
}));

const MORE = LINKS.map(({ from }, at) => ({
  from,
  to: { text: `particle ${(at * 7) % 90}` },
}));

async function firstRanks({ node }: TestNode): Promise<boolean> {
  const ranks = ranksOf(node);
  let isConfirmed = true;
  await until("ranks are published", WAIT_MS, async () => {
    const standing = await Effect.runPromise(ranks.status());
    if (standing.tag === "err" || standing.val.version === 0n) return false;
    isConfirmed = standing.val.confirmed;
    return true;
  });
  return isConfirmed;
}

const rankCell = async ({ node }: TestNode) =>
  (await Effect.runPromise(node.api.cells())).find(({ name }) =>
    name === "rank"
  );

async function plainRanks(): Promise<Float64Array> {
  const test = await openTestNode();
  try {
    await Effect.runPromise(test.node.api.link(LINKS));
    return await settledRanks(test.node, WAIT_MS);
  } finally {
    await test.close();
    await Deno.remove(test.dataDir, { recursive: true });
  }
}

/** A swap while the device works, then the end of the grant. */
async function swappedAndRevoked(test: TestNode): Promise<void> {
  const { node } = test;
  await Effect.runPromise(node.api.link(MORE));
  await until("rank computes", WAIT_MS, async () => {
    const standing = await Effect.runPromise(ranksOf(node).status());
    return standing.tag === "ok" && standing.val.computing;
  }, 5);
  const next = relabelled(builtComponent("rank"), "next");
  await Effect.runPromise(
    node.kernel.swap("rank", { bytes: next, version: "next" }),
  );
  const swapped = await settledRanks(node, WAIT_MS);
  await Effect.runPromise(node.kernel.withdraw("rank", GPU));
  await Effect.runPromise(node.api.link(LINKS));
  const revoked = await settledRanks(node, WAIT_MS);
  strictEqual(revoked.length, swapped.length);
  await until(
    "the reason is shown",
    WAIT_MS,
    async () =>
      /^gpu: none is granted; on the CPU instead$/.test(
        (await rankCell(test))?.detail ?? "",
      ),
  );
}

Deno.test("a node that is granted a GPU: the confirmed octets, what it lacks is said, and it replays", async () => {
  const folder = await Deno.makeTempDir({ prefix: "karyon-gpu-" });
  try {
    const record = { octetsMax: 2 ** 28, report: () => {} };
    const options = { systemFile: granted(folder, "yes"), record };
    const test = await openTestNode({ ...options, dataDir: `${folder}/data` });
    try {
      await Effect.runPromise(test.node.api.link(LINKS));
      const isConfirmed = await firstRanks(test);
      const ranks = await settledRanks(test.node, WAIT_MS);
      deepStrictEqual(ranks, await plainRanks());
      const { state, detail = "" } = await rankCell(test) ?? {};
      if (state === "degraded") {
        match(detail, /^gpu: .*; on the CPU instead$/);
        console.log(`  without an adapter: ${detail}`);
      } else {
        strictEqual(state, "running");
        strictEqual(isConfirmed, false, "the GPU's way was not taken");
      }
      await swappedAndRevoked(test);
    } finally {
      await test.close();
    }
    const [entry] = [...Deno.readDirSync(`${folder}/data/record`)];
    const file = `${folder}/data/record/${entry?.name}`;
    const request = { file, progress: () => {} };
    const { lives, damaged } = await Effect.runPromise(replayFile(request));
    strictEqual(damaged, undefined);
    ok(lives.some(({ cell }) => cell === "rank"));
    for (const { cell, difference } of lives) {
      strictEqual(difference, undefined, `${cell}: another answer`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
