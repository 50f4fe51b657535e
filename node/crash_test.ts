/**
 * `kill -9` at random moments of an import: what was acknowledged is there,
 * the store opens, the import resumes, and the ranks are those of an import
 * that nobody disturbed.
 */
import { ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { distance } from "../conformance/cells/rank/reference.ts";
import { openImport } from "./import/mod.ts";
import { importInto } from "./testing/importing.ts";
import { seededRandom, writeLinks } from "./testing/links.ts";
import { openTestNode, withNode } from "./testing/node.ts";
import { settledRanks } from "./testing/ranks.ts";

const KILLS = Number(Deno.env.get("KARYON_KILLS") ?? 12);
const LINKS = 400_000;
const PARTICLES = 30_000;
const DELAY_MS_MAX = 900;
/** A checkpoint each time that the log has grown by so much, or by more. */
const CHECKPOINT_OCTETS = 1 << 20;
const ROOT = new URL("../", import.meta.url).pathname;

Deno.test(`no acknowledged batch is lost in ${KILLS} kills`, async () => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
  console.log(`  seed ${seed}`);
  const random = seededRandom(seed);
  const folder = await Deno.makeTempDir({ prefix: "karyon-crash-" });
  const file = `${folder}/links.tsv`;
  writeLinks(file, LINKS, PARTICLES, seed);
  const systemFile = await systemIn(folder);
  const undisturbed = await importWhole(file);
  let run = 0;
  const checkpoints = { read: 0 };
  let dataDir = `${folder}/node-${run}`;
  let durable = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const acknowledged = await importUntilKilled(
      dataDir,
      file,
      systemFile,
      random(DELAY_MS_MAX),
    );
    const links = await reopened(dataDir, file, systemFile, checkpoints);
    ok(
      links >= Math.max(durable, acknowledged),
      `kill ${kill}: ${links} links, ${acknowledged} were acknowledged`,
    );
    durable = links;
    if (links === LINKS) {
      dataDir = `${folder}/node-${run += 1}`;
      durable = 0;
    }
  }
  console.log(`  ${checkpoints.read} openings read a checkpoint`);
  const test = await openTestNode({ dataDir, systemFile });
  await importInto(test.node, "tsv", file);
  const ranks = await settledRanks(test.node, 600_000);
  await test.close();
  strictEqual(distance(ranks, undisturbed), 0);
  await Deno.remove(folder, { recursive: true });
});

/** A system file in the folder whose graph writes checkpoints often. */
async function systemIn(folder: string): Promise<string> {
  const system = JSON.parse(await Deno.readTextFile(`${ROOT}system.json`));
  system.cells.graph.config["checkpoint-octets"] = String(CHECKPOINT_OCTETS);
  const file = `${folder}/system.json`;
  await Deno.writeTextFile(file, JSON.stringify(system));
  await Deno.mkdir(`${folder}/build/cells`, { recursive: true });
  for (const cell of Object.keys(system.cells)) {
    const { component } = system.cells[cell];
    await Deno.copyFile(`${ROOT}${component}`, `${folder}/${component}`);
  }
  return file;
}

async function importWhole(file: string): Promise<Float64Array> {
  let ranks = new Float64Array();
  await withNode(async ({ node }) => {
    await importInto(node, "tsv", file);
    ranks = Float64Array.from(await settledRanks(node, 600_000));
  });
  return ranks;
}

/** Links that the child had acknowledged when it was killed. */
async function importUntilKilled(
  dataDir: string,
  file: string,
  systemFile: string,
  delayMs: number,
): Promise<number> {
  const child = new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      "--allow-read",
      `--allow-write=${dataDir}`,
      "--allow-env",
      "node/testing/importing_child.ts",
      dataDir,
      file,
      systemFile,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let height = 0;
  let rest = "";
  let armed = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "open" && !armed) {
        armed = true;
        setTimeout(() => killed(child), delayMs);
      }
      if (line.startsWith("ack ")) height = Number(line.slice(4));
    }
  }
  await child.status;
  return linksAt(height, file);
}

function killed(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It was done before: nothing is left to be killed.
    if (!(error instanceof TypeError)) throw error;
  }
}

const linksByHeight: number[] = [0];

/** Links of the first `height` batches of the file. */
async function linksAt(height: number, file: string): Promise<number> {
  if (linksByHeight.length === 1) {
    const source = await openImport("tsv", file);
    for await (const batch of source.batches({})) {
      linksByHeight.push((linksByHeight.at(-1) ?? 0) + batch.links);
    }
  }
  return linksByHeight[height] ?? Infinity;
}

/** Opens the store; its bookmark must say exactly what it holds. */
async function reopened(
  dataDir: string,
  file: string,
  systemFile: string,
  checkpoints: { read: number },
): Promise<number> {
  const test = await openTestNode({ dataDir, systemFile });
  try {
    if (test.logged.some((line) => /a checkpoint was read/.test(line))) {
      checkpoints.read++;
    }
    const { links } = await Effect.runPromise(test.node.census);
    const source = await openImport("tsv", file);
    const stored = await Effect.runPromise(
      test.node.api.recall(source.bookmarkKey ?? ""),
    );
    const position = source.resumeFrom(stored) ?? "0:0:0";
    strictEqual(Number(position.split(":")[1]), links);
    return links;
  } finally {
    await test.close();
  }
}
