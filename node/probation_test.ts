/**
 * A node that ends during a probation: the next start is on probation again,
 * with the way back.
 */
import { match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { onLog } from "./testing/audit.ts";
import {
  builtComponent,
  inFunction,
  relabelled,
} from "./testing/components.ts";
import { openTestNode, type TestNode, until } from "./testing/node.ts";
import { governor, signedChange } from "./testing/proposals.ts";

const run = Effect.runPromise;

async function swap(test: TestNode, component: Uint8Array) {
  const key = await governor(test.dataDir, "identity");
  const asked = { action: "swap", cell: "rank", component } as const;
  const text = await signedChange(test.node.network, asked, [key]);
  return await run(test.node.api.propose(text, component));
}

async function rankOf({ node }: TestNode) {
  const cells = await run(node.api.cells());
  const cell = cells.find(({ name }) => name === "rank");
  if (cell === undefined) throw new Error("no cell rank");
  return cell;
}

const slotOf = ({ node }: TestNode) =>
  node.kernel.slots.find(({ name }) => name === "rank");

/** Ends the first node right after the swap; gives both to `body`. */
async function cutShort(
  component: Uint8Array,
  body: (second: TestNode, id: string, oldHash: string) => Promise<void>,
) {
  const first = await openTestNode();
  const { dataDir } = first;
  const { hash } = await rankOf(first);
  const { id } = await swap(first, component);
  await first.close();
  const second = await openTestNode({ dataDir });
  try {
    await body(second, id, hash);
  } finally {
    await second.close();
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("a good component passes the probation that was cut short", () =>
  cutShort(relabelled(builtComponent("rank"), "good"), async (second) => {
    ok(slotOf(second)?.standby !== undefined, "on probation again");
    await until("the probation is over", 20_000, async () => {
      return (await rankOf(second)).state === "running" &&
        slotOf(second)?.standby === undefined;
    });
    await until("it is on record", 5_000, () => onLog(second, /kept/));
    await second.close();
    const third = await openTestNode({ dataDir: second.dataDir });
    strictEqual(slotOf(third)?.standby, undefined, "it is kept for good");
    await third.close();
  }));

Deno.test("a bad component is gone back on after the node has ended", async () => {
  const bad = await inFunction("background.ts", "step", "while (true) {}");
  await cutShort(bad, async (second, id, oldHash) => {
    await until("the old component is back", 20_000, async () => {
      const { hash, state } = await rankOf(second);
      return hash === oldHash && state === "running";
    });
    await until("the proposal says so", 5_000, async () => {
      return (await run(second.node.api.proposal(id))).state === "rolled-back";
    });
    await second.close();
    const third = await openTestNode({ dataDir: second.dataDir });
    strictEqual((await rankOf(third)).hash, oldHash);
    await third.close();
  });
});

Deno.test("a bad component that does not even start is gone back on", async () => {
  const component = relabelled(builtComponent("rank"), "rots");
  const first = await openTestNode();
  const { hash } = await rankOf(first);
  const { id, component: name } = await swap(first, component);
  await first.close();
  await Deno.writeFile(
    `${first.dataDir}/components/${name}.wasm`,
    new Uint8Array(9),
  );
  const second = await openTestNode({ dataDir: first.dataDir });
  await until("the old component runs", 20_000, async () => {
    return (await rankOf(second)).hash === hash;
  });
  await until("the proposal says so", 5_000, async () => {
    return (await run(second.node.api.proposal(id))).state === "rolled-back";
  });
  match((await run(second.node.api.proposal(id))).detail ?? "", /hash to/);
  await second.close();
  await Deno.remove(first.dataDir, { recursive: true });
});
