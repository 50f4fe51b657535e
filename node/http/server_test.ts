/** Every route answers as its own OpenAPI document says. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Effect, Result, Schema } from "effect";
import { Refusal } from "../api.ts";
import type { OpenApi } from "./openapi.ts";
import { published } from "./testing_published.ts";
import { identify } from "./simulated_record.ts";
import { type Bench, operatorHeaders, withServer } from "./testing.ts";
import { VIEW_CALLS } from "./testing_views.ts";

const utf8 = new TextEncoder();
const ALPHA = identify(utf8.encode("alpha"));
const BETA = identify(utf8.encode("beta"));

function links(...pairs: ReadonlyArray<readonly [string, string]>): string {
  return JSON.stringify({
    links: pairs.map(([from, to]) => ({
      from: { text: from },
      to: { text: to },
    })),
  });
}

function postJson(
  body: string,
  more: Record<string, string> = {},
): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", ...more },
    body,
  };
}

async function seeded({ fetch }: Bench): Promise<void> {
  const answer = await fetch(
    "/v1/signals",
    postJson(links(["alpha", "beta"], ["beta", "gamma"], ["alpha", "gamma"])),
  );
  strictEqual(answer.status, 200);
  await answer.body?.cancel();
}

/** One draft of one link between two texts. */
function draftOf(from: string, to: string): Uint8Array<ArrayBuffer> {
  const ends = [from, to].flatMap((text) => {
    const octets = utf8.encode(text);
    return [0, octets.length, 0, 0, 0, ...octets];
  });
  return new Uint8Array([1, 0, ...ends, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0]);
}

interface Media {
  readonly schema?: unknown;
}
type Responses = Readonly<
  Record<string, { readonly content?: Readonly<Record<string, Media>> }>
>;

interface Call {
  readonly name: string;
  readonly path: string;
  readonly init?: RequestInit;
  readonly status?: number;
}

const CALLS: ReadonlyArray<Call> = [
  { name: "page", path: "/" },
  { name: "health", path: "/healthz" },
  { name: "metrics", path: "/metrics" },
  { name: "openapi", path: "/openapi.json" },
  { name: "cells", path: "/v1/cells" },
  {
    name: "addSignal",
    path: "/v1/signals",
    init: postJson(
      JSON.stringify({
        links: [{
          from: { text: "a" },
          to: { cid: ALPHA },
          amount: 3,
          valence: -1,
          token: "karyon",
        }],
      }),
    ),
  },
  {
    name: "addDraft",
    path: "/v1/drafts?key=k&value=1%3A2",
    init: {
      method: "POST",
      headers: {
        ...operatorHeaders(),
        "content-type": "application/octet-stream",
      },
      body: draftOf("delta", "alpha"),
    },
  },
  {
    name: "bookmark",
    path: "/v1/bookmarks?key=k",
    init: { headers: operatorHeaders() },
  },
  { name: "resolve", path: "/v1/resolve?text=alpha" },
  { name: "particle", path: `/v1/particles/${ALPHA}` },
  { name: "content", path: `/v1/particles/${ALPHA}/content` },
  { name: "offering", path: `/v1/particles/${ALPHA}/offer` },
  {
    name: "offer",
    path: `/v1/particles/${BETA}/content?ttl=3`,
    init: {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: "beta",
    },
  },
  {
    name: "drop",
    path: "/v1/drops",
    init: postJson(JSON.stringify({ cid: BETA }), operatorHeaders()),
  },
  { name: "links", path: `/v1/particles/${ALPHA}/links?dir=out&limit=1` },
  { name: "state", path: "/v1/proofs" },
  { name: "proof", path: `/v1/proofs/by-particle/${ALPHA}` },
  ...VIEW_CALLS,
  { name: "top", path: "/v1/rank/top?limit=3" },
  { name: "rankStatus", path: "/v1/rank/status" },
  { name: "focusFrom", path: `/v1/rank?from=${ALPHA}&limit=2` },
  { name: "history", path: `/v1/rank/history/${ALPHA}?limit=2` },
  { name: "karma", path: "/v1/rank/karma?limit=3" },
  { name: "finality", path: `/v1/rank/finality/${ALPHA}?among=${ALPHA}&k=1` },
  { name: "spectrum", path: `/v1/rank/spectrum?of=${ALPHA}` },
  { name: "explain", path: `/v1/rank/explain/${ALPHA}?limit=1` },
  { name: "search", path: "/v1/search?q=ALP&limit=5" },
  {
    name: "propose",
    path: "/v1/governance/proposals",
    init: postJson(JSON.stringify({ bundle: "{}", component: "AGFzbQ==" })),
    status: 201,
  },
  {
    name: "dryRun",
    path: "/v1/governance/dry-runs",
    init: postJson(
      JSON.stringify({ bundle: "{}", component: "" }),
      operatorHeaders(),
    ),
  },
  { name: "proposals", path: "/v1/governance/proposals" },
  {
    name: "proposal",
    path: `/v1/governance/proposals/${
      identify(utf8.encode("{}")).slice(2, 18)
    }`,
  },
];

