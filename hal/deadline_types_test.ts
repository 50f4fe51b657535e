/** A HAL operation without a deadline does not type-check: the compiler says so. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";

const ROOT = new URL("../", import.meta.url);
const OPERATIONS = [
  "block.read(0n, 512)",
  "block.write(0n, new Uint8Array(512))",
  "block.flush",
  "block.discard(0n, 512n)",
];

/** With the right that each is of. */
const NET_OPERATIONS = [
  ["NetPeers", "open(new Uint8Array(1), '/p')"],
  ["NetPeers", "accept('/p')"],
  ["NetPeers", "send(1n, new Uint8Array(1))"],
  ["NetPeers", "receive(1n, 1)"],
  ["NetPeers", "finish(1n)"],
  ["NetPeers", "post(new Uint8Array(1), '/p', new Uint8Array())"],
  ["NetPeers", "collect('/p')"],
  ["NetPublish", "publish('/t', new Uint8Array())"],
  ["NetSubscribe", "next(1n)"],
  ["NetFind", "find(new Uint8Array(1), 1)"],
  ["NetProvide", "provide(new Uint8Array(1))"],
  ["NetControl", "listen('/x')"],
  ["NetControl", "meet({ peer: new Uint8Array(1), addresses: ['/x'] })"],
] as const;

const USES = [
  ...OPERATIONS.map((one) => `using((block) => ${one})`),
  ...NET_OPERATIONS.map(([right, one]) =>
    `Effect.gen(function* () { return yield* (yield* net.${right}).${one}; })`
  ),
];

/** A program over the devices; `run` takes what needs nothing but the devices. */
const program = (operations: readonly string[]) =>
  `import { Effect } from "effect";
import { Block } from "${new URL("hal/block.ts", ROOT)}";
import { within } from "${new URL("hal/deadline.ts", ROOT)}";
import * as net from "${new URL("hal/net.ts", ROOT)}";
const run = <A, E>(work: Effect.Effect<A, E, Block | net.NetServices>) => [work, within];
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
  const bounded = USES.map((one) => `run(within(100)(${one}));`);
  const bare = USES.map((one) => `run(${one});`);
  const { success, said, lines } = await checked([...bounded, ...bare]);
  strictEqual(success, false);
  const wrong = USES.map((_, at) => bounded.length + at + 1);
  deepStrictEqual(lines, wrong, said);
  const reasons = said.match(
    /Type 'Deadline' is not assignable to type 'Block \|/g,
  );
  strictEqual(reasons?.length, wrong.length, said);
});
