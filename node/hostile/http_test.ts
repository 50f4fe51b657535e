/**
 * Hostile requests to a whole node over a real socket: each is refused with a
 * reason, none changes the record, no cell falls, and memory stays bounded.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { networkIdentity, toHex } from "../../kernel/crypto/mod.ts";
import {
  BODIES,
  METHODS,
  request,
  statusOf,
  TARGETS,
} from "../http/hostile_rows.ts";
import { exchange } from "../http/testing.ts";
import { builtComponent } from "../testing/components.ts";
import { seededRandom } from "../testing/links.ts";
import { serveTestNode, type TestNode, withNode } from "../testing/node.ts";
import { governor, signedSwap } from "../testing/proposals.ts";
import { Neuron } from "./neuron.ts";
import { withoutEffect } from "./room.ts";

const MIB = 2 ** 20;
/** What 12 turns of 20 MiB may leave behind in a process that is warm. */
const GROWTH_OCTETS_MAX = 160 * MIB;

interface Answer {
  readonly status: number;
  readonly detail: string;
  readonly fix: string;
}

interface Served {
  readonly test: TestNode;
  readonly port: number;
  post(path: string, type: string, body: Uint8Array | string): Promise<Answer>;
}

async function served(body: (served: Served) => Promise<void>): Promise<void> {
  await withNode(async (test) => {
    const server = await serveTestNode(test);
    try {
      await body({
        test,
        port: server.port,
        async post(path, type, octets) {
          const response = await fetch(server.url + path, {
            method: "POST",
            headers: {
              "content-type": type,
              "authorization": `Bearer ${"t".repeat(64)}`,
            },
            body: typeof octets === "string" ? octets : new Uint8Array(octets),
          });
          const { detail = "", fix = "" } = await response.json();
          return { status: response.status, detail, fix };
        },
      });
    } finally {
      await server.close();
    }
  });
}

const OCTETS = "application/octet-stream";

Deno.test("hostile: requests that a whole node refuses", () =>
  served(async ({ test, port }) => {
    const rows = [...TARGETS, ...METHODS, ...BODIES];
    await withoutEffect(test.node, async () => {
      for (const [name, text, status] of rows) {
        const answer = await exchange(port, text);
        strictEqual(statusOf(answer), status, `${name}\n${answer}`);
      }
    });
    const alive = await exchange(port, request("GET /v1/rank/top?limit=1"));
    strictEqual(statusOf(alive), 200);
  }));

Deno.test("hostile: components that no proposal can put in", () =>
  served(async ({ test, post }) => {
    const random = seededRandom(0xc0ffee);
    const rank = builtComponent("rank");
    const noise = (length: number) =>
      Uint8Array.from({ length }, () => random(256));
    const flipped = (at: number) => {
      const copy = rank.slice();
      copy[at] = (copy[at] ?? 0) ^ (1 << random(8));
      return copy;
    };
    const components = [
      new Uint8Array(0),
      noise(1),
      noise(4096),
      rank.slice(0, 8),
      ...Array.from({ length: 8 }, () => rank.slice(0, random(rank.length))),
      new Uint8Array([...rank.slice(0, 8), ...noise(5000)]),
      new Uint8Array(MIB),
      builtComponent("query"),
    ];
    const key = await governor(test.dataDir, "identity");
    await withoutEffect(test.node, async () => {
      for (const component of components) {
        const bundle = await signedSwap(
          test.node.network,
          "rank",
          component,
          [key],
        );
        const answer = await post(
          "/v1/governance/proposals",
          "application/json",
          JSON.stringify({ bundle, component: component.toBase64() }),
        );
        const what = `${component.length} octets: ${JSON.stringify(answer)}`;
        strictEqual(answer.status, 409, what);
        match(answer.detail, /kernel-refused at cell/, what);
        ok(answer.fix !== "", what);
      }
      // Signed for one, sent with another.
      const bundle = await signedSwap(test.node.network, "rank", rank, [key]);
      for (const component of [flipped(100), flipped(rank.length - 1)]) {
        const answer = await post(
          "/v1/governance/proposals",
          "application/json",
          JSON.stringify({ bundle, component: component.toBase64() }),
        );
        strictEqual(answer.status, 403, JSON.stringify(answer));
        match(answer.detail, /wrong-attachment/);
        ok(answer.fix !== "", JSON.stringify(answer));
      }
    });
    // What a governor signed is kept with its verdict; the rest is not.
    const kept = await Effect.runPromise(test.node.api.proposals());
    strictEqual(kept.length, components.length);
    ok(kept.every(({ state }) => state === "refused"));
  }));

