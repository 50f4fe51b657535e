/** Hostile requests get a clear no, and change nothing. */
import { deepEqual, equal, ok } from "node:assert/strict";
import * as limit from "./limits.ts";
import { checkDepth, decodeBase64 } from "./body.ts";
import { withoutPaths } from "./problem.ts";
import { peerKey, RateLimiter } from "./rate.ts";
import { identify } from "./simulated_node.ts";
import { type Bench, operatorHeaders, withServer } from "./testing.ts";

const CID = "01" + "ab".repeat(32);

/** A request line and headers as they are; Host is added where there is none. */
function request(line: string, headers: string[] = [], body = ""): string {
  const host = headers.some((header) => /^host:/iu.test(header))
    ? []
    : ["Host: 127.0.0.1"];
  const length = body === "" ||
      headers.some((header) => /^(content-length|transfer)/iu.test(header))
    ? []
    : [`Content-Length: ${new TextEncoder().encode(body).length}`];
  return [
    `${line} HTTP/1.1`,
    ...host,
    ...headers,
    ...length,
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}

function post(body: string, ...headers: string[]): string {
  return request("POST /v1/signals", [
    "Content-Type: application/json",
    ...headers,
  ], body);
}

function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/u.exec(answer)?.[1] ?? 0);
}

const LINK = '{"links":[{"from":{"text":"a"},"to":{"text":"b"}}]}';

function link(fields: string): string {
  return `{"links":[{"from":{"text":"a"},"to":{"text":"b"},${fields}}]}`;
}

/** Name, request, status, and what the detail must tell. */
type Row = readonly [string, string, number, string];

const TARGETS: ReadonlyArray<Row> = [
  ["unknown route", request("GET /v2"), 404, "nothing"],
  ["dot segments", request("GET /v1/../etc/passwd"), 400, "dot segments"],
  ["escaped dots", request("GET /%2e%2e/etc/passwd"), 400, "letters"],
  ["escaped slash", request("GET /v1%2fcells"), 400, "letters"],
  ["escaped NUL", request("GET /v1/cells%00"), 400, "letters"],
  ["overlong UTF-8", request("GET /%c0%ae%c0%ae/x"), 400, "letters"],
  ["double slash", request("GET //v1/cells"), 400, "empty"],
  ["trailing slash", request("GET /v1/cells/"), 400, "empty"],
  ["backslash", request("GET /v1\\cells"), 400, "letters"],
  ["fragment", request("GET /v1/cells#x"), 400, "fragment"],
  [
    "long target",
    request("GET /v1/resolve?text=" + "a".repeat(9000)),
    414,
    "8192",
  ],
  ["cid too short", request("GET /v1/particles/01ab"), 400, "cid"],
  [
    "cid upper case",
    request(`GET /v1/particles/${CID.toUpperCase()}`),
    400,
    "lower-case",
  ],
  [
    "foreign hash id",
    request(`GET /v1/particles/02${"ab".repeat(32)}`),
    400,
    "cid",
  ],
  ["unknown cid", request(`GET /v1/particles/${CID}`), 404, "no such"],
  [
    "unknown parameter",
    request("GET /v1/rank/top?limt=5"),
    400,
    "limt",
  ],
  [
    "parameter where there are none",
    request("GET /v1/cells?x=1"),
    400,
    "none here",
  ],
  ["limit 0", request("GET /v1/rank/top?limit=0"), 400, "1 to 1000"],
  ["limit huge", request("GET /v1/rank/top?limit=1001"), 400, "1 to 1000"],
  [
    "limit beyond a double",
    request(`GET /v1/rank/top?limit=${"9".repeat(400)}`),
    400,
    "1 to 1000",
  ],
  ["limit negative", request("GET /v1/rank/top?limit=-1"), 400, "1 to 1000"],
  ["limit in hex", request("GET /v1/rank/top?limit=0x10"), 400, "1 to 1000"],
  ["limit fraction", request("GET /v1/rank/top?limit=1.5"), 400, "1 to 1000"],
  ["limit empty", request("GET /v1/rank/top?limit="), 400, "1 to 1000"],
  [
    "limit twice",
    request("GET /v1/rank/top?limit=1&limit=2"),
    400,
    "twice",
  ],
  ["search limit", request("GET /v1/search?q=a&limit=101"), 400, "1 to 100"],
  ["search for nothing", request("GET /v1/search?q="), 400, "q must be"],
  ["search missing", request("GET /v1/search"), 400, "q is missing"],
  ["broken escape", request("GET /v1/search?q=%zz"), 400, "UTF-8"],
  ["invalid UTF-8", request("GET /v1/search?q=%ff%fe"), 400, "UTF-8"],
  ["surrogate", request("GET /v1/search?q=%ed%a0%80"), 400, "UTF-8"],
  [
    "links without dir",
    request(`GET /v1/particles/${CID}/links`),
    400,
    "dir is missing",
  ],
  [
    "links with a wrong dir",
    request(`GET /v1/particles/${CID}/links?dir=up`),
    400,
    "in, out",
  ],
  [
    "prototype name as parameter",
    request("GET /v1/cells?__proto__=1"),
    400,
    "unknown",
  ],
];

