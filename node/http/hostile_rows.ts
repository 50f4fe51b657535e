/**
 * Hostile requests as octets on a connection, with the answers they must get.
 */
import * as limit from "./limits.ts";

const CID = "01" + "ab".repeat(32);

/** A request line and headers as they are; Host is added where there is none. */
export function request(
  line: string,
  headers: string[] = [],
  body = "",
): string {
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

export function post(body: string, ...headers: string[]): string {
  return request("POST /v1/signals", [
    "Content-Type: application/json",
    ...headers,
  ], body);
}

export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/u.exec(answer)?.[1] ?? 0);
}

export const LINK = '{"links":[{"from":{"text":"a"},"to":{"text":"b"}}]}';

function link(fields: string): string {
  return `{"links":[{"from":{"text":"a"},"to":{"text":"b"},${fields}}]}`;
}

/** Name, request, status, and what the detail must tell. */
export type Row = readonly [string, string, number, string];

export const TARGETS: ReadonlyArray<Row> = [
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
  ["unknown index", request(`GET /v1/proofs/links/${CID}`), 400, "by-neuron"],
  ["odd namespace", request("GET /v1/proofs/by-neuron/zz"), 400, "66"],
  [
    "namespace and range",
    request(`GET /v1/proofs/by-neuron/${CID}?from=${CID}`),
    400,
    "range",
  ],
  [
    "odd end of a range",
    request("GET /v1/proofs/by-neuron/range?to=-1"),
    400,
    "66",
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
  [
    "explanation of nobody",
    request(`GET /v1/rank/explain/${CID}`),
    404,
    "no such",
  ],
  [
    "explanation of no cid",
    request("GET /v1/rank/explain/xyz"),
    400,
    "64",
  ],
  [
    "explanation from nobody",
    request(`GET /v1/rank/explain/${CID}?from=`),
    400,
    "1 to 16",
  ],
  [
    "explanation limit",
    request(`GET /v1/rank/explain/${CID}?limit=1001`),
    400,
    "0 to 1000",
  ],
  [
    "history of nobody",
    request(`GET /v1/rank/history/${CID}`),
    404,
    "no such",
  ],
  [
    "history limit",
    request(`GET /v1/rank/history/${CID}?limit=33`),
    400,
    "1 to 32",
  ],
  [
    "focus from nobody",
    request(`GET /v1/rank?from=${CID}`),
    404,
    "no such",
  ],
  ["focus from nothing", request("GET /v1/rank?from="), 400, "1 to 16"],
  ["focus from no cid", request("GET /v1/rank?from=ab"), 400, "1 to 16"],
  [
    "focus from seventeen",
    request(`GET /v1/rank?from=${Array(17).fill(CID).join(",")}`),
    400,
    "1 to 16",
  ],
  [
    "focus of no cid",
    request(`GET /v1/rank?from=${CID}&of=${CID}0`),
    400,
    "66",
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

export const METHODS: ReadonlyArray<Row> = [
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

export const BODIES: ReadonlyArray<Row> = [
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
