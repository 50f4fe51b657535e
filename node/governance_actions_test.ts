/**
 * Every action of a proposal on a whole node: what it does at once, what a
 * restart finds, and what it refuses.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { loadAttachment } from "../kernel/governance/mod.ts";
import { utf8 } from "../kernel/crypto/mod.ts";
import type { Asked } from "./keys/mod.ts";
import { builtComponent, relabelled } from "./testing/components.ts";
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

Deno.test("set-budget: in force at once and after a restart", () =>
  overRestart(async (test) => {
    const { generation } = await cellOf(test, "rank");
    const asked: Asked = {
      action: "set-budget",
      cell: "rank",
      budget: { budgetMs: 4, callMs: 700 },
    };
    const dry = await dryRun(test, asked);
    deepStrictEqual(dry.refusals, []);
    strictEqual(dry.effect, "nothing");
    strictEqual(dry.changes?.terms_before?.budget_ms, 2);
    strictEqual(dry.changes?.terms_after?.budget_ms, 4);
    match(dry.changes?.admission.before ?? "", /= 5 of 10 ms/);
    match(dry.changes?.admission.after ?? "", /rank 4.* = 7 of 10 ms/);
    strictEqual((await cellOf(test, "rank")).budget_ms, 2, "a dry run");
    const report = await run(await propose(test, asked));
    strictEqual(report.state, "executed");
    const cell = await cellOf(test, "rank");
    strictEqual(cell.budget_ms, 4);
    strictEqual(cell.generation, generation, "it was not restarted");
  }, async (test) => {
    strictEqual((await cellOf(test, "rank")).budget_ms, 4);
    const more: Asked = {
      action: "set-budget",
      cell: "graph",
      budget: { budgetMs: 6 },
    };
    const refusal = await refusalOf(await propose(test, more));
    match(refusal.message, /graph 6 .*rank 4.* = 11 ms in an epoch of 10 ms/);
    match(refusal.message, /take off 1 ms/);
    strictEqual((await cellOf(test, "graph")).budget_ms, 2);
    ok((await dryRun(test, more)).refusals.some((why) => /11 ms/.test(why)));
  }));

Deno.test("revoke: at the next call and after a restart; grant brings it back", () =>
  overRestart(async (test) => {
    const revoke: Asked = { action: "revoke", cell: "rank", contract: CLOCK };
    const dry = await dryRun(test, revoke);
    deepStrictEqual(dry.changes?.capabilities.lost, [`${CLOCK} from kernel`]);
    const { generation } = await cellOf(test, "rank");
    strictEqual((await run(await propose(test, revoke))).state, "executed");
    strictEqual((await cellOf(test, "rank")).generation, generation);
    match(
      (await refusalOf(await propose(test, revoke))).message,
      /not granted/,
    );
  }, async (test) => {
    ok(
      test.node.kernel.slots.find(({ name }) => name === "rank")
        ?.withdrawn.has(CLOCK),
    );
    const grant: Asked = {
      action: "grant",
      cell: "rank",
      grant: { contract: CLOCK, provider: "kernel" },
    };
    const dry = await dryRun(test, grant);
    strictEqual(dry.effect, "restart");
    deepStrictEqual(dry.changes?.capabilities.gained, [`${CLOCK} from kernel`]);
    await until("rank runs", 20_000, async () => {
      return ["running", "degraded"].includes(
        (await cellOf(test, "rank")).state,
      );
    });
    const before = await cellOf(test, "rank");
    const report = await run(await propose(test, grant));
    strictEqual(report.state, "executed", report.detail);
    const cell = await cellOf(test, "rank");
    strictEqual(cell.hash, before.hash, "the same component");
    ok(cell.generation > before.generation);
    await inState(test, "rank", "running");
  }));

Deno.test("a grant restarts the cell on probation, with its state", () =>
  withNode(async (test) => {
    await run(
      await propose(test, {
        action: "revoke",
        cell: "query",
        contract: LOG,
      }),
    );
    const report = await run(
      await propose(test, {
        action: "grant",
        cell: "query",
        grant: { contract: LOG, provider: "kernel" },
      }),
    );
    strictEqual(report.state, "executed", report.detail);
    ok((report.pause_ms ?? -1) >= 0);
    strictEqual((await cellOf(test, "query")).state, "probation");
    await inState(test, "query", "running");
  }));

Deno.test("grant: refused where it would be of no use", () =>
  withNode(async (test) => {
    const grants = [
      ["karyon:hal/block@0.1.0", "driver:disk", /does not import/],
      [LOG, "kernel", /already/],
      [LOG, "cell:graph", /does not export/],
      [LOG, "cell:nobody", /no cell nobody/],
      ["karyon:graph/reads@0.1.0", "cell:rank", /granted to itself/],
    ] as const;
    for (const [contract, provider, why] of grants) {
      const asked: Asked = {
        action: "grant",
        cell: "rank",
        grant: { contract, provider },
      };
      match((await refusalOf(await propose(test, asked))).message, why);
    }
    strictEqual((await cellOf(test, "rank")).state, "running");
  }));

const ENTRY = utf8(JSON.stringify({
  class: "soft",
  budget_ms: 1,
  memory_mib: 512,
  grants: {
    "karyon:graph/reads@0.1.0": "cell:graph",
    "karyon:rank/ranks@0.1.0": "cell:rank",
    "karyon:rank/explanations@0.1.0": "cell:rank",
    "karyon:rank/personal@0.1.0": "cell:rank",
    "karyon:rank/history@0.1.0": "cell:rank",
    [LOG]: "kernel",
    "karyon:kernel/clock@0.1.0": "kernel",
    "karyon:kernel/scheduling@0.1.0": "kernel",
  },
}));

Deno.test("unload: the node degrades and stays so; load brings the cell back", () =>
  overRestart(async (test) => {
    const dry = await dryRun(test, { action: "unload", cell: "query" });
    strictEqual(dry.effect, "stop");
    strictEqual(dry.changes?.terms_after, undefined);
    match(dry.changes?.admission.after ?? "", /= 4 of 10 ms/);
    await run(await propose(test, { action: "unload", cell: "query" }));
    strictEqual((await cellOf(test, "query")).state, "unloaded");
    strictEqual((await refusalOf(test.node.api.top(1))).kind, "unavailable");
    strictEqual((await run(test.node.api.health())).status, "degraded");
    await run(test.node.api.link([{ from: { text: "a" }, to: { text: "b" } }]));
  }, async (test) => {
    strictEqual((await cellOf(test, "query")).state, "unloaded");
    await refusalOf(
      await propose(test, {
        action: "swap",
        cell: "query",
        component: relabelled(builtComponent("query"), "x"),
      }, relabelled(builtComponent("query"), "x")),
    );
    const component = builtComponent("query");
    const load: Asked = {
      action: "load",
      cell: "query",
      component,
      manifest: ENTRY,
    };
    const attachment = loadAttachment(ENTRY, component);
    const dry = await dryRun(test, load, attachment);
    deepStrictEqual(dry.refusals, []);
    strictEqual(dry.effect, "start");
    strictEqual(dry.changes?.capabilities.gained.length, 8);
    const report = await run(await propose(test, load, attachment));
    strictEqual(report.state, "executed", report.detail);
    await inState(test, "query", "running");
    await run(test.node.api.top(1));
  }));

Deno.test("load: a cell that no file names, over a restart", () =>
  overRestart(async (test) => {
    const component = relabelled(builtComponent("query"), "second");
    const load: Asked = {
      action: "load",
      cell: "query-two",
      component,
      manifest: ENTRY,
    };
    const attachment = loadAttachment(ENTRY, component);
    await run(await propose(test, load, attachment));
    await inState(test, "query-two", "running");
    match(
      (await refusalOf(await propose(test, load, attachment))).message,
      /there is a cell query-two/,
    );
  }, async (test) => {
    await inState(test, "query-two", "running");
    strictEqual((await cellOf(test, "query-two")).budget_ms, 1);
    await run(await propose(test, { action: "unload", cell: "query-two" }));
    strictEqual((await run(test.node.api.cells())).length, 4);
  }));

Deno.test("load: refused whole, and nothing is left of it", () =>
  withNode(async (test) => {
    const component = builtComponent("query");
    const entry = (change: object) =>
      utf8(
        JSON.stringify({ class: "soft", budget_ms: 1, grants: {}, ...change }),
      );
    const cases = [
      [entry({ budget_ms: 8 }), component, /= 13 ms in an epoch of 10 ms/],
      [entry({}), component, /imports .* which is not granted/],
      [entry({ component: "x.wasm" }), component, /component/],
      [
        entry({ grants: { [LOG]: "driver:none" } }),
        component,
        /no driver none/,
      ],
      [utf8("{"), component, /manifest/],
      [entry({}), utf8("no wasm"), /compile/],
    ] as const;
    for (const [manifest, octets, why] of cases) {
      const load: Asked = {
        action: "load",
        cell: "extra",
        component: octets,
        manifest,
      };
      const attachment = loadAttachment(manifest, octets);
      match(
        (await refusalOf(await propose(test, load, attachment))).message,
        why,
      );
      strictEqual((await run(test.node.api.cells())).length, 3);
    }
  }));

Deno.test("the graph is not unloaded, and an unknown cell is named", () =>
  withNode(async (test) => {
    match(
      (await refusalOf(
        await propose(test, { action: "unload", cell: "graph" }),
      ))
        .message,
      /cannot open without its graph/,
    );
    match(
      (await refusalOf(await propose(test, { action: "unload", cell: "none" })))
        .message,
      /no-such-cell/,
    );
    strictEqual((await cellOf(test, "graph")).state, "running");
  }));
