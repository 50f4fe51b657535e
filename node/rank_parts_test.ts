/**
 * A node whose rank has a part on a hart of its own: the same ranks, octet by octet,
 * also after either of them was swapped.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { openImport } from "./import/mod.ts";
import { builtComponent, relabelled } from "./testing/components.ts";
import { writeLinks } from "./testing/links.ts";
import { openTestNode, type TestNode, until } from "./testing/node.ts";
import { governor, signedSwap } from "./testing/proposals.ts";
import { settledRanks } from "./testing/ranks.ts";

const LINKS = 6_000;
const WAIT_MS = 240_000;
const run = Effect.runPromise;

interface Entry {
  hart?: number;
  config?: Record<string, string>;
}

interface File {
  harts?: number;
  snapshots?: Record<string, unknown>;
  cells: Record<string, Entry>;
}

/** The node's own system file, its rank with a part if there is to be one. */
function systemFile(folder: string, hasPart: boolean): string {
  Deno.mkdirSync(`${folder}/build/cells`, { recursive: true });
  for (const name of ["graph", "rank", "query"]) {
    const path = `${folder}/build/cells/${name}.wasm`;
    Deno.writeFileSync(path, builtComponent(name));
  }
  const file: File = JSON.parse(Deno.readTextFileSync("system.json"));
  if (hasPart) {
    file.harts = 1;
    for (const entry of Object.values(file.cells)) entry.hart = 0;
    const { rank } = file.cells;
    ok(rank !== undefined);
    const names = { tasks: "rank-tasks", rows: "rank-rows" };
    file.cells["rank-part"] = {
      ...rank,
      hart: 1,
      config: { ...names, part: "1" },
    };
    rank.config = { ...names, "share-min": "0" };
    file.snapshots = {
      "rank-tasks": { mib: 4, writer: "rank", readers: ["rank-part"] },
      "rank-rows": { mib: 4, writer: "rank-part", readers: ["rank"] },
    };
  }
  Deno.writeTextFileSync(`${folder}/system.json`, JSON.stringify(file));
  return `${folder}/system.json`;
}

async function imported({ node }: TestNode, path: string): Promise<void> {
  const source = await openImport("tsv", path);
  for await (const { draft } of source.batches({})) {
    await run(node.api.submitDraft(draft));
  }
}

const focusOf = async ({ node }: TestNode) =>
  new Uint8Array((await settledRanks(node, WAIT_MS)).buffer).toHex();

/** Links come until rank says that its part has the same matrices. */
async function meet(test: TestNode, times: number): Promise<void> {
  let links = 0;
  await until("rank and its part have met", WAIT_MS, async () => {
    const met = test.logged.filter((line) =>
      line.includes("part 1 has the same matrices")
    );
    if (met.length >= times) return true;
    // Each one is computed anew: a quick rank may be over before its part begins.
    const to = { text: `${times} ${links++}` };
    await run(test.node.api.link([{ from: { text: "meeting" }, to }]));
    return false;
  }, 100);
}

async function swapped(test: TestNode, cell: string): Promise<void> {
  const { node, dataDir } = test;
  const component = relabelled(builtComponent("rank"), `another ${cell}`);
  const key = await governor(dataDir, "identity");
  const text = await signedSwap(node.network, cell, component, [key]);
  const report = await run(node.api.propose(text, component));
  strictEqual(report.state, "executed");
}

const statesOf = async ({ node }: TestNode) =>
  (await run(node.api.cells())).map(({ name, hart, state }) =>
    `${name} ${hart} ${state === "probation" ? "running" : state}`
  );

Deno.test("a node whose rank has a part ranks like one without, octet by octet", async () => {
  const folder = await Deno.makeTempDir({ prefix: "karyon-parts-" });
  const dataDir = `${folder}/data`;
  const openWith = (hasPart: boolean) =>
    openTestNode({ dataDir, systemFile: systemFile(folder, hasPart) });
  try {
    const test = await openWith(true);
    let focus: string;
    try {
      writeLinks(`${folder}/links.tsv`, LINKS, 800, 11);
      await imported(test, `${folder}/links.tsv`);
      deepStrictEqual(await statesOf(test), [
        "graph 0 running",
        "rank 0 running",
        "query 0 running",
        "rank-part 1 running",
      ]);
      await meet(test, 1);
      await swapped(test, "rank-part");
      await swapped(test, "rank");
      await meet(test, 2);
      focus = await focusOf(test);
    } finally {
      await test.close();
    }
    const alone = await openWith(false);
    try {
      strictEqual(await focusOf(alone), focus);
    } finally {
      await alone.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