const METHODS: ReadonlyArray<Row> = [
  ["DELETE", request("DELETE /v1/cells"), 405, "GET, HEAD"],
  ["GET of a write", request("GET /v1/signals"), 405, "POST"],
  ["made-up method", request("BREW /healthz"), 405, "GET, HEAD"],
  ["OPTIONS", request("OPTIONS /v1/signals"), 405, "POST"],
  [
    "no content type",
    request("POST /v1/signals", [], LINK),
    415,
    "application/json",
  ],
  [
    "form content type",
    request(
      "POST /v1/signals",
      ["Content-Type: text/plain"],
      LINK,
    ),
    415,
    "application/json",
  ],
  [
    "rebound name",
    request("GET /v1/cells", ["Host: evil.example"]),
    421,
    "name",
  ],
  ["no name", request("GET /v1/cells", ["Host: a b"]), 421, "name"],
  [
    "absolute form",
    request("GET http://evil.example/v1/cells"),
    421,
    "differ",
  ],
  [
    "cross-site write",
    post(LINK, "Sec-Fetch-Site: cross-site"),
    403,
    "origin",
  ],
  [
    "same-site write",
    post(LINK, "Sec-Fetch-Site: same-site"),
    403,
    "origin",
  ],
  ["foreign origin", post(LINK, "Origin: http://evil.example"), 403, "origin"],
  [
    "other port's origin",
    post(LINK, "Origin: http://127.0.0.1:3000"),
    403,
    "origin",
  ],
  ["opaque origin", post(LINK, "Origin: null"), 403, "origin"],
  [
    "bookmark without the right",
    request("GET /v1/bookmarks?key=a"),
    403,
    "token",
  ],
  [
    "draft without the right",
    request("POST /v1/drafts", [
      "Content-Type: application/octet-stream",
    ], "x"),
    403,
    "token",
  ],
  [
    "wrong token",
    request("GET /v1/bookmarks?key=a", ["Authorization: Bearer nope"]),
    403,
    "token",
  ],
];

const BODIES: ReadonlyArray<Row> = [
  ["empty body", post("", "Content-Length: 0"), 400, "JSON"],
  ["not JSON", post("{"), 400, "JSON"],
  ["two documents", post("{}{}"), 400, "JSON"],
  ["null", post("null"), 400, "$"],
  ["wrong shape", post('{"links":5}'), 400, "$.links"],
  ["no links", post('{"links":[]}'), 400, "$.links: Expected from 1 to 4096"],
  ["unknown field", post('{"links":[],"x":1}'), 400, "$.x"],
  [
    "prototype",
    post(link('"__proto__":{"amount":1}')),
    400,
    "$.links[0].__proto__",
  ],
  [
    "amount as text",
    post(link('"amount":"7"')),
    400,
    "$.links[0].amount",
  ],
  ["amount fraction", post(link('"amount":1.5')), 400, "$.links[0].amount"],
  ["amount negative", post(link('"amount":-1')), 400, "$.links[0].amount"],
  ["amount 2^48", post(link('"amount":281474976710656')), 400, "0 to"],
  ["amount 1e400", post(link('"amount":1e400')), 400, "$.links[0].amount"],
  ["valence 2", post(link('"valence":2')), 400, "$.links[0].valence"],
  [
    "both ends of an end",
    post(
      `{"links":[{"from":{"text":"a","cid":"${CID}"},"to":{"text":"b"}}]}`,
    ),
    400,
    "$.links[0].from: Expected exactly one",
  ],
  [
    "neither",
    post('{"links":[{"from":{},"to":{"text":"b"}}]}'),
    400,
    "exactly one",
  ],
  [
    "wrong cid",
    post('{"links":[{"from":{"cid":"01"},"to":{"text":"b"}}]}'),
    400,
    "$.links[0].from.cid",
  ],
  [
    "lone surrogate",
    post('{"links":[{"from":{"text":"\\ud800"},"to":{"text":"b"}}]}'),
    400,
    "$.links[0].from.text",
  ],
  [
    "deep JSON",
    post('{"links":' + "[".repeat(100_000) + "]".repeat(100_000) + "}"),
    400,
    "deeper than 32",
  ],
  [
    "deep objects",
    post('{"a":'.repeat(50_000) + "1" + "}".repeat(50_000)),
    400,
    "deeper than 32",
  ],
  [
    "too many links",
    post(
      `{"links":[${
        Array(4097).fill('{"from":{"text":"a"},"to":{"text":"b"}}').join(",")
      }]}`,
    ),
    400,
    "4096",
  ],
  [
    "declared length over the limit",
    post("x", `Content-Length: ${limit.LINKS_BODY_OCTETS_MAX + 1}`),
    413,
    String(limit.LINKS_BODY_OCTETS_MAX),
  ],
  [
    "not a signal",
    request(
      "POST /v1/signals",
      ["Content-Type: application/octet-stream"],
      "garbage",
    ),
    400,
    "malformed",
  ],
  [
    "component not base64",
    request(
      "POST /v1/governance/proposals",
      ["Content-Type: application/json"],
      '{"bundle":"{}","component":"***"}',
    ),
    400,
    "base64",
  ],
  [
    "broken multipart",
    request(
      "POST /v1/governance/proposals",
      ["Content-Type: multipart/form-data; boundary=x"],
      "--y\r\nbroken",
    ),
    400,
    "multipart",
  ],
];

