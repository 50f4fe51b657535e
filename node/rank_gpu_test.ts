/**
 * A whole node whose system file grants rank a GPU: the reference, and an adapter or none.
 *
 * What is confirmed has the octets of a node without a GPU, a device that is not there is
 * said, a swap in the middle and the end of the grant are survived, and the recording replays.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { ranksOf } from "./local/local_node.ts";
import { replayFile } from "./record/replay_file.ts";
import { builtComponent, relabelled } from "./testing/components.ts";
import { openTestNode, type TestNode, until } from "./testing/node.ts";
import { settledRanks } from "./testing/ranks.ts";
import { systemFile } from "./testing/system_file.ts";

const WAIT_MS = 240_000;
const GPU = "karyon:hal/gpu@0.1.0";

/** Drivers of a GPU; the reference is on every machine, an adapter perhaps. */
const DRIVERS = [
  { driver: "cpu/gpu", config: {} },
  { driver: "web/gpu", config: { software: "yes" } },
] as const;

/** A node whose rank is granted a GPU. */
function granted(folder: string, gpu: typeof DRIVERS[number]): string {
  return systemFile(folder, ({ drivers, cells }) => {
    drivers.gpu = { ...gpu, config: { ...gpu.config } };
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

for (const driver of DRIVERS) {
  Deno.test(`a node that is granted ${driver.driver}: the confirmed octets, what it lacks is said, and it replays`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "karyon-gpu-" });
    try {
      const record = { octetsMax: 2 ** 28, report: () => {} };
      const options = { systemFile: granted(folder, driver), record };
      const test = await openTestNode({
        ...options,
        dataDir: `${folder}/data`,
      });
      try {
        await Effect.runPromise(test.node.api.link(LINKS));
        const isConfirmed = await firstRanks(test);
        const ranks = await settledRanks(test.node, WAIT_MS);
        deepStrictEqual(ranks, await plainRanks());
        const { state, detail = "" } = await rankCell(test) ?? {};
        if (state === "degraded") {
          match(detail, /^gpu: .*; on the CPU instead$/);
          strictEqual(
            driver.driver,
            "web/gpu",
            "the reference is on every machine",
          );
          console.log(`  without an adapter: ${detail}`);
        } else {
          strictEqual(state, "running");
          strictEqual(isConfirmed, false, "the GPU's way was not taken");
        }
        // Once: the longest part, and the same for all drivers.
        if (driver.driver === "cpu/gpu") await swappedAndRevoked(test);
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
}
