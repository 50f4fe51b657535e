/**
 * A whole node with two cells that never end their step and one that must not
 * be late: all on one hart, in real time.
 */
import { ok, strictEqual } from "node:assert/strict";
import { fixture, OFTEN, SPIN } from "../conformance/kernel/cell/fixture.ts";
import type { Slot } from "../kernel/cell/slot.ts";
import { until } from "./testing/node.ts";
import { Site } from "./testing/site.ts";

const WAIT_MS = 30_000;
const PARKS = 50;
const STEPS = 50;
const GRANTS = {
  "karyon:kernel/log@0.1.0": "kernel",
  "karyon:kernel/scheduling@0.1.0": "kernel",
};

/** A cell of the fixtures, as the system file has it. */
const entry = (name: string, own: Record<string, unknown>) => ({
  component: `build/cells/${name}.wasm`,
  memory_mib: 1,
  grants: GRANTS,
  ...own,
});

Deno.test("two spinners progress, a hard cell runs on, the node answers", async () => {
  const site = await Site.make();
  const spinner = entry("spinner", {
    class: "soft",
    budget_ms: 1,
    step_ms: 600_000,
  });
  site.put("spinner", await fixture("leaf", { step: SPIN }));
  site.put("hard", await fixture("leaf", { step: OFTEN }));
  site.add({
    "spinner-one": spinner,
    "spinner-two": spinner,
    hard: entry("hard", { class: "hard", budget_ms: 3 }),
  });
  await site.with(async ({ node }, server) => {
    const slot = (name: string): Slot => {
      const found = node.kernel.slots.find((each) => each.name === name);
      ok(found !== undefined);
      return found;
    };
    const spinners = [slot("spinner-one"), slot("spinner-two")];
    const hard = slot("hard");
    await until(
      "both spinners progress, the hard cell runs",
      WAIT_MS,
      async () => {
        const page = await fetch(`${server.url}/`);
        strictEqual(page.status, 200);
        await page.body?.cancel();
        const found = await fetch(`${server.url}/v1/search?q=karyon`);
        strictEqual(found.status, 200);
        await found.body?.cancel();
        return spinners.every(({ meter }) => meter.parks >= PARKS) &&
          hard.calls >= STEPS;
      },
    );
    for (const each of [...spinners, hard]) {
      strictEqual(each.faults, 0, `${each.name}: ${each.detail}`);
      strictEqual(each.current?.number, 1);
    }
    console.log(`hard: ${hard.calls} jobs, ${hard.meter.missed} late`);
  });
});