Deno.test("http: each route answers as the OpenAPI document says", () =>
  withServer(async (bench) => {
    await seeded(bench);
    const document: OpenApi = await (await bench.fetch("/openapi.json")).json();
    const operations = new Map(
      Object.values(document.paths).flatMap((methods) =>
        Object.values(methods).map((
          operation,
        ) => [String(operation["operationId"]), operation] as const)
      ),
    );
    deepStrictEqual(
      CALLS.map(({ name }) => name).sort(),
      [...operations.keys()].sort(),
      "there is a call for every route",
    );
    for (const call of CALLS) {
      const answer = await bench.fetch(call.path, call.init);
      const text = await answer.text();
      strictEqual(answer.status, call.status ?? 200, `${call.name}: ${text}`);
      const responses = operations.get(call.name)?.["responses"] as Responses;
      const declared = responses[answer.status]?.content ?? {};
      const type = answer.headers.get("content-type")?.split(";")[0] ?? "";
      // A content has the type that its octets have.
      if (call.name === "content") continue;
      ok(type in declared, `${call.name}: ${type} is not declared`);
      const schema = declared[type]?.schema;
      if (schema === undefined) continue;
      const result = Schema.decodeUnknownResult(
        published(document, schema) as Schema.Codec<unknown>,
      )(JSON.parse(text));
      ok(Result.isSuccess(result), `${call.name}: ${text} ${result}`);
    }
  }));

Deno.test("http: content is immutable, and comes in ranges", () =>
  withServer(async (bench) => {
    await seeded(bench);
    const path = `/v1/particles/${ALPHA}/content`;
    const whole = await bench.fetch(path);
    strictEqual(await whole.text(), "alpha");
    strictEqual(whole.headers.get("etag"), `"${ALPHA}"`);
    strictEqual(whole.headers.get("content-type"), "text/plain; charset=utf-8");
    strictEqual(whole.headers.get("x-content-type-options"), "nosniff");
    ok(whole.headers.get("cache-control")?.includes("immutable"));
    const asked = async (headers: Record<string, string>) => {
      const answer = await bench.fetch(path, { headers });
      return [
        answer.status,
        await answer.text(),
        answer.headers.get("content-range"),
      ];
    };
    deepStrictEqual(await asked({ range: "bytes=1-3" }), [
      206,
      "lph",
      "bytes 1-3/5",
    ]);
    deepStrictEqual(await asked({ range: "bytes=-2" }), [
      206,
      "ha",
      "bytes 3-4/5",
    ]);
    deepStrictEqual(await asked({ range: "bytes=3-" }), [
      206,
      "ha",
      "bytes 3-4/5",
    ]);
    deepStrictEqual(await asked({ range: "bytes=0-99" }), [
      206,
      "alpha",
      "bytes 0-4/5",
    ]);
    deepStrictEqual((await asked({ range: "bytes=9-" })).toSpliced(1, 1), [
      416,
      "bytes */5",
    ]);
    deepStrictEqual(await asked({ range: "bytes=0-1,3-4" }), [
      200,
      "alpha",
      null,
    ]);
    deepStrictEqual(await asked({ range: "lines=1-2" }), [200, "alpha", null]);
    deepStrictEqual(
      await asked({ range: "bytes=0-1", "if-range": '"other"' }),
      [200, "alpha", null],
    );
    deepStrictEqual(await asked({ "if-none-match": `"${ALPHA}"` }), [
      304,
      "",
      null,
    ]);
  }));

