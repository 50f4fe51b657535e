/**
 * Contents that are kept apart, on a device that fails: what was acknowledged
 * survives, space that was given back is used again and never too early, and
 * none is lost for good.
 */
import assert from "node:assert/strict";
import type { Fault } from "../../conformance/sim/block_device.ts";
import { ApartRun } from "./testing/apart_run.ts";

const POWER: Fault = { kind: "power" };
const FAILED: Fault = {
  kind: "refuse",
  refusal: { tag: "failed", val: "controller reset" },
};
const FULL: Fault = { kind: "refuse", refusal: { tag: "full" } };
const OFTEN: [string, string][] = [["checkpoint-octets", "1"]];
const CHANGES = 12;

function runOf(seed: number, config: [string, string][] = []): ApartRun {
  return new ApartRun(seed, {}, config);
}

/** One life; false where the power failed in it. */
function live(run: ApartRun): boolean {
  let alive = run.begin();
  for (let i = 0; alive && i < CHANGES; i++) {
    alive = i % 4 === 3 ? run.append() : run.change();
    if (alive && i % 5 === 4) alive = run.rest();
  }
  return alive && run.rest();
}

Deno.test("contents: survive a power failure at any write and flush", async () => {
  const probe = runOf(31);
  await probe.open();
  assert.ok(live(probe));
  const { changes } = probe.device;
  assert.ok(changes.length > 60, `only ${changes.length} operations`);
  for (let i = 0; i < changes.length; i += 5) {
    const run = runOf(31);
    run.device.failAt(changes[i]!, POWER);
    await run.open();
    live(run);
    assert.equal(run.crashes, 1, `no crash at operation ${changes[i]}`);
    await run.recover();
  }
});

Deno.test("contents: random faults, several a life, with reclaimed space", async () => {
  let crashes = 0;
  let refused = 0;
  let discarded = 0;
  for (let seed = 200; seed < 206; seed++) {
    try {
      const run = runOf(seed, seed % 2 === 0 ? OFTEN : []);
      await run.open();
      if (!run.begin()) await run.recover();
      const { random } = run.history;
      for (let i = 0; i < 24; i++) {
        if (random() < 0.3) {
          const kind = [POWER, POWER, FAILED, FULL][Math.floor(random() * 4)]!;
          run.plan(Math.floor(random() * 16), kind);
        }
        const chance = random();
        const alive = chance < 0.15
          ? run.rest()
          : chance < 0.4
          ? run.append()
          : run.change();
        if (!alive) await run.recover();
        else if (random() < 0.05) {
          run.crash();
          await run.recover();
        }
      }
      discarded += run.device.discarded;
      run.crash();
      await run.recover();
      run.letAllGo();
      discarded += run.device.discarded;
      run.crash();
      await run.recover();
      crashes += run.crashes;
      refused += run.refused.length;
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  assert.ok(crashes > 10, `only ${crashes} crashes`);
  assert.ok(refused > 3, `only ${refused} refusals`);
  assert.ok(discarded > 1 << 20, `only ${discarded} octets discarded`);
});
