/** Karma, finality and spectral position: a whole node over HTTP, and the commands. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { karmaOf, slowestMode } from "../conformance/cells/rank/measured.ts";
import { distance } from "../conformance/cells/rank/reference.ts";
import type { NodeApi } from "./api.ts";
import { Room } from "./cli/testing.ts";
import { RemoteNode } from "./remote/remote_node.ts";
import { openTestNode, refusalOf, serveTestNode } from "./testing/node.ts";
import { allLinks, settledRanks } from "./testing/ranks.ts";

const RANK_MS_MAX = 60_000;
const run = Effect.runPromise;

const EDGES = [
  ["question", "one"],
  ["question", "two"],
  ["question", "three"],
  ["question", "four"],
  ["a", "one"],
  ["b", "one"],
  ["c", "one"],
  ["one", "b"],
] as const;

/** Until the karma of all links is there. */
async function earned(api: NodeApi, links: number): Promise<void> {
  const end = performance.now() + RANK_MS_MAX;
  for (;;) {
    const karma = await run(Effect.option(api.karma(1)));
    if (karma._tag === "Some" && karma.value.links === links) return;
    ok(performance.now() < end, `no karma after ${RANK_MS_MAX} ms`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

Deno.test("node: karma, finality and spectral position over HTTP", async () => {
  const test = await openTestNode();
  try {
    const server = await serveTestNode(test);
    const api = new RemoteNode({ url: server.url });
    for (const [from, to] of EDGES) {
      await run(api.link([{ from: { text: from }, to: { text: to } }]));
    }
    await earned(api, EDGES.length);
    const cid = (text: string) => run(api.resolve(text));
    const [question, one, two, nobody] = await Promise.all(
      ["question", "one", "two", "nobody"].map(cid),
    ) as [string, string, string, string];

    const vector = await settledRanks(test.node, RANK_MS_MAX);
    const links = await allLinks(test.node);
    const signed = links.map((link) => ({ ...link, neuron: 0 }));
    const karma = await run(api.karma(5, test.node.neuron));
    const wanted = karmaOf(signed, vector);
    strictEqual(karma.items.length, 1);
    strictEqual(karma.items[0]?.neuron, test.node.neuron);
    ok(Math.abs(karma.total - wanted[0]!) < 1e-9);
    deepStrictEqual(karma.of, karma.items[0]);
    const stranger = await refusalOf(api.karma(5, one));
    strictEqual(stranger.kind, "not-found");

    const best = await run(api.finality(one, { in: question }, 1.5));
    deepStrictEqual([best.members, best.unranked, best.final], [4, 0, true]);
    strictEqual(best.focus, (await run(api.particle(one))).focus);
    const other = await run(api.finality(two, { in: question }, 1));
    strictEqual(other.final, false);
    strictEqual(other.mean, best.mean);
    const named = await run(api.finality(one, { among: [two] }, 1));
    deepStrictEqual([named.members, named.final], [2, false]);
    const wrong = await refusalOf(api.finality(question, { in: one }, 1));
    match(wrong.message, /no axon leads/);
    strictEqual((await refusalOf(api.finality(one, {}, 1))).kind, "invalid");
    const unknown = await refusalOf(api.finality(nobody, { in: one }, 1));
    strictEqual(unknown.kind, "not-found");

    const spectrum = await run(api.spectrum([one, two]));
    const mode = slowestMode(links, spectrum.rounds);
    ok(distance(spectrum.residuals, mode.residuals) < 1e-9);
    ok(spectrum.rate > 0 && spectrum.rate < 1);
    strictEqual(spectrum.positions.length, 2);
    ok(spectrum.positions.every(({ position }) => Math.abs(position) <= 1));
    await server.close();
    await test.close();
  } finally {
    await Deno.remove(test.dataDir, { recursive: true });
  }
});

Deno.test("cli: karma, finality and spectrum, as tables and as JSON", async () => {
  const room = new Room();
  await room.run(["link", "alpha", "beta"]);
  const karma = await room.run(["karma"]);
  strictEqual(karma.code, 0, karma.err);
  match(karma.out, /karma +neuron/);
  const [neuron] = karma.out.match(/01[0-9a-f]{64}/) ?? [];
  ok(neuron !== undefined);
  const own = JSON.parse((await room.run(["karma", neuron, "--json"])).out);
  deepStrictEqual(own.of, { neuron, karma: 0.5 });
  const verdict = await room.run(["finality", "beta", "--in", "alpha"]);
  match(verdict.out, /^not final: focus/);
  const among = ["finality", "beta", "--among", "alpha", "--k", "1", "--json"];
  const { k, unranked } = JSON.parse((await room.run(among)).out);
  deepStrictEqual([k, unranked], [1, 1]);
  const spectrum = await room.run(["spectrum", "beta"]);
  match(spectrum.err, /^rate \d/m);
  match(spectrum.out, /position +cid/);
  for (
    const wrong of [
      ["karma", "somebody"],
      ["finality", "beta"],
      ["finality", "beta", "--in", "alpha", "--among", "alpha"],
      ["finality", "beta", "--in", "alpha", "--k", "3"],
    ]
  ) strictEqual((await room.run(wrong)).code, 2, wrong.join(" "));
  strictEqual((await room.run(["finality", "nobody", "--in", "beta"])).code, 1);
});
