/** What a model may answer with, and what is refused before anybody compiles it. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { BadAnswer, filesOf, merged } from "./answer.ts";
import { asFiles } from "./prompt.ts";
import { lineOf, readTranscript } from "./transcript.ts";
import { rightSources } from "./testing/sources.ts";

const file = (name: string, text = "export const a = 1;\n") =>
  asFiles(new Map([[name, text]]));

Deno.test("forge answer: control: files come out as they went in", () => {
  deepStrictEqual(filesOf(asFiles(rightSources())), rightSources());
  const said =
    `Sure!\r\n\r\n**FILE: \`a.ts\`**\r\n\r\n\`\`\`typescript\r\nlet a = 1;\r\n\`\`\`\r\n`;
  deepStrictEqual([...filesOf(said)], [["a.ts", "let a = 1;\n"]]);
});

Deno.test("forge answer: an empty block removes a file", () => {
  const before = filesOf(file("a.ts") + file("b.ts"));
  const after = merged(before, filesOf(file("a.ts", "")));
  deepStrictEqual([...after.keys()], ["b.ts"]);
});

const BAD: ReadonlyArray<readonly [string, string]> = [
  [
    "an import of the host",
    file(
      "a.ts",
      '@external("wasi_snapshot_preview1", "fd_write")\ndeclare function f(): void;\n',
    ),
  ],
  ["no file at all", "I cannot help with that."],
  ["a folder above", file("../evil.ts")],
  ["a whole path", file("/etc/passwd.ts")],
  ["a folder", file("gen/entry.ts")],
  ["a Windows path", file("a\\b.ts")],
  ["a name with a zero octet", file("a\0.ts")],
  ["another kind of file", file("run.sh")],
  ["a name of its parents", file("..ts")],
  ["a name that is too long", file(`${"a".repeat(80)}.ts`)],
  ["upper case", file("Block.ts")],
  ["one file twice", file("a.ts") + file("a.ts")],
  ["a block that does not end", "FILE a.ts\n```ts\nlet a = 1;\n"],
  ["no block", "FILE a.ts\nlet a = 1;\n"],
  ["a file too large", file("a.ts", "x".repeat(70_000))],
  [
    "too many files",
    Array.from({ length: 40 }, (_, i) => file(`a${i}.ts`)).join(""),
  ],
  [
    "too much of all",
    Array.from({ length: 8 }, (_, i) => file(`a${i}.ts`, "x".repeat(60_000)))
      .join(""),
  ],
  ["an import of the program", file("a.ts", 'import "../../../../main";\n')],
  [
    "an import of a package",
    file("a.ts", 'import { a } from "assemblyscript";\n'),
  ],
  [
    "an import through the bindings",
    file("a.ts", 'export * from "./gen/../../x";\n'),
  ],
  [
    "an import past the SDK",
    file("a.ts", 'import "../../../../cells/sdk/assembly/../x";\n'),
  ],
  [
    "an import of the compiler's library",
    file("a.ts", 'import "~lib/process";\n'),
  ],
  [
    "an import by a web address",
    file("a.ts", "import('https://example.org/a.ts');\n"),
  ],
];

for (const [name, text] of BAD) {
  Deno.test(`forge answer: refused: ${name}`, () => {
    throws(() => filesOf(text), BadAnswer);
  });
}

Deno.test("forge answer: a long answer without sense is read in one go", () => {
  throws(() => filesOf("#".repeat(2_000_000)), BadAnswer);
  throws(() => filesOf("FILE a.ts\n".repeat(200_000)), BadAnswer);
  const spaces = `from${" ".repeat(60_000)}x\n`;
  strictEqual(filesOf(file("a.ts", spaces)).size, 1);
});

Deno.test("forge transcript: read again as it was written, or refused", () => {
  const subject = {
    ...{ forge: 1, contract: "block", model: "m", endpoint: "e" } as const,
    ...{ seed: 1, only: null },
  };
  const attempt = {
    ...{ attempt: 1, tokens: 5, estimate: false, answer: "…", failed: 2 },
    ...{ compiled: true, total: 9, feedback: "f" },
    files: [["a.ts", "let a = 1;\n"]] as const,
  };
  const text = lineOf(subject) + lineOf(attempt);
  const whole = { subject, attempts: [attempt] };
  deepStrictEqual(readTranscript(text), whole);
  deepStrictEqual(readTranscript(`${text}{"attempt":2,"to`), whole);
  const evil = { ...attempt, files: [["../a.ts", "x"]] as const };
  for (
    const bad of [
      "",
      "x\n",
      "[]\n",
      lineOf(attempt),
      lineOf(subject) + lineOf(evil),
      lineOf(subject) + lineOf({ ...attempt, attempt: 2 }),
    ]
  ) throws(() => readTranscript(bad), { name: "BadTranscript" });
});
