/** Names, past heights, coins and evidence of a whole node, over HTTP. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect, Result } from "effect";
import {
  hex,
  linksDigest,
  unhex,
  verifyLink,
  verifyProof,
} from "../cells/graph/verify/mod.ts";
import { networkIdentity } from "../kernel/crypto/mod.ts";
import { Room } from "./cli/testing.ts";
import { encodePair } from "./evidence/mod.ts";
import { Neuron } from "./hostile/neuron.ts";
import { stepsOf } from "./names/mod.ts";
import { decodeEnvelope } from "./signals/mod.ts";
import { RemoteNode } from "./remote/remote_node.ts";
import {
  openTestNode,
  refusalOf,
  serveTestNode,
  type TestNode,
  withNode,
} from "./testing/node.ts";

const PAGE = { limit: 50 };
const run = Effect.runPromise;

interface Site {
  readonly test: TestNode;
  readonly api: RemoteNode;
  readonly url: string;
  readonly room: Room;
  /** The command's standard output; it has to succeed. */
  cli(...argv: string[]): Promise<string>;
  fails(...argv: string[]): Promise<string>;
}

/** A served node, asked over HTTP and by commands. */
async function withSite(body: (site: Site) => Promise<void>): Promise<void> {
  await withNode(async (test) => {
    const server = await serveTestNode(test);
    try {
      const api = new RemoteNode({ url: server.url, token: "t".repeat(64) });
      const room = new Room();
      room.api = api;
      await body({
        test,
        api,
        url: server.url,
        room,
        cli: async (...argv) => {
          const { code, out, err } = await room.run(argv);
          strictEqual(code, 0, `${argv.join(" ")}: ${err}`);
          return out;
        },
        fails: async (...argv) => {
          const { code, err } = await room.run(argv);
          ok(code !== 0, argv.join(" "));
          return err;
        },
      });
    } finally {
      await server.close();
    }
  });
}

Deno.test("node: names, past heights, coins and evidence, over HTTP and by commands", (t) =>
  withSite(async (site) => {
    const step = (what: string, body: (site: Site) => Promise<void>) =>
      t.step(what, () => body(site));
    await step("links and proofs of a past height, of one link", pastHeights);
    await step("names are set, listed, read, removed, given", namesAreKept);
    await step("what a name stands for follows from one state", namesAreProven);
    await step("coins, boxes and cards move, and what is refused", coinsMove);
    await step("two signals of one step are evidence", evidenceIsKept);
  }));

const jsonOf = (text: string) => JSON.parse(text);

async function namesAreKept({ api, url, cli, fails }: Site): Promise<void> {
  const set = async (path: string, target: string): Promise<number> =>
    jsonOf(await cli("name", "set", path, target, "--json")).height;
  const first = await set("~me/blog/first", "hello");
  const second = await set("~me/blog/first", "hello again");
  await set("~me/blog/über uns", "about");
  const { neuron } = await run(api.identity());
  strictEqual(await cli("cat", "~me/blog/first"), "hello again");
  strictEqual(
    await cli("cat", `~${neuron}/blog/first`, "--at", `${first}`),
    "hello",
  );
  const listed = jsonOf(await cli("ls", "~me/blog", "--json"));
  deepStrictEqual(
    listed.entries.map(({ segment }: { segment: string }) => segment).sort(),
    ["first", "über uns"],
  );
  const root = jsonOf(await cli("ls", "--json"));
  deepStrictEqual(
    root.entries.map((
      { segment, directory }: { segment: string; directory: boolean },
    ) => [segment, directory]),
    [["blog", true]],
  );
  match(await cli("ls", "~me/blog"), /über uns/);
  const before = jsonOf(
    await cli("ls", "~me/blog", "--at", `${second}`, "--json"),
  );
  strictEqual(before.entries.length, 1);
  await cli("name", "remove", "~me/blog/first");
  match(await fails("cat", "~me/blog/first"), /stands for nothing/);
  strictEqual(
    await cli("cat", "~me/blog/first", "--at", `${second}`),
    "hello again",
  );
  match(await fails("cat", "~me/nothing"), /there is no name/);
  match(await fails("cat", "~me/blog/first", "--at", "999"), /has height/);
  match(await fails("name", "set", `~01${"0".repeat(64)}/x`, "y"), /make that/);
  const history = jsonOf(
    await cli("name", "history", "~me/blog/first", "--json"),
  );
  deepStrictEqual(
    history.changes.map((
      { height, what }: { height: number; what: string },
    ) => [height, what]),
    [[second + 2, "removed"], [second, "bound"], [first, "bound"]],
  );
  const plain = await (await fetch(`${url}/v1/names/~me/blog?at=${second}`))
    .json();
  strictEqual(plain.entries.length, 1);
  strictEqual((await fetch(`${url}/v1/names/~me/bl%6fg`)).status, 400);
  await givenAway({ api, cli, fails });
}

