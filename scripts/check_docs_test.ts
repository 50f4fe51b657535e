import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  deadLinks,
  decisionFaults,
  decisionIndex,
  glossaryFaults,
  readmeFaults,
} from "./check_docs.ts";

const file = (path: string, text = "") => ({ path, text });
const DECISION = "# 0001: Dependencies\n\nStatus: accepted; looked at again.\n";
const INDEX = "docs/decisions/README.md";

Deno.test("docs: control, links that lead somewhere", () => {
  const text = "[a](docs/b.md#x) [c](./kernel) [d](https://e/f.md) [g](#h)\n" +
    "`[code](none.md)`\n```\n[code](none.md)\n```\n[s](<docs/b.md> 'title')";
  const files = [
    file("README.md", text),
    file("docs/b.md", "[up](../README.md) [root](/kernel/a.ts)"),
    file("kernel/a.ts"),
    file("node/fixtures/n.md", "[x](none.md)"),
  ];
  deepStrictEqual(deadLinks(files), []);
});

Deno.test("docs: a dead link, with its place", () => {
  for (const address of ["none.md", "../README.md", "docs/../../a.md"]) {
    const faults = deadLinks([file("README.md", `\n[a](${address})`)]);
    strictEqual(faults.length, 1, address);
    ok(faults[0]?.startsWith("README.md:2: the link"));
  }
});

Deno.test("docs: the decision index is exactly what it should be", () => {
  const decision = file("docs/decisions/0001-dependencies.md", DECISION);
  const index = file(INDEX, decisionIndex([decision]));
  ok(
    index.text.includes(
      "- [0001: Dependencies](0001-dependencies.md): accepted; looked at again\n",
    ),
  );
  deepStrictEqual(decisionFaults([decision, index]), []);
  const more = file("docs/decisions/0002-more.md", DECISION);
  ok(decisionFaults([decision, more, index])[0]?.includes("is stale"));
  ok(decisionFaults([decision])[0]?.includes("is stale"));
});

Deno.test("docs: decisions have a name, a number, a title and a status", () => {
  const faults = (path: string, text: string) => {
    const files = [
      file("docs/decisions/0001-a.md", DECISION),
      file(path, text),
    ];
    return decisionFaults([...files, file(INDEX, decisionIndex(files))]);
  };
  ok(faults("docs/decisions/notes.md", DECISION)[0]?.includes("not named"));
  ok(faults("docs/decisions/0001-b.md", DECISION)[0]?.includes("its number"));
  ok(faults("docs/decisions/0002-b.md", "Status: no")[0]?.includes("title"));
  ok(faults("docs/decisions/0002-b.md", "# B\n")[0]?.includes("Status"));
});

Deno.test("docs: every top-level folder has a short README", () => {
  const short = file("kernel/README.md", "a\n".repeat(40));
  const long = file("kernel/README.md", "a\n".repeat(41));
  const code = file("kernel/a.ts");
  deepStrictEqual(readmeFaults([short, code, file("main.ts")]), []);
  deepStrictEqual(readmeFaults([code]), ["kernel/README.md is missing"]);
  ok(readmeFaults([long])[0]?.includes("41 lines"));
});

Deno.test("docs: a term is defined once", () => {
  const once = file("GLOSSARY.md", "**a** — one\n\n**b** — two\n");
  const twice = file("GLOSSARY.md", "**a** — one\n\n**A** — two\n");
  deepStrictEqual(glossaryFaults([once]), []);
  deepStrictEqual(glossaryFaults([twice]), [
    'GLOSSARY.md:3: "A" is already defined on line 1',
  ]);
  deepStrictEqual(glossaryFaults([]), ["GLOSSARY.md is missing"]);
  deepStrictEqual(glossaryFaults([file("GLOSSARY.md", "# G")]), [
    "GLOSSARY.md: no term is defined",
  ]);
});
