/** Proofs of a whole node, over HTTP and on the command line, checked apart. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import {
  hex,
  identityOf,
  linksDigest,
  NotProven,
  unhex,
  verifyProof,
  verifyState,
} from "../cells/graph/verify/mod.ts";
import { Room } from "./cli/testing.ts";
import { RemoteNode } from "./remote/remote_node.ts";
import { encodeDraft } from "./signals/mod.ts";
import { refusalOf, serveTestNode, until, withNode } from "./testing/node.ts";

const TEXTS = ["a", "b", "c", "d"];

Deno.test("node: a proof over HTTP shows all links of a particle, or that there are none", () =>
  withNode(async (test) => {
    const server = await serveTestNode(test);
    try {
      const api = new RemoteNode({ url: server.url });
      const receipt = await Effect.runPromise(api.link(
        TEXTS.map((text, i) => ({
          from: { text: "hub" },
          to: { text },
          amount: 10 + i,
          valence: 1 as const,
        })),
      ));
      const state = await Effect.runPromise(api.state());
      strictEqual(state.height, receipt.height);
      const root = unhex(state.root);
      verifyState(Uint8Array.fromBase64(state.octets), root);
      const hub = receipt.links[0]!.from;
      const proof = await Effect.runPromise(api.proof("by-particle", hub, hub));
      strictEqual(proof.root, state.root);
      strictEqual(proof.complete, true);
      const octets = Uint8Array.fromBase64(proof.octets);
      const { entries } = verifyProof(octets, root);
      const page = await Effect.runPromise(api.links(hub, "out", 100));
      const links = page.links.toReversed().map((link) => ({
        neuron: unhex(link.neuron),
        from: unhex(link.from.cid),
        to: unhex(link.to.cid),
        token: unhex(link.token),
        amount: BigInt(link.amount),
        valence: link.valence,
        height: BigInt(link.height),
      }));
      strictEqual(entries.length, 1);
      deepStrictEqual(entries[0]!.digest, linksDigest(links));
      strictEqual(entries[0]!.amountOut, 46n);
      const unknown = hex(identityOf(new TextEncoder().encode("nowhere")));
      const none = await Effect.runPromise(
        api.proof("by-particle", unknown, unknown),
      );
      const absent = verifyProof(Uint8Array.fromBase64(none.octets), root);
      deepStrictEqual(absent.entries, []);
      await refused(api);
      await rangeOf(api, root);
    } finally {
      await server.close();
    }
  }));

Deno.test("node: a draft with operations over HTTP, and proofs of what they did", () =>
  withNode(async (test) => {
    const server = await serveTestNode(test);
    try {
      const api = new RemoteNode({ url: server.url, token: "t".repeat(64) });
      const name = identityOf(new TextEncoder().encode("shares"));
      const made = await Effect.runPromise(api.submitDraft(encodeDraft([{
        from: { identity: name },
        to: { content: new TextEncoder().encode("a coin") },
        amount: 0n,
        valence: 0,
      }], [
        { kind: "coin", name, cap: 1000n, rule: 0 },
        { kind: "card", particle: name },
      ])));
      const all = (index: string) =>
        Effect.runPromise(
          api.proof(index, "00".repeat(33), "ff".repeat(33)),
        );
      const coins = await all("coins");
      strictEqual(coins.height, made.height);
      const proven = verifyProof(
        Uint8Array.fromBase64(coins.octets),
        unhex(coins.root),
      );
      strictEqual(proven.entries.length, 1);
      const { namespace: coin, supply, cap, authority } = proven.entries[0]!;
      deepStrictEqual([supply, cap], [0n, 1000n]);
      await Effect.runPromise(api.submitDraft(encodeDraft([], [
        { kind: "mint", token: coin, to: authority!, amount: 600n },
      ])));
      // A signal without links: ranks are of its height, too.
      await until("the ranks have caught up", 60_000, async () => {
        const { height } = await Effect.runPromise(api.rankStatus());
        return height === made.height + 1;
      });
      const balances = await Effect.runPromise(
        api.proof("balance", hex(authority!), hex(authority!)),
      );
      const owned = verifyProof(
        Uint8Array.fromBase64(balances.octets),
        unhex(balances.root),
      );
      strictEqual(owned.entries.length, 1);
      strictEqual(owned.entries[0]!.balance, 600n);
      strictEqual(hex(owned.entries[0]!.namespace.slice(33)), hex(coin));
      strictEqual(balances.complete, true);
      const over = await refusalOf(api.submitDraft(encodeDraft([], [
        { kind: "mint", token: coin, to: authority!, amount: 401n },
      ])));
      strictEqual(over.kind, "conflict");
      match(over.message, /not enough/);
    } finally {
      await server.close();
    }
  }));

async function refused(api: RemoteNode): Promise<void> {
  const end = "00".repeat(33);
  const kept = await refusalOf(api.proof("cards", end, end));
  strictEqual(kept.kind, "not-found");
  match(kept.message, /does not keep/);
  const upside = await refusalOf(api.proof("by-neuron", "ff".repeat(33), end));
  strictEqual(upside.kind, "invalid");
}

async function rangeOf(api: RemoteNode, root: Uint8Array): Promise<void> {
  const all = await Effect.runPromise(
    api.proof("by-neuron", "00".repeat(33), "ff".repeat(33)),
  );
  const proven = verifyProof(Uint8Array.fromBase64(all.octets), root);
  strictEqual(proven.entries.length, 1);
  strictEqual(proven.entries[0]!.links, 4n);
  const forged = Uint8Array.fromBase64(all.octets);
  forged[forged.length - 1]! ^= 1;
  let why: unknown;
  try {
    verifyProof(forged, root);
  } catch (error) {
    why = error;
  }
  ok(why instanceof NotProven);
}

Deno.test("cli: prove keeps a proof, verify checks it against a root", async () => {
  const room = new Room();
  const kept = await room.run([
    "prove",
    "by-particle",
    "nowhere",
    "--out",
    "p.proof",
    "--json",
  ]);
  strictEqual(kept.code, 0, kept.err);
  const { root, entries } = JSON.parse(kept.out);
  deepStrictEqual(entries, []);
  const good = await room.run(["verify", "p.proof", "--root", root]);
  strictEqual(good.code, 0, good.err);
  match(good.out, /holds +nothing/);
  const other = "01" + "ab".repeat(32);
  const bad = await room.run(["verify", "p.proof", "--root", other]);
  strictEqual(bad.code, 1);
  match(bad.err, /does not hold: the state has another root/);
  strictEqual((await room.run(["verify", "p.proof"])).code, 2);
  strictEqual(
    (await room.run(["verify", "gone.proof", "--root", root])).code,
    1,
  );
});
