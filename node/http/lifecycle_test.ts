/** Deadlines, rooms and ends of a server. */
import { ok, rejects, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { RequestHandler } from "./handler.ts";
import { composePage, loadPage } from "./page.ts";
import { serve } from "./server.ts";
import { SimulatedNode } from "./simulated_node.ts";
import { TEST_TOKEN, withServer } from "./testing.ts";

Deno.test("server: what is in flight at the end is finished", async () => {
  let late: Promise<Response> | undefined;
  let url = "";
  await withServer(async (bench) => {
    url = bench.server.url;
    bench.node.delay_ms = 150;
    late = bench.fetch("/v1/cells");
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
  const answer = await late;
  strictEqual(answer?.status, 200);
  strictEqual((await answer?.json()).length, 3);
  await rejects(fetch(`${url}/healthz`), TypeError);
});

Deno.test("server: a port in use is one clear refusal", () =>
  withServer(async ({ server }) => {
    const refusal = await Effect.runPromise(Effect.flip(serve(
      new SimulatedNode(),
      {
        host: "127.0.0.1",
        port: server.port,
        token: TEST_TOKEN,
        version: "0",
      },
    )));
    strictEqual(refusal.kind, "conflict");
    ok(refusal.message.includes(`127.0.0.1:${server.port} is in use`));
    ok(refusal.fix?.includes("--port"));
  }));

function handlerOver(node: SimulatedNode, request_ms = 30): RequestHandler {
  return new RequestHandler(node, {
    token: TEST_TOKEN,
    version: "0",
    names: [],
    loopback: true,
    report: () => {},
    request_ms,
  });
}

function ask(path: string, init?: RequestInit): Request {
  return new Request(`http://127.0.0.1${path}`, init);
}

Deno.test("server: no request outlives its deadline", async () => {
  const node = new SimulatedNode();
  node.delay_ms = 200;
  const handler = handlerOver(node);
  const read = await handler.handle(ask("/v1/cells"), "127.0.0.1");
  strictEqual(read.status, 503);
  ok((await read.json()).detail.includes("no answer in time"));
  const body = '{"links":[{"from":{"text":"a"},"to":{"text":"b"}}]}';
  const write = await handler.handle(
    ask("/v1/signals", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    }),
    "127.0.0.1",
  );
  strictEqual(write.status, 503);
  ok((await write.json()).detail.includes("may still be carried out"));
  await new Promise((resolve) => setTimeout(resolve, 250));
  strictEqual(node.stored.length, 1, "a write is not torn off");
});

Deno.test("server: a body that never ends meets the deadline", async () => {
  const handler = handlerOver(new SimulatedNode());
  const body = new ReadableStream({ pull: () => new Promise(() => {}) });
  const answer = await handler.handle(
    ask("/v1/signals", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    }),
    "127.0.0.1",
  );
  strictEqual(answer.status, 503);
  await answer.body?.cancel();
});

Deno.test("server: work at once is bounded, health is not", async () => {
  const node = new SimulatedNode();
  node.delay_ms = 300;
  const handler = handlerOver(node, 10_000);
  const answers = await Promise.all(
    Array.from(
      { length: 300 },
      () => handler.handle(ask("/v1/cells"), "127.0.0.1"),
    ),
  );
  const busy = answers.filter(({ status }) => status === 503);
  strictEqual(busy.length, 300 - 256);
  const health = await handler.handle(ask("/healthz"), "127.0.0.1");
  strictEqual(health.status, 200);
});

Deno.test("page: the policy allows exactly the two inline parts", () => {
  const page = composePage("<!--style--><!--script-->", "a{}", "let x = '$&';");
  ok(page.html.includes("<style>a{}</style>"));
  ok(page.html.includes("let x = '$&';"), "the script is taken as it is");
  const policy = page.headers["content-security-policy"] ?? "";
  strictEqual(policy.match(/sha256-/gu)?.length, 2);
  ok(!policy.includes("unsafe"));
  ok(policy.startsWith("default-src 'none'"));
});

Deno.test("page: nothing comes from elsewhere", () => {
  const { html } = loadPage();
  const outside = html.match(/(?:src|href|url)\s*[=(]\s*["']?https?:[^"')]*/gu);
  strictEqual(outside, null);
  ok(!/\son[a-z]+=|innerHTML|style="/u.test(html), "the policy would block it");
  ok(html.includes("<style>") && html.includes('<script type="module">'));
});
