/**
 * The graph cell falls under load and reads its log again: meanwhile the node
 * refuses, and says how far it is; it answers nothing from a part of the record.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import type { RunningServer } from "./http/server.ts";
import { readsOf } from "./local/local_node.ts";
import {
  serveTestNode,
  type TestNode,
  until,
  withNode,
} from "./testing/node.ts";

const WAIT_MS = 120_000;
const SIGNALS = 8;
const LINKS = 4_000;
const run = Effect.runPromise;

const particle = (n: number) => ({ text: `particle ${n}` });

function link({ node }: TestNode, signal: number, count: number) {
  const first = signal * LINKS;
  const links = Array.from({ length: count }, (_, n) => ({
    from: particle(first + n),
    to: particle((first + n) * 7 % LINKS),
  }));
  return run(Effect.result(node.api.link(links)));
}

function slotOf({ node }: TestNode, cell: string) {
  const slot = node.kernel.slots.find(({ name }) => name === cell);
  return slot ?? fail(`no cell ${cell}`);
}

function fail(what: string): never {
  throw new Error(what);
}

/** The graph is stopped in the midst of a call that writes nothing. */
async function fall(test: TestNode): Promise<void> {
  const slot = slotOf(test, "graph");
  const { spec } = slot;
  const { arrivals } = readsOf(test.node);
  slot.spec = { ...spec, callMs: 0.1 };
  await until("it is stopped", WAIT_MS, async () => {
    await run(Effect.exit(arrivals(0, 1 << 20)));
    return slot.faults > 0;
  });
  slot.spec = spec;
}

/** What can be asked of a record and its ranks. */
function pathsAbout(cid: string, neuron: string): readonly string[] {
  return [
    `/v1/particles/${cid}`,
    `/v1/particles/${cid}/content`,
    `/v1/particles/${cid}/links?dir=in&limit=100`,
    `/v1/neurons/${neuron}/links?limit=100`,
    "/v1/proofs",
    `/v1/proofs/by-particle/${cid}`,
    "/v1/link-proofs/0",
    "/v1/coins",
    "/v1/names/~me",
    "/v1/resolve?text=particle+1",
    `/v1/link-proofs/${SIGNALS * LINKS - 1}`,
    "/v1/rank/top?limit=20",
    `/v1/rank/history/${cid}`,
    "/v1/search?q=particle&limit=20",
  ];
}

async function ask({ url }: RunningServer, path: string) {
  const response = await fetch(`${url}${path}`);
  // Ages grow.
  const text = (await response.text()).replaceAll(/"age_ms":\d+/g, "");
  return { status: response.status, text };
}

/** Asks everything again and again until the graph is back; what was refused. */
async function asked(
  test: TestNode,
  server: RunningServer,
  before: ReadonlyMap<string, string>,
): Promise<string[]> {
  const refusals: string[] = [];
  const endMs = performance.now() + WAIT_MS;
  for (let isBack = false; !isBack;) {
    ok(performance.now() < endMs, "the graph comes back");
    isBack = slotOf(test, "graph").state === "running";
    const counted = await run(Effect.result(test.node.census));
    if (counted._tag === "Success") {
      strictEqual(counted.success.links, SIGNALS * LINKS);
    }
    for (const [path, text] of before) {
      const reply = await ask(server, path);
      if (reply.status === 503) refusals.push(JSON.parse(reply.text).detail);
      else deepStrictEqual([reply.status, reply.text], [200, text], path);
    }
  }
  return refusals;
}

Deno.test("a graph that fell answers nothing shorter, and ranks go on where they were", () =>
  withNode(async (test) => {
    const { node } = test;
    for (let signal = 0; signal < SIGNALS; signal += 1) {
      strictEqual((await link(test, signal, LINKS))._tag, "Success");
    }
    await until("ranks are confirmed", WAIT_MS, async () => {
      const { height, confirmed } = await run(node.api.rankStatus());
      return height === SIGNALS && confirmed;
    });
    await until(
      "all is indexed",
      WAIT_MS,
      async () => (await run(node.api.search("particle", 1))).pending === 0,
    );
    const [first] = await run(node.api.top(1));
    const server = await serveTestNode(test);
    try {
      const before = new Map<string, string>();
      for (const path of pathsAbout(first?.cid ?? "", node.neuron)) {
        const { status, text } = await ask(server, path);
        strictEqual(status, 200, `${path}: ${text}`);
        before.set(path, text);
      }
      const ranked = await run(node.api.rankStatus());
      await fall(test);
      const refusals = await asked(test, server, before);
      ok(refusals.length > 0, "somebody was refused");
      for (const refusal of refusals) match(refusal, /graph/);
      strictEqual(slotOf(test, "graph").faults, 1);
      for (const [path, text] of before) {
        await until(`${path} is as before`, WAIT_MS, async () => {
          const reply = await ask(server, path);
          ok(reply.status !== 200 || reply.text === text, path);
          return reply.status === 200;
        });
      }
      const now = await run(node.api.rankStatus());
      strictEqual(now.version, ranked.version, "nothing was computed anew");
      strictEqual((await link(test, SIGNALS, 1))._tag, "Success");
      await until(
        "the next ranks are there",
        WAIT_MS,
        async () => (await run(node.api.rankStatus())).height === SIGNALS + 1,
      );
      ok(!test.logged.some((line) => line.includes("starting over")));
      deepStrictEqual(
        ["rank", "query"].map((cell) => slotOf(test, cell).generations),
        [1, 1],
        "nobody else fell",
      );
    } finally {
      await server.close();
    }
  }));
