import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { importPackages } from "./packages.ts";
import { Tally } from "./refusal.ts";
import { checkProperties, linksOf, outcome, utf8, whole } from "./testing.ts";

const FIXTURE = new URL("./fixtures/Packages", import.meta.url);
const pairs = async (text: string, options = {}) => {
  const { batches, refusal } = await outcome(
    importPackages(whole(utf8(text)), options),
  );
  return {
    refusal,
    links: linksOf(batches).map((link) => `${link.from} > ${link.to}`),
  };
};

Deno.test("packages: the fixture's ten stanzas", async () => {
  const { links, refusal } = await pairs(await Deno.readTextFile(FIXTURE));
  strictEqual(refusal, undefined);
  deepStrictEqual(
    links,
    [
      "acl > libacl1",
      "acl > libc6",
      "acl > access control list - utilities",
      "bash > base-files",
      "bash > debianutils",
      "bash > libc6",
      "bash > libtinfo6",
      "bash > GNU Bourne Again SHell",
      "base-files > awk",
      "base-files > libcrypt1",
      "base-files > Debian base system miscellaneous files",
      "cron > init-system-helpers",
      "cron > libc6",
      "cron > libpam0g",
      "cron > libpam-runtime",
      "cron > cron-daemon-common",
      "cron > process scheduling daemon",
      "debianutils > libc6",
      "debianutils > Miscellaneous utilities specific to Debian",
      "gcc-15-base > GCC, the GNU Compiler Collection (base package)",
      "libc6 > libgcc-s1",
      "libc6 > GNU C Library: Shared libraries",
      "libc6 > libgcc-s1",
      "libc6 > GNU C Library: Shared libraries",
      "node-cafe > python3",
      "node-cafe > Été — tools ☕ for builds",
      "libstdc++6 > gcc-15-base",
      "libstdc++6 > libc6",
      "libstdc++6 > libgcc-s1",
    ],
  );
});

Deno.test("packages: what is stripped from a relation", async () => {
  const { links, refusal } = await pairs(
    "Package: p\nDepends: a:any (>= 1) [amd64 !i386] <!nocheck> <cross>, b|c (= 2),\n" +
      " d (<< 3~rc1)\n\t, a, e:i386 | f, \nPRE-DEPENDS: g,a\n",
  );
  strictEqual(refusal, undefined);
  deepStrictEqual(links, ["a", "b", "d", "e", "g"].map((to) => `p > ${to}`));
});

Deno.test("packages: the last stanza needs no blank line", async () => {
  for (const tail of ["", "\n", "\n\n", "\r\n\r\n \t\n"]) {
    const { links } = await pairs(`Package: p\nDescription: d${tail}`);
    deepStrictEqual(links, ["p > d"]);
  }
});

const MALFORMED: ReadonlyArray<[string, string, RegExp]> = [
  ["no package", "Depends: a", /line 3: stanza without `Package`/],
  ["bad name", "Package: a b", /line 3: not a package name: "a b"/],
  ["no colon", "Package: a\nnonsense", /line 4: not a field/],
  ["twice", "Package: a\npackage: b", /line 4: field "package" is given twice/],
  ["orphan", " continued", /line 3: a continuation line without a field/],
  ["open bracket", "Package: a\nDepends: b (>= 1", /line 4: not a relation/],
  ["no first", "Package: a\nDepends: | b", /line 4: not a relation/],
  ["word twice", "Package: a\nDepends: b c", /"b c"/],
];
for (const [name, stanza, reason] of MALFORMED) {
  Deno.test(`packages: refuses ${name}`, async () => {
    const text = `Package: x\n\n${stanza}\n\nPackage: y\nDescription: z\n`;
    const strict = await pairs(text);
    ok(strict.refusal && reason.test(strict.refusal), strict.refusal);
    const tally = new Tally();
    const lax = await pairs(text, { skipBad: true, tally });
    deepStrictEqual(lax.links, ["y > z"]);
    strictEqual(tally.skipped, 1);
  });
}

Deno.test("packages: refuses bad UTF-8 and too long a stanza", async () => {
  const octets = utf8("Package: a\nDescription: ?\n");
  octets[octets.length - 2] = 0xff;
  const bad = await outcome(importPackages(whole(octets)));
  strictEqual(bad.refusal, "line 2: not UTF-8");
  const long = "Package: a\nTag: x\n" +
    ` ${"y".repeat(500_000)}\n`.repeat(3);
  ok((await pairs(long)).refusal?.startsWith("line 5: stanza is longer"));
});

Deno.test("packages: a stanza of more links than a draft holds", async () => {
  const names = Array.from({ length: 9000 }, (_, i) => `d${i}`);
  const text = `Package: x\nDescription: y\n\nPackage: p\nDepends: ${
    names.join(", ")
  }\n`;
  const { batches } = await outcome(importPackages(whole(utf8(text))));
  deepStrictEqual(batches.map((batch) => batch.links), [4096, 4096, 809]);
  await checkProperties(utf8(text), importPackages, 0x5eed_0002);
});

Deno.test("packages: chunking, resuming and mutation", async () => {
  const octets = await Deno.readFile(FIXTURE);
  await checkProperties(octets, importPackages, 0x5eed_0003);
});
