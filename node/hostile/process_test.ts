/**
 * The program as its users run it, in places and at times that are wrong: one
 * line and what to do, the right exit code, and a store that is whole.
 */
import { match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { importInto } from "../testing/importing.ts";
import { writeLinks } from "../testing/links.ts";
import { openTestNode, until } from "../testing/node.ts";
import { type Ended, karyon, Running, saidNo, start } from "./karyon.ts";
import { commandLine } from "./karyon.ts";
import { inFolder } from "./room.ts";

const START_MS_MAX = 20_000;

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A node that serves, until it is told to stop. */
async function serving(data: string, ...more: string[]): Promise<Running> {
  const node = start("up", "--data", data, "--port", "0", ...more);
  await until(
    "the node serves",
    START_MS_MAX,
    () => node.out.includes("Ctrl-C"),
  );
  return node;
}

async function stopped(node: Running, signal: Deno.Signal): Promise<Ended> {
  node.signal(signal);
  const ended = await node.ended();
  strictEqual(ended.code, 0, ended.err);
  match(ended.err, /stopped; the store is whole/);
  return ended;
}

/** Links of a store that nobody uses. */
async function linksIn(dataDir: string): Promise<number> {
  const test = await openTestNode({ dataDir });
  try {
    return (await Effect.runPromise(test.node.census)).links;
  } finally {
    await test.close();
  }
}

Deno.test("hostile: data directories that cannot be used", () =>
  inFolder(async (folder) => {
    const file = `${folder}/file`;
    Deno.writeTextFileSync(file, "mine");
    for (const data of [file, "/proc/karyon"]) {
      for (
        const argv of [["up", "--port", "0"], ["link", "a", "b"]]
      ) {
        saidNo(await karyon(...argv, "--data", data), {
          code: 3,
          tells: /the data directory .* cannot be used/,
          fix: /--data DIR/,
        });
      }
      saidNo(await karyon("keys", "new", "k", "--data", data), {
        code: 3,
        tells: /making .*keys/,
        fix: /--data DIR/,
      });
    }
    strictEqual(Deno.readTextFileSync(file), "mine");
  }));

Deno.test("hostile: a port and a store that are taken", () =>
  inFolder(async (folder) => {
    const data = `${folder}/data`;
    const node = await serving(data, "--genesis", "none");
    const file = JSON.parse(Deno.readTextFileSync(`${data}/node.json`));
    strictEqual((Deno.statSync(`${data}/node.json`).mode ?? 0) & 0o777, 0o600);
    const port = new URL(file.url).port;
    saidNo(
      await karyon("up", "--data", `${folder}/second`, "--port", port),
      { code: 3, tells: /in use by another program/, fix: /--port 0/ },
    );
    ok(!exists(`${folder}/second/node.json`));
    saidNo(await karyon("up", "--data", data, "--port", "0"), {
      code: 3,
      tells: /another node uses/,
      fix: /--data DIR/,
    });
    // The second one has not disturbed the first.
    const link = await karyon("link", "a", "b", "--data", data, "--json");
    strictEqual(link.code, 0, link.err);
    strictEqual(JSON.parse(link.out).height, 1);
    Deno.writeTextFileSync(`${data}/node.json`, '{"url":');
    saidNo(await karyon("top", "--data", data), {
      code: 3,
      tells: /cannot be found: .*node\.json is damaged/,
      fix: /stop that node/,
    });
    const { out, err } = await stopped(node, "SIGTERM");
    ok(!(out + err + link.out + link.err).includes(file.token), "a token");
    ok(!exists(`${data}/node.json`), "node.json is left behind");
    strictEqual(await linksIn(data), 1);
  }));

Deno.test("hostile: a store that another process works on", () =>
  inFolder(async (folder) => {
    const data = `${folder}/data`;
    const test = await openTestNode({ dataDir: data });
    try {
      for (const argv of [["top"], ["link", "a", "b"]]) {
        saidNo(await karyon(...argv, "--data", data), {
          code: 3,
          tells: /another process uses/,
          fix: /imports, or is still starting/,
        });
      }
      const keys = await karyon("keys", "--data", data);
      strictEqual(keys.code, 0, keys.err);
    } finally {
      await test.close();
    }
    strictEqual((await karyon("top", "--data", data)).code, 0);
  }));

Deno.test("hostile: SIGTERM in the middle of a start, which goes on later", () =>
  inFolder(async (folder) => {
    const data = `${folder}/data`;
    const file = `${folder}/links.tsv`;
    const links = 300_000;
    writeLinks(file, links, 20_000, 3);
    const argv = ["up", "--data", data, "--port", "0", "--genesis", file];
    const node = start(...argv);
    await until(
      "genesis has begun",
      START_MS_MAX,
      () => node.err.includes("genesis:"),
    );
    const ended = await stopped(node, "SIGTERM");
    ok(!ended.out.includes("http://"), "it was told to stop before it served");
    const begun = await linksIn(data);
    ok(begun > 0 && begun < links, `${begun} of ${links} links`);
    await stopped(await serving(data, "--genesis", file), "SIGINT");
    strictEqual(await linksIn(data), links);
    // Whole now: the file is not needed any more, nothing is added twice.
    Deno.removeSync(file);
    await stopped(await serving(data, "--genesis", file), "SIGTERM");
    strictEqual(await linksIn(data), links);
  }));

Deno.test("hostile: SIGTERM in the middle of an import", () =>
  inFolder(async (folder) => {
    const data = `${folder}/data`;
    const file = `${folder}/links.tsv`;
    const links = 400_000;
    writeLinks(file, links, 20_000, 5);
    const importing = start("import", file, "--data", data);
    const store = `${data}/store.block`;
    await until(
      "the import has begun",
      START_MS_MAX,
      () => exists(store) && Deno.statSync(store).size > 2 ** 20,
    );
    importing.signal("SIGTERM");
    const ended = await importing.ended();
    strictEqual(ended.code, 130, ended.out + ended.err);
    match(ended.err, /interrupted; give the same command again/);
    const begun = await linksIn(data);
    ok(begun > 0 && begun < links, `${begun} of ${links} links`);
    const rest = await karyon("import", file, "--data", data, "--json");
    strictEqual(rest.code, 0, rest.err);
    strictEqual(JSON.parse(rest.out).links, links - begun);
    strictEqual(await linksIn(data), links);
  }));

Deno.test("hostile: a file system that is full", () =>
  inFolder(async (folder) => {
    const data = `${folder}/data`;
    const file = `${folder}/links.tsv`;
    writeLinks(file, 60_000, 5_000, 11);
    // Files of at most 2 MiB; the write fails instead of ending the process.
    const limited = new Running("sh", [
      "-c",
      `trap '' XFSZ; ulimit -f 4096; exec deno "$@"`,
      "sh",
      ...commandLine(["import", file, "--data", data]),
    ]);
    const ended = await limited.ended();
    saidNo(ended, {
      code: 1,
      tells: /no room for it; nothing was written/,
      fix: /make room/,
    });
    const durable = await linksIn(data);
    ok(durable > 0, "nothing came in before the disk was full");
    const rest = await karyon("import", file, "--data", data, "--json");
    strictEqual(rest.code, 0, rest.err);
    strictEqual(JSON.parse(rest.out).links, 60_000 - durable);
    const whole = await openTestNode({ dataDir: `${folder}/undisturbed` });
    await importInto(whole.node, "tsv", file);
    const wanted = await Effect.runPromise(whole.node.census);
    await whole.close();
    const test = await openTestNode({ dataDir: data });
    const found = await Effect.runPromise(test.node.census);
    await test.close();
    strictEqual(found.links, wanted.links);
    strictEqual(found.particles, wanted.particles);
  }));
