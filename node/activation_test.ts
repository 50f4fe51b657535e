/**
 * Changes for later on a whole node: at a height of its record between two
 * signals, at a time, over the end of its process.
 */
import {
  deepStrictEqual,
  match,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { Effect } from "effect";
import type { Asked, Draft } from "./keys/mod.ts";
import { auditLines } from "./testing/audit.ts";
import { cellOf, dryRun, propose } from "./testing/governed.ts";
import {
  openTestNode,
  type TestNode,
  until,
  withNode,
} from "./testing/node.ts";

const WAIT_MS = 60_000;
const NOTHING = new Uint8Array();
const run = Effect.runPromise;
const budget = (budgetMs: number): Asked => ({
  action: "set-budget",
  cell: "rank",
  budget: { budgetMs },
});

async function link({ node }: TestNode): Promise<number> {
  const from = { text: crypto.randomUUID() };
  return (await run(node.api.link([{ from, to: { text: "b" } }]))).height;
}

const budgetOf = async (test: TestNode) =>
  (await cellOf(test, "rank")).budget_ms;

/** Handed in; again where the node was just looking for what has become due. */
async function submitted(test: TestNode, asked: Asked, draft: Partial<Draft>) {
  for (;;) {
    const handed = await run(
      Effect.result(await propose(test, asked, NOTHING, draft)),
    );
    if (handed._tag === "Success") return handed.success;
    if (!handed.failure.message.startsWith("busy ")) throw handed.failure;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function executions(test: TestNode): Promise<number> {
  return (await auditLines(test)).filter((line) => / executed /.test(line))
    .length;
}

Deno.test("at a height: between two signals, over a power cut, once", async () => {
  const test = await openTestNode();
  const after = await Deno.makeTempDir({ prefix: "karyon-node-" });
  try {
    const height = await link(test);
    const draft = { activateAtHeight: BigInt(height + 2) };
    const dry = await dryRun(test, budget(3), NOTHING, draft);
    strictEqual(dry.active, false);
    deepStrictEqual(dry.activation, { at: "height", height: `${height + 2}` });
    strictEqual(dry.height, `${height}`);
    const report = await submitted(test, budget(3), draft);
    strictEqual(report.state, "scheduled");
    const second = await submitted(test, budget(4), {
      activateAtHeight: BigInt(height + 3),
    });
    // What is on the disk now is what a power cut leaves.
    await copied(test.dataDir, after);
    await test.close();

    const next = await openTestNode({ dataDir: after });
    try {
      deepStrictEqual(
        (await run(next.node.api.proposals())).map(({ id, state }) => [
          id,
          state,
        ]),
        [[report.id, "scheduled"], [second.id, "scheduled"]],
      );
      for (const budgetMs of [2, 3, 4, 4]) {
        await link(next);
        strictEqual(await budgetOf(next), budgetMs);
      }
      strictEqual(await executions(next), 2);
    } finally {
      await next.close();
    }
    const last = await openTestNode({ dataDir: after });
    try {
      strictEqual(await budgetOf(last), 4);
      strictEqual(await executions(last), 2, "not again");
    } finally {
      await last.close();
    }
  } finally {
    await Deno.remove(test.dataDir, { recursive: true });
    await Deno.remove(after, { recursive: true });
  }
});

Deno.test("at a time: executed when it has come; refused then if it does not fit", () =>
  withNode(async (test) => {
    const atMs = Date.now() + 3_000;
    const first = await submitted(test, budget(6), { activateAtMs: atMs });
    const more: Asked = {
      action: "set-budget",
      cell: "graph",
      budget: { budgetMs: 4 },
    };
    const second = await submitted(test, more, { activateAtMs: atMs });
    const stateOf = async (id: string) => await run(test.node.api.proposal(id));
    await until(
      "both had their turn",
      WAIT_MS,
      async () =>
        ["executed", "refused"].includes((await stateOf(second.id)).state),
    );
    strictEqual((await stateOf(first.id)).state, "executed");
    strictEqual(await budgetOf(test), 6);
    const refused = await stateOf(second.id);
    strictEqual(refused.state, "refused");
    match(refused.detail ?? "", /= 11 ms in an epoch of 10 ms/);
    match(
      (await auditLines(test)).at(-1) ?? "",
      / refused .*epoch of 10 ms/,
    );
    await withdrawn(test);
  }));

/** One that waits is taken back before its height, and one that never was. */
async function withdrawn(test: TestNode): Promise<void> {
  const height = await link(test);
  const waiting = await submitted(test, budget(3), {
    activateAtHeight: BigInt(height + 1),
  });
  const back: Asked = { action: "withdraw", proposal: waiting.id };
  const dry = await dryRun(test, back);
  strictEqual(dry.withdrawal?.target.proposal.id, waiting.id);
  strictEqual(dry.withdrawal.target.changes?.terms_after?.budget_ms, 3);
  deepStrictEqual(dry.withdrawal.chain, []);
  const report = await submitted(test, back, {});
  strictEqual(report.withdraws, waiting.id);
  await link(test);
  strictEqual(await budgetOf(test), 6, "what the time brought");
  strictEqual(
    (await run(test.node.api.proposal(waiting.id))).state,
    "withdrawn",
  );
  const lines = await auditLines(test);
  match(lines.at(-2) ?? "", new RegExp(` withdrawn .*${waiting.id}`));
  await rejects(
    () => submitted(test, { ...back, proposal: report.id }, {}),
    /not-waiting at document octet 175: /,
  );
}

async function copied(from: string, to: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const [source, target] = [`${from}/${name}`, `${to}/${name}`];
    if (isDirectory) {
      await Deno.mkdir(target, { recursive: true });
      await copied(source, target);
    } else await Deno.copyFile(source, target);
  }
}
