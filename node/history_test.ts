/** A focus by height: a whole node over HTTP, and the command. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import type { NodeApi } from "./api.ts";
import { Room } from "./cli/testing.ts";
import { RemoteNode } from "./remote/remote_node.ts";
import { openTestNode, refusalOf, serveTestNode } from "./testing/node.ts";
import { settledRanks } from "./testing/ranks.ts";

const RANK_MS_MAX = 60_000;

/** Until the rank of all links is confirmed. */
async function confirmed(api: NodeApi, links: number): Promise<void> {
  const end = performance.now() + RANK_MS_MAX;
  for (;;) {
    const status = await Effect.runPromise(api.rankStatus());
    if (status.confirmed && status.links === links) return;
    ok(performance.now() < end, `not confirmed after ${RANK_MS_MAX} ms`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

Deno.test("node: the history of a focus over HTTP", async () => {
  const test = await openTestNode();
  const run = Effect.runPromise;
  try {
    const server = await serveTestNode(test);
    const api = new RemoteNode({ url: server.url });
    const link = (from: string, to: string) =>
      run(api.link([{ from: { text: from }, to: { text: to } }]));
    await link("a", "b");
    await settledRanks(test.node, RANK_MS_MAX);
    await confirmed(api, 1);
    await link("c", "a");
    await confirmed(api, 2);
    const [a, c] = await Promise.all(
      ["a", "c"].map((text) => run(api.resolve(text))),
    );
    const found = await run(api.history(c!, 32));
    deepStrictEqual(
      found.map(({ links, particles }) => [links, particles]),
      [[2, 3], [1, 2]],
    );
    strictEqual(found[1]?.focus, 0);
    const now = await run(api.particle(c!));
    strictEqual(found[0]?.focus, Math.fround(now.focus));
    strictEqual((await run(api.history(a!, 1))).length, 1);
    const unknown = await refusalOf(api.history("01" + "0".repeat(64), 3));
    strictEqual(unknown.kind, "not-found");
    await server.close();
    await test.close();
  } finally {
    await Deno.remove(test.dataDir, { recursive: true });
  }
});

Deno.test("cli: history is a table and a line of blocks", async () => {
  const room = new Room();
  await room.run(["link", "alpha", "beta"]);
  const shown = await room.run(["history", "beta"]);
  strictEqual(shown.code, 0, shown.err);
  match(shown.out, /height +focus/);
  match(shown.err, /^▅█ {2}2 confirmed ranks/m);
  const json = await room.run(["history", "beta", "--json", "--limit", "1"]);
  strictEqual(JSON.parse(json.out).moments.length, 1);
  strictEqual((await room.run(["history", "beta", "--limit", "33"])).code, 2);
  strictEqual((await room.run(["history", "nobody"])).code, 1);
});
