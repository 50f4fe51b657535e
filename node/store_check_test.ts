/** `fsck` and `rebuild` on a whole store, good and damaged. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { Room } from "./cli/testing.ts";
import {
  checkStore,
  rebuildStore,
  type StoreOptions,
} from "./local/store_check.ts";
import { openTestNode, refusalOf } from "./testing/node.ts";

/** Turns a bit of the store over, `offset` octets behind the magic word. */
function flip(dataDir: string, magic: string, offset: number): void {
  const path = `${dataDir}/store.block`;
  const octets = Deno.readFileSync(path);
  const word = new TextEncoder().encode(magic);
  const at = octets.findIndex((_, i) =>
    i % 4096 === 0 && word.every((one, k) => octets[i + k] === one)
  );
  ok(at > 0, `no ${magic} in the store`);
  octets[at + offset] = octets[at + offset]! ^ 4;
  Deno.writeFileSync(path, octets);
}

async function filled(): Promise<{ options: StoreOptions; root: string }> {
  const test = await openTestNode();
  const { api } = test.node;
  for (const text of ["one", "two", "three"]) {
    await Effect.runPromise(
      api.link([{ from: { text: "root" }, to: { text } }]),
    );
  }
  const { root } = await Effect.runPromise(api.state());
  await test.close();
  const options = { dataDir: test.dataDir, systemFile: "system.json" };
  return { options, root };
}

Deno.test("fsck agrees with the node, rebuild makes a checkpoint, damage is named", async () => {
  const { options, root } = await filled();
  try {
    const first = await Effect.runPromise(checkStore(options));
    strictEqual(first.log.root, root);
    deepStrictEqual(first.log, first.start);
    strictEqual(first.start.checkpoint, undefined);
    const anew = await Effect.runPromise(rebuildStore(options));
    strictEqual(anew.start.root, root);
    strictEqual(anew.start.checkpoint, 3);
    strictEqual(anew.log.checkpoint, undefined);
    const again = await openTestNode({ dataDir: options.dataDir });
    strictEqual(
      (await Effect.runPromise(again.node.api.state())).root,
      root,
    );
    const held = await refusalOf(checkStore(options));
    strictEqual(held.kind, "conflict");
    await again.close();
    flip(options.dataDir, "KCHK", 130);
    const damaged = await Effect.runPromise(checkStore(options));
    strictEqual(damaged.start.root, root);
    match(damaged.start.warnings.join(), /another header; the log is replayed/);
    flip(options.dataDir, "KREC", 100);
    const lost = await refusalOf(checkStore(options));
    strictEqual(lost.kind, "failed");
    match(lost.message, /record 0 at 8192: corrupt/);
  } finally {
    await Deno.remove(options.dataDir, { recursive: true });
  }
});

Deno.test("cli: fsck and rebuild show what the store holds", async () => {
  const room = new Room();
  for (const command of ["fsck", "rebuild"]) {
    const { code, out } = await room.run([command]);
    strictEqual(code, 0);
    match(out, /2 links, 3 particles/);
    match(out, /checkpoint +1 signals/);
  }
});