Deno.test("hostile: envelopes", () =>
  served(async ({ test, post }) => {
    const { node } = test;
    const network = networkIdentity(node.network);
    const neuron = await Neuron.of(7, network);
    const send = (octets: Uint8Array) => post("/v1/signals", OCTETS, octets);
    const first = await neuron.envelope("a", "b");
    await withoutEffect(node, async () => {
      for (
        const [name, octets, status, tells] of await neuron.hostile(first)
      ) {
        const answer = await send(octets);
        const what = `${name}: ${JSON.stringify(answer)}`;
        strictEqual(answer.status, status, what);
        match(answer.detail, tells, what);
        ok(answer.fix !== "", what);
      }
    });
    // The control: the same neuron's genuine signals are taken, the second one
    // without its key bundle.
    strictEqual((await send(first)).status, 200);
    neuron.accepted(first);
    const second = await neuron.envelope("c", "d");
    strictEqual((await send(second)).status, 200);
    neuron.accepted(second);
    await withoutEffect(node, async () => {
      for (const [name, octets, tells] of await neuron.late(first)) {
        const answer = await send(octets);
        const what = `${name}: ${JSON.stringify(answer)}`;
        strictEqual(answer.status, 409, what);
        match(answer.detail, tells, what);
        ok(answer.fix !== "", what);
      }
    });
    const { links } = await Effect.runPromise(node.census);
    strictEqual(links, 2);
    const page = await Effect.runPromise(
      node.api.links(await Effect.runPromise(node.api.resolve("c")), "out", 9),
    );
    deepStrictEqual(page.links.map((link) => link.neuron), [toHex(neuron.id)]);
  }));

Deno.test("hostile: drafts and bookmarks of an operator's bad client", () =>
  served(async ({ test, post }) => {
    const random = seededRandom(0xd4af7);
    const drafts = [
      new Uint8Array(0),
      new Uint8Array(2),
      new Uint8Array([0xff, 0xff]),
      new Uint8Array([1, 0, 0, 0xff, 0xff, 0xff, 0xff]),
      ...Array.from(
        { length: 16 },
        () => Uint8Array.from({ length: random(300) }, () => random(256)),
      ),
      new Uint8Array(16 * MIB),
    ];
    await withoutEffect(test.node, async () => {
      for (const draft of drafts) {
        const answer = await post("/v1/drafts", OCTETS, draft);
        strictEqual(answer.status, 400, JSON.stringify(answer));
        ok(answer.fix !== "", JSON.stringify(answer));
      }
      const key = "k".repeat(65);
      const answer = await post(`/v1/drafts?key=${key}`, OCTETS, "x");
      strictEqual(answer.status, 400, JSON.stringify(answer));
    });
  }));

Deno.test("hostile: large bodies leave no memory behind", () =>
  served(async ({ test, post }) => {
    const links = `{"links":[${'"x",'.repeat(MIB)}1]}`;
    // The least that is held after any turn: garbage comes and goes, a leak stays.
    const turns = async (count: number) => {
      let least = Infinity;
      for (let turn = 0; turn < count; turn += 1) {
        for (
          const answer of [
            await post("/v1/signals", OCTETS, new Uint8Array(16 * MIB)),
            await post("/v1/signals", "application/json", links),
          ]
        ) strictEqual(answer.status, 400, JSON.stringify(answer));
        const { heapUsed, external } = Deno.memoryUsage();
        least = Math.min(least, heapUsed + external);
      }
      return least;
    };
    await withoutEffect(test.node, async () => {
      const before = await turns(12);
      const grown = await turns(24) - before;
      ok(grown < GROWTH_OCTETS_MAX, `${grown} octets more`);
    });
  }));
