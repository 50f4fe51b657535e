/** Hostile requests get a clear no, and change nothing. */
import { ok, strictEqual } from "node:assert/strict";
import {
  BODIES,
  LINK,
  METHODS,
  post,
  request,
  type Row,
  statusOf,
  TARGETS,
} from "./hostile_rows.ts";
import * as limit from "./limits.ts";
import { SimulatedNode } from "./simulated_node.ts";
import { identify } from "./simulated_record.ts";
import { RequestHandler } from "./handler.ts";
import {
  type Bench,
  operatorHeaders,
  TEST_TOKEN,
  withServer,
} from "./testing.ts";

async function refuses(bench: Bench, rows: ReadonlyArray<Row>): Promise<void> {
  for (const [name, text, status, tells] of rows) {
    const answer = await bench.raw(text);
    strictEqual(statusOf(answer), status, `${name}: ${answer.slice(0, 600)}`);
    ok(answer.includes("application/problem+json"), name);
    const body = answer.slice(answer.indexOf("\r\n\r\n"));
    const told = answer.includes("chunked") ? body : body.trim();
    ok(told.includes(tells.replaceAll('"', '\\"')), `${name}: ${told}`);
    ok(!/\.ts:|\bat [A-Za-z.]+ \(|node_modules/u.test(answer), name);
  }
  strictEqual(bench.node.stored.length, 0, "nothing was changed");
}

Deno.test("http: hostile targets", () =>
  withServer((b) => refuses(b, TARGETS)));
Deno.test("http: methods, hosts, rights", () =>
  withServer((bench) => refuses(bench, METHODS)));
Deno.test("http: hostile bodies", () => withServer((b) => refuses(b, BODIES)));

Deno.test("http: the same requests without the fault pass (control)", () =>
  withServer(async (bench) => {
    const good = [
      post(LINK),
      post(LINK, "Sec-Fetch-Site: same-origin", "Origin: http://127.0.0.1"),
      request("GET /v1/rank/top?limit=1000"),
      request("GET /v1/search?q=%C3%A9+a&limit=100"),
      request("GET /v1/cells", ["Host: localhost:1234"]),
      request("GET /v1/cells", ["Host: [::1]"]),
      request(
        "POST /v1/signals",
        ["Content-Type: application/json; charset=utf-8"],
        LINK,
      ),
    ];
    for (const text of good) {
      const answer = await bench.raw(text);
      strictEqual(statusOf(answer), 200, `${text}\n${answer}`);
    }
    const bytes = identify(new TextEncoder().encode("a"));
    const answer = await bench.fetch(`/v1/particles/${bytes}`);
    strictEqual(answer.status, 200, await answer.text());
  }));

Deno.test("http: a chunked body over the limit is cut off", () =>
  withServer(async (bench) => {
    const size = 64 * 1024;
    const chunk = `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`;
    const count = limit.LINKS_BODY_OCTETS_MAX / size + 2;
    const answer = await bench.raw(
      request("POST /v1/signals", [
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
      ]) + chunk.repeat(count),
    );
    strictEqual(statusOf(answer), 413, answer.slice(0, 300));
  }));

Deno.test("http: a body that is not UTF-8", () =>
  withServer(async (bench) => {
    const answer = await bench.fetch("/v1/signals", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]),
    });
    strictEqual(answer.status, 400);
    ok((await answer.json()).detail.includes("UTF-8"));
  }));

Deno.test("http: on an open address links need the token", async () => {
  const handler = new RequestHandler(new SimulatedNode(), {
    token: TEST_TOKEN,
    version: "0",
    names: [],
    loopback: false,
    report: () => {},
  });
  const ask = (headers: Record<string, string>) =>
    handler.handle(
      new Request("http://192.0.2.1:8080/v1/signals", {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: LINK,
      }),
      "192.0.2.7",
    );
  strictEqual((await ask({})).status, 403);
  strictEqual((await ask(operatorHeaders())).status, 200);
});

Deno.test("http: a peer that asks too often is told when to return", () =>
  withServer(async (bench) => {
    const asks = Array.from(
      { length: limit.PROPOSAL_RATE.burst + 10 },
      () => bench.fetch("/v1/governance/proposals", { method: "POST" }),
    );
    const answers = await Promise.all(asks);
    await Promise.all(answers.map((answer) => answer.body?.cancel()));
    const refused = answers.filter(({ status }) => status === 429);
    ok(refused.length >= 5, `${refused.length} were refused`);
    ok(Number(refused[0]?.headers.get("retry-after")) >= 1);
    const health = await bench.fetch("/healthz");
    strictEqual(health.status, 200, await health.text());
  }));
