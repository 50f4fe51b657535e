/** Drafts of an import on a whole node: several to an append, and in their order. */
import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import type { DraftsDone, MarkedDraft } from "./api_drafts.ts";
import { encodeDraft } from "./signals/mod.ts";
import { cellOf, propose } from "./testing/governed.ts";
import { type TestNode, withNode } from "./testing/node.ts";

const run = Effect.runPromise;
const KEY = "test";
const NOTHING = new Uint8Array();

function draftOf(mark: number): MarkedDraft {
  const end = (text: string) => ({ content: new TextEncoder().encode(text) });
  const [from, to] = [end(`from ${mark}`), end(`to ${mark % 3}`)];
  const draft = encodeDraft([{ from, to, amount: 1n, valence: 0 }]);
  return { draft, mark: `${mark}` };
}

async function* draftsFrom(first: number, count: number) {
  for (let mark = first; mark < first + count; mark += 1) yield draftOf(mark);
}

async function submitted(
  { node }: TestNode,
  drafts: AsyncIterable<MarkedDraft>,
) {
  const told: DraftsDone[] = [];
  const outcome = run(
    node.api.submitDrafts({ key: KEY, drafts, told: (now) => told.push(now) }),
  );
  await outcome.catch(() => {});
  return { outcome, told, mark: await run(node.api.recall(KEY)) };
}

async function heightOf({ node }: TestNode): Promise<number> {
  return (await run(node.census)).height;
}

Deno.test("drafts: in their order, several to an append, each signed for itself", () =>
  withNode(async (test) => {
    const { told, outcome, mark } = await submitted(test, draftsFrom(0, 30));
    const done = await outcome;
    deepStrictEqual(done, { height: 30, links: 30, drafts: 30 });
    strictEqual(mark, "29");
    deepStrictEqual(told.at(-1), done);
    // The first brings the neuron's key, and is alone.
    strictEqual(told[0]?.height, 1);
    strictEqual(told.length < 30, true, `${told.length} appends`);
    for (const text of ["from 0", "from 17", "from 29"]) {
      const cid = await run(test.node.api.resolve(text));
      strictEqual((await run(test.node.api.particle(cid))).links_out, 1);
    }
    await refusedBetween(test);
    await thrownBetween(test);
    await slowSource(test);
    await waitedFor(test);
  }));

/** What lies before a draft that is refused goes in; nothing behind it does. */
async function refusedBetween(test: TestNode): Promise<void> {
  const height = await heightOf(test);
  const { outcome, mark } = await submitted(
    test,
    async function* () {
      yield* draftsFrom(100, 11);
      yield { draft: new Uint8Array(3), mark: "bad" };
      yield* draftsFrom(200, 5);
    }(),
  );
  await rejects(outcome, /draft at octet/);
  strictEqual(mark, "110");
  strictEqual(await heightOf(test), height + 11);
}

/** What a source throws comes behind what it gave. */
async function thrownBetween(test: TestNode): Promise<void> {
  const height = await heightOf(test);
  const { outcome, mark } = await submitted(
    test,
    async function* () {
      yield* draftsFrom(300, 11);
      throw new Error("line 12 is not one");
    }(),
  );
  await rejects(outcome, /line 12 is not one/);
  strictEqual(mark, "310");
  strictEqual(await heightOf(test), height + 11);
}

/** Others write while the source has nothing to give, and what it gave is in. */
async function slowSource(test: TestNode): Promise<void> {
  const height = await heightOf(test);
  const gate = Promise.withResolvers<void>();
  const first = Promise.withResolvers<void>();
  const slow = run(test.node.api.submitDrafts({
    key: KEY,
    drafts: async function* () {
      yield draftOf(400);
      await gate.promise;
      yield draftOf(401);
    }(),
    told: () => first.resolve(),
  }));
  await first.promise;
  const between = { from: { text: "between" }, to: { text: "two" } };
  strictEqual((await run(test.node.api.link([between]))).height, height + 2);
  gate.resolve();
  strictEqual((await slow).height, height + 3);
}

/** An append ends where something waits for a height. */
async function waitedFor(test: TestNode): Promise<void> {
  const height = await heightOf(test);
  const asked = {
    action: "set-budget",
    cell: "rank",
    budget: { budgetMs: 3 },
  } as const;
  const activateAtHeight = BigInt(height + 3);
  await run(await propose(test, asked, NOTHING, { activateAtHeight }));
  const { told, outcome } = await submitted(test, draftsFrom(500, 6));
  await outcome;
  const heights = told.map((now) => now.height);
  strictEqual(heights.includes(height + 3), true, `${heights}, from ${height}`);
  strictEqual((await cellOf(test, "rank")).budget_ms, 3);
}
