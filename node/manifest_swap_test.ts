/**
 * A swap that brings the cell's whole entry with it, on a whole node: at once,
 * after a restart, and back.
 */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { loadAttachment } from "../kernel/governance/mod.ts";
import { utf8 } from "../kernel/crypto/mod.ts";
import type { Asked } from "./keys/mod.ts";
import {
  builtComponent,
  inFunction,
  relabelled,
} from "./testing/components.ts";
import {
  cellOf,
  dryRun,
  inState,
  overRestart,
  propose,
} from "./testing/governed.ts";
import { refusalOf, until, withNode } from "./testing/node.ts";

const LOG = "karyon:kernel/log@0.1.0";
const CLOCK = "karyon:kernel/clock@0.1.0";
const run = Effect.runPromise;

const READS = "karyon:graph/reads@0.1.0";
const SCHEDULING = "karyon:kernel/scheduling@0.1.0";
const GPU = "karyon:hal/gpu@0.1.0";
const SNAPSHOTS = "karyon:kernel/snapshots@0.1.0";

const entryOf = (more: Record<string, unknown>) => ({
  class: "soft",
  budget_ms: 3,
  memory_mib: 1024,
  grants: {
    "karyon:graph/authors@0.1.0": "cell:graph",
    [READS]: "cell:graph",
    [LOG]: "kernel",
    [CLOCK]: "kernel",
    [SCHEDULING]: "kernel",
    [SNAPSHOTS]: "kernel",
    [GPU]: "none",
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
    strictEqual(slot?.spec.grants.size, 7);
    await run(test.node.api.rankStatus());
  }));
