import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Tally } from "./refusal.ts";
import {
  chance,
  checkProperties,
  chunks,
  linksOf,
  outcome,
  utf8,
  whole,
} from "./testing.ts";
import { importTsv } from "./tsv.ts";

const CID = "01" + "ab".repeat(32);
const read = (text: string, options = {}) =>
  outcome(importTsv(whole(utf8(text)), options));

Deno.test("tsv: control, every optional field", async () => {
  const { batches, refusal } = await read(
    `a\tb\nä\t日本\t5\na\tcid:${CID}\t0\t-1\ncid:${CID.toUpperCase()}\tb\t281474976710655\t1`,
  );
  strictEqual(refusal, undefined);
  deepStrictEqual(linksOf(batches), [
    { from: "a", to: "b", amount: 1n, valence: 0 },
    { from: "ä", to: "日本", amount: 5n, valence: 0 },
    { from: "a", to: `cid:${CID}`, amount: 0n, valence: -1 },
    { from: `cid:${CID}`, to: "b", amount: 2n ** 48n - 1n, valence: 1 },
  ]);
});

Deno.test("tsv: byte order mark, carriage returns and empty lines", async () => {
  const { batches, refusal } = await read("\uFEFFa\tb\r\n\r\n\nc\td\t2\t0\r\n");
  strictEqual(refusal, undefined);
  deepStrictEqual(linksOf(batches).map((link) => [link.from, link.to]), [
    ["a", "b"],
    ["c", "d"],
  ]);
  strictEqual((await read("\uFEFF")).batches.length, 0);
  strictEqual((await read("")).batches.length, 0);
});

const MALFORMED: ReadonlyArray<[string, string, RegExp]> = [
  ["one field", "a", /line 2: wants 2 to 4 fields between tabs, found 1/],
  ["five fields", "a\tb\t1\t0\tx", /line 2: .*found 5/],
  ["empty from", "\tb", /line 2, column 1: `from` is empty/],
  ["empty to", "a\t", /line 2, column 3: `to` is empty/],
  ["empty to, amount", "a\t\t4", /line 2, column 3: `to` is empty/],
  ["amount 2^48", "a\tb\t281474976710656", /line 2, column 5: `amount`/],
  ["amount of 40 digits", `a\tb\t${"1".repeat(40)}`, /`amount`/],
  ["amount negative", "a\tb\t-1", /`amount`/],
  ["amount empty", "a\tb\t", /`amount`/],
  ["amount in words", "a\tb\t1e3", /`amount`/],
  ["valence 2", "a\tb\t1\t2", /line 2, column 7: `valence`/],
  ["valence empty", "a\tb\t1\t", /`valence`/],
  ["cid too short", "cid:01ab\tb", /column 1: `cid:` wants 66 digits, found 4/],
  [
    "cid not hex",
    `a\tcid:${CID.slice(0, -1)}g`,
    /column 72: not a hexadecimal/,
  ],
  ["cid of another hash", `a\tcid:02${"00".repeat(32)}`, /unknown hash/],
];

for (const [name, line, reason] of MALFORMED) {
  Deno.test(`tsv: refuses ${name}`, async () => {
    const { batches, refusal } = await read(`x\ty\n${line}\nz\tw\n`);
    ok(refusal !== undefined && reason.test(refusal), refusal);
    strictEqual(batches.length, 0);
    const tally = new Tally();
    const lax = await read(`x\ty\n${line}\nz\tw\n`, { skipBad: true, tally });
    strictEqual(lax.refusal, undefined);
    strictEqual(linksOf(lax.batches).length, 2);
    strictEqual(tally.skipped, 1);
    strictEqual(tally.reports[0]?.line, 2);
  });
}

