/** Paths of names: one spelling, everything else refused with the reason. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Result } from "effect";
import { seeded } from "../../conformance/sim/block_device.ts";
import { identityOf, toHex, utf8 } from "../../kernel/crypto/mod.ts";
import { axonIdentity, cardIdentity } from "../signals/mod.ts";
import { parsePath, pathText, stepsOf } from "./mod.ts";

const N = "01" + "5a".repeat(32);

Deno.test("names: what is a path, and what it is made of", () => {
  const good: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    [`~${N}`, []],
    ["~me", []],
    [`~${N}/blog`, ["blog"]],
    [`~${N}/blog/2026/first post.md`, ["blog", "2026", "first post.md"]],
    ["~me/ü/日本/…/~x/me", ["ü", "日本", "…", "~x", "me"]],
    [`~me/${"a".repeat(255)}`, ["a".repeat(255)]],
    ["~me" + "/s".repeat(32), Array(32).fill("s")],
  ];
  for (const [text, segments] of good) {
    const path = Result.getOrThrow(parsePath(text));
    deepStrictEqual(path.segments, segments);
    strictEqual(pathText(path), text);
  }
});

Deno.test("names: what is no path is refused, and says why", () => {
  const rows: ReadonlyArray<readonly [string, RegExp]> = [
    ["", /begins with ~/],
    ["blog", /begins with ~/],
    ["/~me/blog", /begins with ~/],
    ["~", /behind ~ is a neuron/],
    ["~/blog", /behind ~ is a neuron/],
    ["~ada/blog", /behind ~ is a neuron/],
    [`~${N.toUpperCase()}`, /behind ~ is a neuron/],
    [`~02${N.slice(2)}/x`, /behind ~ is a neuron/],
    ["~me/", /segment 1 .* is empty/],
    ["~me//x", /segment 1 .* is empty/],
    ["~me/x/", /segment 2 .* is empty/],
    ["~me/./x", /segment 1 .* is \./],
    ["~me/x/..", /segment 2 .* is \.\./],
    ["~me/a\nb", /cannot be seen/],
    ["~me/a\u200bb", /cannot be seen/],
    ["~me/a\u202eb", /cannot be seen/],
    ["~me/a\u2028b", /cannot be seen/],
    ["~me/\ue000", /cannot be seen/],
    ["~me/\ud800", /half a surrogate/],
    ["~me/ a", /space/],
    ["~me/a\u00a0", /space/],
    ["~me/u\u0308", /NFC/],
    [`~me/${"a".repeat(256)}`, /has 256 octets/],
    [`~me/${"é".repeat(128)}`, /has 256 octets/],
    ["~me" + "/s".repeat(33), /at most 32 segments/],
    ["~me" + `/${"a".repeat(255)}`.repeat(17), /at most 4096 octets/],
  ];
  for (const [text, why] of rows) {
    const parsed = parsePath(text);
    ok(Result.isFailure(parsed), text);
    match(parsed.failure, why);
  }
});

Deno.test("names: a path that is taken has one spelling, whatever octets come", () => {
  const random = seeded(41);
  const parts = [
    "~",
    "me",
    N,
    "/",
    "a",
    "ü",
    "u\u0308",
    ".",
    " ",
    "\0",
    "\ud800",
  ];
  let taken = 0;
  for (let i = 0; i < 5000; i++) {
    let text = random() < 0.8 ? "~me" : "";
    for (let n = random() * 8; n > 0; n--) {
      text += parts[Math.floor(random() * parts.length)];
    }
    const parsed = parsePath(text);
    if (Result.isFailure(parsed)) continue;
    taken++;
    strictEqual(pathText(parsed.success), text);
    strictEqual(text.normalize("NFC"), text);
  }
  ok(taken > 50, `${taken} were taken`);
});

Deno.test("names: a name is an axon below its directory, and its card the neuron's", () => {
  const neuron = identityOf(utf8("neuron"));
  const [a, b] = stepsOf(neuron, ["a", "b"]);
  const first = axonIdentity(neuron, identityOf(utf8("a")));
  strictEqual(toHex(a!.axon), toHex(first));
  strictEqual(toHex(b!.above), toHex(first));
  const second = axonIdentity(first, identityOf(utf8("b")));
  strictEqual(toHex(b!.axon), toHex(second));
  strictEqual(toHex(b!.card), toHex(cardIdentity(second, neuron)));
  deepStrictEqual(stepsOf(neuron, []), []);
});
