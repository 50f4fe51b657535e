/**
 * A swap that brings the cell's whole entry with it, on a whole node: at once,
 * after a restart, and back.
 */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { loadAttachment } from "../kernel/governance/mod.ts";
import { utf8 } from "../kernel/crypto/mod.ts";
import type { CellReport } from "./api.ts";
import type { Asked } from "./keys/mod.ts";
import {
  builtComponent,
  inFunction,
  relabelled,
} from "./testing/components.ts";
import {
  openTestNode,
  refusalOf,
  type TestNode,
  until,
  withNode,
} from "./testing/node.ts";
import { governor, signedChange } from "./testing/proposals.ts";

const LOG = "karyon:kernel/log@0.1.0";
const CLOCK = "karyon:kernel/clock@0.1.0";
const run = Effect.runPromise;

async function text(test: TestNode, asked: Asked): Promise<string> {
  const key = await governor(test.dataDir, "identity");
  return await signedChange(test.node.network, asked, [key]);
}

async function cellOf({ node }: TestNode, name: string): Promise<CellReport> {
  const cell = (await run(node.api.cells())).find((one) => one.name === name);
  if (cell === undefined) throw new Error(`no cell ${name}`);
  return cell;
}

async function propose(test: TestNode, asked: Asked, attachment: Uint8Array) {
  return test.node.api.propose(await text(test, asked), attachment);
}

async function dryRun(test: TestNode, asked: Asked, attachment: Uint8Array) {
  return await run(
    test.node.api.dryRun(await text(test, asked), attachment),
  );
}

async function inState(test: TestNode, name: string, state: string) {
  await until(`${name} is ${state}`, 60_000, async () => {
    return (await cellOf(test, name)).state === state;
  });
}

/** Two lives of one data directory. */
async function overRestart(
  first: (test: TestNode) => Promise<void>,
  second: (test: TestNode) => Promise<void>,
): Promise<void> {
  const before = await openTestNode();
  try {
    await first(before);
  } finally {
    await before.close();
  }
  const after = await openTestNode({ dataDir: before.dataDir });
  try {
    await second(after);
  } finally {
    await after.close();
    await Deno.remove(before.dataDir, { recursive: true });
  }
}

const READS = "karyon:graph/reads@0.1.0";
const SCHEDULING = "karyon:kernel/scheduling@0.1.0";

const entryOf = (more: Record<string, unknown>) => ({
  class: "soft",
  budget_ms: 3,
  memory_mib: 1024,
  grants: {
    [READS]: "cell:graph",
    [LOG]: "kernel",
    [CLOCK]: "kernel",
    [SCHEDULING]: "kernel",
  },
  ...more,
});

/** A swap of rank for `component` with another entry. */
function withEntry(component: Uint8Array, entry: unknown) {
  const manifest = utf8(JSON.stringify(entry));
  const asked: Asked = { action: "swap", cell: "rank", component, manifest };
  return [asked, loadAttachment(manifest, component)] as const;
}

Deno.test("swap with a manifest: the whole entry, at once and after a restart", () =>
  overRestart(async (test) => {
    const component = relabelled(builtComponent("rank"), "with an entry");
    const change = withEntry(component, entryOf({ budget_ms: 4 }));
    const dry = await dryRun(test, ...change);
    deepStrictEqual(dry.refusals, []);
    strictEqual(dry.changes?.terms_before?.budget_ms, 2);
    strictEqual(dry.changes?.terms_after?.budget_ms, 4);
    const report = await run(await propose(test, ...change));
    strictEqual(report.state, "executed");
    const cell = await cellOf(test, "rank");
    strictEqual(cell.budget_ms, 4);
    strictEqual(`01${cell.hash}`, report.component);
    await inState(test, "rank", "running");
  }, async (test) => {
    const cell = await cellOf(test, "rank");
    strictEqual(cell.budget_ms, 4);
    const slot = test.node.kernel.slots.find(({ name }) => name === "rank");
    strictEqual(slot?.spec.memoryMib, 1024);
    // The very component with another entry is no downgrade and no repetition.
    const component = relabelled(builtComponent("rank"), "with an entry");
    const report = await run(
      await propose(test, ...withEntry(component, entryOf({ budget_ms: 1 }))),
    );
    strictEqual(report.state, "executed");
    strictEqual((await cellOf(test, "rank")).budget_ms, 1);
  }));

Deno.test("swap with a manifest: refused whole, rolled back whole", () =>
  withNode(async (test) => {
    const good = relabelled(builtComponent("rank"), "good");
    const { hash } = await cellOf(test, "rank");
    const unfit: ReadonlyArray<readonly [unknown, RegExp]> = [
      [entryOf({ budget_ms: 9 }), /rank 9 .* = 12 ms in an epoch of 10 ms/],
      [entryOf({ grants: { [LOG]: "kernel" } }), /reads@0\.1\.0, which is not/],
      [entryOf({ priority: 1 }), /priority: .*excess property; take it out/],
    ];
    for (const [entry, reason] of unfit) {
      const refusal = await refusalOf(
        await propose(test, ...withEntry(good, entry)),
      );
      match(refusal.message, reason);
      strictEqual((await cellOf(test, "rank")).budget_ms, 2);
    }
    const bad = await inFunction("background.ts", "step", "unreachable();");
    await run(await propose(test, ...withEntry(bad, entryOf({}))));
    await until("the old one is back, and its entry", 20_000, async () => {
      const cell = await cellOf(test, "rank");
      return cell.hash === hash && cell.budget_ms === 2;
    });
    const slot = test.node.kernel.slots.find(({ name }) => name === "rank");
    strictEqual(slot?.spec.memoryMib, 2048);
    strictEqual(slot?.spec.grants.size, 4);
    await run(test.node.api.rankStatus());
  }));