Deno.test("http: a content longer than one chunk is streamed whole", () =>
  withServer(async (bench) => {
    const long = new Uint8Array(2_500_000).map((_, at) => at % 251);
    const cid = identify(long);
    await Effect.runPromise(
      bench.node.link([{ from: { cid }, to: { text: "x" } }]),
    );
    const particle = bench.node.particles.get(cid);
    ok(particle);
    particle.content = long;
    const answer = await bench.fetch(`/v1/particles/${cid}/content`);
    strictEqual(answer.headers.get("content-type"), "application/octet-stream");
    strictEqual(identify(await answer.bytes()), cid);
  }));

Deno.test("http: a known particle without content is an honest 404", () =>
  withServer(async (bench) => {
    await seeded(bench);
    const axon = bench.node.stored[0]?.axon;
    const answer = await bench.fetch(`/v1/particles/${axon}/content`);
    strictEqual(answer.status, 404);
    ok((await answer.json()).detail.includes("not here"));
  }));

Deno.test("http: links are paged to the end", () =>
  withServer(async (bench) => {
    await seeded(bench);
    const seen: string[] = [];
    let cursor = "";
    do {
      const page = await (await bench.fetch(
        `/v1/particles/${ALPHA}/links?dir=out&limit=1${cursor}`,
      )).json();
      seen.push(
        ...page.links.map((link: { to: { text: string } }) => link.to.text),
      );
      cursor = page.next === undefined ? "" : `&cursor=${page.next}`;
    } while (cursor !== "");
    deepStrictEqual(seen, ["gamma", "beta"]);
  }));

Deno.test("http: HEAD is GET without the body", () =>
  withServer(async (bench) => {
    const answer = await bench.raw(
      "HEAD /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    );
    ok(answer.startsWith("HTTP/1.1 200"), answer);
    ok(answer.endsWith("\r\n\r\n"), answer);
  }));

Deno.test("http: a proposal can come as multipart", () =>
  withServer(async (bench) => {
    const form = new FormData();
    form.set("bundle", '{"a":1}');
    form.set("component", new Blob([new Uint8Array([0, 1, 2, 255])]), "c.wasm");
    const answer = await bench.fetch("/v1/governance/proposals", {
      method: "POST",
      body: form,
    });
    const report = await answer.json();
    strictEqual(answer.status, 201, JSON.stringify(report));
    strictEqual(report.component, identify(new Uint8Array([0, 1, 2, 255])));
    form.set("extra", "1");
    const refused = await bench.fetch("/v1/governance/proposals", {
      method: "POST",
      body: form,
    });
    strictEqual(refused.status, 400);
    await refused.body?.cancel();
  }));

Deno.test("http: each refusal of the node has its status", () =>
  withServer(async (bench) => {
    const statuses = {
      invalid: 400,
      unauthorised: 403,
      "not-found": 404,
      conflict: 409,
      "too-large": 413,
      "too-many": 429,
      full: 507,
      unavailable: 503,
      failed: 500,
    } as const;
    for (const [kind, status] of Object.entries(statuses)) {
      bench.node.refuse = new Refusal({
        kind: kind as Refusal["kind"],
        message: "store /home/me/secret/store.log is wrong",
        fix: "look at /home/me",
      });
      const answer = await bench.fetch("/v1/cells");
      strictEqual(answer.status, status);
      strictEqual(
        answer.headers.get("content-type"),
        "application/problem+json",
      );
      const text = await answer.text();
      ok(!text.includes("/home"), text);
      const known = await bench.fetch("/v1/cells", {
        headers: operatorHeaders(),
      });
      ok((await known.text()).includes("/home/me/secret"), "operator sees it");
    }
    strictEqual(bench.reports.length, 1, "the failed one is in the log");
  }));

Deno.test("http: a defect answers 500 and says nothing of itself", () => {
  const secret = "at Object.<anonymous> (/srv/karyon/kernel/x.ts:1:2)";
  const node = {
    ...Object.create(null),
    cells: () => Effect.die(new Error(secret)),
  };
  return withServer(async (bench) => {
    const answer = await bench.fetch("/v1/cells");
    strictEqual(answer.status, 500);
    const text = await answer.text();
    ok(!text.includes("srv") && !text.includes("anonymous"), text);
    const reference = /under ([0-9a-f]{8})/u.exec(text)?.[1] ?? "none";
    ok(bench.reports[0]?.includes(reference));
    ok(bench.reports[0]?.includes(secret));
  }, { api: node });
});
