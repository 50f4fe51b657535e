/**
 * The rank cell's programs on the reference, and on an adapter where there is one.
 *
 * An adapter is hardware or an emulation; where there is none, that is said. Plan: weights, nodes without a
 * way out, a hub of several pieces, diffusion alone, each against the cell in f64 to 1e-13; the
 * device taken away in the middle. What needs no adapter is in `cells/rank/gpu_test.ts`.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { GraphModel } from "../cells/rank/testing/graph_model.ts";
import { openRank, type RankCell } from "../cells/rank/testing/rank_cell.ts";
import { randomLinks } from "../conformance/cells/rank/random_links.ts";
import {
  distance,
  type WeightedLink,
} from "../conformance/cells/rank/reference.ts";
import { openCpuGpu } from "../drivers/cpu/gpu/open.ts";
import { openWebGpu } from "../drivers/web/gpu/open.ts";
import type { Gpu } from "../hal/gpu_contract.ts";
import type { HostedGpu } from "../hal/hosted/gpu_host.ts";

type Config = [string, string][];
const ON: Config = [["gpu", "yes"], ["gpu-min", "0"]];
const L1_ERROR_MAX = 1e-9;
const WISH = { power: "any", software: true } as const;

const DRIVERS = [["cpu/gpu", openCpuGpu], ["web/gpu", openWebGpu]] as const;

/** Runs `body` with the reference and with an adapter, or says why there is none. */
async function onEach(
  body: (hosted: HostedGpu, driver: string) => Promise<void>,
): Promise<void> {
  for (const [driver, open] of DRIVERS) {
    const hosted = open({ inFlightMax: 256, ahead: 128 });
    try {
      const attached = hosted.control.attach(WISH);
      if (attached.tag === "ok") await body(hosted, driver);
      else {
        strictEqual(driver, "web/gpu", "the reference is on every machine");
        console.log(`  left out: ${attached.val.val ?? attached.val.tag}`);
      }
    } finally {
      hosted.close();
    }
  }
}

/** Steps until it rests, and leaves the device time between two looks. */
async function settle(cell: RankCell): Promise<void> {
  for (;;) {
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

/** Weights, nodes without a way out, and one that ten thousand lead to. */
function uneven(): WeightedLink[] {
  const leaves = Array.from({ length: 10_000 }, (_, at) => ({
    origin: 200 + at,
    target: 0,
    weight: 1n,
  }));
  return [...light(randomLinks(3, 200, 2000)), ...leaves];
}

const RECORDS: ReadonlyArray<readonly [string, WeightedLink[], Config]> = [
  ["tri-kernel", uneven(), []],
  ["diffusion alone", light(randomLinks(5, 300, 1500)), [
    ["operators", "diffusion"],
  ]],
];

Deno.test("rank on a GPU: one round in f64 proves what it came to", async () => {
  await onEach(async ({ gpu }, driver) => {
    for (const [record, links, config] of RECORDS) {
      const name = `${driver}, ${record}`;
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

Deno.test("rank on a GPU: taken away in the middle, the CPU's octets and the reason", async () => {
  const links = light(randomLinks(17, 100, 800));
  const cpu = (await computed(links, [])).vector();
  await onEach(async ({ gpu, control }) => {
    // Some rounds are under way by then.
    let left = 80;
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
  });
});
