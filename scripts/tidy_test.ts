import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { casts, tidy, tidyTree } from "./tidy.ts";

const one = (path: string, text: string) => tidy({ path, text });

Deno.test("tidy: control, an ordinary file", () => {
  deepStrictEqual(one("kernel/call/calls.ts", "export const a = 1;\n"), []);
});

/** One negative per rule: where, what, and what the message must say. */
const BROKEN: ReadonlyArray<[string, string, RegExp]> = [
  ["kernel/a.ts", "x = Date.now();", /a\.ts:1: Date\.now\(.*use effect Clock/],
  ["wit/abi/a.ts", "\nMath.random();", /a\.ts:2: Math\.random/],
  ["hal/a.ts", "performance.now()", /performance\.now/],
  ["kernel/a.ts", "Deno.readFile", /Deno\. is banned; use a service/],
  ["deno.json", '"t": "deno run -A main.ts"', /blanket permission/],
  ["scripts/a.ts", '["--allow-all"]', /blanket permission/],
  ["node/a.ts", "// FIXME later", /FIXME/],
  ["node/a.ts", "// TODO later", /TODO without an issue/],
  ["node/a.ts", "// @ts-ignore", /type checker/],
  ["node/a.ts", "const a: any = 1", /type checker/],
  ["node/a.ts", "(a as any)", /type checker/],
  ["node/a_test.ts", "equal(1, one)", /loose assertion/],
  ["cells/graph/assembly/a.ts", "Date.now()", /Date\.now/],
  ["cells/graph/assembly/a.ts", "Deno.args", /Deno\./],
  ["kernel/utils.ts", "", /name says nothing/],
  ["kernel/common/a.ts", "", /name says nothing/],
  ["node/misc_things.ts", "", /name says nothing/],
  ["node/camelCase.ts", "", /use camel_case\.ts/],
  ["node/dash-ed.ts", "", /use dash_ed\.ts/],
  ["node/a.ts", "\n".repeat(401), /401 lines, more than 400/],
];
for (const [path, text, message] of BROKEN) {
  Deno.test(`tidy: ${path}: ${message.source}`, () => {
    const faults = one(path, text);
    strictEqual(faults.length, 1, faults.join("\n"));
    ok(message.test(faults[0] ?? ""), faults[0]);
  });
}

Deno.test("tidy: what is allowed, and where", () => {
  for (
    const [path, text] of [
      ["kernel/host/clock.ts", "Date.now()"],
      ["drivers/deno/x/a.ts", "Deno.openSync"],
      ["node/a.ts", "performance.now()"],
      ["kernel/a_test.ts", "Deno.test(); Date.now()"],
      ["node/a.ts", "\n".repeat(400)],
      ["node/a.ts", "// TODO(#12): a test for it"],
      ["README.md", "never run with -A"],
      ["node/a.ts", "const company: anything = many"],
      ["node/a_test.ts", "strictEqual(1, one); one.equal(1)"],
      ["node/a.ts", " * undefined: any number"],
      ["cells/graph/assembly/a.ts", "// @ts-ignore: decorator"],
      ["cells/graph/testing/cell.ts", "Deno.readFile"],
      ["cells/graph/gen_words.ts", "Deno.readFile"],
    ] as const
  ) deepStrictEqual(one(path, text), []);
});

Deno.test("tidy: unchecked casts are counted outside tests", () => {
  const text = "x as unknown as Y;\n".repeat(41);
  strictEqual(casts({ path: "node/a.ts", text }), 41);
  strictEqual(casts({ path: "node/a_test.ts", text }), 0);
  ok(tidyTree([{ path: "node/a.ts", text }])[0]?.includes("node/a.ts (41)"));
});
