/** The bound from below of what a change reaches. */
import { strictEqual } from "node:assert/strict";
import { reach } from "./bench_rank_reach.ts";

Deno.test("reach: the largest changes that leave no more than the error", () => {
  const before = Float64Array.of(0.5, 0.25, 0.25);
  const after = Float64Array.of(0.5, 0.125, 0.25, 0.0625, 0.0625);
  strictEqual(reach(before, after, 0), 3);
  strictEqual(reach(before, after, 0.0625), 2);
  strictEqual(reach(before, after, 0.125), 1);
  strictEqual(reach(before, after, 0.25), 0);
  strictEqual(reach(before, before, 0), 0);
});
