/** A whole node explains a focus; the store's own links say whether it is true. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { concatOctets } from "../kernel/crypto/mod.ts";
import type { Explanation } from "./api.ts";
import { Room } from "./cli/testing.ts";
import { exportStore } from "./local/archive.ts";
import { recompute, recomputeFrom } from "./local/recompute.ts";
import { RemoteNode } from "./remote/remote_node.ts";
import { openTestNode, refusalOf, serveTestNode } from "./testing/node.ts";
import { settledRanks } from "./testing/ranks.ts";

const TEXTS = ["a", "b", "c", "d", "e"];
const RANK_MS_MAX = 60_000;

Deno.test("node: an explanation over HTTP is computed again from the store, and a changed one is not", async () => {
  const test = await openTestNode();
  const options = { dataDir: test.dataDir, systemFile: "system.json" };
  try {
    const server = await serveTestNode(test);
    const api = new RemoteNode({ url: server.url });
    const links = TEXTS.flatMap((text, i) => [
      { from: { text }, to: { text: "hub" }, amount: 1 + i },
      { from: { text: "hub" }, to: { text: TEXTS[i >> 1]! }, amount: 7 },
    ]);
    await Effect.runPromise(api.link(links));
    await settledRanks(test.node, RANK_MS_MAX);
    const hub = await Effect.runPromise(api.resolve("hub"));
    const whole = await Effect.runPromise(api.explain(hub, 1000));
    const part = await Effect.runPromise(api.explain(hub, 3));
    deepStrictEqual(part.contributions, whole.contributions.slice(0, 3));
    ok(Math.abs(whole.total - whole.particle.focus) <= whole.bound);
    strictEqual(whole.particle.text, "hub");
    strictEqual(whole.confirmed, true);
    const unknown = await refusalOf(api.explain("01" + "0".repeat(64), 3));
    strictEqual(unknown.kind, "not-found");
    const held = await refusalOf(recompute(options, whole));
    strictEqual(held.kind, "conflict");
    await server.close();
    await test.close();
    for (const answer of [whole, part]) {
      const found = await Effect.runPromise(recompute(options, answer));
      deepStrictEqual(found.differences, []);
      ok(found.holds && found.figures > 20 && found.largest < 1e-9);
    }
    const parts: Uint8Array[] = [];
    await Effect.runPromise(
      exportStore(options, (octets) => void parts.push(octets.slice())),
    );
    const file = (octets: Uint8Array) => recomputeFrom(once(octets), "x", part);
    const octets = concatOctets(parts);
    const same = await Effect.runPromise(file(octets));
    deepStrictEqual(
      same,
      await Effect.runPromise(recompute(options, part)),
      "without any cell, figure by figure what the graph cell gives",
    );
    const bent = octets.slice();
    bent[octets.length >> 1]! ^= 1;
    match((await refusalOf(file(bent))).message, /^x at octet \d+: the frame/);
    const short = { ...part, links: 11 };
    const lacking = recomputeFrom(once(octets), "x", short);
    match((await refusalOf(lacking)).message, /x has 10 links, .* about 11/);
    for (const [changed, why] of lies(part)) {
      const found = await Effect.runPromise(recompute(options, changed));
      strictEqual(found.holds, false);
      match(found.differences.join("\n"), why);
    }
    const later = { ...part, links: 99 };
    match(
      (await refusalOf(recompute(options, later))).message,
      /the store has 10 links, the explanation is about 99/,
    );
  } finally {
    await Deno.remove(test.dataDir, { recursive: true });
  }
});

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield octets;
}

/** The answer with one thing that is not so. */
function lies(
  answer: Explanation,
): ReadonlyArray<readonly [Explanation, RegExp]> {
  const [first, ...others] = answer.contributions;
  ok(first !== undefined);
  const more = { ...first, heat: first.heat + 1e-6 };
  const turned = { ...first, direction: "out" as const, axon: "01" };
  return [
    [
      { ...answer, contributions: [more, ...others] },
      /^total is .*\nheat of axon/,
    ],
    [{ ...answer, contributions: others }, /diffusion of the rest/],
    [{ ...answer, contributions: [first, first] }, /comes twice/],
    [
      { ...answer, contributions: [{ ...turned, weight: 99 }] },
      /weight of axon 01|is not in the store/,
    ],
    [{ ...answer, links: answer.links - 1 }, /focus is/],
  ];
}

