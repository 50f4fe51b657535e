/**
 * A whole node with one cell missing: it degrades as the table of degraded
 * modes says, and is whole again once the cell is.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import type { RunningServer } from "./http/server.ts";
import { onLog } from "./testing/audit.ts";
import { editedComponent } from "./testing/components.ts";
import { type TestNode, until } from "./testing/node.ts";
import { Site } from "./testing/site.ts";

/** It starts like a good one, and faults as soon as it is stepped. */
const TRAPPING_STEP = {
  file: "assembly/background.ts",
  find: "export function step(): Progress {",
  put: "export function step(): Progress {\n  unreachable();",
};

/** Both are built at once, and only if a case asks. */
let variants: Promise<Record<"rank" | "query", Uint8Array>> | undefined;

function trapping(): Promise<Record<"rank" | "query", Uint8Array>> {
  variants ??= (async () => {
    const [rank, query] = await Promise.all([
      editedComponent("rank", [TRAPPING_STEP]),
      editedComponent("query", [TRAPPING_STEP]),
    ]);
    return { rank, query };
  })();
  return variants;
}

async function withSite(body: (site: Site) => Promise<void>): Promise<void> {
  const site = await Site.make();
  try {
    await body(site);
  } finally {
    await Deno.remove(site.folder, { recursive: true });
  }
}

async function get(server: RunningServer, path: string) {
  const response = await fetch(`${server.url}${path}`);
  return { status: response.status, body: await response.json() };
}

const stateOf = (test: TestNode, cell: string) =>
  test.node.kernel.slots.find(({ name }) => name === cell)?.state;

const link = ({ node }: TestNode, from: string, to: string) =>
  Effect.runPromise(
    node.api.link([{ from: { text: from }, to: { text: to } }]),
  );

/** The graph takes links and answers for them, whoever is missing. */
async function graphWorks(test: TestNode, from: string): Promise<void> {
  const before = await Effect.runPromise(test.node.census);
  const receipt = await link(test, from, "something");
  const after = await Effect.runPromise(test.node.census);
  strictEqual(after.links, before.links + 1);
  strictEqual(receipt.height, after.height);
}

const MISSING_RANK = [
  ["traps in its step", async () => (await trapping()).rank],
  ["is not there", () => Promise.resolve(undefined)],
] as const;

for (const [what, component] of MISSING_RANK) {
  Deno.test(`without rank, which ${what}: search and links go on`, async () => {
    const bytes = await component();
    await withSite(async (site) => {
      site.put("rank", bytes);
      await site.with(async (test, server) => {
        await until(
          "rank is disabled",
          20_000,
          () => stateOf(test, "rank") === "disabled",
        );
        await until(
          "it is on the audit log",
          5_000,
          () => onLog(test, /cell-disabled cell="rank"/),
        );
        await graphWorks(test, "lighthouse");
        const { cid } = (await get(server, "/v1/resolve?text=lighthouse")).body;
        await until("the text is indexed", 20_000, async () => {
          const found = await get(server, "/v1/search?q=lighthouse");
          strictEqual(found.status, 200);
          return found.body.items.some((hit: { cid: string }) =>
            hit.cid === cid
          );
        });
        const links = await get(server, `/v1/particles/${cid}/links?dir=out`);
        strictEqual(links.status, 200);
        strictEqual(links.body.links.length, 1);
        for (const path of ["/v1/rank/top", "/v1/rank/status"]) {
          const { status, body } = await get(server, path);
          strictEqual(status, 503, path);
          match(body.detail, /rank/);
        }
        const health = await get(server, "/healthz");
        strictEqual(health.body.status, "degraded");
        strictEqual(health.body.cells.rank, "disabled");
        deepStrictEqual(
          [stateOf(test, "graph"), stateOf(test, "query")],
          ["running", "running"],
        );
      });
      site.restore("rank");
      await site.with(async (test, server) => {
        await until("there are ranks", 20_000, async () => {
          const { status, body } = await get(server, "/v1/rank/status");
          return status === 200 && body.version > 0 && body.height === 1;
        });
        const top = await get(server, "/v1/rank/top");
        strictEqual(top.status, 200);
        ok(top.body.length >= 2);
        strictEqual(stateOf(test, "rank"), "running");
        strictEqual((await get(server, "/healthz")).body.status, "ok");
      });
    });
  });
}

Deno.test("without query: links are taken and ranked, clients are told", async () => {
  const { query } = await trapping();
  await withSite(async (site) => {
    site.put("query", query);
    await site.with(async (test, server) => {
      await until(
        "query is disabled",
        20_000,
        () => stateOf(test, "query") === "disabled",
      );
      await graphWorks(test, "lighthouse");
      for (
        const path of [
          "/v1/search?q=lighthouse",
          "/v1/resolve?text=lighthouse",
          "/v1/rank/top",
        ]
      ) {
        const { status, body } = await get(server, path);
        strictEqual(status, 503, path);
        match(body.detail, /query/);
      }
      const cells = await get(server, "/v1/cells");
      strictEqual(cells.status, 200);
      const health = await get(server, "/healthz");
      strictEqual(health.body.status, "degraded");
      strictEqual(stateOf(test, "graph"), "running");
      strictEqual(stateOf(test, "rank"), "running");
    });
    site.restore("query");
    await site.with(async (_, server) => {
      await until("the text is found", 20_000, async () => {
        const found = await get(server, "/v1/search?q=lighthouse");
        return found.status === 200 && found.body.items.length > 0;
      });
    });
  });
});

Deno.test("without its storage the node does not start, and nothing is lost", async () => {
  await withSite(async (site) => {
    const store = `${site.dataDir}/store.block`;
    await site.with(async (test) => {
      await link(test, "lighthouse", "harbour");
    });
    const whole = Deno.readFileSync(store);

    const foreign = whole.slice();
    foreign.fill(0xa5, 0, 16_384);
    Deno.writeFileSync(store, foreign);
    match(await site.refusal(), /the store cannot be opened: graph: start/);
    deepStrictEqual(Deno.readFileSync(store), foreign);

    Deno.removeSync(store);
    Deno.mkdirSync(store);
    match(await site.refusal(), /the store cannot be opened/);
    Deno.removeSync(store);

    Deno.writeFileSync(store, whole);
    site.put("graph", new Uint8Array([0, 0x61, 0x73, 0x6d]));
    match(await site.refusal(), /graph: compile refused/);
    deepStrictEqual(Deno.readFileSync(store), whole);

    site.restore("graph");
    await site.with(async (test) => {
      strictEqual((await Effect.runPromise(test.node.census)).links, 1);
    });
  });
});
