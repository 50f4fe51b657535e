import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { blake3 } from "@noble/hashes/blake3.js";
import { importMarkdown } from "./markdown.ts";
import { noteLinks } from "./markdown_links.ts";
import { type NoteFolder, noteFolder } from "./note_folder.ts";
import { Tally } from "./refusal.ts";
import { chance, linksOf, mutated, outcome, utf8 } from "./testing.ts";

type Files = Record<string, string | Uint8Array>;

function folderOf(files: Files): NoteFolder {
  const read = (path: string) => {
    const content = files[path] ?? "";
    return Promise.resolve(
      typeof content === "string" ? utf8(content) : content,
    );
  };
  return { paths: Object.keys(files).sort(), read };
}
const cid = (text: string) => `cid:01${blake3(utf8(text)).toHex()}`;
const run = async (files: Files, options = {}) => {
  const { batches, refusal } = await outcome(
    importMarkdown(folderOf(files), options),
  );
  return {
    batches,
    refusal,
    links: linksOf(batches).map((link) => [link.from, link.to]),
  };
};

Deno.test("markdown: control, names, documents and links", async () => {
  const a = "see [[B]], [[b|again]], [[sub/C#part]] and [[Nowhere]]";
  const b = "back to [a](./A.md#top) and [c](<sub/C.md>) and [x](gone.md)";
  const c = "up: [a](../A.md) [b](../B.md 'title'), [out](../../etc.md)";
  const { links, refusal } = await run({ "A.md": a, "B.md": b, "sub/C.md": c });
  strictEqual(refusal, undefined);
  deepStrictEqual(links, [
    ["A", a],
    [cid(a), cid(b)],
    [cid(a), cid(c)],
    [cid(a), "Nowhere"],
    ["B", b],
    [cid(b), cid(a)],
    [cid(b), cid(c)],
    ["C", c],
    [cid(c), cid(a)],
    [cid(c), cid(b)],
  ]);
});

Deno.test("markdown: which note a name means", async () => {
  const { links } = await run({
    "a/N.md": "first",
    "b/N.md": "second",
    "b/here.md": "[[N]]",
    "here.md": "[[n]]",
    "path.md": "[[b/N]]",
  });
  const to = (from: string) =>
    links.find(([origin]) => origin === cid(from))?.[1];
  strictEqual(to("[[N]]"), cid("second"));
  strictEqual(to("[[n]]"), cid("first"));
  strictEqual(to("[[b/N]]"), cid("second"));
});

Deno.test("markdown: what is a link and what is not", () => {
  const of = (text: string) => noteLinks(text).map((link) => link.target);
  deepStrictEqual(of("[[A]] ![[B]] [x](c%20d.md) [y](e(1).md)"), [
    "A",
    "B",
    "c d.md",
    "e(1).md",
  ]);
  deepStrictEqual(of("```\n[[A]]\n``\n```\n[[B]]\n~~~ md\n[[C]]\n```"), ["B"]);
  deepStrictEqual(of("`[[A]]` ``[[B]] ` `` [[C]] ` [[D]]"), ["C", "D"]);
  deepStrictEqual(of("[x](http://e/a.md) [y](mailto:a) [z](#here) [[#h]]"), []);
  deepStrictEqual(of("[[open [[A]] ]] [[]] [[ ]] [x](%zz.md)"), ["A"]);
  deepStrictEqual(of('[r]: ./ref.md "t"\r\n[x][r]'), ["./ref.md"]);
});

Deno.test("markdown: scanning stays linear on hostile text", () => {
  const hostile = ["[[", "](", "`", "[", "```\n", "[a]: ", "`` ` "];
  for (const piece of hostile) noteLinks(piece.repeat(200_000));
});

Deno.test("markdown: empty, huge and broken notes", async () => {
  const huge = "x".repeat(2 ** 20 + 1) + "[[A]]";
  const { links } = await run({ "A.md": "[[E]]", "E.md": "", "H.md": huge });
  deepStrictEqual(links, [
    ["A", "[[E]]"],
    [cid("[[E]]"), "E"],
    ["H", cid(huge)],
    [cid(huge), cid("[[E]]")],
  ]);
  const broken = { "A.md": "a", "B.md": Uint8Array.of(97, 10, 255) };
  strictEqual((await run(broken)).refusal, "B.md, line 2: not UTF-8");
  const tally = new Tally();
  const lax = await run(broken, { skipBad: true, tally });
  deepStrictEqual(lax.links, [["A", "a"]]);
  strictEqual(tally.skipped, 1);
});

Deno.test("markdown: a note that changes in between ends the import", async () => {
  let reads = 0;
  const { refusal } = await outcome(importMarkdown({
    paths: ["A.md"],
    read: () => Promise.resolve(utf8(`text ${reads++}`)),
  }));
  strictEqual(refusal, "A.md changed during the import");
});

Deno.test("markdown: resumed after any batch, the rest is the same", async () => {
  const files: Files = {};
  for (let i = 0; i < 60; i++) {
    const names = Array.from({ length: 200 }, (_, j) => `[[N${i * 31 + j}]]`);
    files[`N${i}.md`] = names.join(" ") + "y".repeat(100_000);
  }
  const all = await run(files);
  ok(all.batches.length >= 3);
  for (const [index, batch] of all.batches.entries()) {
    const rest = await run(files, { resume: batch.position });
    deepStrictEqual(rest.batches, all.batches.slice(index + 1));
  }
});

Deno.test("markdown: random mutation never does worse than refuse", async () => {
  const seed = 0x5eed_0005;
  const below = chance(seed);
  const text = utf8('# é\n[[A|b]] `c` [x](a.md "t")\n```\n[[C]]\n```\n[[D#e]]');
  for (let round = 0; round < 300; round++) {
    const bad = mutated(text, below);
    const { refusal } = await run({ "A.md": bad }, { skipBad: true });
    strictEqual(refusal, undefined, `seed ${seed}, round ${round}`);
  }
});

Deno.test("markdown: a folder on disk, without hidden files and symlinks", async () => {
  const root = new URL("./fixtures/notes", import.meta.url).pathname;
  const entries = [...Deno.readDirSync(root)];
  strictEqual(entries.filter((entry) => entry.isSymlink).length, 2);
  const folder = await noteFolder(root);
  deepStrictEqual(folder.paths, [
    "Garden.md",
    "Roses.MD",
    "sub/Weeds.markdown",
  ]);
  const { batches, refusal } = await outcome(importMarkdown(folder));
  strictEqual(refusal, undefined);
  strictEqual(linksOf(batches).length, 7);
});

Deno.test("markdown: what lies inside of an address is no link", () => {
  const targets = (text: string) => noteLinks(text).map((link) => link.target);
  deepStrictEqual(targets("[a](b](c)d) and [e](f)"), ["b](c)d", "f"]);
  deepStrictEqual(targets("[![x](y.png)](z.md)"), ["y.png", "z.md"]);
  deepStrictEqual(targets("[a](b(c)d.md 'title') [e](<f g>)"), [
    "b(c)d.md",
    "f g",
  ]);
  deepStrictEqual(targets("](".repeat(300) + " "), ["](".repeat(299)]);
  // Opened 256 Ki times and never closed: one pass, and nothing found.
  deepStrictEqual(targets("](".repeat(1 << 18)), []);
});
