/** A HAL operation without a deadline does not type-check: the compiler says so. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";

const ROOT = new URL("../", import.meta.url);
const OPERATIONS = [
  "block.read(0n, 512)",
  "block.write(0n, new Uint8Array(512))",
  "block.flush",
  "block.discard(0n, 512n)",
];

/** A program over the device; `run` takes what needs nothing but the device. */
const program = (operations: readonly string[]) =>
  `import { Effect } from "effect";
import { Block } from "${new URL("hal/block.ts", ROOT)}";
import { within } from "${new URL("hal/deadline.ts", ROOT)}";
const run = <A, E>(work: Effect.Effect<A, E, Block>) => [work, within];
const using = <A, E, R>(use: (block: Block["Service"]) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () { return yield* use(yield* Block); });
${operations.join("\n")}
`;
/** Lines before the first operation. */
const HEAD_LINES = program([]).split("\n").length - 2;

/** What the compiler says of the program, and on which lines. */
async function checked(operations: readonly string[]) {
  const folder = await Deno.makeTempDir({ prefix: "karyon-types-" });
  try {
    const path = `${folder}/program.ts`;
    await Deno.writeTextFile(path, program(operations));
    const { success, stderr } = await new Deno.Command("deno", {
      args: ["check", "--quiet", "--config", "deno.json", path],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      stdout: "null",
      stderr: "piped",
    }).output();
    const said = new TextDecoder().decode(stderr);
    const lines = [...said.matchAll(/program\.ts:(\d+):\d+/g)]
      .map(([, line]) => Number(line) - HEAD_LINES);
    return { success, said, lines };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** One compilation: it takes seconds. The control is its first lines. */
Deno.test("hal: an operation without a deadline does not type-check, with one it does", async () => {
  const bounded = OPERATIONS
    .map((one) => `run(within(100)(using((block) => ${one})));`);
  const bare = OPERATIONS.map((one) => `run(using((block) => ${one}));`);
  const { success, said, lines } = await checked([...bounded, ...bare]);
  strictEqual(success, false);
  const wrong = OPERATIONS.map((_, at) => bounded.length + at + 1);
  deepStrictEqual(lines, wrong, said);
  const reasons = said.match(/Type 'Deadline' is not assignable/g);
  strictEqual(reasons?.length, wrong.length, said);
});
