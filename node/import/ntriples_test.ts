import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { blake3 } from "@noble/hashes/blake3.js";
import { importNTriples } from "./ntriples.ts";
import { Tally } from "./refusal.ts";
import {
  chance,
  checkProperties,
  linksOf,
  outcome,
  utf8,
  whole,
} from "./testing.ts";

const read = async (text: string, options = {}) => {
  const { batches, refusal } = await outcome(
    importNTriples(whole(utf8(text)), options),
  );
  return { links: linksOf(batches), refusal };
};
/** Subject, predicate and object texts of a document. */
const triples = async (text: string, options = {}) => {
  const { links, refusal } = await read(text, options);
  strictEqual(refusal, undefined, refusal);
  const rows: string[][] = [];
  for (let i = 0; i < links.length; i += 2) {
    rows.push([links[i]?.from, links[i + 1]?.from, links[i]?.to].map(String));
  }
  return rows;
};
const cid = (octets: Uint8Array) => Uint8Array.of(1, ...blake3(octets));

Deno.test("ntriples: control, the two links of a triple", async () => {
  const { links } = await read('<a:s> <a:p> "o" .\n');
  const axon = cid(Uint8Array.of(...cid(utf8("a:s")), ...cid(utf8("o"))));
  deepStrictEqual(links.map(({ from, to }) => [from, to]), [
    ["a:s", "o"],
    ["a:p", `cid:${axon.toHex()}`],
  ]);
  ok(links.every((link) => link.amount === 1n && link.valence === 0));
});

Deno.test("ntriples: every kind of term", async () => {
  const text = [
    "# a comment",
    "",
    " \t",
    "<http://e/s> <http://e/p> <http://e/o> .",
    '<a:s><a:p>"no space".#comment',
    "_:b0 <a:p> _:b.1-x_. # dots",
    '<a:s> <a:p> "tag"@en-GB .',
    '<a:s> <a:p> "5"^^<http://www.w3.org/2001/XMLSchema#int> .',
    '\t<a:s>\t<a:p>\t"" .\r',
    '<a:s> <a:p> "q\\"s\\\\t\\tn\\nr\\rb\\bf\\f\\\'" .',
    '<a:s\\u00e9> <a:p> "\\u65E5\\U0001F600 日" .',
    '<a:s> <a:p> "\u{1F600}<>#." .',
    "_:é·1 <a:p> _:0 .",
  ].join("\n");
  deepStrictEqual(await triples(text), [
    ["http://e/s", "http://e/p", "http://e/o"],
    ["a:s", "a:p", "no space"],
    ["_:b0", "a:p", "_:b.1-x_"],
    ["a:s", "a:p", "tag"],
    ["a:s", "a:p", "5"],
    ["a:s", "a:p", ""],
    ["a:s", "a:p", "q\"s\\t\tn\nr\rb\bf\f'"],
    ["a:sé", "a:p", "日😀 日"],
    ["a:s", "a:p", "😀<>#."],
    ["_:é·1", "a:p", "_:0"],
  ]);
});

Deno.test("ntriples: a scope sets blank nodes apart", async () => {
  deepStrictEqual(await triples("_:b <a:p> _:c .", { scope: "9f" }), [
    ["_:9f/b", "a:p", "_:9f/c"],
  ]);
});

/** Cases of the W3C suite's negative syntax tests, and our own. */
const MALFORMED: readonly string[] = [
  "<http://e/bad IRI> <a:p> <a:o> .",
  "<http://e/\\u00ZZ11> <a:p> <a:o> .",
  "<http://e/\\U00ZZ1111> <a:p> <a:o> .",
  "<http://e/\\n> <a:p> <a:o> .",
  "<http://e/\\u0020> <a:p> <a:o> .",
  "<s> <a:p> <a:o> .",
  "<a:s> <p> <a:o> .",
  "<a:s> <a:p> <o> .",
  '<a:s> <a:p> "x"^^<dt> .',
  '"s" <a:p> <a:o> .',
  "<a:s> _:p <a:o> .",
  '<a:s> "p" <a:o> .',
  "<a:s> <a:p> <a:o>",
  "<a:s> <a:p> <a:o>, <a:o2> .",
  "<a:s> <a:p> <a:o> ; <a:q> <a:r> .",
  "<a:s> <a:p> .",
  "<a:s> <a:p> <a:o> . <a:s> <a:p> <a:o> .",
  "@prefix : <http://example/> .",
  "@base <http://example/> .",
  '<a:s> <a:p> "open .',
  '<a:s> <a:p> "x"@1 .',
  '<a:s> <a:p> "x"@ .',
  '<a:s> <a:p> "x"^<a:d> .',
  '<a:s> <a:p> "x"^^"d" .',
  "<a:s> <a:p> 'x' .",
  "<a:s> <a:p> 1 .",
  '<a:s> <a:p> "\\z" .',
  '<a:s> <a:p> "\\u12" .',
  '<a:s> <a:p> "\\uD800" .',
  '<a:s> <a:p> "\\U00110000" .',
  '<a:s> <a:p> "a\rb" .',
  '<a:s> <a:p> "\\',
  "_: <a:p> <a:o> .",
  "_:-a <a:p> <a:o> .",
  "_b <a:p> <a:o> .",
  "<<( <a:s> <a:p> <a:o> )>> <a:p> <a:o> .",
];
for (const line of MALFORMED) {
  Deno.test(`ntriples: refuses ${JSON.stringify(line)}`, async () => {
    const text = `<a:1> <a:2> <a:3> .\n${line}\n<a:4> <a:5> <a:6> .\n`;
    const strict = await read(text);
    ok(strict.refusal?.startsWith("line 2, column "), strict.refusal);
    const tally = new Tally();
    const lax = await read(text, { skipBad: true, tally });
    strictEqual(lax.links.length, 4);
    strictEqual(tally.skipped, 1);
  });
}

Deno.test("ntriples: the column is where the trouble is", async () => {
  strictEqual(
    (await read('<a:s> <a:p> "x\\q" .')).refusal,
    "line 1, column 15: an unknown escape",
  );
  strictEqual(
    (await read("<a:s> <a:p> <rel> .")).refusal,
    "line 1, column 13: not an absolute IRI",
  );
});

Deno.test("ntriples: a refused scope", () => {
  for (const scope of ["a/b", " ", "x".repeat(65)]) {
    let message = "";
    try {
      importNTriples(whole(utf8("")), { scope });
    } catch (error) {
      message = String(error);
    }
    ok(message.includes("not a scope"), scope);
  }
});

Deno.test("ntriples: a line of a million escapes", async () => {
  const rows = await triples(`<a:s> <a:p> "${"\\n".repeat(500_000)}" .`);
  strictEqual(rows[0]?.[2], "\n".repeat(500_000));
});

Deno.test("ntriples: chunking, resuming and mutation", async () => {
  const seed = 0x5eed_0004;
  const below = chance(seed);
  const lines = Array.from({ length: 3000 }, (_, i) => {
    const hash = createHash("sha256").update(String(i)).digest("hex");
    const object = [
      `<http://e/${hash.slice(0, below(64))}>`,
      `"${hash.slice(0, below(20))}\\u00e9ü"@fr`,
      `_:b${below(40)}`,
    ][below(3)];
    return `<http://e/${below(90)}> <http://p/${below(5)}> ${object} .`;
  });
  await checkProperties(utf8(lines.join("\n")), importNTriples, seed);
});
