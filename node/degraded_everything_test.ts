/**
 * A node that has lost a cell while it ran is asked everything: every route of
 * its OpenAPI document, as the table of degraded modes says.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import type { RunningServer } from "./http/server.ts";
import { askEverything, byStatus, type Reply } from "./testing/everything.ts";
import { propose } from "./testing/governed.ts";
import { type TestNode, until } from "./testing/node.ts";
import { Site } from "./testing/site.ts";

const WAIT_MS = 60_000;
const run = Effect.runPromise;

async function withSite(body: (site: Site) => Promise<void>): Promise<void> {
  const site = await Site.make();
  try {
    await body(site);
  } finally {
    await Deno.remove(site.folder, { recursive: true });
  }
}

const jsonOf = (reply: Reply | undefined) => JSON.parse(reply?.text ?? "null");

/** A link whose ranks are published, and held by query. */
async function settled({ node, logged }: TestNode): Promise<string> {
  const receipt = await run(
    node.api.link([{ from: { text: "lighthouse" }, to: { text: "harbour" } }]),
  );
  await until(
    "its ranks are held",
    WAIT_MS,
    () => logged.includes("query: ranks of height 1 are held"),
  );
  return receipt.links[0]?.from ?? "";
}

/** Takes a cell out by a proposal; gives the proposal's id. */
async function without(test: TestNode, cell: string): Promise<string> {
  const { id } = await run(await propose(test, { action: "unload", cell }));
  return id;
}

/** What a route answers that has the wrong thing in its body. */
const REFUSED = ["submitEvidence", "stateAvatar", "propose", "dryRun"];
/** What there is not: a name, a coin, a pair of signals. */
const NOT_THERE = [
  "offering",
  "nameOf",
  "nameHistory",
  "coin",
  "evidenceOctets",
  "avatar",
];
/** What only rank can say. */
const OF_RANK = [
  "focusFrom",
  "history",
  "karma",
  "finality",
  "spectrum",
  "explain",
];

Deno.test("everything is asked without rank: the last good ranks, with their age", () =>
  withSite((site) =>
    site.with(async (test, server) => {
      const cid = await settled(test);
      const before = await askTop(server);
      const proposal = await without(test, "rank");
      const replies = await askEverything(server, { cid, proposal });
      const { 200: well, ...others } = byStatus(replies);
      deepStrictEqual(others, {
        400: REFUSED,
        404: NOT_THERE,
        503: OF_RANK,
      });
      strictEqual(
        well?.length,
        Object.keys(replies).length - REFUSED.length - OF_RANK.length -
          NOT_THERE.length,
      );

      strictEqual(jsonOf(replies["health"]).status, "degraded");
      const status = jsonOf(replies["rankStatus"]);
      deepStrictEqual(
        [status.stale, status.computing, status.height],
        [true, false, 1],
      );
      const top = jsonOf(replies["top"]);
      deepStrictEqual(
        top.map(({ stale_ms: _, ...brief }: { stale_ms: number }) => brief),
        before,
        "the ranks are those of before",
      );
      const [link] = jsonOf(replies["links"]).links;
      const [hit] = jsonOf(replies["search"]).items;
      const particle = jsonOf(replies["particle"]);
      for (const one of [...top, link.from, link.to, hit, particle]) {
        ok(one.focus > 0, `focus of ${one.text}`);
        ok(one.stale_ms > 0, `age of ${one.text}`);
      }
      // Age grows while rank is away.
      const later = jsonOf(
        (await askEverything(server, { cid, proposal }))["rankStatus"],
      );
      ok(later.age_ms > status.age_ms);
      strictEqual(later.version, status.version);
      // Links were taken meanwhile.
      strictEqual((await run(test.node.census)).links, 1 + 2 * 2);
    })
  ));

/** The top while nothing is missing; a control: nothing of it is stale. */
async function askTop({ url }: RunningServer): Promise<unknown> {
  const status = await (await fetch(`${url}/v1/rank/status`)).json();
  strictEqual(status.stale, false);
  const top = await (await fetch(`${url}/v1/rank/top`)).json();
  ok(top.every((brief: object) => !("stale_ms" in brief)));
  ok(top.length >= 2);
  return top;
}

Deno.test("everything is asked without query: it serves no clients, the rest works", () =>
  withSite((site) =>
    site.with(async (test, server) => {
      const cid = await settled(test);
      const proposal = await without(test, "query");
      const replies = await askEverything(server, { cid, proposal });
      const { 200: well, ...others } = byStatus(replies);
      deepStrictEqual(others, {
        400: REFUSED,
        404: NOT_THERE,
        503: [
          "resolve",
          "particle",
          "content",
          "links",
          "top",
          "focusFrom",
          "history",
          "rankStatus",
          "explain",
          "search",
        ],
      });
      deepStrictEqual(
        well?.filter((name) =>
          ["health", "addSignal", "addDraft", "bookmark", "state", "proof"]
            .includes(name)
        ).length,
        6,
      );
      strictEqual(jsonOf(replies["health"]).status, "degraded");
      match(jsonOf(replies["search"]).detail, /query/);
      strictEqual((await run(test.node.census)).links, 3);
    })
  ));

Deno.test("everything is asked without the graph: it halts, and its store stays", () =>
  withSite(async (site) => {
    const store = `${site.dataDir}/store.block`;
    await site.with(async (test, server) => {
      await settled(test);
      // No proposal may do this.
      await run(test.node.kernel.apply({ kind: "unload", cell: "graph" }));
      const whole = Deno.readFileSync(store);
      const replies = await askEverything(server, {
        cid: "01" + "5a".repeat(32),
        proposal: "0".repeat(16),
      });
      const { 200: well, ...others } = byStatus(replies);
      deepStrictEqual(well, [
        "page",
        "metrics",
        "openapi",
        "cells",
        "resolve",
        "identity",
        "evidence",
        "rankStatus",
        "proposals",
      ]);
      deepStrictEqual(others, {
        400: REFUSED,
        404: ["offering", "evidenceOctets", "proposal"],
        503: [
          "health",
          "addSignal",
          "addDraft",
          "bookmark",
          "particle",
          "content",
          "offer",
          "drop",
          "links",
          "state",
          "proof",
          "linkProof",
          "name",
          "nameOf",
          "nameHistory",
          "linksOf",
          "balances",
          "boxes",
          "cards",
          "operate",
          "coins",
          "coin",
          "avatar",
          "top",
          "focusFrom",
          "history",
          "karma",
          "finality",
          "spectrum",
          "explain",
          "search",
        ],
      });
      strictEqual(jsonOf(replies["health"]).status, "failed");
      deepStrictEqual(Deno.readFileSync(store), whole);
    });
    await site.with(async (test) => {
      strictEqual((await run(test.node.census)).links, 1);
    });
  }));