Deno.test("tsv: refuses every kind of broken UTF-8, with its column", async () => {
  const bad = ["80", "c0af", "e08080", "eda080", "f08080af", "f4908080", "c3"];
  for (const hex of bad) {
    const octets = Uint8Array.fromHex(`61c3a4${hex}0962`);
    const { refusal } = await outcome(importTsv(whole(octets)));
    strictEqual(refusal, "line 1, column 4: not UTF-8", hex);
  }
});

Deno.test("tsv: a line of a gigabyte is refused without being held", async () => {
  const piece = new Uint8Array(1 << 20).fill(0x61);
  let given = 0;
  async function* endless() {
    yield utf8("a\tb\n");
    for (; given < 1024; given++) yield await Promise.resolve(piece);
    yield utf8("\nc\td\n");
  }
  const strict = await outcome(importTsv(endless()));
  strictEqual(strict.refusal, "line 2: longer than 1048576 octets");
  ok(given <= 2, `read on for ${given} MiB`);
  given = 0;
  const before = Deno.memoryUsage().rss;
  const tally = new Tally();
  const lax = await outcome(importTsv(endless(), { skipBad: true, tally }));
  strictEqual(linksOf(lax.batches).length, 2);
  strictEqual(tally.skipped, 1);
  strictEqual(tally.octets, 2 ** 30 + 9);
  const grown = Deno.memoryUsage().rss - before;
  ok(grown < 200 * 2 ** 20, `memory grew by ${grown}`);
});

Deno.test("tsv: the longest line passes, one octet more does not", async () => {
  const fits = `a\t${"b".repeat(2 ** 20 - 2)}`;
  for (const cut of [2 ** 30, 65_536]) {
    const run = (text: string) =>
      outcome(importTsv(chunks(utf8(text), () => cut)));
    strictEqual((await run(fits)).batches.length, 1);
    strictEqual((await run(`${fits}\n`)).batches.length, 1);
    ok((await run(`${fits}b`)).refusal?.includes("longer than"));
    ok((await run(`${fits}b\n`)).refusal?.includes("longer than"));
  }
});

Deno.test("tsv: only the first 20 bad lines are kept, all are counted", async () => {
  const tally = new Tally();
  await read("bad\n".repeat(50) + "a\tb\n", { skipBad: true, tally });
  strictEqual(tally.skipped, 50);
  strictEqual(tally.reports.length, 20);
  strictEqual(tally.lines, 51);
  strictEqual(tally.links, 1);
});

Deno.test("tsv: drafts keep both of their bounds", async () => {
  const many = await read("a\tb\n".repeat(10_000));
  deepStrictEqual(many.batches.map((batch) => batch.links), [4096, 4096, 1808]);
  deepStrictEqual(many.batches.map((batch) => batch.line), [4096, 8192, 10000]);
  const large = await read(`a\t${"b".repeat(1_000_000)}\n`.repeat(9));
  deepStrictEqual(large.batches.map((batch) => batch.links), [4, 4, 1]);
});

Deno.test("tsv: a position that no importer wrote is refused", async () => {
  for (const resume of ["", "1", "1:2", "-1:0:0", "1:2:x", "01:0:0"]) {
    const { refusal } = await read("a\tb\n", { resume });
    ok(refusal?.includes("not a position"), resume);
  }
});

Deno.test("tsv: a failing source becomes a refusal", async () => {
  async function* broken() {
    yield utf8("a\tb\n");
    await Promise.resolve();
    throw new TypeError("disk gone");
  }
  const { refusal } = await outcome(importTsv(broken()));
  strictEqual(refusal, "the source cannot be read: disk gone");
});

Deno.test("tsv: chunking, resuming and mutation", async () => {
  const seed = 0x5eed_0001;
  const below = chance(seed);
  const lines = Array.from({ length: 9000 }, (_, i) => {
    const end = ["", "\t7", "\t9\t-1", "\t0\t1\r"][below(4)];
    return `node ${below(500)}\t${"ä".repeat(below(9))}${i}${end}`;
  });
  await checkProperties(utf8(lines.join("\n")), importTsv, seed);
});
