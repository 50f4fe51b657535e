/**
 * Power failures and refusing devices: what was acknowledged survives.
 *
 * After a crash at any write or flush the store holds exactly what was
 * acknowledged, or that and the whole append that was under way.
 */
import assert from "node:assert/strict";
import type { Fault } from "../../conformance/sim/block_device.ts";
import { CrashRun } from "./testing/crash_run.ts";

const POWER: Fault = { kind: "power" };
const FAILED: Fault = {
  kind: "refuse",
  refusal: { tag: "failed", val: "controller reset" },
};
const FULL: Fault = { kind: "refuse", refusal: { tag: "full" } };
const APPENDS = 5;

/** The numbers of all writes and flushes of a life without faults. */
async function changes(seed: number): Promise<readonly number[]> {
  const run = new CrashRun(seed);
  await run.open();
  for (let i = 0; i < APPENDS; i++) run.append();
  run.rest();
  return run.device.changes;
}

for (const seed of [11, 12]) {
  Deno.test(`graph: survives a power failure at each write and flush, seed ${seed}`, async () => {
    for (const at of await changes(seed)) {
      const run = new CrashRun(seed);
      run.device.failAt(at, POWER);
      await run.open();
      let alive = true;
      for (let i = 0; alive && i < APPENDS; i++) alive = run.append();
      if (alive) run.rest();
      assert.equal(run.crashes, 1, `no crash at operation ${at}`);
      await run.recover();
      run.append();
      run.crash();
      await run.recover();
    }
  });

  Deno.test(`graph: a refused write or flush has no effect, seed ${seed}`, async () => {
    for (const at of await changes(seed)) {
      for (const fault of [FAILED, FULL]) {
        const run = new CrashRun(seed);
        run.device.failAt(at, fault);
        await run.open();
        for (let i = 0; i < APPENDS; i++) run.append();
        run.rest();
        run.append();
        run.crash();
        await run.recover();
      }
    }
  });
}

Deno.test("graph: random faults, several a life", async () => {
  let crashes = 0;
  let refused = 0;
  for (let seed = 100; seed < 130; seed++) {
    const run = new CrashRun(seed);
    await run.open();
    const { random } = run.history;
    for (let i = 0; i < 12; i++) {
      if (random() < 0.4) {
        const kind = [POWER, POWER, FAILED, FULL][Math.floor(random() * 4)]!;
        run.plan(Math.floor(random() * 8), kind);
      }
      const alive = random() < 0.15 ? run.rest() : run.append();
      if (!alive) await run.recover();
      else if (random() < 0.1) {
        run.crash();
        await run.recover();
      }
    }
    run.crash();
    await run.recover();
    crashes += run.crashes;
    refused += run.refused.length;
  }
  assert.ok(crashes > 60, `only ${crashes} crashes`);
  assert.ok(refused > 30, `only ${refused} refusals`);
});