/** Somebody else owns the name: what it stands for is what he said. */
async function givenAway(
  { api, cli, fails }: Pick<Site, "api" | "cli" | "fails">,
): Promise<void> {
  const network = networkIdentity("local");
  const other = await Neuron.of(3, network);
  const bound = jsonOf(
    await cli("name", "set", "~me/house", "mine", "--json"),
  );
  await cli("name", "give", "~me/house", hex(other.id));
  match(await fails("cat", "~me/house"), /stands for nothing/);
  match(await fails("name", "set", "~me/house", "x"), /is owned by 01/);
  const name = await run(api.name("~me/house", PAGE));
  strictEqual(name.card?.owner, hex(other.id));
  const [given] = (await run(api.nameHistory("~me/house", PAGE))).changes;
  deepStrictEqual([given?.what, given?.by, given?.cid], [
    "given",
    hex(other.id),
    undefined,
  ]);
  strictEqual(
    await cli("cat", "~me/house", "--at", `${bound.height}`),
    "mine",
  );
}

async function namesAreProven({ api, cli }: Site): Promise<void> {
  await cli("name", "set", "~me/page", "one");
  await cli("name", "set", "~me/page", "two");
  const { neuron } = await run(api.identity());
  const state = await run(api.state());
  const root = unhex(state.root);
  const [step] = stepsOf(unhex(neuron), ["page"]);
  const card = hex(step!.card);
  const cards = await run(api.proof("cards", card, card));
  const [owned] = verifyProof(Uint8Array.fromBase64(cards.octets), root)
    .entries;
  strictEqual(hex(owned!.owner!), neuron);
  const particle = await run(api.proof("by-particle", card, card));
  const [leaf] = verifyProof(Uint8Array.fromBase64(particle.octets), root)
    .entries;
  const page = await run(
    api.linksAt(card, "out", PAGE, state.height),
  );
  const links = page.links.toReversed().map((link) => ({
    neuron: unhex(link.neuron),
    from: unhex(link.from.cid),
    to: unhex(link.to.cid),
    token: unhex(link.token),
    amount: BigInt(link.amount),
    valence: link.valence,
    height: BigInt(link.height),
  }));
  deepStrictEqual(leaf!.digest, linksDigest(links));
  const two = await run(api.resolve("two"));
  strictEqual(
    hex(links.findLast((one) => hex(one.neuron) === hex(owned!.owner!))!.to),
    two,
  );
}

async function pastHeights({ api, room, cli, fails }: Site): Promise<void> {
  const link = (from: string, to: string) =>
    run(api.link([{ from: { text: from }, to: { text: to } }]));
  const { links: [made] } = await link("hub", "a");
  const then = await run(api.state());
  for (const to of ["b", "c", "d"]) await link("hub", to);
  const hub = made!.from;
  const page = await run(api.linksAt(hub, "out", PAGE, 2));
  deepStrictEqual(page.links.map(({ to, index }) => [to.text, index]), [
    ["b", 1],
    ["a", 0],
  ]);
  const { neuron } = await run(api.identity());
  const own = await run(api.linksOf(neuron, { limit: 2 }, 3));
  deepStrictEqual(own.links.map(({ height }) => height), [3, 2]);
  const rest = await run(
    api.linksOf(neuron, { limit: 2, cursor: own.next }, 3),
  );
  deepStrictEqual(rest.links.map(({ height }) => height), [1]);
  const past = await run(api.stateAt(1));
  deepStrictEqual(past, then);
  const proof = await run(api.proofAt(1, "by-particle", hub, hub));
  const { entries } = verifyProof(
    Uint8Array.fromBase64(proof.octets),
    unhex(then.root),
  );
  strictEqual(entries[0]!.links, 1n);
  const one = await run(api.linkProof(0, "neuron", 1));
  const alone = verifyLink(
    Uint8Array.fromBase64(one.octets),
    unhex(then.root),
  );
  strictEqual(hex(alone.link.from), hub);
  strictEqual(alone.links, 1n);
  const kept = jsonOf(
    await cli("prove", "link", "2", "--out", "l.proof", "--json"),
  );
  strictEqual(kept.link.height, 3);
  await cli("verify", "l.proof", "--root", kept.root);
  const octets = room.files.get("l.proof")!;
  octets[150]! ^= 1;
  match(
    await fails("verify", "l.proof", "--root", kept.root),
    /does not hold/,
  );
  await cli("prove", "by-particle", "hub", "--at", "2");
  match(await fails("prove", "by-particle", "hub", "--at", "77"), /height 4/);
  match(await fails("prove", "link", "99"), /link 99 of 4/);
  strictEqual((await refusalOf(api.stateAt(50))).kind, "not-found");
}

