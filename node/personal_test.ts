/** A whole node answers with the focus from particles, over HTTP, as the reference has it. */
import { match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { distance, rank } from "../conformance/cells/rank/reference.ts";
import { Room } from "./cli/testing.ts";
import { RemoteNode } from "./remote/remote_node.ts";
import { openTestNode, refusalOf, serveTestNode } from "./testing/node.ts";
import { settledRanks } from "./testing/ranks.ts";

const TEXTS = ["a", "b", "c", "d", "e", "f"];
const PAIRS = [[0, 1], [1, 2], [2, 0], [3, 1], [4, 5]] as const;
const RANK_MS_MAX = 60_000;

Deno.test("node: focus from particles over HTTP is the reference's", async () => {
  const test = await openTestNode();
  try {
    const server = await serveTestNode(test);
    const api = new RemoteNode({ url: server.url });
    const run = Effect.runPromise;
    await run(api.link(PAIRS.map(([from, to], i) => ({
      from: { text: TEXTS[from]! },
      to: { text: TEXTS[to]! },
      amount: 1 + i,
    }))));
    await settledRanks(test.node, RANK_MS_MAX);
    const cids = await Promise.all(TEXTS.map((text) => run(api.resolve(text))));
    const from = [cids[3]!, cids[0]!];
    const found = await run(api.focusFrom(from, 100, cids[2]));
    const wanted = rank(
      PAIRS.map(([origin, target], i) => ({
        origin,
        target,
        weight: BigInt(1 + i),
      })),
      { from: [3, 0], tolerance: 1e-13 },
    ).focus;
    const focuses = TEXTS.map((_, i) =>
      found.items.find(({ cid }) => cid === cids[i])?.focus ?? 0
    );
    ok(distance(focuses, wanted) < 1e-9, `${focuses}, not ${wanted}`);
    // Nothing joins e and f to the others.
    strictEqual(found.particles, 4);
    strictEqual(found.of?.focus, focuses[2]);
    strictEqual(found.from[0]?.text, "d");
    strictEqual(found.links, PAIRS.length);
    const unknown = await refusalOf(api.focusFrom(["01" + "0".repeat(64)], 3));
    strictEqual(unknown.kind, "not-found");
    await server.close();
    await test.close();
  } finally {
    await Deno.remove(test.dataDir, { recursive: true });
  }
});

Deno.test("cli: top --from shows the focus from particles, named by text or identity", async () => {
  const room = new Room();
  await room.run(["link", "alpha", "beta"]);
  await room.run(["link", "gamma", "beta"]);
  const shown = await room.run(["top", "--from", "alpha", "--from", "beta"]);
  strictEqual(shown.code, 0, shown.err);
  match(shown.out, /alpha/);
  match(shown.err, /focus from alpha, beta: 2 particles/);
  const json = await room.run(["top", "--from", "alpha", "--json"]);
  strictEqual(JSON.parse(json.out).items[0].text, "alpha");
  const nobody = await room.run(["top", "--from", "nobody"]);
  strictEqual(nobody.code, 1);
});
