/**
 * A governor's key is lost: the others put a new one in its place, with the
 * commands that an operator has, and a restart remembers it.
 */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { governanceCommands } from "./composition/proposals.ts";
import { keyCommands } from "./composition/keys.ts";
import { builtComponent, relabelled } from "./testing/components.ts";
import { openTestNode, refusalOf, type TestNode } from "./testing/node.ts";
import { governor, signedSwap } from "./testing/proposals.ts";

const run = Effect.runPromise;
const commands = governanceCommands("system.json");
const GOVERNORS = ["ada", "bob", "eve"];

async function swap({ node, dataDir }: TestNode, names: string[], to: string) {
  const component = relabelled(builtComponent("query"), to);
  const keys = await Promise.all(names.map((name) => governor(dataDir, name)));
  const text = await signedSwap(node.network, "query", component, keys);
  return node.api.propose(text, component);
}

async function policyText(dataDir: string, governors: string[]) {
  const proposers = [`${governors[0]}`, `${governors[1]}=swap,set-policy`];
  return await run(
    keyCommands.makePolicy(dataDir, { governors, threshold: 2, proposers }),
  );
}

Deno.test("a lost key is replaced by k of n, over a restart", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "karyon-node-" });
  for (const name of [...GOVERNORS, "new"]) {
    await run(keyCommands.create(dataDir, name));
  }
  await Deno.writeTextFile(
    `${dataDir}/policy.json`,
    await policyText(dataDir, GOVERNORS),
  );
  const first = await openTestNode({ dataDir });
  const policy = await policyText(dataDir, ["ada", "bob", "new"]);
  const proposed = await run(
    commands.propose(dataDir, {
      action: "set-policy",
      cell: "",
      policy,
      downgrade: false,
    }),
  );
  match(proposed.asks.join(), /2 of 3 governors:/);
  const one = await run(commands.sign(dataDir, proposed.text, "ada"));
  const file = new TextEncoder().encode(policy);
  const attachment = await run(commands.attachment(one.text, [file]));
  const dry = await run(first.node.api.dryRun(one.text, attachment));
  match(dry.refusals.join(), /1 of the 2 needed/);
  strictEqual(dry.policy?.governors.gained.length, 1);
  match(
    (await refusalOf(first.node.api.propose(one.text, attachment))).message,
    /too-few-signatures/,
  );
  const two = await run(commands.sign(dataDir, one.text, "bob"));
  const report = await run(first.node.api.propose(two.text, attachment));
  strictEqual(report.state, "executed");
  match(
    (await refusalOf(await swap(first, ["ada", "eve"], "x"))).message,
    /unknown-governor/,
  );
  await first.close();
  const second = await openTestNode({ dataDir });
  match(
    (await refusalOf(await swap(second, ["ada", "eve"], "x"))).message,
    /unknown-governor/,
  );
  strictEqual(
    (await run(await swap(second, ["bob", "new"], "y"))).state,
    "executed",
  );
  const { governors } = await run(keyCommands.policy(dataDir));
  deepStrictEqual(governors.map(({ name }) => name).sort(), [
    "ada",
    "bob",
    "new",
  ]);
  deepStrictEqual(
    governors.find(({ name }) => name === "bob")?.proposes,
    ["swap", "set-policy"],
  );
  await second.close();
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("an attachment of the wrong files is refused", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "karyon-node-" });
  await run(keyCommands.create(dataDir, "identity"));
  const { text } = await run(
    commands.propose(dataDir, {
      action: "unload",
      cell: "rank",
      downgrade: false,
    }),
  );
  deepStrictEqual(await run(commands.attachment(text, [])), new Uint8Array());
  match(
    (await refusalOf(commands.attachment(text, [new Uint8Array(1)]))).message,
    /goes with 0 more files/,
  );
  const bad = { action: "grant", cell: "rank", downgrade: false } as const;
  match(
    (await refusalOf(
      commands.propose(dataDir, { ...bad, contract: "x", provider: "kernel" }),
    )).message,
    /is no contract/,
  );
  await Deno.remove(dataDir, { recursive: true });
});
