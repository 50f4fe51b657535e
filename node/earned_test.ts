/** What links to explained particles have earned, over all particles, is the karma of each neuron. */
import { match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { networkIdentity, toHex } from "../kernel/crypto/mod.ts";
import type { LinkInput } from "./api.ts";
import { Room } from "./cli/testing.ts";
import { Neuron } from "./hostile/neuron.ts";
import { RemoteNode } from "./remote/remote_node.ts";
import { openTestNode, serveTestNode, until } from "./testing/node.ts";

const RANK_MS_MAX = 60_000;
const run = Effect.runPromise;

const link = (from: string, to: string, more: Partial<LinkInput> = {}) => ({
  from: { text: from },
  to: { text: to },
  ...more,
});
const LINKS = [
  link("a", "hub", { amount: 2 }),
  link("b", "hub"),
  link("a", "c", { amount: 5 }),
  link("a", "c", { amount: 2, valence: -1 }),
  link("hub", "c"),
  link("hub", "hub", { amount: 9 }),
  link("c", "b", { amount: 0 }),
];
const TEXTS = ["a", "b", "c", "hub"];

Deno.test("node: what links to each particle have earned adds up to karma, neuron by neuron", async () => {
  const test = await openTestNode();
  try {
    const server = await serveTestNode(test);
    const api = new RemoteNode({ url: server.url });
    await run(api.link(LINKS));
    const other = await Neuron.of(7, networkIdentity("local"));
    for (const [from, to] of [["a", "hub"], ["hub", "a"]] as const) {
      const envelope = await other.envelope(from, to);
      await run(api.submitSigned(envelope));
      other.accepted(envelope);
    }
    const count = LINKS.length + 2;
    await until("karma of all links", RANK_MS_MAX, async () => {
      const found = await run(Effect.option(api.karma(1)));
      return found._tag === "Some" && found.value.links === count;
    });
    const karma = await run(api.karma(5));
    strictEqual(karma.items.length, 2);
    const sums = new Map<string, number>();
    let total = 0;
    for (const text of TEXTS) {
      const found = await run(api.explain(await run(api.resolve(text)), 1000));
      ok(found.karma !== undefined && found.karma.neurons !== undefined, text);
      total += found.karma.total;
      for (const { neuron, earned, karma: whole } of found.karma.neurons) {
        sums.set(neuron, (sums.get(neuron) ?? 0) + earned);
        const item = karma.items.find((one) => one.neuron === neuron);
        strictEqual(whole, item?.karma, text);
      }
    }
    ok(Math.abs(total - karma.total) < 1e-9, `${total}, not ${karma.total}`);
    for (const { neuron, karma: whole } of karma.items) {
      const sum = sums.get(neuron) ?? 0;
      ok(Math.abs(sum - whole) < 1e-9, `${neuron}: ${sum}, not ${whole}`);
    }
    // Control: both earned something with the hub, and not the same.
    const hub = await run(api.resolve("hub"));
    const [most, least] = (await run(api.explain(hub, 1000))).karma?.neurons ??
      [];
    strictEqual(most?.neuron, test.node.neuron);
    strictEqual(least?.neuron, toHex(other.id));
    ok(most.earned > least.earned && least.earned > 0);
    // By neuron it is of the listed contributions; all of it is still there.
    const none = await run(api.explain(hub, 0));
    ok(Math.abs((none.karma?.total ?? 0) - most.earned - least.earned) < 1e-9);
    strictEqual(none.karma?.neurons?.length, 0);
    const personal = await run(api.explain(hub, 1000, [hub]));
    strictEqual(personal.karma, undefined);
    await server.close();
    await test.close();
  } finally {
    await Deno.remove(test.dataDir, { recursive: true });
  }
});

Deno.test("cli: top and explain show karma", async () => {
  const room = new Room();
  await room.run(["link", "alpha", "beta"]);
  const top = await room.run(["top"]);
  strictEqual(top.code, 0, top.err);
  match(top.out, /focus +text[^]*karma +neuron\n0\.7500 +01/);
  const none = await room.run(["top", "--karma", "0"]);
  strictEqual(/karma/.test(none.out), false);
  const json = JSON.parse((await room.run(["top", "--json"])).out);
  strictEqual(json.karma.items.length, 1);
  const why = await room.run(["explain", "beta"]);
  match(why.out, /karma +0\.5000 earned by links to it\n.*earned/);
  strictEqual((await room.run(["top", "--karma", "1001"])).code, 2);
});
