import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { linksOf } from "../import/testing.ts";
import { genesisDocuments } from "./documents.ts";
import { genesisDrafts, genesisLinks } from "./genesis.ts";
import { Mentions, parseGlossary } from "./glossary.ts";
import { sections } from "./markdown_text.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("genesis: control, what links to what", () => {
  const documents = [
    {
      path: "GLOSSARY.md",
      text:
        "# Glossary\n\nOne word per idea.\n\n**cell** — a program; a driver\n" +
        "is one.\n\n**driver** — a `cell` for a device.\n",
    },
    {
      path: "docs/a.md",
      text: "# About\n\nIntro to [cells](../GLOSSARY.md#cell).\n\n## Why\n\n" +
        "- **one** reason\n- Drivers!\n\n### More\n\n| a | b |\n|---|---|\n" +
        "| x | y |\n\n## Then\n\n```\nnot this\n```\n",
    },
  ];
  deepStrictEqual(genesisLinks(documents), [
    ["Karyon", "cell"],
    ["cell", "a program; a driver is one."],
    ["cell", "driver"],
    ["Karyon", "driver"],
    ["driver", "a cell for a device."],
    ["driver", "cell"],
    ["Karyon", "Glossary"],
    ["Glossary", "GLOSSARY.md"],
    ["Karyon", "About"],
    ["About", "docs/a.md"],
    ["About", "Glossary"],
    ["About", "Intro to cells."],
    ["Intro to cells.", "cell"],
    ["About", "About › Why"],
    ["About › Why", "one reason"],
    ["About › Why", "Drivers!"],
    ["Drivers!", "driver"],
    ["About › Why", "About › More"],
    ["About › More", "a · b"],
    ["About › More", "x · y"],
    ["About", "About › Then"],
  ]);
});

Deno.test("genesis: drafts hold the same links, and nothing gives none", () => {
  deepStrictEqual(genesisDrafts([]), []);
  const rows = Array.from({ length: 5000 }, (_, i) => `item ${i}\n`);
  const documents = [{ path: "a.md", text: `# A\n\n${rows.join("\n")}` }];
  const drafts = genesisDrafts(documents);
  strictEqual(drafts.length, 2);
  const links = linksOf(
    drafts.map((draft) => ({
      draft,
      links: new DataView(draft.buffer).getUint16(0, true),
      position: "",
      line: 0,
      offset: 0,
    })),
  );
  deepStrictEqual(
    links.map(({ from, to }) => [from, to]),
    genesisLinks(documents),
  );
});

Deno.test("genesis: the project's own documents make a connected graph", async () => {
  const documents = await genesisDocuments(ROOT);
  const links = genesisLinks(documents);
  ok(links.length > 300, `${links.length} links`);
  deepStrictEqual(genesisDrafts(documents), genesisDrafts(documents));
  const reached = new Set(["Karyon"]);
  for (let size = 0; size !== reached.size;) {
    size = reached.size;
    for (const [from, to] of links) if (reached.has(from)) reached.add(to);
  }
  deepStrictEqual(links.filter(([from]) => !reached.has(from)), []);
});

Deno.test("glossary: paragraphs, tables, and what is no entry", () => {
  const text = "# G\n\n**not an entry**\n\n**a** — one\nand *two*\n\n" +
    "| term | definition |\n|---|---|\n| b | `three` |\n\n**c** - four\n";
  deepStrictEqual(parseGlossary(text), [
    { term: "a", definition: "one and two", line: 5 },
    { term: "b", definition: "three", line: 10 },
    { term: "c", definition: "four", line: 12 },
  ]);
});

Deno.test("glossary: a term is found as a whole word, the longest first", () => {
  const mentions = new Mentions(["swap", "hot swap", "cell", "C++ (old)"]);
  deepStrictEqual(mentions.in("A Hot Swap, cells; excellent C++ (old)"), [
    "hot swap",
    "cell",
    "C++ (old)",
  ]);
  deepStrictEqual(mentions.in("swapping cellular"), []);
  deepStrictEqual(new Mentions([]).in("anything"), []);
});

Deno.test("markdown text: markup is taken off", () => {
  deepStrictEqual(
    sections("before *it*\n# `A` **B** [c](d.md)\n1. snake_case_word\n***\n"),
    [
      { level: 0, heading: "", paragraphs: ["before it"] },
      { level: 1, heading: "A B c", paragraphs: ["snake_case_word"] },
    ],
  );
});
