/** The server's small parts, each by itself. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { checkDepth, decodeBase64 } from "./body.ts";
import { withoutPaths } from "./problem.ts";
import { peerKey, RateLimiter } from "./rate.ts";

Deno.test("rate: a bucket refills with time, and peers are bounded", () => {
  let now = 0;
  const limiter = new RateLimiter(
    { per_second: 2, burst: 3 },
    () => now,
    4,
  );
  deepStrictEqual(
    [1, 2, 3].map(() => limiter.take("a")),
    Array(3).fill(undefined),
  );
  deepStrictEqual(limiter.take("a"), { wait_s: 1 });
  deepStrictEqual(limiter.take("b"), undefined, "peers do not share a bucket");
  now = 500;
  deepStrictEqual(limiter.take("a"), undefined);
  deepStrictEqual(limiter.take("a"), { wait_s: 1 });
  now = 1_000_000;
  deepStrictEqual(
    [1, 2, 3].map(() => limiter.take("a")),
    Array(3).fill(undefined),
  );
  deepStrictEqual(
    limiter.take("a"),
    { wait_s: 1 },
    "no more than a burst is saved",
  );
  for (let peer = 0; peer < 100; peer++) limiter.take(`p${peer}`);
  strictEqual(limiter.peers, 4);
});

Deno.test("rate: one household of IPv6 is one peer", () => {
  strictEqual(peerKey("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  strictEqual(peerKey("2001:db8:1:2::9"), "2001:db8:1:2::/64");
  strictEqual(peerKey("fe80::1%eth0"), "fe80:0:0:0::/64");
  strictEqual(peerKey("::1"), "0:0:0:0::/64");
  strictEqual(peerKey("::ffff:10.0.0.1"), "10.0.0.1");
  strictEqual(peerKey("10.0.0.1"), "10.0.0.1");
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
  deepStrictEqual(decodeBase64("AQI=", "x"), new Uint8Array([1, 2]));
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
  strictEqual(
    withoutPaths("cannot open /home/a b/c.log: full"),
    "cannot open (path) b/c.log: full",
  );
  strictEqual(withoutPaths("see file:///srv/x.ts"), "see (path)");
  strictEqual(withoutPaths("at C:\\data\\store"), "at (path)");
  strictEqual(withoutPaths("ask /v1/cells"), "ask /v1/cells");
  strictEqual(withoutPaths("1/2 of 3/4"), "1/2 of 3/4");
});
