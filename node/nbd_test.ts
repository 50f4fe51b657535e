/**
 * A whole node whose store is an export of an NBD server.
 *
 * What it acknowledged is there after the server lost everything that nobody
 * flushed; without the server the node does not start, and says what to do.
 */
import { match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { TestServer } from "../drivers/deno/block_nbd/testing/server.ts";
import { openTestNode, type TestNode } from "./testing/node.ts";
import { systemFile } from "./testing/system_file.ts";

const GIB = 2 ** 30;
const CAPACITY_GIB = 1 / 64;
const run = Effect.runPromise;

const onServer = (folder: string, uri: string, gib = CAPACITY_GIB) =>
  systemFile(folder, (file) => {
    file.drivers.disk = {
      driver: "deno/block-nbd",
      config: { uri, "capacity-gib": String(gib) },
    };
  });

const link = ({ node }: TestNode, from: string, to: string) =>
  run(node.api.link([{ from: { text: from }, to: { text: to } }]));

async function refusalOf(opening: Promise<unknown>): Promise<string> {
  try {
    await opening;
  } catch (error) {
    return String(error);
  }
  return "it opened";
}

Deno.test("a node on an NBD server loses nothing that it acknowledged", async () => {
  const folder = await Deno.makeTempDir({ prefix: "karyon-nbd-" });
  const server = await TestServer.start({ size: CAPACITY_GIB * GIB });
  try {
    const options = {
      dataDir: `${folder}/data`,
      systemFile: onServer(folder, server.uri),
    };
    const first = await openTestNode(options);
    const { height } = await link(first, "a", "b");
    await server.tell({ forget: true });
    await first.close();
    const second = await openTestNode(options);
    const { api } = second.node;
    const from = await run(api.resolve("a"));
    ok((await run(api.links(from, "out", 10))).links.length === 1);
    strictEqual((await link(second, "b", "c")).height, height + 1);
    await second.close();
    strictEqual(
      [...Deno.readDirSync(options.dataDir)].some(({ name }) =>
        name.endsWith(".block")
      ),
      false,
    );
    await server.tell({ listen: false });
    const gone = await refusalOf(openTestNode(options));
    match(gone, /the store cannot be opened: nbd:\/\/127/);
  } finally {
    await server.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a server that is not an address, or is too small, is refused", async () => {
  const folder = await Deno.makeTempDir({ prefix: "karyon-nbd-" });
  const server = await TestServer.start({ size: CAPACITY_GIB * GIB });
  try {
    const opened = (uri: string, gib?: number) =>
      refusalOf(openTestNode({
        dataDir: `${folder}/data`,
        systemFile: onServer(folder, uri, gib),
      }));
    match(await opened("http://x"), /drivers.disk.config.uri: .*not like nbd:/);
    match(await opened(server.uri, 1), /the store cannot be opened/);
  } finally {
    await server.stop();
    await Deno.remove(folder, { recursive: true });
  }
});