async function refuses(bench: Bench, rows: ReadonlyArray<Row>): Promise<void> {
  for (const [name, text, status, tells] of rows) {
    const answer = await bench.raw(text);
    equal(statusOf(answer), status, `${name}: ${answer.slice(0, 600)}`);
    ok(answer.includes("application/problem+json"), name);
    const body = answer.slice(answer.indexOf("\r\n\r\n"));
    const told = answer.includes("chunked") ? body : body.trim();
    ok(told.includes(tells.replaceAll('"', '\\"')), `${name}: ${told}`);
    ok(!/\.ts:|\bat [A-Za-z.]+ \(|node_modules/u.test(answer), name);
  }
  equal(bench.node.stored.length, 0, "nothing was changed");
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
      equal(statusOf(answer), 200, `${text}\n${answer}`);
    }
    const bytes = identify(new TextEncoder().encode("a"));
    const answer = await bench.fetch(`/v1/particles/${bytes}`);
    equal(answer.status, 200, await answer.text());
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
    equal(statusOf(answer), 413, answer.slice(0, 300));
  }));

Deno.test("http: a body that is not UTF-8", () =>
  withServer(async (bench) => {
    const answer = await bench.fetch("/v1/signals", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]),
    });
    equal(answer.status, 400);
    ok((await answer.json()).detail.includes("UTF-8"));
  }));

Deno.test("http: on an open address links need the token", () =>
  withServer(async (bench) => {
    const answer = await bench.raw(post(LINK));
    equal(statusOf(answer), 403, answer);
    const allowed = await bench.fetch("/v1/signals", {
      method: "POST",
      headers: { ...operatorHeaders(), "content-type": "application/json" },
      body: LINK,
    });
    equal(allowed.status, 200, await allowed.text());
  }, { host: "0.0.0.0" }));

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
    equal(health.status, 200, await health.text());
  }));

Deno.test("rate: a bucket refills with time, and peers are bounded", () => {
  let now = 0;
  const limiter = new RateLimiter(
    { per_second: 2, burst: 3 },
    () => now,
    4,
  );
  deepEqual([1, 2, 3].map(() => limiter.take("a")), Array(3).fill(undefined));
  deepEqual(limiter.take("a"), { wait_s: 1 });
  deepEqual(limiter.take("b"), undefined, "peers do not share a bucket");
  now = 500;
  deepEqual(limiter.take("a"), undefined);
  deepEqual(limiter.take("a"), { wait_s: 1 });
  now = 1_000_000;
  deepEqual([1, 2, 3].map(() => limiter.take("a")), Array(3).fill(undefined));
  deepEqual(limiter.take("a"), { wait_s: 1 }, "no more than a burst is saved");
  for (let peer = 0; peer < 100; peer++) limiter.take(`p${peer}`);
  equal(limiter.peers, 4);
});

Deno.test("rate: one household of IPv6 is one peer", () => {
  equal(peerKey("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  equal(peerKey("2001:db8:1:2::9"), "2001:db8:1:2::/64");
  equal(peerKey("fe80::1%eth0"), "fe80:0:0:0::/64");
  equal(peerKey("::1"), "0:0:0:0::/64");
  equal(peerKey("::ffff:10.0.0.1"), "10.0.0.1");
  equal(peerKey("10.0.0.1"), "10.0.0.1");
});

Deno.test("body: brackets in strings are no depth", () => {
  const octets = (text: string) => new TextEncoder().encode(text);
  checkDepth(octets(JSON.stringify({ a: "[".repeat(99) + '\\"{' })));
  checkDepth(octets("[".repeat(32) + "]".repeat(32)));
  checkDepth(octets("[]".repeat(99)));
  let refused = false;
  try {
    checkDepth(octets("[".repeat(33)));
  } catch {
    refused = true;
  }
  ok(refused);
});

Deno.test("body: base64 is strict", () => {
  deepEqual(decodeBase64("AQI=", "x"), new Uint8Array([1, 2]));
  for (const wrong of ["AQI", "AQ==x", "A Q I=!", "AQJ="]) {
    let refused = false;
    try {
      decodeBase64(wrong, "x");
    } catch {
      refused = true;
    }
    ok(refused, wrong);
  }
});

Deno.test("problem: file paths are cut out, addresses stay", () => {
  equal(
    withoutPaths("cannot open /home/a b/c.log: full"),
    "cannot open (path) b/c.log: full",
  );
  equal(withoutPaths("see file:///srv/x.ts"), "see (path)");
  equal(withoutPaths("at C:\\data\\store"), "at (path)");
  equal(withoutPaths("ask /v1/cells"), "ask /v1/cells");
  equal(withoutPaths("1/2 of 3/4"), "1/2 of 3/4");
});
