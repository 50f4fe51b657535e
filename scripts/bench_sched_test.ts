/** The benchmark of the scheduler still runs: its cells start and are stopped. */
import { ok, strictEqual } from "node:assert/strict";
import { measure } from "./bench_sched.ts";

Deno.test("bench:sched: a few slices, a stop, and answers meanwhile", async () => {
  const asked = { jobs: 20, witness: false, json: false };
  const { slices, stops, told, answered } = await measure(asked);
  ok(slices.count >= asked.jobs);
  ok(answered > 0);
  strictEqual(stops.count, told.length);
  ok(stops.count > 0);
});
