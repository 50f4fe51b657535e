/** The cell against the model, over random histories. */
import assert from "node:assert/strict";
import { SimulatedBlockDevice } from "../../conformance/sim/block_device.ts";
import { GraphModel } from "./model/graph_model.ts";
import { History } from "./model/history.ts";
import { appendTo, compareAll, compareCounts } from "./testing/compare.ts";
import { NETWORK_NAME, openGraph } from "./testing/graph_cell.ts";
import { networkOf } from "./testing/signals.ts";

async function run(seed: number, appends: number): Promise<void> {
  const model = new GraphModel(networkOf(NETWORK_NAME));
  const history = new History(seed, model);
  let device = new SimulatedBlockDevice({
    seed,
    blockSize: history.pick([512, 4096, 65536]),
    transferMax: history.pick([65536, 1 << 20]),
  });
  let cell = await openGraph(device);
  const outcomes = new Map<string, number>();
  for (let i = 0; i < appends; i++) {
    const append = history.random() < 0.7 ? history.good() : history.bad();
    const refusal = model.judge(append.entries);
    const answer = appendTo(cell, append);
    const outcome = answer.tag === "ok" ? undefined : answer.val.tag;
    assert.equal(
      outcome,
      refusal,
      JSON.stringify(
        answer.val,
        (_, v) => typeof v === "bigint" ? String(v) : v,
      ),
    );
    if (answer.tag === "ok") model.apply(append.entries, append.note);
    outcomes.set(outcome ?? "ok", (outcomes.get(outcome ?? "ok") ?? 0) + 1);
    compareCounts(cell, model);
    if (history.random() < 0.05) {
      cell.settle();
      device = device.reopen({ seed: seed + i });
      cell = await openGraph(device, { yieldEvery: 1 });
      assert.deepEqual(cell.lifecycle.health(), { tag: "ok" });
    }
  }
  compareAll(cell, model);
  cell = await openGraph(device.reopen({ seed }));
  compareAll(cell, model);
  for (
    const tag of ["ok", "malformed", "wrong-network", "step-not-sequential"]
  ) {
    assert.ok(outcomes.has(tag), `no append was ${tag}`);
  }
}

for (const seed of [1, 2, 3]) {
  Deno.test(`graph: answers as the model does, seed ${seed}`, async () => {
    await run(seed, 120);
  });
}
