/** The server's small parts, each by itself. */
import { deepEqual, equal, ok } from "node:assert/strict";
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