Deno.test("node: an explanation of a focus from particles is computed again from the store, too", async () => {
  const test = await openTestNode();
  const options = { dataDir: test.dataDir, systemFile: "system.json" };
  const run = Effect.runPromise;
  try {
    const server = await serveTestNode(test);
    const api = new RemoteNode({ url: server.url });
    const links = TEXTS.map((text, i) => ({
      from: { text },
      to: { text: i < 3 ? "hub" : "other" },
      amount: 1 + i,
    }));
    await run(api.link(links));
    await settledRanks(test.node, RANK_MS_MAX);
    const cid = (text: string) => run(api.resolve(text));
    const [hub, a, b] = [await cid("hub"), await cid("a"), await cid("b")];
    const found = await run(api.explain(hub, 1000, [b, a]));
    const part = await run(api.explain(hub, 1, [a]));
    deepStrictEqual(found.from?.map(({ text }) => text), ["b", "a"]);
    const personal = await run(api.focusFrom([b, a], 10, hub));
    strictEqual(found.particle.focus, personal.of?.focus);
    deepStrictEqual(found.from, personal.from);
    ok(Math.abs(found.total - found.particle.focus) <= found.bound);
    strictEqual(found.particles, 4);
    // Control: from a alone, or from all, it is another one.
    ok(Math.abs(part.particle.focus - found.particle.focus) > 1e-3);
    const all = await run(api.explain(hub, 1000));
    ok(Math.abs(all.particle.focus - found.particle.focus) > 1e-3);
    const apart = await refusalOf(api.explain(await cid("other"), 1, [a]));
    strictEqual(apart.kind, "invalid");
    match(apart.message, /no links join the particle to these/);
    const none = await refusalOf(api.explain(hub, 1, ["01" + "0".repeat(64)]));
    strictEqual(none.kind, "not-found");
    await server.close();
    await test.close();
    for (const answer of [found, part]) {
      const again = await run(recompute(options, answer));
      deepStrictEqual(again.differences, []);
      ok(again.holds && again.figures > 10 && again.largest < 1e-9);
    }
    const { from: _, ...lie } = found;
    strictEqual((await run(recompute(options, lie))).holds, false);
    const swapped = await run(
      recompute(options, { ...found, from: part.from }),
    );
    strictEqual(swapped.holds, false);
  } finally {
    await Deno.remove(test.dataDir, { recursive: true });
  }
});

Deno.test("cli: explain shows the parts, keeps them as JSON, and checks a file", async () => {
  const room = new Room();
  await room.run(["link", "alpha", "beta", "--amount", "3"]);
  await room.run(["link", "gamma", "beta"]);
  const shown = await room.run(["explain", "beta", "--limit", "1"]);
  strictEqual(shown.code, 0, shown.err);
  match(shown.out, /focus +0\.5/);
  match(shown.out, /all +diffusion +springs +heat/);
  match(shown.out, /from +alpha +3/);
  match(shown.out, /1 axon more: 50\.00 %/);
  match(shown.err, /proven within 1\.0e-10 of the focus/);
  const personal = ["explain", "beta", "--from", "alpha", "--from", "gamma"];
  const seen = await room.run(personal);
  strictEqual(seen.code, 0, seen.err);
  match(seen.out, /from +alpha, gamma\n/);
  const { out } = await room.run(["explain", "beta", "--json"]);
  strictEqual(JSON.parse(out).contributions.length, 2);
  room.files.set("kept.json", new TextEncoder().encode(out));
  const holds = await room.run(["explain", "--check", "kept.json"]);
  strictEqual(holds.code, 0, holds.err);
  match(holds.out, /^holds: 9 figures of beta/);
  room.files.set("store.karc", new Uint8Array(17));
  const offline = ["explain", "--check", "kept.json", "--export", "store.karc"];
  match((await room.run(offline)).out, /^holds: 17 figures of beta/);
  const wrong = JSON.stringify({ ...JSON.parse(out), total: 0.75 });
  room.files.set("kept.json", new TextEncoder().encode(wrong));
  const refused = await room.run(["explain", "--check", "kept.json"]);
  strictEqual(refused.code, 1);
  match(refused.out, /does not hold: 1 difference\n {2}total is 0.75/);
  room.files.set("kept.json", new TextEncoder().encode("{}"));
  const rows: ReadonlyArray<readonly [string[], RegExp]> = [
    [["explain"], /too few arguments/],
    [["explain", "x", "--export", "store.karc"], /--export is for --check/],
    [["explain", "x", "--check", "kept.json"], /leave CID or TEXT away/],
    [["explain", "--check", "kept.json"], /is no explanation/],
    [["explain", "x", "--limit", "1001"], /from 0 to 1000/],
    [["explain", "x", ...Array(17).fill("--from=a")], /too many/],
    [
      ["explain", "--check", "kept.json", "--from", "a"],
      /leave --from away/,
    ],
  ];
  for (const [argv, why] of rows) {
    const { code, err } = await room.run(argv);
    strictEqual(code, 2, argv.join(" "));
    match(err, why);
  }
});
