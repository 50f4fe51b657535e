/** Coins, boxes, cards and will: long random histories against the model. */
import assert from "node:assert/strict";
import { LedgerRun } from "./testing/ledger_run.ts";

const APPENDS = 110;
/** What the seeds below bring; others may leave something out. */
const ALWAYS = [
  "ok",
  "insufficient-balance",
  "coin",
  "mint",
  "card",
];

for (
  const [network, seed, more] of [
    ["local", 1, [
      "double-spend",
      "pay",
      "box",
      "give",
      "transfer",
      "withdraw",
      "spend",
    ]],
    ["metered", 2, ["insufficient-will", "lock"]],
  ] as const
) {
  Deno.test(`ledger: axioms and sums hold, ${network}, seed ${seed}`, async () => {
    const run = await new LedgerRun(seed, network === "metered").open();
    for (let i = 0; i < APPENDS; i++) {
      run.append();
      if (run.history.random() < 0.06) await run.compare();
    }
    await run.compare();
    for (const one of [...ALWAYS, ...more]) {
      assert.ok(run.outcomes.has(one), `${one} never came`);
    }
  });
}