async function coinsMove({ api, cli, fails, url }: Site): Promise<void> {
  const made = jsonOf(
    await cli("coin", "new", "shares", "--cap", "1000", "--json"),
  ).made;
  const token = made[0].id;
  await cli("coin", "mint", "shares", "me", "600");
  const other = "01" + "77".repeat(32);
  await cli("coin", "pay", token, other, "100");
  match(await fails("coin", "mint", token, "me", "401"), /insufficient-bal/);
  match(await fails("coin", "new", "shares"), /double-spend/);
  match(await fails("coin", "pay", "gold", other, "1"), /no coin is named/);
  match(await fails("coin", "mnt", token, "me", "1"), /did you mean coin mint/);
  match(await fails("coin", "lock", "5"), /insufficient-balance/);
  const [shares] = (await run(api.coins(PAGE))).items;
  deepStrictEqual(
    [shares?.name, shares?.supply, shares?.cap, shares?.rule],
    ["shares", 600, 1000, "anybody"],
  );
  const box = jsonOf(
    await cli("box", "new", "thesis", "proof", "shares", "50", "--json"),
  ).made[0].id;
  const wallet = jsonOf(await cli("wallet", "--json"));
  deepStrictEqual(
    [wallet.balances.items[0].amount, wallet.boxes.items[0].box],
    [450, box],
  );
  await cli("box", "spend", box, other);
  match(await fails("box", "withdraw", box), /double-spend|insufficient/);
  const theirs = await run(api.balances(other, PAGE));
  strictEqual(theirs.items[0]?.amount, 150);
  const card = jsonOf(await cli("card", "make", "my cat", "--json")).made[0].id;
  match(await cli("card", "list", "me"), /my cat|01/);
  await cli("card", "give", card, other);
  strictEqual((await run(api.cards(other, "owned", PAGE))).items.length, 1);
  const body = JSON.stringify({ operations: [{ op: "lock", amount: 1 }] });
  const headers = { "content-type": "application/json" };
  const denied = await fetch(`${url}/v1/operations`, {
    method: "POST",
    headers,
    body,
  });
  strictEqual(denied.status, 403);
  await denied.body?.cancel();
}

async function evidenceIsKept(
  { api, test, room, cli, fails }: Site,
): Promise<void> {
  const neuron = await Neuron.of(4, networkIdentity("local"));
  const first = await neuron.envelope("a", "b");
  const evil = await neuron.envelope("a", "evil");
  await run(api.submitSigned(first));
  const refused = await refusalOf(api.submitSigned(evil));
  strictEqual(refused.kind, "conflict");
  match(refused.message, /^equivocation: .* kept as evidence 01[0-9a-f]{64}-0/);
  const again = await refusalOf(api.submitSigned(evil));
  match(again.message, /kept as evidence/);
  const { items } = await run(api.evidence(PAGE));
  strictEqual(items.length, 1);
  const [{ id, step }] = items as [typeof items[number]];
  deepStrictEqual([id, step], [`${hex(neuron.id)}-0`, 0]);
  await cli("evidence", id, "--out", "pair");
  match(await cli("evidence", "check", "pair"), /step +0/);
  match(await cli("evidence"), new RegExp(hex(neuron.id)));
  const octets = room.files.get("pair")!;
  for (const at of [0, 4, 5, 2100, octets.length - 1]) {
    const forged = octets.slice();
    forged[at]! ^= 1;
    room.files.set("forged", forged);
    match(await fails("evidence", "check", "forged"), /shows nothing/);
  }
  // Where neither was accepted, both are refused from then on.
  const unseen = await Neuron.of(5, networkIdentity("local"));
  const both = [
    await unseen.envelope("a", "b"),
    await unseen.envelope("b", "a"),
  ];
  const [one, other] = both.map((envelope) =>
    Result.getOrThrow(decodeEnvelope(envelope)).signal.octets
  );
  const pair = encodePair(unseen.signer.bundle, one!, other!);
  room.files.set("found", pair);
  await cli("evidence", "submit", "found");
  for (const envelope of both) {
    match(
      (await refusalOf(api.submitSigned(envelope))).message,
      /signed two signals of step 0/,
    );
  }
  await test.close();
  const { node, close } = await openTestNode({ dataDir: test.dataDir });
  try {
    strictEqual((await run(node.api.evidence(PAGE))).items.length, 2);
  } finally {
    await close();
  }
}
