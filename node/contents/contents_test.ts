/** Kinds by first octets, and what a policy makes of them. */
import { match, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { utf8 } from "../../kernel/crypto/mod.ts";
import { HEAD_OCTETS, kindOf, KINDS } from "./kind.ts";
import { ttlOf } from "./policy.ts";

const file = (path: string) =>
  Deno.readFileSync(new URL(`../../${path}`, import.meta.url));
const octets = (digits: string, length = 64) => {
  const whole = new Uint8Array(length);
  whole.set(Uint8Array.fromHex(digits));
  return whole;
};

Deno.test("contents: kinds follow from the first octets", () => {
  const long = `${"x".repeat(HEAD_OCTETS - 2)}€${"y".repeat(99)}`;
  const tensors = utf8(`........{"a":{"dtype":"F32"}}`);
  new DataView(tensors.buffer).setBigUint64(0, 21n, true);
  const rows: readonly (readonly [string, Uint8Array])[] = [
    ["text", utf8("a line\tand another\r\n")],
    ["text", new Uint8Array()],
    ["text", utf8(long)],
    ["text", file("README.md")],
    ["other", utf8("a\0b")],
    ["other", Uint8Array.of(0xe2, 0x82)],
    ["other", octets("00")],
    ["image", file("conformance/vectors/graph/SekienAkashita.jpg")],
    ["image", octets("89504e470d0a1a0a")],
    ["image", octets("524946460000000057454250")],
    ["audio", octets("524946460000000057415645")],
    ["audio", octets("4f676753")],
    ["video", octets("000000206674797069736f6d")],
    ["image", octets("000000206674797061766966")],
    ["program", file("build/cells/query.wasm")],
    ["model", octets("4747554603000000")],
    ["model", tensors],
    ["archive", octets("1f8b08")],
    ["archive", octets("28b52ffd")],
  ];
  for (const [kind, content] of rows) {
    const name = content.subarray(0, 12).toHex();
    strictEqual(kindOf(content), kind, name);
    strictEqual(kindOf(content.subarray(0, HEAD_OCTETS)), kind, name);
  }
  for (const kind of KINDS) {
    strictEqual(rows.some(([one]) => one === kind), true, kind);
  }
});

Deno.test("contents: a policy gives what is not asked for, and bounds what is", () => {
  const policy = new Map([
    ["text", { ttl: 0 }],
    ["video", { ttl: 5, ttlMax: 9 }],
  ]);
  const other = new Map([["other", { ttl: 7, ttlMax: undefined }]]);
  const ttl = (...asked: Parameters<typeof ttlOf>) =>
    Effect.runSync(
      ttlOf(...asked).pipe(
        Effect.catch(({ message }) => Effect.succeed(message)),
      ),
    );
  strictEqual(ttl(new Map(), "text", undefined), undefined, "control");
  strictEqual(ttl(new Map(), "text", 3), 3);
  strictEqual(ttl(policy, "text", undefined), undefined);
  strictEqual(ttl(policy, "text", 3), 3);
  strictEqual(ttl(policy, "video", undefined), 5);
  strictEqual(ttl(policy, "video", 9), 9);
  match(String(ttl(policy, "video", 10)), /for 9 heights at most/);
  strictEqual(ttl(policy, "image", undefined), undefined, "nothing is said");
  strictEqual(ttl(other, "image", undefined), 7);
  strictEqual(ttl(other, "image", 99), 99);
});
