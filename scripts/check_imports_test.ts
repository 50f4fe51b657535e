import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { layering, namedCells } from "./check_imports.ts";
import { imports } from "./module_graph.ts";

const from = (path: string, specifier: string) =>
  layering([{ path, text: `import { x } from "${specifier}";\n` }]);

Deno.test("imports: control, everything that may be imported", () => {
  for (
    const [path, specifier] of [
      ["kernel/call/calls.ts", "../../wit/gen/mod.ts"],
      ["kernel/call/calls.ts", "effect"],
      ["kernel/a_test.ts", "../conformance/kernel/a.ts"],
      ["kernel/kernel.ts", "./supervisor/supervisor.ts"],
      ["kernel/host/files.ts", "node:fs"],
      ["hal/block.ts", "../wit/gen/hal_block.ts"],
      ["drivers/memory/block/a.ts", "../../../hal/block.ts"],
      ["drivers/memory/block/a_test.ts", "../../../conformance/hal/a.ts"],
      ["hal/component/a.ts", "../../kernel/engine/engine.ts"],
      ["drivers/virtio/block/testing/a.ts", "../../../virtual/bus/a.ts"],
      [
        "drivers/virtio/block/assembly/a.ts",
        "../../../../cells/sdk/assembly/result.ts",
      ],
      [
        "drivers/virtio/block/assembly/a.ts",
        "../../shared/assembly/queue.ts",
      ],
      ["cells/graph/assembly/a.ts", "../../sdk/assembly/result.ts"],
      ["node/a.ts", "../drivers/memory/block/block.ts"],
      ["main.ts", "./node/a.ts"],
      ["scripts/a.ts", "../node/a.ts"],
      ["wit/generator/a.ts", "npm:@bytecodealliance/jco-transpile@0.11.0"],
    ] as const
  ) deepStrictEqual(from(path, specifier), [], `${path} -> ${specifier}`);
});

/** One negative per rule. */
const BROKEN: ReadonlyArray<[string, string, RegExp]> = [
  ["wit/gen/a.ts", "../../kernel/limits.ts", /wit may import nothing/],
  ["wit/abi/a.ts", "effect", /package effect/],
  ["kernel/a.ts", "../cells/graph/assembly/a.ts", /kernel may import wit$/],
  ["kernel/a.ts", "../hal/block.ts", /hal\/block/],
  ["kernel/a.ts", "../drivers/memory/block/block.ts", /drivers/],
  ["kernel/a.ts", "../node/a.ts", /node/],
  ["kernel/a.ts", "../scripts/a.ts", /scripts/],
  ["kernel/a.ts", "../conformance/a.ts", /conformance/],
  ["kernel/a.ts", "lodash", /package lodash/],
  ["kernel/a.ts", "node:fs", /behind kernel\/host/],
  ["kernel/cell/a.ts", "../supervisor/a.ts", /only kernel\/\*\.ts/],
  ["hal/a.ts", "../drivers/memory/block/block.ts", /hal may import/],
  ["hal/a.ts", "../kernel/call/calls.ts", /hal may import/],
  ["drivers/memory/block/a.ts", "../../deno/block_file/a.ts", /another driver/],
  ["drivers/virtio/block/a.ts", "../../virtual/bus/a.ts", /another driver/],
  ["drivers/memory/block/a_test.ts", "../../deno/file/a.ts", /another driver/],
  ["drivers/a/b/assembly/a.ts", "../../c/assembly/a.ts", /another driver/],
  ["drivers/a/b/assembly/a.ts", "../../../c/shared/assembly/a.ts", /another/],
  ["drivers/memory/block/a.ts", "../../../kernel/limits.ts", /drivers may/],
  ["drivers/memory/block/a.ts", "../../../conformance/a.ts", /drivers may/],
  ["cells/graph/assembly/a.ts", "../../rank/assembly/a.ts", /another cell/],
  ["cells/graph/assembly/a.ts", "../../../wit/gen/a.ts", /cells may/],
  ["conformance/a.ts", "../drivers/memory/block/block.ts", /conformance may/],
  ["conformance/a.ts", "../node/a.ts", /conformance may/],
  ["node/a.ts", "../scripts/a.ts", /node may/],
  ["node/a.ts", "../cells/graph/assembly/a.ts", /node may/],
  ["node/a.ts", "../../elsewhere/a.ts", /outside|may import/],
  ["attic/a.ts", "../wit/gen/a.ts", /no place in the layering/],
];
for (const [path, specifier, message] of BROKEN) {
  Deno.test(`imports: refuses ${path} -> ${specifier}`, () => {
    const faults = from(path, specifier);
    strictEqual(faults.length, 1, faults.join("\n"));
    ok(message.test(faults[0] ?? ""), faults[0]);
    ok(faults[0]?.startsWith(`${path}: `));
  });
}

Deno.test("imports: the kernel names no cell", () => {
  const manifest = { path: "cells/graph/cell.json", text: "{}" };
  const file = (path: string, text: string) =>
    namedCells([manifest, { path, text }]);
  deepStrictEqual(file("kernel/a.ts", 'const a = "grape";'), []);
  deepStrictEqual(file("kernel/a_test.ts", 'const a = "graph";'), []);
  deepStrictEqual(file("node/a.ts", 'const a = "graph";'), []);
  ok(file("kernel/a.ts", "\nx('graph')")[0]?.startsWith("kernel/a.ts:2: "));
});

Deno.test("imports: every way to import is seen, and nothing else", () => {
  const text = [
    'import a from "./a.ts";',
    'import "./side.ts";',
    "import {",
    "  type B,",
    '} from "./b.ts";',
    'export * from "./c.ts";',
    'export type { D } from "./d.ts";',
    'const e = await import("./e.ts");',
    'new Worker(new URL("./f.ts", import.meta.url));',
    'import g from "npm:/@scope/name@1.0.0/deep";',
    ' * import { no } from "./no.ts";',
    '// import("./no.ts")',
    'export const text = "x"; // from "./no.ts"',
    'export function from() { return "./no.ts"; }',
  ].join("\n");
  deepStrictEqual(
    imports([{ path: "x/y.ts", text }]).map(({ to }) => to).sort(),
    [
      "@scope/name",
      ...["a", "b", "c", "d", "e", "f", "side"].map((n) => `x/${n}.ts`),
    ],
  );
});
